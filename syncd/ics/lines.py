"""RFC 5545 section 3.1: content lines and components as they were written.

What a provider's program wrote has to come back as it was. icalendar's round trip rewrites quoted parameters, lists and
escapes (its escaping takes the text ``C:\\New`` for a line break), so whatever is written over goes through this
module, which takes lines apart only as far as needed and keeps their text.

Programs miss the grammar. What is plain all the same is read: a parameter without a value or with a stray quote is
passed over. What no reading makes a content line of stays as opaque text under the name that it begins with.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_STRICT = re.compile(r'([A-Za-z0-9-]++)((?:;[^=;:"]++=(?:"[^"]*+"|[^";:])*+)*+):(.*)', re.DOTALL)
_STRICT_PARAM = re.compile(r';([^=;:"]++)=((?:"[^"]*+"|[^";:])*+)')
_LENIENT_PARAM = re.compile(r';([^=;:]*+)(?:=((?:"[^"]*+"(?=[ \t]*+(?:[;:,]|$))|[^;:])*+))?')
"""Quotes count only where they close before the next separator; else they are letters like any other."""
_LENIENT = re.compile(
    r'[ \t]*+([A-Za-z0-9-]++)[ \t]*+((?:;[^=;:]*+(?:=(?:"[^"]*+"(?=[ \t]*+[;:,])|[^;:])*+)?+)*+):(.*)', re.DOTALL
)
_NAME = re.compile(r"[ \t]*+([A-Za-z0-9-]++)")
_OF_TIMES = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})
_TIMES = re.compile(r"\s*[0-9]{8}(?:[Tt][0-9Zz]*)?\s*(?:[,/].*)?", re.DOTALL)
_UNQUOTED_PARAM = re.compile(r';([^=;]*+)=("[^"]*+"|[^;]*+)')
_MOST_PARAMS = 60
"""Parameters of one line; what has more is no line that a calendar program wrote."""

_KNOWN = (
    "BEGIN|END|UID|DT(?:START|END|STAMP)|DURATION|RECURRENCE-ID|[RE]X?RULE|[RE]X?DATE|STATUS|SUMMARY|LOCATION"
    "|DESCRIPTION|ORGANIZER|ATTENDEE|SEQUENCE|CREATED|LAST-MODIFIED|TRANSP|CLASS|PRIORITY|CATEGORIES|COMMENT|CONTACT"
    "|ATTACH|URL|GEO|RELATED-TO|RESOURCES|TRIGGER|ACTION|REPEAT|TZID|TZOFFSET(?:FROM|TO)|TZNAME|VERSION|PRODID"
    "|CALSCALE|METHOD|COLOR|CONFERENCE|X-[A-Z0-9-]+"
)
_BARE_END = re.compile(rf"\r(?=(?:{_KNOWN})[;:])".encode())
"""A carriage return alone ends a line where a property that the standards name follows; else it is in a text."""

_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
_ENDS = _CONTROLS | dict.fromkeys([0x0A, 0x0D])
_ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})
_WIDTH = 75
_RETURN = 0x0D
DEEPEST = 8
"""No RFC nests deeper than VCALENDAR, VEVENT, PARTICIPANT, VLOCATION; whatever is deeper than this is dropped."""


@dataclass(frozen=True, slots=True)
class Line:
    """One unfolded content line. ``name`` is in capitals; ``params`` and ``value`` are as written.

    ``is_opaque``: nothing can be read of it but the word that it begins with.
    """

    text: str
    name: str
    params: tuple[tuple[str, str], ...]
    value: str
    is_opaque: bool = False

    def param(self, name: str) -> str | None:
        """Return the first value of the parameter called ``name`` (in capitals) without its quotes."""
        for key, value in self.params:
            if key == name:
                return value.strip().strip('"')
        return None


@dataclass(frozen=True, slots=True)
class Component:
    """A component: its own properties in order, and the components in it in order."""

    name: str
    lines: tuple[Line, ...] = ()
    components: tuple["Component", ...] = ()

    def named(self, name: str) -> tuple[Line, ...]:
        """Return the properties called ``name`` (in capitals)."""
        return tuple([line for line in self.lines if line.name == name])

    def first(self, name: str) -> Line | None:
        """Return the first property called ``name`` (in capitals)."""
        for line in self.lines:
            if line.name == name:
                return line
        return None

    def texts(self) -> Iterator[str]:
        """Yield the unfolded text of every line of the component, those in it included."""
        yield f"BEGIN:{self.name}"
        yield from (line.text for line in self.lines)
        for component in self.components:
            yield from component.texts()
        yield f"END:{self.name}"


class Logical(NamedTuple):
    """A content line before it is read: unfolded text, and the octets that it was written as."""

    text: str
    physical: bytes

    @property
    def octets(self) -> bytes:
        """The octets of the unfolded line."""
        return _joined(self.physical.split(b"\n"))


class Tree(NamedTuple):
    """The outermost components of a body; ``is_proper``: each BEGIN has its END, in order, and none is too deep."""

    components: tuple[Component, ...]
    is_proper: bool


@dataclass(slots=True)
class _Open:
    """A component whose END has not come yet."""

    name: str
    lines: list[Line] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)

    def close(self) -> Component:
        return Component(self.name, tuple(self.lines), tuple(self.components))


def line(name: str, value: str, params: Iterable[tuple[str, str]] = ()) -> Line:
    """Return a new line. ``value`` and the parameters' values are taken as they are to be written.

    Control characters are dropped, so no value can smuggle in a line of its own.
    """
    kept = tuple((key, raw.translate(_ENDS)) for key, raw in params)
    value = value.translate(_ENDS)
    head = "".join(f";{key}={raw}" for key, raw in kept)
    return Line(f"{name}{head}:{value}", name, kept, value)


def escape(text: str) -> str:
    """Return ``text`` as a TEXT value (RFC 5545 section 3.3.11)."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_ESCAPES)


