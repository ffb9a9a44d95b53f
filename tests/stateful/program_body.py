"""A body as a calendar program holds it: its events' lines, which the program changes and writes back as it likes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from dateutil.rrule import rrulestr

from tests.builders import NEW_YORK

ZONE = "America/New_York"
NAMES = (ZONE, "/citadel.org/20210210_1/America/New_York", "Eastern Standard Time")
"""What programs call that zone."""

_TZID = re.compile(rf'(?<=TZID)([=:])"?(?:{"|".join(map(re.escape, NAMES))})"?')
_WALL = "%Y%m%dT%H%M%S"
_MOST = 12


def wall(value: str) -> datetime:
    """Return what a clock reads; whose clock it is, is not asked."""
    return datetime.strptime(value.removesuffix("Z"), _WALL)  # noqa: DTZ007 - a wall clock's reading


def utc(reading: datetime) -> str:
    """Return in UTC what a clock in New York reads."""
    return f"{reading.replace(tzinfo=NEW_YORK).astimezone(UTC):{_WALL}}Z"


def local(value: str) -> datetime:
    """Return what a clock in New York reads at that value, which is in UTC or New York's own."""
    reading = wall(value)
    return reading.replace(tzinfo=UTC).astimezone(NEW_YORK).replace(tzinfo=None) if value.endswith("Z") else reading


def value_of(line: str) -> str:
    return line.rpartition(":")[2]


def shifted(line: str, by: timedelta) -> str:
    """Return a line with its time, or the times of its list, moved on the clock."""
    head, _, values = line.rpartition(":")
    moved = (f"{wall(value) + by:{_WALL}}{'Z' * value.endswith('Z')}" for value in values.split(","))
    return f"{head}:{','.join(moved)}"


@dataclass
class Entry:
    """One VEVENT: its own lines, and those of what stands inside it."""

    lines: list[str]
    inner: list[str] = field(default_factory=list)

    def line(self, name: str) -> str | None:
        return next((line for line in self.lines if re.match(rf"{name}[;:]", line)), None)

    def drop(self, *names: str) -> None:
        self.lines = [line for line in self.lines if not re.match(rf"(?:{'|'.join(names)})[;:]", line)]

    def put(self, line: str) -> None:
        """Put a line in the place of those of its name, or at the end."""
        self.drop(re.split("[;:]", line, maxsplit=1)[0])
        self.lines.append(line)

    @property
    def is_timed(self) -> bool:
        start = self.line("DTSTART")
        return start is not None and "T" in value_of(start)

    @property
    def length(self) -> timedelta:
        """How long it lasts on the clock."""
        start, end, duration = self.line("DTSTART"), self.line("DTEND"), self.line("DURATION")
        if start is not None and end is not None:
            return wall(value_of(end)) - wall(value_of(start))
        return timedelta(minutes=int(re.sub(r"\D", "", value_of(duration or "0"))))

    def last(self, length: timedelta) -> None:
        """End after ``length``."""
        start = self.line("DTSTART") or ""
        self.drop("DTEND", "DURATION")
        self.put(shifted(start, length).replace("DTSTART", "DTEND", 1))


class ProgramBody:
    """A body taken apart. ``entries`` is empty where there is nothing to take apart."""

    def __init__(self, body: bytes) -> None:
        lines = re.sub(rb"\r?\n[ \t]", b"", body).decode(errors="replace").splitlines()
        self.head = list(takewhile(lambda line: line != "BEGIN:VEVENT", lines))
        self.entries = list(_entries(lines[len(self.head) :]))

    @property
    def master(self) -> Entry | None:
        return next((entry for entry in self.entries if entry.line("RECURRENCE-ID") is None), None)

    def instances(self) -> list[datetime]:
        """Return the local starts that the rule gives, the first ones of many, but not the excluded ones."""
        master = self.master
        rule = master.line("RRULE") if master else None
        if master is None or rule is None or not master.is_timed:
            return []
        spelled = re.sub(r"(?<=UNTIL=)\w+", lambda until: f"{local(until[0]):{_WALL}}", value_of(rule))
        given = islice(rrulestr(spelled, dtstart=wall(value_of(master.line("DTSTART") or ""))), _MOST)
        excluded = (value for line in master.lines if line.startswith("EXDATE") for value in value_of(line).split(","))
        return sorted(set(given) - set(map(local, excluded)))

    def session(self, which: int) -> Entry | None:
        """Return an instance's override, made from the master where there is none yet; None where nothing repeats."""
        instances, master = self.instances(), self.master
        if not instances or master is None:
            return None
        instance = instances[which % len(instances)]
        start = f"{(master.line('DTSTART') or '').rpartition(':')[0]}:{instance:{_WALL}}"
        identity = start.replace("DTSTART", "RECURRENCE-ID", 1)
        for entry in self.entries:
            if value_of(entry.line("RECURRENCE-ID") or "") == value_of(identity):
                return entry
        made = Entry([identity, *master.lines], list(master.inner))
        length = made.length
        made.drop("RRULE", "EXDATE")
        made.put(start)
        made.last(length)
        self.entries.append(made)
        return made

    def name_zones(self, name: str) -> None:
        """Call the zone by another of its names, everywhere."""
        self.head = [_TZID.sub(rf"\g<1>{name}", line) for line in self.head]
        for entry in self.entries:
            entry.lines = [_TZID.sub(rf"\g<1>{name}", line) for line in entry.lines]

    def body(self, width: int = 75) -> bytes:
        """Return the sheet as a body, its lines folded at that width."""
        lines = [*self.head]
        for entry in self.entries:
            lines += ["BEGIN:VEVENT", *entry.lines, *entry.inner, "END:VEVENT"]
        return "".join(
            f"{folded}\r\n" for line in (*lines, "END:VCALENDAR") for folded in _folded(line, width)
        ).encode()


def _entries(lines: Iterable[str]) -> Iterator[Entry]:
    entry, depth = Entry([]), 0
    for line in lines:
        if line == "BEGIN:VEVENT":
            entry = Entry([])
        elif line == "END:VEVENT":
            yield entry
        elif line != "END:VCALENDAR":
            depth += line.startswith("BEGIN:")
            (entry.inner if depth else entry.lines).append(line)
            depth -= line.startswith("END:")


def _folded(line: str, width: int) -> Iterator[str]:
    yield line[:width]
    for at in range(width, len(line), width - 1):
        yield " " + line[at : at + width - 1]
