"""Feeds, as calendar apps fetch them: by secret address, with validators (RFC 9110 section 13), for reading only."""

import gzip
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from syncd.core.errors import NotFoundError
from syncd.entrypoints.web.throttle import throttle_of
from syncd.entrypoints.web.visitor import Now, TheSystem, address_of
from syncd.services.access.secrets import digest_of
from syncd.services.feeds.reading import FeedBody

router = APIRouter(include_in_schema=False)

_SUFFIX = ".ics"
_OFTEN = 60
_MISSES = 30
_GONE = "There is no calendar at this address. Ask the practice for the one that holds now.\n"
_TOO_OFTEN = "That is too often. Come again in a minute.\n"


@router.api_route("/feeds/{name}", methods=["GET", "HEAD"])
def feed(request: Request, name: str, system: TheSystem, now: Now) -> Response:
    """Answer a subscriber; nothing tells an address that was revoked from one that never was."""
    reads = throttle_of(request.app, "feed_reads", _OFTEN)
    misses = throttle_of(request.app, "feed_misses", _MISSES)
    token = name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else ""
    if misses.is_full(address_of(request), now) or not reads.came(digest_of(token), now):
        return _refused(429, _TOO_OFTEN, now)
    try:
        found = system.feed_reader.read(token, _agent(request), now)
    except NotFoundError:
        misses.came(address_of(request), now)
        return _refused(404, _GONE, now)
    return calendar_answer(request, found, compress=system.settings.feeds.gzip)


def calendar_answer(
    request: Request,
    found: FeedBody,
    *,
    compress: bool = False,
    disposition: str = 'inline; filename="appointments.ics"',
) -> Response:
    """Return a calendar with its validators, or 304 to whoever has it."""
    is_small = compress and "gzip" in request.headers.get("Accept-Encoding", "").lower()
    headers = {
        "ETag": f'"{found.etag}-gzip"' if is_small else f'"{found.etag}"',
        "Last-Modified": format_datetime(found.changed_at.astimezone(UTC), usegmt=True),
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition,
        "Referrer-Policy": "no-referrer",
    }
    headers |= {"Vary": "Accept-Encoding"} if compress else {}
    if _is_known(request, headers["ETag"], found.changed_at):
        return Response(status_code=304, headers=headers)
    headers |= {"Content-Encoding": "gzip"} if is_small else {}
    content = gzip.compress(found.content, mtime=0) if is_small else found.content
    return Response(content, headers=headers, media_type="text/calendar; charset=utf-8")


def _is_known(request: Request, etag: str, changed_at: datetime) -> bool:
    """Tell whether the subscriber has this body; its ETag counts before its date (RFC 9110 section 13.2.2)."""
    tags = request.headers.get("If-None-Match")
    if tags is not None:
        return tags.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    since = _date(request.headers.get("If-Modified-Since"))
    return since is not None and changed_at.replace(microsecond=0) <= since


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _agent(request: Request) -> str:
    """Return what the program calls itself, in plain characters."""
    return "".join(char for char in request.headers.get("User-Agent", "") if char.isprintable())


def _refused(status: int, words: str, now: datetime) -> Response:
    headers = {"Retry-After": str(60 - now.second)} if status == 429 else {}
    return Response(words, status, headers, media_type="text/plain; charset=utf-8")
