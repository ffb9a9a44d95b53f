"""Multistatus answers (RFC 4918 section 13), read piece by piece with a hardened parser: memory stays bounded.

What is kept of a response is its href, its status and plain values; its elements are let go as it ends. 62 MB that were
read as one tree took 2.4 GB.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import cast

from lxml import etree

from syncd.adapters.caldav.urls import href_of
from syncd.adapters.caldav.xml import CALDAV, DAV
from syncd.ports.remote.errors import PartialAnswerError

_CHUNK = 1 << 16
_MOST_BYTES_IN_ONE = 1 << 21
_MOST_ENTRIES = 250_000
_MULTISTATUS, _RESPONSE, _TOKEN = DAV + "multistatus", DAV + "response", DAV + "sync-token"
_CODE = re.compile(r"HTTP/\S{1,8}\s+([0-9]{3})(?:\s|$)")

_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_REFERENCE = re.compile(rb"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,9}));")
_USED = re.compile(rb"</?([A-Za-z_][\w.-]{0,60}):|\s([A-Za-z_][\w.-]{0,60}):[A-Za-z_][\w.-]*\s*=\s*[\"']")
_DECLARED = re.compile(rb"\sxmlns:([A-Za-z_][\w.-]*)\s*=")
_FIRST_TAG = re.compile(rb"<[A-Za-z_][\w.:-]*")
_ENCODING = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_TEXT = (range(0x20, 0xD800), range(0xE000, 0xFFFE), range(0x10000, 0x110000))  # XML 1.0 section 2.2
_MOST_PREFIXES = 100


@dataclass(frozen=True, slots=True)
class Prop:
    """A property's value as plain data: its text, and of what is in it the names of elements, hrefs and components."""

    text: str | None
    names: frozenset[str] = frozenset()
    hrefs: tuple[str, ...] = ()
    components: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """One response element: its href, its own status if it has one, and the properties that were found."""

    href: str
    status: int | None
    props: dict[str, Prop]

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
        return found.names if found is not None else frozenset()

    def component_names(self) -> frozenset[str] | None:
        """Return the names in supported-calendar-component-set, None where the server does not say."""
        found = self.props.get(CALDAV + "supported-calendar-component-set")
        return found.components if found is not None else None

    def hrefs_in(self, name: str) -> tuple[str, ...]:
        """Return the hrefs in a property, as the server spells them."""
        found = self.props.get(name)
        return found.hrefs if found is not None else ()

    def href_in(self, name: str) -> str | None:
        """Return the first href in a property, as the server spells it."""
        return next(iter(self.hrefs_in(name)), None)


@dataclass(slots=True)
class Multistatus:
    """A 207's body. ``token``: the sync-token of a sync-collection answer. ``unread``: parts without a usable href."""

    entries: list[Entry] = field(default_factory=list)
    token: str | None = None
    unread: int = 0


def parse_multistatus(
    body: bytes, read_href: Callable[[str], str] = href_of, each: Callable[[Entry], object] | None = None
) -> Multistatus:
    """Read a multistatus. Raises `PartialAnswerError` where it is none, not whole, or beyond all measure.

    ``each`` is given the entries one by one in place of their being kept. ``read_href`` reads an href as it is spelled;
    its ValueError leaves out that response alone. A body with prefixes that were not declared, or with characters that
    XML forbids, is mended in these points and read once more, as strictly.
    """
    found = Multistatus()
    take = each or found.entries.append
    for number, entry in enumerate(_mended_if_broken(body, found, read_href)):
        if number >= _MOST_ENTRIES:
            raise PartialAnswerError("The server's answer has more parts than syncd reads")
        take(entry)
    return found


def _mended_if_broken(body: bytes, found: Multistatus, read_href: Callable[[str], str]) -> Iterator[Entry]:
    read = 0
    try:
        for entry in _entries(body, found, read_href):
            read += 1
            yield entry
    except etree.XMLSyntaxError:
        mended = _mended(body)
        if mended is None:
            raise _no_multistatus() from None
        found.token, found.unread = None, 0
        try:
            yield from islice(_entries(mended, found, read_href), read, None)
        except etree.XMLSyntaxError:
            raise _no_multistatus() from None


