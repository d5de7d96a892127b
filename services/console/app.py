"""Put the console together: it hears every fact, decides nothing, and serves pages over its read model."""

from __future__ import annotations

from fastapi import FastAPI

from services.console.access.sign_in import Provider
from services.console.hearing import SERVICE
from services.console.web import Outside, mount
from shared.city.load import load
from shared.shell.process import Process, application, serve
from shared.shell.settings import Settings
from shared.telemetry.logs import set_up


def main() -> None:
    """Run the service until it is told to stop."""
    settings = Settings()  # from the environment
    set_up("console", settings.log_level)
    city = load(settings.city_file)
    provider = Provider(settings.oidc_issuer, settings.oidc_client, settings.oidc_secret)
    outside = Outside(
        settings.secret,
        settings.services,
        provider if settings.oidc_issuer else None,
        settings.public_url,
        settings.telephone,
        settings.data,
    )

    def routes(app: FastAPI, process: Process) -> None:
        mount(app, process.engine, city, outside, process.readers[0].late)

    serve(application(SERVICE, settings, city, routes), settings)
