"""What is done to an event in the provider's own programs: edits that matter, additions that are theirs, rewrites.

Each is a function of the body that stands there to the body that is to stand there; the same body where there is
nothing to edit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from dateutil.rrule import rrulestr

from tests.stateful.program_body import Entry, ProgramBody, shifted, utc, value_of, wall

Edit = Callable[[bytes], bytes]

GARBAGE = b"BEGIN:VCALENDAR\r\nBEGIN:VEV\x00"


def on_master(change: Callable[[Entry], None]) -> Edit:
    """Return the edit that changes the event, or the series as a whole."""

    def edit(body: bytes) -> bytes:
        sheet = ProgramBody(body)
        if sheet.master is None or not sheet.master.is_timed:
            return body
        change(sheet.master)
        return sheet.body()

    return edit


def on_instance(change: Callable[[Entry], None], which: int) -> Edit:
    """Return the edit that changes one instance of a series alone."""

    def edit(body: bytes) -> bytes:
        sheet = ProgramBody(body)
        entry = sheet.session(which)
        if entry is None or not entry.is_timed:
            return body
        change(entry)
        return sheet.body()

    return edit


# --- edits that matter ------------------------------------------------------------------------------------------------


def moving(by: timedelta) -> Callable[[Entry], None]:
    def change(entry: Entry) -> None:
        entry.lines = [shifted(line, by) if line.startswith(("DTSTART", "DTEND")) else line for line in entry.lines]

    return change


def lasting(minutes: int) -> Callable[[Entry], None]:
    return lambda entry: entry.last(timedelta(minutes=minutes))


def saying(line: str) -> Callable[[Entry], None]:
    return lambda entry: entry.put(line)


def all_day(entry: Entry) -> None:
    start = value_of(entry.line("DTSTART") or "")
    entry.drop("DTEND", "DURATION")
    entry.put(f"DTSTART;VALUE=DATE:{start[:8]}")


def inviting(address: str) -> Callable[[Entry], None]:
    return lambda entry: entry.lines.append(f"ATTENDEE:mailto:{address}")


def answering(partstat: str) -> Callable[[Entry], None]:
    def change(entry: Entry) -> None:
        standing = ("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED", "PARTSTAT=DECLINED")
        for index, line in enumerate(entry.lines):
            for old in standing:
                if line.startswith("ATTENDEE") and old in line:
                    entry.lines[index] = line.replace(old, f"PARTSTAT={partstat}")

    return change


def excluding(which: int) -> Edit:
    """Return the edit that deletes one instance of a series."""

    def edit(body: bytes) -> bytes:
        sheet = ProgramBody(body)
        entry = sheet.session(which)
        if entry is None or sheet.master is None:
            return body
        sheet.entries.remove(entry)
        sheet.master.lines.append((entry.line("RECURRENCE-ID") or "").replace("RECURRENCE-ID", "EXDATE", 1))
        return sheet.body()

    return edit


def cutting(which: int) -> Edit:
    """Return the edit that ends a series after one of its instances."""

    def edit(body: bytes) -> bytes:
        sheet = ProgramBody(body)
        instances = sheet.instances()
        if sheet.master is None or not instances:
            return body
        rule = value_of(sheet.master.line("RRULE") or "")
        kept = [part for part in rule.split(";") if not part.startswith(("COUNT", "UNTIL"))]
        sheet.master.put(f"RRULE:{';'.join(kept)};UNTIL={utc(instances[which % len(instances)])}")
        return sheet.body()

    return edit


def spoiling(_body: bytes) -> bytes:
    return GARBAGE


# --- additions that are the provider's own ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Addition:
    """Something of the provider's own on an event, known again by ``mark``, which stands in the body from then on."""

    mark: str
    edit: Edit


def alarm(number: int) -> Addition:
    lines = ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:alarm {number}", "TRIGGER:-PT15M", "END:VALARM"]
    return Addition(lines[2], on_master(lambda entry: entry.inner.extend(lines)))


