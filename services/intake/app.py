"""Put intake together: settings, city, store, doors, HTTP."""

from __future__ import annotations

from fastapi import FastAPI

from services.intake.api import router
from services.intake.chores.channel import channels_of
from services.intake.chores.importing import Importer
from services.intake.chores.photos import Blobs
from services.intake.chores.photos import sweep as sweep_photos
from services.intake.chores.reading import reader
from services.intake.chores.sender import Sender
from services.intake.chores.sweep import sweep
from services.intake.domain import STATES, decide, evolve, touches
from services.intake.routes import importing, photo
from services.intake.routes.follow import path_of
from services.intake.store import Store
from services.intake.translate import Linked, refusal, wire
from shared.city.load import load
from shared.shell.ids import new_id
from shared.shell.process import Process, application, serve
from shared.shell.service import Service
from shared.shell.settings import Settings
from shared.telemetry.logs import set_up


def main() -> None:
    """Run the service until it is told to stop."""
    settings = Settings()  # from the environment
    set_up("intake", settings.log_level)
    city = load(settings.city_file)
    read = reader(settings.texts_model, city) if settings.texts_model else None
    store = Store(new_id, city, read)

    def link(case: str) -> str:
        return path_of(settings.secret, city.code, case)

    service = Service("intake", decide, evolve, STATES, Linked(wire, link), store, touches, refusal)

    def furnish(app: FastAPI, process: Process) -> None:
        blobs = Blobs(settings.blobs, settings.data / "photos")
        app.include_router(router(process.desk, blobs, read))
        app.state.larger_bodies = importing.LARGER_BODIES | photo.LARGER_BODIES
        channels = channels_of(settings.channels, settings.data / "notices")
        sender = Sender(process.desk, channels, lambda case: settings.public_url + link(case))
        process.chores = {
            "sweep": lambda: sweep(process.desk), "sender": sender.run, "importer": Importer(process.desk).run,
            "photos": lambda: sweep_photos(process.desk, blobs),
        }  # fmt: skip

    serve(application(service, settings, city, furnish), settings)
