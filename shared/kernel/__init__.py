"""What every service's rules are written in: standard library only."""