def note(number: int) -> Addition:
    line = f"X-NOTE-{number};X-BY=me:call first\\, then write"
    return Addition(line, on_master(lambda entry: entry.lines.append(line)))


def category(number: int) -> Addition:
    line = f"CATEGORIES:mine {number}"
    return Addition(line, on_master(lambda entry: entry.lines.append(line)))


def accepted(_number: int) -> Addition:
    return Addition("PARTSTAT=ACCEPTED", on_master(answering("ACCEPTED")))


def colour(entry: Entry) -> None:
    entry.put("COLOR:teal")


# --- rewrites by programs ---------------------------------------------------------------------------------------------


def rewriting(change: Callable[[ProgramBody], None], width: int = 75) -> Edit:
    def edit(body: bytes) -> bytes:
        sheet = ProgramBody(body)
        if not all(entry.is_timed for entry in sheet.entries) or sheet.master is None:
            return body
        change(sheet)
        return sheet.body(width)

    return edit


def as_it_is(_sheet: ProgramBody) -> None:
    pass


def other_order(sheet: ProgramBody) -> None:
    sheet.entries.reverse()
    for entry in sheet.entries:
        entry.lines.reverse()


def other_zone_name(name: str) -> Callable[[ProgramBody], None]:
    return lambda sheet: sheet.name_zones(name)


def durations(sheet: ProgramBody) -> None:
    for entry in sheet.entries:
        length = entry.length
        entry.drop("DTEND", "DURATION")
        entry.put(f"DURATION:PT{length // timedelta(minutes=1)}M")


def ends(sheet: ProgramBody) -> None:
    for entry in sheet.entries:
        entry.last(entry.length)


def in_utc(sheet: ProgramBody) -> None:
    """Write a single event's times in UTC, as some servers do."""
    master = sheet.master
    if master is None or master.line("RRULE"):
        return
    length, start = master.length, value_of(master.line("DTSTART") or "")
    master.put(f"DTSTART:{start if start.endswith('Z') else utc(wall(start))}")
    master.last(length)


def excluded_in_utc(sheet: ProgramBody) -> None:
    """Write a series' EXDATEs as one list, in UTC."""
    master = sheet.master
    excluded = [line for line in master.lines if line.startswith("EXDATE")] if master else []
    if master is None or not excluded:
        return
    values = [value for line in excluded for value in value_of(line).split(",")]
    master.drop("EXDATE")
    master.put("EXDATE:" + ",".join(value if value.endswith("Z") else utc(wall(value)) for value in values))


def counted_as_until(sheet: ProgramBody) -> None:
    """Give a rule the UNTIL that its COUNT comes to."""
    master = sheet.master
    rule = master.line("RRULE") if master else None
    start = value_of(master.line("DTSTART") or "") if master else ""
    if master is None or rule is None or "COUNT" not in rule:
        return
    last = list(rrulestr(value_of(rule), dtstart=wall(start)))[-1]
    parts = [part for part in value_of(rule).split(";") if not part.startswith("COUNT")]
    parts.append(f"UNTIL={utc(last)}")
    master.put(f"RRULE:{';'.join(parts)}")


def rule_in_full(sheet: ProgramBody) -> None:
    """Say in the rule what it means anyway."""
    master = sheet.master
    rule = master.line("RRULE") if master else None
    if master is not None and rule is not None:
        added = [f"{name}={value}" for name, value in (("WKST", "MO"), ("INTERVAL", "1")) if name not in rule]
        master.put(";".join([rule, *added]))


def bookkeeping(sheet: ProgramBody) -> None:
    for entry in sheet.entries:
        sequence = int(value_of(entry.line("SEQUENCE") or ":0"))
        for line in (f"SEQUENCE:{sequence + 1}", "DTSTAMP:20270201T000000Z", "LAST-MODIFIED:20270201T000000Z"):
            entry.put(line)
