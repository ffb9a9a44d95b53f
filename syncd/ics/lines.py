"""RFC 5545 section 3.1: content lines and components as they were written.

What a provider's program wrote has to come back as it was. icalendar's round trip rewrites quoted parameters, lists and
escapes (its escaping takes the text ``C:\\New`` for a line break), so whatever is written over goes through this
module, which takes lines apart only as far as needed and keeps their text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_FOLDED = re.compile(r"\r?\n[ \t]")
_BREAK = re.compile(r"\r\n|\n|\r")
_LINE = re.compile(
    r"""(?P<name>[A-Za-z0-9-]++)
        (?P<params>(?:;[^=;:"]++=(?:"[^"]*+"|[^";:])*+)*+)
        :(?P<value>.*)""",
    re.VERBOSE,
)
_PARAM = re.compile(r""";([^=;:"]++)=((?:"[^"]*+"|[^";:])*+)""")
_CONTROLS = dict.fromkeys([*range(0x09), *range(0x0A, 0x20), 0x7F])
_ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WIDTH = 75
_DEEPEST = 8
"""No RFC nests deeper than VCALENDAR, VEVENT, PARTICIPANT, VLOCATION; whatever is deeper than this is dropped."""


@dataclass(frozen=True, slots=True)
class Line:
    """One unfolded content line. ``name`` is in capitals; ``params`` and ``value`` are as written."""

    text: str
    name: str
    params: tuple[tuple[str, str], ...]
    value: str

    def param(self, name: str) -> str | None:
        """Return the first value of the parameter called ``name`` (in capitals) without its quotes."""
        return next((value.strip('"') for key, value in self.params if key == name), None)


@dataclass(frozen=True, slots=True)
class Component:
    """A component: its own properties in order, and the components in it in order."""

    name: str
    lines: tuple[Line, ...] = ()
    components: tuple["Component", ...] = ()

    def named(self, name: str) -> tuple[Line, ...]:
        """Return the properties called ``name`` (in capitals)."""
        return tuple(line for line in self.lines if line.name == name)

    def first(self, name: str) -> Line | None:
        """Return the first property called ``name`` (in capitals)."""
        return next(iter(self.named(name)), None)

    def texts(self) -> Iterator[str]:
        """Yield the unfolded text of every line of the component, those in it included."""
        yield f"BEGIN:{self.name}"
        yield from (line.text for line in self.lines)
        for component in self.components:
            yield from component.texts()
        yield f"END:{self.name}"


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
    kept = tuple((key, raw.translate(_CONTROLS)) for key, raw in params)
    value = value.translate(_CONTROLS)
    head = "".join(f";{key}={raw}" for key, raw in kept)
    return Line(f"{name}{head}:{value}", name, kept, value)


def escape(text: str) -> str:
    """Return ``text`` as a TEXT value (RFC 5545 section 3.3.11)."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_ESCAPES)


def unescape(value: str) -> str:
    """Return the text that the TEXT ``value`` stands for."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def quoted(text: str) -> str:
    """Return ``text`` as a parameter value (RFC 5545 section 3.2): a double quote cannot stand there at all."""
    return f'"{text.replace(chr(34), chr(39))}"' if re.search(r'[",;:]', text) else text


def parse(body: bytes) -> tuple[Component, ...]:
    """Return the outermost components of ``body``, whatever it is: no input raises.

    What is no content line is dropped, an END that closes nothing is ignored, and whatever the end of the body leaves
    open is closed there.
    """
    stack = [_Open("")]
    for parsed in _lines(body):
        if parsed.name == "BEGIN":
            stack.append(_Open(parsed.value.strip().upper()))
        elif parsed.name == "END":
            _close(stack, parsed.value.strip().upper())
        else:
            stack[-1].lines.append(parsed)
    while len(stack) > 1:
        _pop(stack)
    return tuple(stack[0].components)


def _lines(body: bytes) -> Iterator[Line]:
    text = _FOLDED.sub("", body.decode("utf-8-sig", errors="replace"))
    for raw in _BREAK.split(text):
        clean = raw.translate(_CONTROLS)
        if match := _LINE.fullmatch(clean):
            params = tuple((key.strip().upper(), value) for key, value in _PARAM.findall(match["params"]))
            yield Line(clean, match["name"].upper(), params, match["value"])


def _close(stack: list[_Open], name: str) -> None:
    """Close the innermost open component called ``name`` and whatever is still open in it."""
    for back, opened in enumerate(reversed(stack[max(1, len(stack) - _DEEPEST) :]), start=1):
        if opened.name == name:
            for _ in range(back):
                _pop(stack)
            return


def _pop(stack: list[_Open]) -> None:
    closed = stack.pop().close()
    if len(stack) <= _DEEPEST:
        stack[-1].components.append(closed)


def write(component: Component) -> bytes:
    """Return the component as UTF-8 with CRLF, folded at 75 octets and never inside a character."""
    return b"".join(map(_fold, component.texts()))


def _fold(text: str) -> bytes:
    raw = text.encode(errors="replace")
    pieces, start, width = [], 0, _WIDTH
    while len(raw) - start > width:
        end = start + width
        while raw[end] & 0xC0 == 0x80:  # the middle of a UTF-8 sequence
            end -= 1
        pieces.append(raw[start:end])
        start, width = end, _WIDTH - 1
    return b"\r\n ".join([*pieces, raw[start:]]) + b"\r\n"