def _no_multistatus() -> PartialAnswerError:
    return PartialAnswerError("The server's answer is no whole WebDAV multistatus")


def _entries(body: bytes, found: Multistatus, read_href: Callable[[str], str]) -> Iterator[Entry]:
    parser = etree.XMLPullParser(
        events=("end",),
        tag=(_RESPONSE, _TOKEN),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    since = 0
    for start in range(0, len(body), _CHUNK):
        parser.feed(body[start : start + _CHUNK])
        since += _CHUNK
        for element in _ended(parser):
            since = 0
            yield from _read(element, found, read_href)
        if since > _MOST_BYTES_IN_ONE:
            raise PartialAnswerError("A part of the server's answer is larger than syncd reads")
    root = parser.close()
    for element in _ended(parser):
        yield from _read(element, found, read_href)
    if root.tag != _MULTISTATUS:
        raise _no_multistatus()


def _ended(parser: "etree.XMLPullParser") -> Iterator[etree._Element]:
    """Yield the parts of the multistatus that have been read whole, not what looks like one deeper down."""
    for _, found in parser.read_events():
        element = cast("etree._Element", found)  # noqa: SLF001 - lxml names the type so; an "end" event has one
        parent = element.getparent()
        if parent is not None and parent.tag == _MULTISTATUS and parent.getparent() is None:
            yield element


def _read(element: etree._Element, found: Multistatus, read_href: Callable[[str], str]) -> Iterator[Entry]:
    """Yield what a part says, and let go of it and of all before it."""
    if element.tag == _TOKEN:
        found.token = (element.text or "").strip() or None
        return
    status = _code(element.findtext(DAV + "status"))
    props = _props(element)
    for named in element.iterchildren(DAV + "href"):
        try:
            href = read_href((named.text or "").strip())
        except ValueError:
            found.unread += 1
        else:
            yield Entry(href, status, props)
    parent = element.getparent()
    element.clear()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _props(response: etree._Element) -> dict[str, Prop]:
    found: dict[str, Prop] = {}
    for propstat in response.iterchildren(DAV + "propstat"):
        prop = propstat.find(DAV + "prop")
        if prop is not None and _code(propstat.findtext(DAV + "status")) == HTTPStatus.OK:
            found.update((str(element.tag), _prop(element)) for element in prop.iterchildren(etree.Element))
    return found


def _prop(element: etree._Element) -> Prop:
    if len(element) == 0:
        return Prop(element.text)
    return Prop(
        element.text,
        frozenset(str(inner.tag) for inner in element.iter(etree.Element)),
        tuple(filter(None, ((href.text or "").strip() for href in element.iter(DAV + "href")))),
        frozenset(comp.get("name", "").upper() for comp in element.iter(CALDAV + "comp")),
    )


def _code(status_line: str | None) -> int | None:
    """Return the number in ``HTTP/1.1 404 Not Found``."""
    found = _CODE.match((status_line or "").strip())
    return int(found[1]) if found else None


def _mended(body: bytes) -> bytes | None:
    """Declare the prefixes that are used and drop what XML forbids; None where nothing was to be mended."""
    if body[:2] in _WIDE:
        return None
    named = _ENCODING.match(body)
    text = body
    if named is None or named[1].lower() in {b"utf-8", b"utf8", b"us-ascii"}:
        text = text.decode(errors="replace").encode()
    text = _REFERENCE.sub(_allowed, _CONTROLS.sub(b"", text))
    text = _with_prefixes(text)
    return None if text == body else text


def _allowed(reference: re.Match[bytes]) -> bytes:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return reference[0] if code in {0x9, 0xA, 0xD} or any(code in span for span in _TEXT) else b""


def _with_prefixes(text: bytes) -> bytes:
    first = _FIRST_TAG.search(text)
    if first is None:
        return text
    declared = set(_DECLARED.findall(text[first.start() : text.find(b">", first.end()) + 1]))
    used = {name for found in _USED.finditer(text) for name in found.groups() if name}
    missing = sorted(used - declared - {b"xml", b"xmlns"})[:_MOST_PREFIXES]
    added = b"".join(b' xmlns:%b="urn:undeclared:%b"' % (name, name) for name in missing)
    return text[: first.end()] + added + text[first.end() :]
