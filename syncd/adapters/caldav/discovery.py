"""From an address to a collection: RFC 6764 (service location), RFC 5397 (principal), RFC 4791 section 6.2.1 (home)."""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus

from syncd.adapters.caldav import xml
from syncd.adapters.caldav.remote import CalDavRemote
from syncd.adapters.caldav.session import Session, multistatus_of, refusal
from syncd.adapters.caldav.transport import HttpAnswer
from syncd.adapters.caldav.urls import Origin, as_collection, href_of, joined
from syncd.adapters.caldav.xml import CALDAV, DAV, Entry
from syncd.core.sync.calendars import Capabilities
from syncd.ports.remote.errors import ForbiddenError, NotACalendarError
from syncd.ports.remote.values import Account, Discovered

_WELL_KNOWN = "/.well-known/caldav"
_MAX_REDIRECTS = 5
_MAX_SLUGS = 9
_PROPERTIES = xml.propfind(
    DAV + "resourcetype",
    DAV + "displayname",
    DAV + "current-user-principal",
    CALDAV + "calendar-home-set",
    CALDAV + "schedule-inbox-URL",
    CALDAV + "schedule-outbox-URL",
    CALDAV + "supported-calendar-component-set",
)


class Discovery:
    """Finds one collection, or makes it. Credentials stay with the origin that the person named."""

    def __init__(
        self,
        open_session: Callable[[Origin, Account], Session],
        open_remote: Callable[[Session, str, Capabilities], CalDavRemote],
        account: Account,
    ) -> None:
        self._open_session = open_session
        self._open_remote = open_remote
        self._account = account

    def discover(self, name: str | None) -> Discovered:
        """Return the collection at the account's address, else ``name`` in the account's home."""
        address = _located(self._account.url)
        session = self._open_session(Origin.of(address), self._account)
        session, entry = self._entrance(session, href_of(address))
        if _is_calendar(entry):
            return self._discovered(session, entry)
        principal = self._principal(session, entry)
        if name is None:
            raise NotACalendarError("That address leads to an account: say the name of a calendar in it")
        return self._named(session, principal, name)

    # The way to the home

    def _entrance(self, session: Session, href: str) -> tuple[Session, Entry]:
        """Return what answers at the address, or where the site has no WebDAV there, at its well-known one."""
        for candidate in (href, _WELL_KNOWN):
            session, answer = self._followed(session, candidate)
            if answer.status == HTTPStatus.MULTI_STATUS:
                entry = next(iter(multistatus_of(answer).entries), None)
                if entry is not None and _leads_on(entry):
                    return session, entry
            elif answer.status == HTTPStatus.FORBIDDEN or answer.is_failure:
                raise refusal(answer)
            elif answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE} and href != "/":
                break
        raise NotACalendarError(f"There is no CalDAV account or calendar at {session.origin.url(href)}")

    def _followed(self, session: Session, href: str) -> tuple[Session, HttpAnswer]:
        """Ask for properties, following redirects that stay in the house.

        From an address of its own choosing the person's server may lead on; one that sends a calendar's address
        elsewhere says that it is another's.
        """
        may_lead_on = href in {"/", _WELL_KNOWN}
        answer = session.read("PROPFIND", href, _PROPERTIES, Depth="0")
        for _ in range(_MAX_REDIRECTS):
            if not answer.is_redirect:
                break
            here = session.origin.url(href)
            there = joined(here, answer.headers.get("Location", ""))
            if not may_lead_on and href_of(there).rstrip("/") != href.rstrip("/"):
                raise NotACalendarError(f"{here} is not a calendar of this account: the server points to {there}")
            session, href = self._same_house(session, there), href_of(there)
            answer = session.read("PROPFIND", href, _PROPERTIES, Depth="0")
        return session, answer

    def _same_house(self, session: Session, url: str) -> Session:
        """Return the session for a URL that the server pointed to. Raises `NotACalendarError` for another host.

        The same host may lead to TLS, but not away from it: a server behind a proxy that ends TLS writes http, and
        means its path.
        """
        origin = Origin.of(url)
        if origin == session.origin:
            return session
        if origin.host == session.origin.host and origin.scheme != session.origin.scheme:
            return session if origin.scheme == "http" else self._open_session(origin, self._account)
        raise NotACalendarError(
            f"The server points to another host, {url}, where the login was not sent; "
            "if that is right, connect that address",
            url=url,
        )

    def _principal(self, session: Session, entry: Entry) -> Entry:
        """Return the resource that knows the calendar home."""
        if entry.href_in(CALDAV + "calendar-home-set"):
            return entry
        href = self._href_in(session, entry, DAV + "current-user-principal")
        return session.properties(href, _PROPERTIES)

    def _href_in(self, session: Session, entry: Entry, name: str) -> str:
        """Return the href that a property holds. Raises `NotACalendarError` for none, or one on another host."""
        href = entry.href_in(name)
        if href is None:
            raise NotACalendarError("The server does not say where the account's calendars are")
        url = joined(session.origin.url(entry.href), href)
        self._same_house(session, url)
        return href_of(url)

    # In the home

    def _named(self, session: Session, principal: Entry, name: str) -> Discovered:
        path = as_collection(self._href_in(session, principal, CALDAV + "calendar-home-set"))
        entries = session.multistatus("PROPFIND", path, _PROPERTIES, 1).entries
        found = next(
            (entry for entry in _calendars(entries, principal) if entry.text(DAV + "displayname") == name), None
        )
        if found is not None:
            return self._discovered(session, found)
        taken = {as_collection(entry.href) for entry in entries}
        made = self._made(session, path, name, taken)
        return self._discovered(session, session.properties(made, _PROPERTIES), name=name)

    def _made(self, session: Session, home: str, name: str, taken: set[str]) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "calendar"
        spellings = [slug, *(f"{slug}-{number}" for number in range(2, _MAX_SLUGS + 1))]
        href = next(path for spelling in spellings if (path := f"{home}{spelling}/") not in taken)
        answer = session.write("MKCALENDAR", href, xml.mkcalendar(name))
        if not answer.is_success:
            raise ForbiddenError(
                f"The server lets this account make no calendar (it answered {answer.status}): "
                f"make one called {name!r} in a calendar program, then connect it",
                status=answer.status,
            )
        return href

    def _discovered(self, session: Session, entry: Entry, name: str | None = None) -> Discovered:
        """Describe a collection, with what its server is seen to do. ``name``: it was just made under that name."""
        path = as_collection(entry.href)
        offers = ",".join(session.read("OPTIONS", path).headers.get_all("DAV", []))
        known = Capabilities(auto_schedule="calendar-auto-schedule" in offers)
        capabilities = self._open_remote(session, path, known).survey()
        label = name or entry.text(DAV + "displayname") or path.rstrip("/").rpartition("/")[2]
        return Discovered(session.origin.url(path), label, capabilities, created=name is not None)


