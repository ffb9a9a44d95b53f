"""WebDAV and CalDAV XML: the request bodies as small templates, and multistatus answers read with a hardened parser."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from xml.sax.saxutils import escape

from lxml import etree

from syncd.adapters.caldav.urls import escape as escape_href
from syncd.adapters.caldav.urls import href_of
from syncd.ports.remote.errors import PartialAnswerError

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
SERVER = "{http://calendarserver.org/ns/}"

_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_PREFIXES = {DAV: "D:", CALDAV: "C:", SERVER: "S:"}


def _tag(name: str) -> str:
    namespace, _, local = name.rpartition("}")
    return f"<{_PREFIXES[namespace + '}']}{local}/>"


def _prop(names: Iterable[str]) -> str:
    return f"<D:prop>{''.join(map(_tag, names))}</D:prop>"


def propfind(*names: str) -> bytes:
    """Ask for properties (RFC 4918 section 9.1)."""
    return f"{_HEAD}<D:propfind {_NAMESPACES}>{_prop(names)}</D:propfind>".encode()


def sync_collection(token: str) -> bytes:
    """Ask what changed since a token (RFC 6578 section 3.2).

    Without a limit: a server was seen to cut the list there and to hand out the final token, so the rest was lost.
    """
    return (
        f"{_HEAD}<D:sync-collection {_NAMESPACES}><D:sync-token>{escape(token)}</D:sync-token>"
        f"<D:sync-level>1</D:sync-level>{_prop([DAV + 'getetag'])}</D:sync-collection>"
    ).encode()


_DATA = _prop([DAV + "getetag", CALDAV + "schedule-tag", CALDAV + "calendar-data"])


def multiget(hrefs: Iterable[str]) -> bytes:
    """Ask for resources (RFC 4791 section 7.9)."""
    listed = "".join(f"<D:href>{escape(escape_href(href))}</D:href>" for href in hrefs)
    return f"{_HEAD}<C:calendar-multiget {_NAMESPACES}>{_DATA}{listed}</C:calendar-multiget>".encode()


def query_uid(uid: str) -> bytes:
    """Ask for events whose UID has this text in it (RFC 4791 section 7.8.6; servers match parts of it)."""
    return (
        f"{_HEAD}<C:calendar-query {_NAMESPACES}>{_DATA}"
        '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:prop-filter name="UID">'
        f'<C:text-match collation="i;octet">{escape(uid)}</C:text-match>'
        "</C:prop-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    ).encode()


def mkcalendar(name: str) -> bytes:
    """Make a calendar of events (RFC 4791 section 5.3.1)."""
    return (
        f"{_HEAD}<C:mkcalendar {_NAMESPACES}><D:set><D:prop><D:displayname>{escape(name)}</D:displayname>"
        '<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>'
        "</D:prop></D:set></C:mkcalendar>"
    ).encode()


@dataclass(frozen=True, slots=True)
class Entry:
    """One response element: its href decoded, its own status if it has one, and the properties that were found."""

    href: str
    status: int | None
    props: dict[str, etree._Element]

    @property
    def is_absent(self) -> bool:
        """Tell whether the server says that nothing is there."""
        return self.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}

    def text(self, name: str) -> str | None:
        """Return a property's text, None where it was not found or is empty."""
        found = self.props.get(name)
        return (found.text or "").strip() or None if found is not None else None

    def names(self, name: str) -> frozenset[str]:
        """Return the names of the elements in a property, as resourcetype and privileges hold them."""
        found = self.props.get(name)
        return (
            frozenset(str(element.tag) for element in found.iter(etree.Element)) if found is not None else frozenset()
        )

    def component_names(self) -> frozenset[str] | None:
        """Return the names in supported-calendar-component-set, None where the server does not say."""
        found = self.props.get(CALDAV + "supported-calendar-component-set")
        return (
            None if found is None else frozenset(comp.get("name", "").upper() for comp in found.iter(CALDAV + "comp"))
        )

    def href_in(self, name: str) -> str | None:
        """Return the first href in a property, as the server spells it."""
        found = self.props.get(name)
        return (found.findtext(DAV + "href") or "").strip() or None if found is not None else None


@dataclass(frozen=True, slots=True)
class Multistatus:
    """A 207's body (RFC 4918 section 13). ``token``: the sync-token of a sync-collection answer."""

    entries: tuple[Entry, ...]
    token: str | None


def parse_multistatus(body: bytes) -> Multistatus:
    """Read a multistatus. Raises `PartialAnswerError` where it is none, or not whole."""
    root = _parsed(body)
    if root is None or root.tag != DAV + "multistatus":
        raise PartialAnswerError("The server's answer is no whole WebDAV multistatus")
    token = (root.findtext(DAV + "sync-token") or "").strip() or None
    return Multistatus(tuple(_entries(root)), token)


def conditions(body: bytes) -> dict[str, str | None]:
    """Return the precondition codes of an error body (RFC 4918 section 16), each with the href in it."""
    root = _parsed(body)
    if root is None or root.tag != DAV + "error":
        return {}
    return {
        str(code.tag): (code.findtext(DAV + "href") or "").strip() or None for code in root.iterchildren(etree.Element)
    }


def _parsed(body: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _entries(root: etree._Element) -> Iterator[Entry]:
    for response in root.iterchildren(DAV + "response"):
        status = _code(response.findtext(DAV + "status"))
        found: dict[str, etree._Element] = {}
        for propstat in response.iterchildren(DAV + "propstat"):
            prop = propstat.find(DAV + "prop")
            if prop is not None and _code(propstat.findtext(DAV + "status")) == HTTPStatus.OK:
                found.update((str(element.tag), element) for element in prop.iterchildren(etree.Element))
        for href in response.iterchildren(DAV + "href"):
            yield Entry(href_of((href.text or "").strip()), status, found)


def _code(status_line: str | None) -> int | None:
    """Return the number in ``HTTP/1.1 404 Not Found``."""
    parts = (status_line or "").split()
    return int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() else None
