"""The web application: every router put together, inside what guards them all."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from syncd import __version__
from syncd.bootstrap import System
from syncd.entrypoints.web import (
    account,
    appointment_cancel,
    appointment_done,
    appointment_edit,
    appointment_new,
    appointments,
    board,
    bulk,
    calendar_settings,
    calendars,
    claims,
    connecting,
    drift,
    drifts,
    feeds,
    health,
    live,
    messages,
    metrics,
    notice_links,
    own_feed,
    people,
    practice,
    problems,
    proof,
    sign_in,
    users,
    visit,
)
from syncd.entrypoints.web.api import routes as api
from syncd.entrypoints.web.api.description import describe
from syncd.entrypoints.web.headers import SecureHeaders
from syncd.entrypoints.web.kept import Kept
from syncd.entrypoints.web.limits import BodyLimit
from syncd.entrypoints.web.pages import static_file
from syncd.services.reporting.check import Probe

Readiness = Callable[[], Iterable[Probe]]

_MODULES = (
    *(health, metrics, sign_in, notice_links, visit, board, feeds),
    *(bulk, drifts, drift),  # the first has an address that the last would take for an id
    *(appointment_new, appointment_cancel, appointment_edit, appointment_done),
    *(connecting, calendar_settings, calendars, claims),
    *(appointments, messages, practice, users, people),
    *(proof, account, own_feed, live),
    api,
)
_EVENTS_KEPT = 5.0
"""Seconds: how a million events stand is not counted for each who looks at the first page."""

_FOR_EVER = "public, max-age=31536000, immutable"


def create_app(system: System, readiness: Readiness | None = None, config: Path | None = None) -> FastAPI:
    """Return the application over a system.

    ``readiness`` is what /readyz tries; default: the database and the key. ``config``: the file that was named for the
    settings, None where it is found by itself; the page of settings tells from it where each came from.
    """
    app = _app(system, readiness, *_MODULES, openapi_url="/openapi.json")
    app.state.config = config
    app.state.events = Kept(_EVENTS_KEPT)
    describe(app)
    app.add_api_route("/static/{digest}/{name}", _static, include_in_schema=False)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecureHeaders, https=system.settings.web.address.startswith("https://"))
    return app


def create_monitored(system: System, readiness: Readiness | None = None) -> FastAPI:
    """Return the application of a process that serves nobody but monitors: /healthz, /readyz and /metrics."""
    app = _app(system, readiness, health, metrics, openapi_url=None)
    app.add_middleware(SecureHeaders, https=False)
    return app


def _app(system: System, readiness: Readiness | None, *modules: Any, openapi_url: str | None) -> FastAPI:
    app = FastAPI(title="syncd", version=__version__, docs_url=None, redoc_url=None, openapi_url=openapi_url)
    app.state.system = system
    app.state.readiness = readiness or system.readiness
    for module in modules:
        app.include_router(module.router)
    problems.install(app)
    return app


def _static(request: Request, digest: str, name: str) -> Response:
    found = static_file(name)
    if found is None or found[1] != digest:
        return problems.answer(request, 404, "not_found", "There is nothing at this address.")
    content, _, kind = found
    return Response(content, media_type=kind, headers={"Cache-Control": _FOR_EVER})