def unescape(value: str) -> str:
    """Return the text that the TEXT ``value`` stands for."""
    if "\\" not in value:
        return value
    pieces = value.split("\\\\")  # what a backslash escapes is never the second half of an escaped backslash
    last = "\\" if pieces[-1].endswith("\\") else ""
    return "\\".join(map(_unescaped, pieces)) + last


def _unescaped(piece: str) -> str:
    return piece.replace("\\n", "\n").replace("\\N", "\n").replace("\\", "")


def quoted(text: str) -> str:
    """Return ``text`` as a parameter value (RFC 5545 section 3.2): a double quote cannot stand there at all."""
    return f'"{text.replace(chr(34), chr(39))}"' if re.search(r'[",;:]', text) else text


def parse(body: bytes) -> tuple[Component, ...]:
    """Return the outermost components of ``body``, whatever it is: no input raises.

    An END that closes nothing is ignored, and whatever the end of the body leaves open is closed there. Octets that
    are no UTF-8 are read as Latin-1, so that what a provider wrote keeps its letters.
    """
    return tree(content_line(each.text) for each in logical_lines(body, encoding="latin-1")).components


def logical_lines(body: bytes, encoding: str = "utf-8") -> list[Logical]:
    """Return the content lines of ``body``, unfolded before they are decoded: a fold may stand inside a letter.

    A line ends with a line feed and any carriage returns before it; with carriage returns alone where there is no line
    feed at all, or where one is followed by a property's name. Any other is a line break in a text, and stays. Empty
    lines belong to the line before them. Raises `UnicodeDecodeError` for a line that is neither UTF-8 nor in
    ``encoding``.
    """
    lines: list[list[bytes]] = []
    for piece in _with_line_feeds(body).split(b"\n"):
        if lines and (piece[:1] in {b" ", b"\t", b""} or not piece.rstrip(b"\r")):
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [Logical(_unfolded(pieces, encoding), b"\n".join(pieces)) for pieces in lines]


