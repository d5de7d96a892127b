"""Put intake together: settings, city, store, doors, HTTP."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from services.intake.api import router
from services.intake.domain import Case, decide, evolve
from services.intake.store import Store
from services.intake.translate import refusal, wire
from shared.city.load import load
from shared.shell.ids import new_id
from shared.shell.process import application, serve
from shared.shell.service import Service
from shared.shell.settings import Settings
from shared.telemetry.logs import set_up

SHANGHAI = ZoneInfo("Asia/Shanghai")


def main() -> None:
    """Run the service until it is told to stop."""
    settings = Settings()  # from the environment
    set_up("intake", settings.log_level)
    city = load(settings.city_file)
    store = Store(new_id, city.case_prefix, SHANGHAI)
    service = Service("intake", decide, evolve, {"case": Case}, wire, store, refusal=refusal)
    serve(application(service, settings, city, lambda app, process: app.include_router(router(process.desk))), settings)
