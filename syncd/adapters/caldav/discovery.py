"""From an address to a collection: RFC 6764 (service location), RFC 5397 (principal), RFC 4791 section 6.2.1 (homes).

The look-up in the DNS, making a collection and what a server offers are caldav's. What is ours is reading principal and
homes, because caldav (3.6) takes one of several homes, decodes ``%2F`` in hrefs, fails on one property that is refused
with a 403, and tells nothing of whose a calendar is; and the redirects, because a login stays with its origin.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from syncd.adapters.caldav import xml
from syncd.adapters.caldav.answers import HttpAnswer
from syncd.adapters.caldav.listing import WRITING
from syncd.adapters.caldav.multistatus import Entry, Multistatus
from syncd.adapters.caldav.remote import CalDavRemote
from syncd.adapters.caldav.session import Session, printable, refusal
from syncd.adapters.caldav.urls import Origin, as_collection, href_of, joined
from syncd.adapters.caldav.xml import CALDAV, DAV, SERVER
from syncd.core.sync.calendars import Capabilities
from syncd.ports.remote.errors import AmbiguousCalendarError, ForbiddenError, NotACalendarError
from syncd.ports.remote.values import Account, Collection, Discovered

_WELL_KNOWN = "/.well-known/caldav"
_MAX_REDIRECTS = 5
_MAX_SLUGS = 9
_MOST_HOMES = 10
_PROPERTIES = xml.propfind(
    DAV + "resourcetype",
    DAV + "displayname",
    DAV + "owner",
    DAV + "current-user-principal",
    DAV + "current-user-privilege-set",
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
        session, entry = self._reached()
        if _is_calendar(entry):
            return self._discovered(session, entry)
        principal = self._principal(session, entry)
        if name is None:
            raise NotACalendarError("That address leads to an account: say the name of a calendar in it")
        return self._named(session, principal, name)

    def collections(self) -> list[Collection]:
        """Return the account's calendars that take events, by name; of an address that is a calendar, that one."""
        session, entry = self._reached()
        if _is_calendar(entry):
            return [_collection(session, entry, None)]
        principal = self._principal(session, entry)
        owner = next(iter(_principals(session, principal)), None)
        _, entries = self._homes(session, principal)
        found = [_collection(session, one, owner) for one in _calendars(entries, principal)]
        return sorted(found, key=lambda one: (one.name, one.url))

    # The way to the home

    def _reached(self) -> tuple[Session, Entry]:
        """Return what the account's address leads to."""
        address = _located(self._account.url)
        session = self._open_session(Origin.of(address), self._account)
        return self._entrance(session, session.learn(address))

    def _entrance(self, session: Session, href: str) -> tuple[Session, Entry]:
        """Return what answers at the address, or where the site has no WebDAV there, at its well-known one."""
        for candidate in (href, _WELL_KNOWN):
            session, answer, found = self._followed(session, candidate)
            if found is not None:
                entry = next(iter(found.entries), None)
                if entry is not None and _leads_on(entry):
                    return session, entry
            elif answer.status == HTTPStatus.FORBIDDEN or answer.is_failure:
                raise refusal(answer)
            elif answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE} and href != "/":
                break
        raise NotACalendarError(f"There is no CalDAV account or calendar at {session.url(href)}")

    def _followed(self, session: Session, href: str) -> tuple[Session, HttpAnswer, Multistatus | None]:
        """Ask for properties, following redirects that stay in the house.

        From an address of its own choosing the person's server may lead on; one that sends a calendar's address
        elsewhere says that it is another's.
        """
        may_lead_on = href in {"/", _WELL_KNOWN}
        answer, found = session.ask("PROPFIND", href, _PROPERTIES, 0)
        for _ in range(_MAX_REDIRECTS):
            if not answer.is_redirect:
                break
            here = session.url(href)
            there = _resolved(here, answer.headers.get("Location", ""))
            if not may_lead_on and href_of(there).rstrip("/") != href.rstrip("/"):
                raise NotACalendarError(f"{here} is not a calendar of this account: the server points to {there}")
            session = self._same_house(session, there)
            href = session.learn(there)
            answer, found = session.ask("PROPFIND", href, _PROPERTIES, 0)
        return session, answer, found

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
        """Return the resource that knows the calendar homes."""
        if entry.href_in(CALDAV + "calendar-home-set"):
            return entry
        href, *_ = self._hrefs_in(session, entry, DAV + "current-user-principal")
        return session.properties(href, _PROPERTIES)

    def _hrefs_in(self, session: Session, entry: Entry, name: str) -> Sequence[str]:
        """Return the hrefs that a property holds. Raises `NotACalendarError` for none, or none on this host."""
        hrefs, refused = [], NotACalendarError("The server does not say where the account's calendars are")
        for spelled in entry.hrefs_in(name)[:_MOST_HOMES]:
            try:
                url = _resolved(session.url(entry.href), spelled)
                self._same_house(session, url)
                hrefs.append(session.learn(url))
            except NotACalendarError as error:
                refused = error
        if not hrefs:
            raise refused
        return hrefs

    # In the homes

    def _homes(self, session: Session, principal: Entry) -> tuple[list[str], list[Entry]]:
        """Return where the account's calendars are, and all that is there."""
        homes = [as_collection(href) for href in self._hrefs_in(session, principal, CALDAV + "calendar-home-set")]
        entries: list[Entry] = []
        for home in dict.fromkeys(homes):
            entries += session.multistatus("PROPFIND", home, _PROPERTIES, 1).entries
        return homes, entries

    def _named(self, session: Session, principal: Entry, name: str) -> Discovered:
        homes, entries = self._homes(session, principal)
        owner = next(iter(_principals(session, principal)), None)
        named = {
            entry.href: _Choice.of(entry, owner)
            for entry in _calendars(entries, principal)
            if entry.text(DAV + "displayname") == name
        }
        if named:
            return self._discovered(session, _chosen(session, list(named.values()), name))
        made = self._made(session, homes[0], name, {as_collection(entry.href) for entry in entries})
        return self._discovered(session, session.properties(made, _PROPERTIES), name=name)

    def _made(self, session: Session, home: str, name: str, taken: set[str]) -> str:
        from syncd.adapters.caldav.client import AccountClient  # caldav takes a while to import, and is seldom needed

        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "calendar"
        spellings = [slug, *(f"{slug}-{number}" for number in range(2, _MAX_SLUGS + 1))]
        free = next(one for one in spellings if f"{home}{one}/" not in taken)
        status = AccountClient(session, home).make_calendar(home, free, name)
        if status is not None:
            raise ForbiddenError(
                f"The server lets this account make no calendar (it answered {status}): "
                f"make one called {name!r} in a calendar program, then connect it",
                status=status,
            )
        return f"{home}{free}/"

    def _discovered(self, session: Session, entry: Entry, name: str | None = None) -> Discovered:
        """Describe a collection, with what its server is seen to do. ``name``: it was just made under that name."""
        from syncd.adapters.caldav.client import AccountClient

        path = as_collection(entry.href)
        offers = AccountClient(session, path).offers(path)
        known = Capabilities(auto_schedule="calendar-auto-schedule" in offers)
        capabilities = self._open_remote(session, path, known).survey()
        label = name or _label(entry)
        return Discovered(as_collection(session.url(path)), label, capabilities, created=name is not None)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A calendar of the name that was asked for; None where the server does not say."""

    entry: Entry
    own: bool | None
    writable: bool | None

    @classmethod
    def of(cls, entry: Entry, principal: str | None) -> "_Choice":
        privileges = entry.names(DAV + "current-user-privilege-set")
        owner = entry.href_in(DAV + "owner")
        is_shared = SERVER + "shared" in entry.names(DAV + "resourcetype")
        own = None if owner is None or principal is None else _is_same(owner, principal)
        return cls(entry, False if is_shared else own, bool(privileges & WRITING) if privileges else None)


def _collection(session: Session, entry: Entry, owner: str | None) -> Collection:
    """Describe a calendar as a person may choose it."""
    choice = _Choice.of(entry, owner)
    return Collection(as_collection(session.url(entry.href)), _label(entry), choice.writable, choice.own)


def _label(entry: Entry) -> str:
    """Return what a calendar is called: its display name, else the last part of its address."""
    named = printable(entry.text(DAV + "displayname") or "")
    return named or entry.href.rstrip("/").rpartition("/")[2]


def _chosen(session: Session, choices: Sequence[_Choice], name: str) -> Entry:
    """Return the account's own calendar of that name, the one that it may write where there are several.

    Raises `AmbiguousCalendarError` where that leaves more than one, or only somebody else's.
    """
    own = [choice for choice in choices if choice.own is not False]
    surely = [choice for choice in own if choice.own] or own
    best = [choice for choice in surely if choice.writable is not False] or surely
    if len(best) == 1:
        return best[0].entry
    told = [
        {"url": session.url(one.entry.href), "name": name, "own": one.own, "writable": one.writable} for one in choices
    ]
    listed = "; ".join(f"{one['url']}{_remarks(one['own'], one['writable'])}" for one in told)
    why = f"Several calendars of the account are called {name!r}" if best else f"{name!r} is somebody else's calendar"
    raise AmbiguousCalendarError(
        f"{why}. Connect one by its own address, or choose another name: {listed}", choices=told
    )


def _remarks(own: object, writable: object) -> str:
    words = [word for word, value in (("somebody else's", own), ("read only", writable)) if value is False]
    return f" ({', '.join(words)})" if words else ""


def _principals(session: Session, principal: Entry) -> Iterator[str]:
    """Yield the hrefs by which the account's principal is known."""
    for spelled in principal.hrefs_in(DAV + "current-user-principal"):
        yield _resolved(session.url(principal.href), spelled)
    yield session.url(principal.href)


def _is_same(href: str, url: str) -> bool:
    try:
        return as_collection(href_of(href)) == as_collection(href_of(url))
    except ValueError:
        return False


def _resolved(here: str, location: str) -> str:
    """Return where a location leads from here. Raises `NotACalendarError` where it cannot be read."""
    try:
        there = joined(here, location)
        href_of(there)
    except ValueError:
        raise NotACalendarError(f"{here} points to an address that cannot be read") from None
    return there


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
    boxes = [
        href for name in ("schedule-inbox-URL", "schedule-outbox-URL") for href in principal.hrefs_in(CALDAV + name)
    ]
    found = [entry for entry in entries if _is_calendar(entry) and not any(_is_same(box, entry.href) for box in boxes)]
    paths = {entry.href.rstrip("/") for entry in found}
    return [entry for entry in found if entry.href.rstrip("/").rpartition(".")[0] not in paths]
