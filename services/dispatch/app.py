"""Put dispatch together: settings, city, store, doors, HTTP."""

from __future__ import annotations

from services.dispatch.api import router
from services.dispatch.domain import STATES, decide, evolve, seeds, touches
from services.dispatch.store import Store
from services.dispatch.translate import WIRE, record, refusal
from shared.city.load import load
from shared.city.routing import compared
from shared.shell.process import application, serve
from shared.shell.service import Service
from shared.shell.settings import Settings
from shared.telemetry.logs import set_up


def main() -> None:
    """Run the service until it is told to stop."""
    settings = Settings()  # from the environment
    set_up("dispatch", settings.log_level)
    city = load(settings.city_file)
    service = Service("dispatch", decide, evolve, STATES, WIRE, Store(compared(city)), touches, refusal, seeds, record)
    serve(application(service, settings, city, lambda app, process: app.include_router(router(process.desk))), settings)
