"""Put the console together: it hears every fact, decides nothing, and serves pages over its read model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.console.access.sign_in import Provider
from services.console.projection import heard_of, project
from services.console.web import Outside, mount
from shared.city.load import load
from shared.contracts.pairing import Unpaired
from shared.kernel.decisions import Context, Decision, Message
from shared.persistence.connection import Connection
from shared.shell.process import application, serve
from shared.shell.service import NoTables, Service
from shared.shell.settings import Settings
from shared.telemetry.logs import set_up


class ReadModel(NoTables):
    """The read model as a store: each heard fact is a row to project."""

    async def save(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Fold the batch's facts into the read model."""
        await project(conn, rows)


def hear(states: Mapping[str, Any], message: Message, context: Context) -> Decision:
    """Keep the fact for the read model; state nothing."""
    return Decision(rows=(heard_of(message, context.now),))


def keep(state: Any, fact: Any, at: datetime) -> Any:
    """Keep no state: the read model is all there is."""
    return state


SERVICE = Service("console", hear, keep, {}, Unpaired(), ReadModel())


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
    )
    serve(
        application(SERVICE, settings, city, lambda app, process: mount(app, process.engine, city, outside)), settings
    )
