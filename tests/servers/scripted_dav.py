"""What the scripted server holds and how it answers: WebDAV, CalDAV and sync-collection, bent by its quirks."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, islice
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

from lxml import etree

from tests.servers.base import Answer
from tests.servers.quirks import Multiget, Quirks, Refusal, UnknownToken

_DAV, _CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
_TOKEN = re.compile(r"^https://example\.org/sync/(\d+)/(\d+)$")
_UID = re.compile(rb"^UID:(.*?)\r?$", re.MULTILINE)
_lives = count(1)

Props = dict[str, str]
"""Properties by prefixed name, with their content as XML."""


@dataclass
class Resource:
    body: bytes
    etag: str
    schedule_tag: str


@dataclass
class Calendar:
    name: str
    resources: dict[str, Resource] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    revision: int = 0
    life: int = field(default_factory=lambda: next(_lives))

    def touch(self, href: str) -> int:
        self.revision += 1
        self.changed[href] = self.revision
        return self.revision

    @property
    def token(self) -> str:
        return f"https://example.org/sync/{self.life}/{self.revision}"


class Dav:
    """One account's home. ``quirks`` may be exchanged while it runs."""

    def __init__(self, quirks: Quirks, url: str) -> None:
        self.quirks = quirks
        self.calendars: dict[str, Calendar] = {}
        self._url = url.rstrip("/")

    @contextmanager
    def well_behaved(self) -> Iterator[None]:
        """Answer by the RFCs meanwhile, but count versions as the server does."""
        mine = self.quirks
        self.quirks = Quirks(counter_etags=mine.counter_etags)
        try:
            yield
        finally:
            self.quirks = mine

    def answer(
        self,
        method: str,
        href: str,
        headers: dict[str, str],
        body: bytes,
        during: Callable[[], object] | None = None,
    ) -> Answer:
        if during and method != "PUT":
            during()
        match method:
            case "OPTIONS":
                return Answer(200, {"DAV": "1, 3, calendar-access"}, b"")
            case "PROPFIND":
                return self._propfind(href, headers.get("Depth", "0"))
            case "REPORT":
                return self._report(href, body)
            case "MKCALENDAR":
                return self._mkcalendar(href, body)
            case "GET":
                return self._get(href)
            case "PUT":
                return self._put(href, headers, body, during)
            case _:
                return self._delete(href, headers)

    def to_stranger(self) -> Answer:
        """Answer a PROPFIND of the root to somebody who did not say who they are."""
        return self._multistatus([self._found("/", {"D:current-user-principal": "<D:unauthenticated/>"})])

    # Resources

    def _place(self, href: str) -> tuple[Calendar | None, Resource | None]:
        calendar = self.calendars.get(href[: href.rindex("/") + 1])
        return calendar, calendar.resources.get(href) if calendar else None

    def _get(self, href: str) -> Answer:
        _, resource = self._place(href)
        if href.rpartition("/")[2] in self.quirks.fails_on:
            return Answer(self.quirks.failure, {"Location": "/elsewhere/"}, b"")
        if resource is None:
            return Answer(404, {}, b"")
        if href.rpartition("/")[2] in self.quirks.hidden_names:
            return Answer(403, {}, b"")
        return Answer(200, self._validators(resource) | {"ETag": resource.etag}, self._shown(resource))

    def _shown(self, resource: Resource) -> bytes:
        return self.quirks.redacts(resource.body) if self.quirks.redacts else resource.body

    def _validators(self, resource: Resource) -> dict[str, str]:
        validators = {"ETag": resource.etag} if self.quirks.etag_on_put else {}
        return validators | ({"Schedule-Tag": resource.schedule_tag} if self.quirks.schedule_tags else {})

    def _put(self, href: str, headers: dict[str, str], body: bytes, during: Callable[[], object] | None) -> Answer:
        calendar, resource = self._place(href)
        if calendar is None:
            return Answer(409, {}, b"")
        refused = self._refused(calendar, resource, href, headers, body)
        if refused is not None:
            return refused
        if during:
            during()
        if self.quirks.renames and not resource:
            href = href.rpartition("/")[0] + "/" + self.quirks.renames + href.rpartition("/")[2]
        stored = self._store(calendar, href, self.quirks.rewrites(body) if self.quirks.rewrites else body)
        if self.quirks.put_answer:
            status, media, page = self.quirks.put_answer
            return Answer(status, {"Content-Type": media}, page)
        where = {"Location": quote(href)} if self.quirks.tells_location else {}
        return Answer(204 if resource else 201, self._validators(stored) | where, b"")

    def _store(self, calendar: Calendar, href: str, body: bytes) -> Resource:
        revision = calendar.touch(href)
        before = calendar.resources.get(href)
        version = int(before.etag.strip('"').rpartition("-")[2]) + 1 if before else 0
        etag = f'"version-{version}"' if self.quirks.counter_etags else f'"{calendar.life}-{revision}"'
        calendar.resources[href] = Resource(body, etag, f'"tag-{calendar.life}-{revision}"')
        return calendar.resources[href]

    def fill(self, href: str, body: bytes) -> None:
        """Put a resource there without a look at the others: for calendars of thousands."""
        calendar, _ = self._place(href)
        assert calendar is not None
        self._store(calendar, href, body)

    def merge_reply(self, href: str, change: Callable[[bytes], bytes]) -> None:
        """Change a resource as a scheduling server does on a reply: another ETag, the same Schedule-Tag."""
        calendar, resource = self._place(href)
        assert calendar is not None
        assert resource is not None
        stored = self._store(calendar, href, change(resource.body))
        stored.schedule_tag = resource.schedule_tag

    def _refused(
        self, calendar: Calendar, resource: Resource | None, href: str, headers: dict[str, str], body: bytes
    ) -> Answer | None:
        if self.quirks.read_only:
            return _refusal(Refusal(status=403, condition="D:need-privileges"))
        if self.quirks.refuses_bodies:
            return _refusal(self.quirks.refuses_bodies)
        if self.quirks.refuses_people and b"ORGANIZER" in body:
            return _refusal(self.quirks.refuses_people)
        elsewhere = self._holder_of(_uid(body), calendar) if self.quirks.uid_once_an_account else None
        if elsewhere:
            unique = Refusal(status=403, condition="C:unique-scheduling-object-resource")
            return _refusal(unique, f"<D:href>{quote(elsewhere)}</D:href>")
        if self.quirks.heeds_preconditions and (status := self._unmet(resource, headers)):
            return Answer(status, {}, b"")
        others = [
            other for other, held in calendar.resources.items() if other != href and _uid(held.body) == _uid(body)
        ]
        return _refusal(self.quirks.uid_conflict, f"<D:href>{escape(others[0])}</D:href>") if others else None

    def _unmet(self, resource: Resource | None, headers: dict[str, str]) -> int | None:
        if "If-None-Match" in headers and resource:
            return self.quirks.existing_on_create
        wanted = headers.get("If-Match")
        if wanted and (resource is None or wanted not in {"*", resource.etag}):
            return 412
        tag = headers.get("If-Schedule-Tag-Match")
        return 412 if tag and (resource is None or tag != resource.schedule_tag) else None

    def _holder_of(self, uid: bytes | None, calendar: Calendar) -> str | None:
        others = [other.resources for other in self.calendars.values() if other is not calendar]
        return next((href for held in others for href, found in held.items() if _uid(found.body) == uid), None)

    def _delete(self, href: str, headers: dict[str, str]) -> Answer:
        if href in self.calendars:
            del self.calendars[href]
            return Answer(204, {}, b"")
        calendar, resource = self._place(href)
        if calendar is None or resource is None:
            return Answer(self.quirks.absent_on_delete, {}, b"")
        if self.quirks.heeds_preconditions and self._unmet(resource, headers):
            return Answer(412, {}, b"")
        del calendar.resources[href]
        calendar.touch(href)
        return Answer(204, {}, b"")

    def _mkcalendar(self, href: str, body: bytes) -> Answer:
        if self.quirks.makes_no_calendars:
            return Answer(403, {}, b"")
        if href in self.calendars:
            return Answer(405, {}, b"")
        name = etree.fromstring(body).findtext(f".//{_DAV}displayname") or ""
        self.calendars[href] = Calendar(name)
        return Answer(201, {}, b"")

    # PROPFIND

    def _propfind(self, href: str, depth: str) -> Answer:
        redirect = {"/": self.quirks.root_redirects_to, "/.well-known/caldav": self.quirks.well_known_redirects_to}
        if redirect.get(href):
            return Answer(301, {"Location": redirect[href] or ""}, b"")
        if href in {"/", "/principal/"}:
            return self._multistatus([self._found(href, self._principal())])
        if href == "/home/" or href in self.quirks.more_homes:
            itself = self._found(href, {"D:resourcetype": "<D:collection/>"})
            return self._multistatus([itself, *self._home(depth, href)])
        if href not in self.calendars:
            return self._multistatus([self._absent(href)]) if self.quirks.gone_inside_207 else Answer(404, {}, b"")
        own = [self._found(href, self._collection(href))] if self.quirks.tells_of_itself or depth == "0" else []
        members = self._members(self.calendars[href]) if depth == "1" else []
        return self._multistatus([*own, *members])

    def _principal(self) -> Props:
        return {
            "D:current-user-principal": "<D:href>/principal/</D:href>",
            "C:calendar-home-set": f"<D:href>{self.quirks.home_on}/home/</D:href>"
            + "".join(f"<D:href>{home}</D:href>" for home in self.quirks.more_homes),
            "C:schedule-inbox-URL": "<D:href>/home/.in/</D:href>",
            "C:schedule-outbox-URL": "<D:href>/home/.out/</D:href>",
        }

    def _home(self, depth: str, home: str) -> Iterator[str]:
        if depth != "1":
            return
        boxes = ("/home/.in/", "/home/.out/") if self.quirks.lists_scheduling_boxes else ()
        for box in boxes:
            yield self._found(box, _calendar_props("Practice appointments"))
        for href, calendar in self.calendars.items():
            if not href.startswith(home):
                continue
            if self.quirks.lists_files_beside_calendars:
                yield self._found(f"{href.rstrip('/')}.ics", _calendar_props(calendar.name))
                yield self._found(f"{href.rstrip('/')}.xml", _calendar_props(calendar.name))
            yield self._found(href, self._collection(href))

    def _collection(self, href: str) -> Props:
        calendar = self.calendars[href]
        size = self.quirks.max_resource_size
        is_theirs = href in self.quirks.shared_by_others
        privilege = "read" if self.quirks.read_only or is_theirs else "write"
        owner = "/principals/colleague/" if is_theirs else "/principal/"
        return {
            **({"D:owner": f"<D:href>{owner}</D:href>"} if self.quirks.tells_owners else {}),
            **_calendar_props(calendar.name),
            "D:current-user-privilege-set": f"<D:privilege><D:{privilege}/></D:privilege>",
            **({"D:sync-token": calendar.token} if self.quirks.shows_token else {}),
            **({"S:getctag": f"ctag-{calendar.life}-{calendar.revision}"} if self.quirks.has_ctag else {}),
            **({"C:max-resource-size": str(size)} if size else {}),
        }

    def _members(self, calendar: Calendar) -> Iterator[str]:
        listed = islice(calendar.resources.items(), self.quirks.lists_at_most)
        return (self._found(href, {"D:getetag": found.etag}) for href, found in listed)

    # REPORT

    def _report(self, href: str, body: bytes) -> Answer:
        calendar = self.calendars.get(href)
        if calendar is None:
            return Answer(404, {}, b"")
        asked = etree.fromstring(body)
        match etree.QName(asked).localname:
            case "sync-collection":
                return self._sync(href, calendar, asked.findtext(f"{_DAV}sync-token") or "")
            case "calendar-multiget":
                hrefs = [unquote(urlsplit(found.text or "").path) for found in asked.iterchildren(f"{_DAV}href")]
                return self._multiget(calendar, hrefs)
            case _:
                return self._query(calendar, asked.findtext(f".//{_CALDAV}text-match") or "")

    def _sync(self, href: str, calendar: Calendar, token: str) -> Answer:
        if self.quirks.sync:
            return _refusal(self.quirks.sync)
        known = _TOKEN.match(token)
        if known and self.quirks.forgets_changes:
            return self._multistatus([], calendar.token)
        if known and int(known[1]) == calendar.life:
            return self._changes(href, calendar, int(known[2]))
        match self.quirks.unknown_token:
            case UnknownToken.REFUSED:
                return _refusal(self.quirks.invalid_token)
            case UnknownToken.EVERYTHING:
                return self._multistatus(self._members(calendar), calendar.token)
            case UnknownToken.NOTHING:
                return self._multistatus([], calendar.token)
            case UnknownToken.ECHOED:
                return self._multistatus([], token)

    def _changes(self, href: str, calendar: Calendar, since: int) -> Answer:
        changed = sorted((rev, name) for name, rev in calendar.changed.items() if rev > since)
        page = changed[: self.quirks.page_size]
        entries = [
            self._found(name, {"D:getetag": calendar.resources[name].etag})
            if name in calendar.resources
            else self._absent(name)
            for _, name in page
        ]
        if len(page) == len(changed):
            return self._multistatus(entries, calendar.token)
        more = f"<D:response><D:href>{href}</D:href><D:status>HTTP/1.1 507 Insufficient Storage</D:status></D:response>"
        reached = since if self.quirks.repeats_itself else page[-1][0]
        return self._multistatus([*entries, more], f"https://example.org/sync/{calendar.life}/{reached}")

    def _multiget(self, calendar: Calendar, hrefs: list[str]) -> Answer:
        if not hrefs:
            return Answer(500, {}, b"")
        if self.quirks.multiget is Multiget.UNSUPPORTED:
            return Answer(501, {}, b"")
        if self.quirks.spoils_multiget and any(href.rpartition("/")[2] in self.quirks.fails_on for href in hrefs):
            return Answer(self.quirks.failure, {"Location": "/elsewhere/"}, b"")
        hrefs = [href for href in hrefs if href.rpartition("/")[2] not in self.quirks.fails_on]
        absent = [href for href in hrefs if href not in calendar.resources]
        if absent and self.quirks.multiget is Multiget.REFUSES_WHOLE:
            return Answer(404, {}, b"")
        shown = [self._data(href, calendar.resources[href]) for href in hrefs if href not in absent]
        told = [self._absent(href) for href in absent] if self.quirks.multiget is Multiget.TELLS_ABSENT else []
        return self._multistatus([*shown[: self.quirks.multiget_at_most], *told])

    def _query(self, calendar: Calendar, uid: str) -> Answer:
        if not self.quirks.queries:
            return Answer(400, {}, b"")
        found = {href: held for href, held in calendar.resources.items() if uid.encode() in held.body}
        return self._multistatus([self._data(href, held) for href, held in found.items()])

    def _data(self, href: str, resource: Resource) -> str:
        if href.rpartition("/")[2] in self.quirks.hidden_names:
            return self._found(href, {})
        data = escape(self._shown(resource).decode())
        return self._found(href, {"D:getetag": resource.etag, "C:calendar-data": data})

    # XML

    def _spelled(self, href: str) -> str:
        if self.quirks.escapes_hrefs:
            return self._url + quote(href, safe="/").replace(".ics", "%2Eics").replace("-", "%2d")
        return escape(quote(href, safe="/@:"))

    def _found(self, href: str, props: Props) -> str:
        listed = "".join(f"<{name}>{content}</{name}>" for name, content in props.items())
        return (
            f"<D:response><D:href>{self._spelled(href)}</D:href><D:propstat><D:prop>{listed}</D:prop>"
            "<D:status>HTTP/1.1 200 OK</D:status></D:propstat><D:propstat><D:prop><D:owner/></D:prop>"
            "<D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>"
        )

    def _absent(self, href: str) -> str:
        spelled = self._spelled(href)
        return f"<D:response><D:href>{spelled}</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>"

    def _multistatus(self, responses: "Iterator[str] | list[str]", token: str | None = None) -> Answer:
        tail = f"<D:sync-token>{token}</D:sync-token>" if token else ""
        body = f"<D:multistatus {_NAMESPACES}>{''.join(responses)}{tail}</D:multistatus>"
        return Answer(207, {"Content-Type": "application/xml; charset=utf-8"}, body.encode())


def _calendar_props(name: str) -> Props:
    return {
        "D:resourcetype": "<D:collection/><C:calendar/>",
        "D:displayname": escape(name),
        "C:supported-calendar-component-set": '<C:comp name="VEVENT"/>',
    }


def _refusal(refusal: Refusal, inside: str = "") -> Answer:
    if refusal.condition is None:
        return Answer(refusal.status, {}, b"")
    body = f"<D:error {_NAMESPACES}><{refusal.condition}>{inside}</{refusal.condition}></D:error>"
    return Answer(refusal.status, {"Content-Type": "application/xml"}, body.encode())


def _uid(body: bytes) -> bytes | None:
    found = _UID.search(body)
    return found[1] if found else None
