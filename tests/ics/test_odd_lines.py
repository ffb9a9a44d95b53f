"""Lines that miss the grammar, by the thousand: no edit is hidden by one, and no line of the provider's is lost."""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syncd.core.events.comparison import compare
from syncd.ics.explain import explain
from syncd.ics.lines import content_line, parse
from syncd.ics.parse import read
from syncd.ics.render import render
from tests.corpus.bodies import NEW_YORK, WEEKLY, at, body, calendar, event, instance
from tests.corpus.odd import CASES, LUNCH
from tests.ics.bodies import STAMP, a_desired, edited, with_lines

ZONE = ZoneInfo("America/New_York")
Mangle = Callable[[random.Random, str], str]
STRAYS = (";", ";X", ";X-BY", ";=", ';X="a', ';X=a"b', ';X="a";b"', ";;", ';X="a;b:c"', ";X=1=2", "; X=1", ";X=^n")
OURS = {
    "moved": "DTSTART;TZID=America/New_York:20260304T100000",
    "moved, in UTC": "DTSTART:20260303T160000Z",
    "resized": "DTEND;TZID=America/New_York:20260303T113000",
    "cancelled": "STATUS:CANCELLED",
    "retitled": "SUMMARY:Anna",
    "another room": "LOCATION:Room 6",
    "notes": "DESCRIPTION:Bring the forms",
    "a hole": "EXDATE;TZID=America/New_York:20260317T100000",
    "a rule more": "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=11",
    "another guest": "ATTENDEE:mailto:guest@example.org",
    "a date more": "RDATE;TZID=America/New_York:20260319T100000",
}
"""Lines that, each alone, change the meaning of the weekly session."""
THEIRS = (
    "ATTACH;FMTTYPE=text/plain:https://files.example.com/a;b,c",
    'COMMENT;X-A="p;q:r":call \\, first',
    "X-NOTE:C:\\New\\things",
    "X-EMPTY:",
    "X-NO-COLON",
    "X-STRAY;;A:1",
    'X-QUOTE;A="1;B=2:3',
    "X_UNDERSCORE:1",
    "no line at all",
    "CATEGORIES;X:a,,b",
    "X-BARE-RETURN:one\rtwo",
)
ALARM = (
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "TRIGGER;RELATED:-PT15M",
    "X-ALARM;;A=1:x",
    "DESCRIPTION stray",
    "END:VALARM",
)


def with_stray(chance: random.Random, text: str) -> str:
    place = re.search("[;:]", text)
    assert place is not None
    return text[: place.start()] + chance.choice(STRAYS) + text[place.start() :]


def with_blank(chance: random.Random, text: str) -> str:
    return text.replace(":", chance.choice([" :", ": ", "\t:"]), 1) if ";" not in text else text


def folded(chance: random.Random, text: str) -> str:
    place = chance.randrange(1, len(text))
    return text[:place] + chance.choice(["\r\n ", "\n\t", "\r\r\n "]) + text[place:]


def in_small_letters(chance: random.Random, text: str) -> str:
    name = re.split("[;:]", text)[0]
    return chance.choice([name.lower(), name.title()]) + text[len(name) :]


MANGLES: tuple[Mangle, ...] = (with_stray, with_stray, with_blank, folded, in_small_letters)


def mangled(chance: random.Random, text: str) -> str:
    for mangle in chance.sample(MANGLES, chance.randrange(1, 3)):
        if "\n" not in text:
            text = mangle(chance, text)
    return text


@pytest.mark.slow
def test_ten_thousand_edits_in_odd_lines() -> None:
    """What changed in a line of the practice's is told, or the body is unreadable, however the line is written."""
    chance = random.Random(20261101)  # noqa: S311 - a test's dice, loaded so that they fall the same every time
    published = body(WEEKLY)
    hidden = set()
    for _ in range(10_000):
        line = chance.choice(list(OURS.values()))
        odd = mangled(chance, line)
        text = body(WEEKLY, line).replace(line.encode(), odd.encode())
        ends = chance.choice([b"\r\n", b"\n", b"\r\r\n"])
        if not explain(published, text.replace(b"\r\n", ends), (), ZONE).drift:
            hidden.add(odd)
    assert hidden == set()


