"""Signing in at the identity provider of the office (OpenID Connect); imported only where there is one."""

from __future__ import annotations

from hashlib import sha256

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.console.access import accounts
from services.console.access.sign_in import OIDC, Provider, inside, let_in
from shared.kernel.refusals import Refused
from shared.telemetry.logs import brief

OIDC_SECONDS = 600
"""How long a person may take at the identity provider."""
log = structlog.get_logger("console")


def single_sign_on(engine: AsyncEngine, provider: Provider, secret: str, public_url: str) -> Starlette:
    """Return the application that sends a person to the identity provider and takes her back, to go under `OIDC`.

    State, nonce and PKCE verifier are kept in a signed cookie of these addresses alone.
    """
    oauth = OAuth()
    oauth.register(
        "office",
        server_metadata_url=provider.issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        client_kwargs={"scope": "openid", "code_challenge_method": "S256"},
    )

    async def begin(request: Request) -> Response:
        request.session["next"] = inside(request.query_params.get("next", "/"))
        base = public_url.rstrip("/") or str(request.base_url).removesuffix(OIDC + "/").rstrip("/")
        try:
            sent: Response = await oauth.office.authorize_redirect(request, f"{base}{OIDC}/done")
        except Exception as error:  # whatever its library raises: the provider is away or not one
            log.warning("console.provider_away", error=brief(error))
            return RedirectResponse("/login?why=login.provider_away", 303)
        return sent

    async def done(request: Request) -> Response:
        aim = inside(request.session.get("next", "/"))
        try:
            token = await oauth.office.authorize_access_token(request)
            claims = token["userinfo"]
            key = await accounts.sign_in_as(engine, f"{claims['iss']} {claims['sub']}")
        except Refused as refused:
            return RedirectResponse(f"/login?why={refused.rule}", 303)
        except (AuthlibBaseError, JoseError, KeyError, ValueError) as error:
            log.warning("console.provider_refused", error=brief(error))
            return RedirectResponse("/login?why=login.provider_refused", 303)
        finally:
            request.session.clear()
        return let_in(request, key, aim)

    kept = Middleware(
        SessionMiddleware,
        secret_key=sha256(f"oidc\n{secret}".encode()).hexdigest(),
        session_cookie="sidan_oidc",
        max_age=OIDC_SECONDS,
        path=OIDC,
        same_site="lax",
        https_only=public_url.startswith("https:"),
    )
    return Starlette(routes=[Route("/", begin), Route("/done", done)], middleware=[kept])
