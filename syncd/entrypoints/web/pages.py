"""Drawing pages: one environment of templates, and the values that every page has."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from syncd import __version__
from syncd.entrypoints.web.visitor import csrf_of, form_secret, keep_form_secret, now_of, system_of, visitor_or_none

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


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
    return environment


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page drawn from plain values. One who is not signed in gets what binds its forms."""
    visitor = visitor_or_none(request)
    text = (
        _environment()
        .get_template(template)
        .render(
            visitor=visitor,
            csrf=visitor.csrf if visitor else csrf_of(form_secret(request)),
            practice=system_of(request).settings.practice.name,
            loaded_at=now_of(request),
            path=request.url.path,
            **values,
        )
    )
    response = HTMLResponse(text, status_code=status)
    if visitor is None:
        keep_form_secret(request, response)
    return response


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
