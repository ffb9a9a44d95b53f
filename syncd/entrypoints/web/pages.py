"""Drawing pages: one environment of templates, and the values that every page has."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from syncd import __version__
from syncd.core.access.accounts import IDLE, Clock
from syncd.core.access.principal import Role
from syncd.entrypoints.web.visitor import (
    Visitor,
    csrf_of,
    form_secret,
    keep_form_secret,
    now_of,
    system_of,
    visitor_or_none,
)
from syncd.ports.store.lists import Waiting
from syncd.presentation import labels, moments

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_TOLD = "syncd-told"
_MOST_TOLD = 900


class Told(NamedTuple):
    """What the page before has to say: shown once, above the heading. ``tone``: good, warn or bad."""

    text: str
    tone: str = "good"


class Item(NamedTuple):
    """A page in the navigation, and how much waits there for a person."""

    name: str
    href: str
    waiting: int = 0
    here: bool = False


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("syncd.entrypoints.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_address
    environment.globals["version"] = __version__
    environment.globals["labels"] = labels
    environment.filters |= {
        "when": _when,
        "since": _since,
        "span": _span,
        "day": _day,
        "day_said": moments.day,
        "letters": _letters,
        "clock": _clock,
        "number": moments.number,
        "actor": labels.actor,
    }
    return environment


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    problem: str = "",
    told: Told | None = None,
    waiting: Waiting | None = None,
    guest: str = "",
    **values: Any,
) -> Response:
    """Return a page drawn from plain values. One who is not signed in gets what binds its forms.

    ``problem``: what keeps the request from being done, said above the page. ``told``: what was done just now; without,
    what the page before has left to say. ``waiting``: what waits for a person, where the page knows it already.
    ``guest``: the token by which somebody came who needs no account. It alone binds the forms of the page, which knows
    of no cookie and gives none, whoever else is signed in there.
    """
    visitor = None if guest else visitor_or_none(request)
    left = None if guest else _left_to_tell(request)
    is_12_hours = visitor is not None and visitor.user.clock is Clock.H12
    text = (
        _environment()
        .get_template(template)
        .render(
            visitor=visitor,
            csrf=visitor.csrf if visitor else csrf_of(guest or form_secret(request)),
            practice=system_of(request).settings.practice.name,
            guest=guest,
            loaded_at=now_of(request).astimezone(zone_of(request)),
            zone_name=zone_of(request).key,
            is_12_hours=is_12_hours,
            idle=int(IDLE.total_seconds()),
            is_live="view" in values or request.url.path == "/",
            path=request.url.path,
            here=_address(request),
            told=told or left,
            problem=problem,
            **_navigation(request, visitor, waiting),
            **({"is_wide": False} | values),
        )
    )
    response = HTMLResponse(text, status_code=status)
    if visitor is None and not guest:
        keep_form_secret(request, response)
    if left is not None:
        response.delete_cookie(_TOLD, httponly=True, samesite="lax")
    return response


def gone_to(request: Request, address: str, told: Told | str) -> Response:
    """Return the answer to a form that was carried out: on to a page that can be reloaded, which tells what was done.

    ``told`` names no client: it stands in a cookie until the next page shows it.
    """
    said = Told(told) if isinstance(told, str) else told
    response = RedirectResponse(address, 303)
    text = urlsafe_b64encode(f"{said.tone}|{said.text[:_MOST_TOLD]}".encode()).decode()
    is_https = system_of(request).settings.web.address.startswith("https://")
    response.set_cookie(_TOLD, text, max_age=60, httponly=True, samesite="lax", secure=is_https)
    return response


def zone_of(request: Request) -> ZoneInfo:
    """Return the zone in which syncd's own moments are shown: the reader's own, else the installation's."""
    reader: Visitor | None = getattr(request.state, "visitor", None)
    own = reader.user.timezone if reader else None
    return ZoneInfo(own or system_of(request).settings.web.timezone)


def _left_to_tell(request: Request) -> Told | None:
    try:
        tone, _, text = urlsafe_b64decode(request.cookies.get(_TOLD, "")).decode().partition("|")
    except ValueError:
        return None
    return Told(text, tone if tone in {"good", "warn", "bad"} else "good") if text else None


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _navigation(request: Request, visitor: Visitor | None, known: Waiting | None) -> dict[str, list[Item]]:
    """Return the pages that somebody may open; asks once what waits there. Without the database there is none."""
    if visitor is None or getattr(request.state, "without_store", False):
        return {"navigation": [], "more": []}
    waiting = known
    if waiting is None:
        with system_of(request).store.reading() as tx:
            waiting = tx.lists.waiting(visitor.scope)
    path = request.url.path

    def item(name: str, href: str, count: int = 0) -> Item:
        here = path == "/" if href == "/" else path == href or path.startswith(f"{href}/")
        return Item(name, href, count, here)

    practice = visitor.user.role is not Role.PROVIDER
    more = [item(name, href) for name, href in _MORE] if practice else []
    return {"navigation": [item(*one) for one in _pages(waiting, practice=practice)], "more": more}


def _pages(waiting: Waiting, *, practice: bool) -> list[tuple[str, str, int]]:
    pages = [
        ("Overview" if practice else "My day", "/", 0),
        ("Drifts" if practice else "My edits", "/drifts", waiting.drifts),
        ("Calendars" if practice else "My calendar", "/calendars", waiting.calendars),
        ("Claims", "/claims", waiting.claims),
        ("Appointments", "/appointments", 0),
        ("Messages", "/messages", waiting.messages),
    ]
    return [*pages, ("Report", "/reports/drift", 0)] if practice else pages


_MORE = (
    ("Alerts", "/alerts"),
    ("Audit", "/audit"),
    ("People", "/people"),
    ("Settings", "/settings"),
    ("Workers", "/workers"),
)


@pass_context
def _when(context: Context, moment: datetime | None) -> Markup | str:
    """Return one of syncd's own moments in the reader's zone, as an element that programs can read."""
    if moment is None:
        return "never"
    local = moment.astimezone(context["loaded_at"].tzinfo)
    return _time(local, moments.when(local, in_12_hours=context["is_12_hours"]))


@pass_context
def _since(context: Context, moment: datetime | None) -> str:
    """Return how long ago a moment was."""
    return moments.ago(moment, context["loaded_at"]) if moment else "never"


@pass_context
def _span(context: Context, start: datetime, end: datetime) -> Markup:
    """Return when a session takes place, in its own zone."""
    return _time(start, moments.span(start, end, in_12_hours=context["is_12_hours"]))


def _day(on: date) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(on.isoformat()[:10], moments.day(on))


def _time(moment: datetime, text: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(timespec="seconds"), text)


def _letters(moment: datetime) -> str:
    return moments.letters(moment)


@pass_context
def _clock(context: Context, moment: datetime) -> str:
    said = f"{moment:%H:%M:%S}" if not context["is_12_hours"] else f"{moment:%I:%M:%S %p}".lower().lstrip("0")
    return f"{said} {moments.letters(moment)}"


@cache
def static_file(name: str) -> tuple[bytes, str, str] | None:
    """Return a static file's bytes, its hash and its type, None where there is none of that name."""
    found = files("syncd.entrypoints.web").joinpath("static", name)
    suffix = name[name.rfind(".") :]
    if "/" in name or suffix not in _TYPES or not found.is_file():
        return None
    content = found.read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16], _TYPES[suffix]


def static_address(name: str) -> str:
    """Return the address of a static file: it changes with its content, so that it may be kept for ever."""
    found = static_file(name)
    if found is None:
        raise LookupError(f"no static file {name!r}")
    return f"/static/{found[1]}/{name}"
