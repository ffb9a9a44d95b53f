"""WebDAV and CalDAV XML: the names, the request bodies as small templates, and the preconditions in refusals."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from lxml import etree

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


def multiget(spelled: Iterable[str]) -> bytes:
    """Ask for resources (RFC 4791 section 7.9), by their hrefs as they go into requests."""
    listed = "".join(f"<D:href>{escape(href)}</D:href>" for href in spelled)
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


_MOST_TOLD = 1 << 16


def conditions(body: bytes) -> dict[str, str | None]:
    """Return the precondition codes of an error body (RFC 4918 section 16), each with the href in it."""
    root = parsed(body)
    if root is None or root.tag != DAV + "error":
        return {}
    return {
        str(code.tag): (code.findtext(DAV + "href") or "").strip() or None for code in root.iterchildren(etree.Element)
    }


def parsed(body: bytes) -> etree._Element | None:
    """Read a small document; None where it is none, or not small."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(body, parser) if len(body) <= _MOST_TOLD else None
    except (etree.XMLSyntaxError, ValueError):
        return None
