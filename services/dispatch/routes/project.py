"""HTTP of projects claimed by two sides: claim, sign, start, confirm, rate; the agreement as a paper."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.dispatch.domain.claims.project import ProjectStatus, subject_of_project
from services.dispatch.papers.joint_agreement import agreement
from services.dispatch.routes.state import After, Code, Limit, check_community, key_of, page, state_of
from services.dispatch.tables.claim import PROJECTS
from shared.contracts.base import Contract
from shared.contracts.project import ClaimProject, ConfirmProject, RateProject, SignProject, StartProject
from shared.kernel.refusals import Refused
from shared.papers.files import handed_over
from shared.papers.pdf import pdf
from shared.papers.word import word
from shared.shell.desk import Caller, Desk, Key, body_schema, commands, json_body, read_as, reply_body

ACTS: dict[str, type[Contract]] = {
    "sign": SignProject,
    "start": StartProject,
    "confirm": ConfirmProject,
    "rate": RateProject,
}
MADE = {"docx": word, "pdf": pdf}


def router(desk: Desk) -> APIRouter:
    """Return the routes of projects."""
    routes = APIRouter(tags=["projects"])
    routes.include_router(commands(desk, "projects", None, ACTS))

    @routes.post(
        "/v1/communities/{community}/projects", name=ClaimProject.TYPE, openapi_extra=body_schema(ClaimProject)
    )
    async def claim(community: str, request: Request, actor: Caller, key: Key) -> dict[str, Any]:
        """Claim an item of the other side's list and sign; the answer's `subject` names the project from now on."""
        check_community(desk, community, "community")
        asked = read_as(ClaimProject, await json_body(request))
        await state_of(desk, asked.item, "item")
        subject = subject_of_project(community, key_of(actor, key))
        return reply_body(await desk.submit(asked, subject, actor, key, creates=True))

    @routes.get("/v1/projects")
    async def projects(
        actor: Caller,
        community: Code,
        status: Annotated[ProjectStatus | None, Query()] = None,
        after: After = "",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """List the projects and sharing agreements of a community."""
        return await page(desk, PROJECTS, limit, community=community, status=status, after=after)

    @routes.get("/v1/projects/{project}")
    async def project(project: str, actor: Caller) -> dict[str, Any]:
        """Return how a project stands."""
        return await state_of(desk, project, "project")

    @routes.get("/v1/projects/{project}/agreement.{form}")
    async def paper(project: str, form: Literal["docx", "pdf"], actor: Caller) -> Response:
        """Return the agreement (共建协议书), marked as a draft until both have signed."""
        found = await state_of(desk, project, "project")
        if "agreement" not in found:
            raise Refused("subject.unknown", "project", subject=project)
        item = await state_of(desk, found["item"], "item")
        made = agreement(found, item["wording"], desk.city)
        content = await asyncio.to_thread(MADE[form], made)
        return Response(content, headers=handed_over(made.title, form, "agreement"))

    return routes