def _located(address: str) -> str:
    """Return the URL of an address; a bare domain or e-mail address is looked up in the DNS (RFC 6764 section 6)."""
    if "://" in address:
        return address
    from caldav.discovery import discover_caldav  # the library takes a while to import, and this is seldom asked

    service = discover_caldav(address)
    return service.url if service else f"https://{address.rpartition('@')[2]}/"


def _leads_on(entry: Entry) -> bool:
    """Tell whether a resource is a calendar or knows the account's; one that was shown to a stranger does not."""
    knows_home = entry.href_in(CALDAV + "calendar-home-set") or entry.href_in(DAV + "current-user-principal")
    return not entry.is_absent and (_is_calendar(entry) or knows_home is not None)


def _is_calendar(entry: Entry) -> bool:
    """Tell a calendar that takes events. Some servers mark the default one as a scheduling outbox as well."""
    kinds = entry.names(DAV + "resourcetype")
    components = entry.component_names()
    takes_events = components is None or "VEVENT" in components
    return CALDAV + "calendar" in kinds and CALDAV + "schedule-inbox" not in kinds and takes_events


def _calendars(entries: Sequence[Entry], principal: Entry) -> list[Entry]:
    """Leave out scheduling boxes, and the files that some servers list beside each calendar (NAME.ics, NAME.xml)."""
    boxes = {
        as_collection(href_of(href))
        for name in ("schedule-inbox-URL", "schedule-outbox-URL")
        if (href := principal.href_in(CALDAV + name))
    }
    found = [entry for entry in entries if _is_calendar(entry) and as_collection(entry.href) not in boxes]
    paths = {entry.href.rstrip("/") for entry in found}
    return [entry for entry in found if entry.href.rstrip("/").rpartition(".")[0] not in paths]
