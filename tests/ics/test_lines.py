"""Content lines and components as they were written (RFC 5545 section 3.1)."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.ics.lines import Component, escape, line, parse, quoted, unescape, write

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n"))


@settings(deadline=None)  # the machine may be busy
@given(TEXT)
def test_a_text_escaped_and_unescaped(text: str) -> None:
    """Escaping loses nothing, backslashes before an n included."""
    assert unescape(escape(text)) == text


@settings(deadline=None)  # the machine may be busy
@given(st.lists(TEXT, max_size=5), st.lists(TEXT, max_size=2))
def test_a_component_written_and_parsed(texts: list[str], names: list[str]) -> None:
    """What is written is read back as it was, however long its lines."""
    params = [(f"X-{n}", quoted(name.replace("\n", ""))) for n, name in enumerate(names)]
    inner = Component("VALARM", (line("ACTION", "DISPLAY"),))
    component = Component("VEVENT", tuple(line("X-TEXT", escape(text), params) for text in texts), (inner,))

    assert parse(write(component)) == (component,)


def test_a_line_taken_apart() -> None:
    """Names are in capitals, values as written; a quoted value may hold any separator."""
    [component] = parse(b'BEGIN:vevent\nx-a;b="c;d:e,f";G=h,"i":j;k:l\nEND:VEVENT\n')

    [found] = component.lines
    assert (found.name, found.value) == ("X-A", "j;k:l")
    assert found.params == (("B", '"c;d:e,f"'), ("G", 'h,"i"'))
    assert found.param("B") == "c;d:e,f"
    assert found.param("X") is None
    assert found.text == 'x-a;b="c;d:e,f";G=h,"i":j;k:l'


@pytest.mark.parametrize("folded", ["X-A:on\r\n e", "X-A:on\n e", "X-A:on\r\n\te", "X-A:o\r\n n\r\n e"])
def test_a_folded_line(folded: str) -> None:
    """A line break before a blank is no line break."""
    [component] = parse(f"BEGIN:VEVENT\r\n{folded}\r\nEND:VEVENT".encode())

    assert [found.value for found in component.lines] == ["one"]


def test_a_value_that_would_be_a_line_of_its_own() -> None:
    """No value that we write can add a line."""
    written = line("X-A", "b\r\nATTENDEE:c", [("P", "q\nr")])

    assert written.text == "X-A;P=qr:bATTENDEE:c"


@pytest.mark.parametrize(
    "bomb",
    [
        b"BEGIN:A\r\n" * 20_000 + b"END:B\r\n" * 20_000,
        b"BEGIN:A\r\n" * 20_000 + b"END:A\r\n" * 20_000,
        b'X;A="' + b'a"b' * 100_000,
        b"X" + b";A=b" * 100_000,
        b"X;A=" + b'"' * 200_000,
        b"\r\n \r\n " * 100_000,
    ],
)
def test_a_bomb(bomb: bytes) -> None:
    """Reading costs with the length of a body, whatever stands in it."""
    began = time.process_time()

    parse(bomb)

    assert time.process_time() - began < 2


def test_components_nested_too_deep() -> None:
    """What is nested deeper than any RFC knows is dropped, the rest is kept."""
    [component] = parse(b"BEGIN:A\r\n" * 50 + b"X:1\r\n" + b"END:A\r\n" * 49 + b"Y:1\r\nEND:A\r\n")

    texts = list(component.texts())
    assert texts.count("BEGIN:A") == texts.count("END:A") == 8
    assert texts[-2:] == ["END:A", "END:A"]
    assert "X:1" not in texts
    assert "Y:1" in texts
