"""What operators see in Grafana; `python -m deploy.grafana.build` writes the dashboard."""
