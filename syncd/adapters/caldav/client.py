"""The caldav library over our own transport: what it does well for setting up an account.

Its client would send requests over niquests, without a deadline for the whole, and follow redirects to other hosts.
Here each of its requests goes through a `Session`: one origin, one login, one deadline.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from caldav.collection import CalendarSet
from caldav.davclient import DAVClient
from caldav.lib.error import DAVError
from caldav.response import DAVResponse

from syncd.adapters.caldav.answers import HttpAnswer
from syncd.adapters.caldav.session import Session
from syncd.adapters.caldav.urls import Origin, href_of
from syncd.ports.remote.errors import NotACalendarError

_SAFE = {"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"}
_HEADERS = {"Depth", "Content-Type", "Accept"}


class AccountClient(DAVClient):
    """An account at one origin."""

    def __init__(self, session: Session, href: str) -> None:
        super().__init__(url=session.url(href), enable_rfc6764=False)
        self._account = session

    def request(
        self, url: Any, method: str = "GET", body: Any = "", headers: Mapping[str, str] | None = None, *_: Any
    ) -> DAVResponse:
        """Send a request as caldav means it. Raises `NotACalendarError` rather than going to another origin."""
        if Origin.of(str(url)) != self._account.origin:
            raise NotACalendarError("The server points to another host")
        named = {name.replace("-", "_"): str(value) for name, value in (headers or {}).items() if name in _HEADERS}
        send: Callable[..., HttpAnswer] = self._account.read if method in _SAFE else self._account.write
        sent = body.encode() if isinstance(body, str) else bytes(body or b"")
        return DAVResponse(_Response(send(method, href_of(str(url)), sent, **named)), self)

    def make_calendar(self, home: str, slug: str, name: str) -> int | None:
        """Make a calendar of events there, under its display name; return the status that refused it, None when made.

        Servers that overlook the name at first get it once more by PROPPATCH.
        """
        homes = CalendarSet(self, url=self._account.url(home))
        try:
            homes.make_calendar(
                name=name, cal_id=slug, supported_calendar_component_set=["VEVENT"], method="mkcalendar"
            )
        except DAVError as error:
            return int(getattr(error, "status", None) or HTTPStatus.FORBIDDEN)
        return None

    def offers(self, href: str) -> frozenset[str]:
        """Return the compliance classes in the DAV header of a resource (RFC 4918 section 10.1)."""
        told = str(self.options(self._account.url(href)).headers.get("DAV") or "")
        return frozenset(part.strip().lower() for part in told.split(","))


class _Response:
    """An answer as caldav expects one."""

    def __init__(self, answer: HttpAnswer) -> None:
        self.status_code = answer.status
        self.headers = {name: ", ".join(answer.headers.get_all(name, [])) for name in answer.headers}
        self.content = answer.body
        self.text = answer.body.decode(errors="replace")
        self.reason = ""