@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r\r\n"])
def test_provider_lines_in_any_form(ends: str) -> None:
    """All that is the provider's, on the event and in its alarm, is written back as it stood."""
    chance = random.Random(7)  # noqa: S311 - a test's dice
    standing = render(a_desired(), None, STAMP)
    for line in OURS.values():
        there = with_lines(standing, *THEIRS, *ALARM, mangled(chance, line)).replace(b"\r\n", ends.encode())
        written = render(a_desired(), there, STAMP)
        texts = written.decode().replace("\r\n ", "").split("\r\n")
        assert [each for each in (*THEIRS, *ALARM) if each not in texts] == []
        assert not compare(read(standing, ZONE), read(written, ZONE)).drift


def test_provider_letters_that_are_no_utf8() -> None:
    """A line in Latin-1 keeps its letters, and what we write can be read."""
    there = with_lines(render(a_desired(), None, STAMP), "COMMENT:Gr\u00fc\u00dfe").replace(
        "\u00fc\u00df".encode(), b"\xfc\xdf"
    )
    written = render(a_desired(), there, STAMP)
    assert "COMMENT:Gr\u00fc\u00dfe\r\n" in written.decode()


def test_line_of_ours_that_is_none() -> None:
    """An opaque line under a name of ours makes way for what we write."""
    standing = render(a_desired(), None, STAMP)
    written = render(a_desired(), edited(standing, ("STATUS:CONFIRMED", "STATUS CANCELLED")), STAMP)
    assert b"STATUS CANCELLED" not in written
    assert written == standing


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("X-A;B;C=1:v", "X-A", "v"),
        ("X-A ;B=1 : v", "X-A", " v"),
        ('X-A;B="1":v:w', "X-A", "v:w"),
        ('X-A;B="1;C=2:v', "X-A", "v"),
        ("DTSTART;TZID=GMT-05:00:20260303T100000", "DTSTART", "20260303T100000"),
        ("DTSTART:2026-03-03T10:00:00", "DTSTART", "2026-03-03T10:00:00"),
        ("X-A;TZID=a:b:20260303", "X-A", "b:20260303"),
    ],
)
def test_line_read_leniently(text: str, name: str, value: str) -> None:
    """The value counts; a parameter that is none is passed over."""
    line = content_line(text)
    assert (line.name, line.value, line.text, line.is_opaque) == (name, value, text, False)


@pytest.mark.parametrize(
    ("text", "name"),
    [("STATUS", "STATUS"), ("status x", "STATUS"), ("\u00e4:1", ""), ("", ""), ("X" + ";A=1" * 61 + ":1", "X")],
)
def test_line_that_is_none(text: str, name: str) -> None:
    """What no reading makes a content line of is kept under the word that it begins with."""
    assert (content_line(text).name, content_line(text).is_opaque) == (name, True)


def test_begin_without_a_colon() -> None:
    """A BEGIN or END that is no content line opens and closes nothing."""
    [component] = parse(b"BEGIN:VEVENT\r\nBEGIN VALARM\r\nX:1\r\nEND VALARM\r\nEND:VEVENT\r\n")
    assert [line.text for line in component.lines] == ["X:1"]


# --- order ------------------------------------------------------------------------------------------------------------


def test_components_in_any_order() -> None:
    """No verdict depends on the order in which events and time zones stand."""
    parts = (
        NEW_YORK.replace("America/New_York", "Own"),
        NEW_YORK.replace("America/New_York", "Own").replace("-0500", "+0100"),
        event(WEEKLY, *at("20260303T100000", zone="Own")),
        instance("20260317", *at("20260318T100000")),
        instance("20260317", *at("20260319T100000")),
        LUNCH,
    )
    verdicts = {
        (found.kinds, found.claim_date_changes, found.findings)
        for order in permutations(parts)
        for found in [explain(body(WEEKLY), calendar(*order), (), ZONE)]
    }
    assert len(verdicts) == 1


SCRIPT = """
import json
from zoneinfo import ZoneInfo
from syncd.ics.explain import explain
from tests.corpus.odd import CASES
found = [explain(c.published, c.observed, c.also, ZoneInfo(c.zone)) for c in CASES]
print(json.dumps([[list(v.kinds), list(v.benign), [repr(f) for f in v.findings]] for v in found]))
"""


def test_verdicts_under_other_hash_seeds() -> None:
    """Every verdict is the same in every process, whatever seed its hashes have."""
    verdicts = set()
    for seed in ("0", "1", "4242"):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            check=True,
            capture_output=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert len(json.loads(done.stdout)) == len(CASES)
        verdicts.add(done.stdout)
    assert len(verdicts) == 1
