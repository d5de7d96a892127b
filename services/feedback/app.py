"""Put feedback together: settings, city, store, doors, HTTP."""

from __future__ import annotations

from fastapi import FastAPI

from services.feedback.api import router
from services.feedback.chores.taps import hand_in
from services.feedback.domain import STATES, decide, evolve, seeds, touches
from services.feedback.store import Store
from services.feedback.translate import WIRE, refusal
from shared.city.load import load
from shared.shell.process import Process, application, serve
from shared.shell.service import Service
from shared.shell.settings import Settings
from shared.telemetry.logs import set_up


def main() -> None:
    """Run the service until it is told to stop."""
    settings = Settings()  # from the environment
    set_up("feedback", settings.log_level)
    city = load(settings.city_file)
    store = Store(settings.secret, city.code)
    service = Service("feedback", decide, evolve, STATES, WIRE, store, touches, refusal, seeds)

    def furnish(app: FastAPI, process: Process) -> None:
        app.include_router(router(process.desk))
        process.chores = {"taps": lambda: hand_in(process.desk)}

    serve(application(service, settings, city, furnish), settings)
