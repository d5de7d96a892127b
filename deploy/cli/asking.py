"""Operations ask a service of a running stack over HTTP; what goes wrong ends the command with its documented code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import typer

from deploy.cli import main
from deploy.cli.stack import City, Folder, running_stack
from deploy.cli.words import t
from shared.kernel.decisions import Actor
from shared.shell.ids import new_id
from shared.shell.tokens import sign

OPERATIONS = Actor("operations", "sidan")


class Asking:
    """One service of one city, asked as the operations team."""

    def __init__(self, service: str, city: City, folder: Folder) -> None:
        stack = running_stack(city, folder)
        token = sign(stack.secret, stack.city, OPERATIONS)
        self._client = httpx.Client(
            base_url=stack.services[service], headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )

    def get(self, path: str) -> dict[str, Any]:
        """Return what the service answers; leaves with 1 when a rule refuses, 3 when nobody answers."""
        return self._answer("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Command something once and return what the service answers."""
        return self._answer("POST", path, body)

    def _answer(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        headers = {"Idempotency-Key": new_id()} if body is not None else {}
        try:
            answer = self._client.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            main.errors.print(t("无法连接服务", "The service cannot be reached"), style="red")
            main.errors.print(f"({type(error).__name__})", markup=False, highlight=False)
            raise typer.Exit(main.NOT_RUNNING) from None
        if answer.is_error:
            said = answer.json()
            main.errors.print(t(said["title"], said["title_en"]), style="red", markup=False)
            raise typer.Exit(main.CHECK_FAILED)
        found: dict[str, Any] = answer.json()
        return found