def is_utf8(octets: bytes) -> bool:
    """Tell whether octets are UTF-8, as a content line must be (RFC 5545 section 3.1.4)."""
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _joined(pieces: list[bytes]) -> bytes:
    raw = pieces[0].rstrip(b"\r")
    return raw + b"".join([piece.rstrip(b"\r")[1:] for piece in pieces[1:]]) if len(pieces) > 1 else raw


def _with_line_feeds(body: bytes) -> bytes:
    if b"\n" not in body:
        return body.replace(b"\r", b"\n")
    return body if body.count(b"\r") == body.count(b"\r\n") else _BARE_END.sub(b"\n", body)


def _unfolded(pieces: list[bytes], encoding: str) -> str:
    raw = _joined(pieces)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode(encoding)
    return text.removeprefix("\ufeff") if text.isprintable() else text.removeprefix("\ufeff").translate(_CONTROLS)


def content_line(text: str) -> Line:
    """Read one unfolded line; no text raises."""
    match, param = _STRICT.fullmatch(text), _STRICT_PARAM
    if match is None:
        match, param = _LENIENT.fullmatch(text), _LENIENT_PARAM
    if match is None or (match[2] and match[2].count(";") > _MOST_PARAMS):
        begun = _NAME.match(text)
        return Line(text, begun[1].upper() if begun else "", (), "", is_opaque=True)
    name, head, value = match[1].upper(), match[2], match[3]
    if head and ":" in value and name in _OF_TIMES:
        head, value, param = _parted(head, value, param)
    if not head:
        return Line(text, name, (), value)
    is_strict = param is _STRICT_PARAM
    return Line(
        text, name, tuple([(key.strip().upper(), raw) for key, raw in param.findall(head) if raw or is_strict]), value
    )


def _parted(head: str, value: str, param: re.Pattern[str]) -> tuple[str, str, re.Pattern[str]]:
    """Return parameters and value where a TZID has a colon of its own and no quotes: ``TZID=GMT-05:00:2026…``."""
    rest, _, times = value.rpartition(":")
    return (f"{head}:{rest}", times, _UNQUOTED_PARAM) if _TIMES.fullmatch(times) else (head, value, param)


def tree(lines: Iterable[Line]) -> Tree:
    """Return the components that the lines make up, whatever they are."""
    stack, is_proper = [_Open("")], True
    for each in lines:
        if each.is_opaque and each.name in {"BEGIN", "END"}:
            is_proper = False
        elif each.name == "BEGIN":
            stack.append(_Open(each.value.strip().upper()))
            is_proper &= len(stack) <= DEEPEST + 1
        elif each.name == "END":
            name = each.value.strip().upper()
            is_proper &= stack[-1].name == name and len(stack) > 1
            _close(stack, name)
        elif each.text:
            stack[-1].lines.append(each)
    is_proper &= len(stack) == 1
    while len(stack) > 1:
        _pop(stack)
    return Tree(tuple(stack[0].components), is_proper)


def _close(stack: list[_Open], name: str) -> None:
    """Close the innermost open component called ``name`` and whatever is still open in it."""
    for back, opened in enumerate(reversed(stack[max(1, len(stack) - DEEPEST) :]), start=1):
        if opened.name == name:
            for _ in range(back):
                _pop(stack)
            return


def _pop(stack: list[_Open]) -> None:
    closed = stack.pop().close()
    if len(stack) <= DEEPEST:
        stack[-1].components.append(closed)


def write(component: Component) -> bytes:
    """Return the component as UTF-8 with CRLF, folded at 75 octets and never inside a character."""
    return b"".join(map(_fold, component.texts()))


def _fold(text: str) -> bytes:
    raw = text.encode(errors="replace")
    pieces, start, width = [], 0, _WIDTH
    while len(raw) - start > width:
        end = start + width
        while raw[end] & 0xC0 == 0x80 or (raw[end - 1] == _RETURN and end > start + 1):
            end -= 1  # not within a UTF-8 sequence, nor after a carriage return that would look like a line's end
        pieces.append(raw[start:end])
        start, width = end, _WIDTH - 1
    return b"\r\n ".join([*pieces, raw[start:]]) + b"\r\n"
