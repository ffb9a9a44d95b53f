"""`syncd import`, as an admin runs it on the files of another system."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.core.errors import UnreadableFileError
from syncd.ics.imports import read_calendar
from tests.entrypoints.command import Shell

ZONE = ZoneInfo("America/New_York")
DAY = (datetime.now(ZONE) + timedelta(days=10)).date()
PROVIDERS = "external_id,name,email,timezone\nP1,Dana Doe,dana@example.com,America/New_York\n"
CLIENTS = "external_id;name;email\nC1;Robin Roe;robin@example.org\nC2;Sasha Sun;sasha@example.org\n"
HEAD = "external_id,provider,client,start,minutes,location,repeat,status\n"


class Office:
    """A practice that starts with syncd: nothing is on record, and there are files."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        shell.json("init")

    def take(self, kind: str, text: str | bytes, *more: str, code: int = 0) -> Any:
        """Import a file and return the document."""
        file = self.shell.folder / "file"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        outcome = self.shell.run("import", kind, str(file), *more, "--json")
        assert outcome.code == code, outcome
        return outcome.document

    def counts(self, kind: str, text: str | bytes, *more: str, code: int = 0) -> tuple[int, int, int, int]:
        """Import a file and return how many lines were created, changed, unchanged and refused."""
        found = self.take(kind, text, *more, code=code)
        return found["created"], found["changed"], found["unchanged"], found["refused"]

    def people(self) -> None:
        self.take("providers", PROVIDERS)
        self.take("clients", CLIENTS)

    def sessions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.shell.json("appointment", "list")["appointments"]
        return found


@pytest.fixture
def office(shell: Shell) -> Office:
    return Office(shell)


@pytest.fixture
def staffed(office: Office) -> Office:
    office.people()
    return office


def a_line(external_id: str = "A1", hour: int = 10, **changes: Any) -> str:
    values = {
        "external_id": external_id,
        "provider": "P1",
        "client": "C1",
        "start": f"{DAY}T{hour}:00",
        "minutes": "50",
        "location": "Room 1",
        "repeat": "",
        "status": "",
        **changes,
    }
    return ",".join(values.values()) + "\n"


class TestPeople:
    @pytest.mark.parametrize(("kind", "text", "lines"), [("providers", PROVIDERS, 1), ("clients", CLIENTS, 2)])
    def test_twice(self, office: Office, kind: str, text: str, lines: int) -> None:
        """The same file again changes nothing."""
        assert office.counts(kind, text) == (lines, 0, 0, 0)
        assert office.counts(kind, text) == (0, 0, lines, 0)

    def test_a_change(self, office: Office) -> None:
        """Who is known by the external id is changed, the address too; an empty cell leaves what is."""
        office.take("clients", "external_id,name,email,timezone\nC1,Robin Roe,robin@example.org,Europe/Berlin\n")
        after = "external_id,name,email,timezone\nC1,Robin Stone,stone@example.org,\n"
        assert office.counts("clients", after) == (0, 1, 0, 0)
        [client] = office.shell.json("client", "list")["clients"]
        assert (client["name"], client["email"]) == ("Robin Stone", "stone@example.org")
        assert client["timezone"] == "Europe/Berlin"

    def test_somebody_who_is_on_record(self, office: Office) -> None:
        """Is known by the e-mail address, and by the external id from then on."""
        office.shell.json("client", "add", "--name", "Robin Roe", "--email", "Robin@example.org")
        assert office.take("clients", CLIENTS)["lines"][0]["verdict"] in {"changed", "unchanged"}
        assert len(office.shell.json("client", "list")["clients"]) == 2

    def test_what_a_provider_has(self, office: Office) -> None:
        """A fee, a notice period, a booking page and a language are taken over as written."""
        head = "external_id,name,email,timezone,late_fee,late_notice_hours,booking_url,language\n"
        line = "P1,Dana Doe,dana@example.com,America/New_York,75.00 USD,48,https://book.example.com/d,en-US\n"
        assert office.counts("providers", head + line) == (1, 0, 0, 0)
        [provider] = office.shell.json("provider", "list")["providers"]
        told = {name: provider[name] for name in ("late_fee", "late_notice_hours", "booking_url", "language")}
        assert told == {
            "late_fee": "75.00 USD",
            "late_notice_hours": 48,
            "booking_url": "https://book.example.com/d",
            "language": "en-US",
        }
        assert office.counts("providers", head + line) == (0, 0, 1, 0)

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("C9,Robin,robin.example.org", "no e-mail address"),
            ("C9,Robin,", "It has no email."),
            (",Robin,robin@example.org", "It has no external_id."),
            ("C9,,robin@example.org", "It has no name."),
            ("C9,Robin,robin@example.org,Mars/Olympus", "Unknown time zone"),
            ("C9,Robin,robin@example.org,,klingon!", "language"),
            ("C9,Robin,robin@example.org,,,more", "more cells than columns"),
        ],
    )
    def test_a_wrong_line(self, office: Office, line: str, why: str) -> None:
        """Says why, and keeps no other line from being taken over."""
        text = f"external_id,name,email,timezone,language\n{line}\nC2,Sasha Sun,sasha@example.org\n"
        found = office.take("clients", text, code=1)
        assert (found["created"], found["refused"]) == (1, 1)
        assert (found["lines"][0]["line"], found["lines"][0]["verdict"]) == (2, "refused")
        assert why in found["lines"][0]["message"]


class TestAppointments:
    def test_twice(self, staffed: Office) -> None:
        """The same file again books nothing; people are found by external id, id here or address."""
        text = HEAD + a_line() + a_line("A2", 11, provider="dana@example.com", client="C2")
        assert staffed.counts("appointments", text) == (2, 0, 0, 0)
        assert staffed.counts("appointments", text) == (0, 0, 2, 0)
        assert [one["location"] for one in staffed.sessions()] == ["Room 1", "Room 1"]

    def test_it_is_moved_and_cancelled_there(self, staffed: Office) -> None:
        """What was taken over follows its line, as by a reschedule and a cancellation."""
        staffed.take("appointments", HEAD + a_line())
        [before] = staffed.sessions()
        moved = HEAD + a_line(hour=15, location="Room 2", minutes="30")
        assert staffed.counts("appointments", moved) == (0, 1, 0, 0)
        [after] = staffed.sessions()
        assert (after["start"][11:16], after["minutes"], after["location"]) == ("15:00", 30, "Room 2")
        assert (after["id"], after["sequence"] > before["sequence"]) == (before["id"], True)
        gone = HEAD + a_line(hour=15, status="cancelled")
        assert staffed.counts("appointments", gone) == (0, 1, 0, 0)
        assert staffed.counts("appointments", gone) == (0, 0, 1, 0)
        assert [one["status"] for one in staffed.sessions()] == ["cancelled"]

    def test_a_series(self, staffed: Office) -> None:
        """Is one line; changed there, it is for a person to change here."""
        text = HEAD + a_line(repeat="FREQ=WEEKLY;COUNT=4")
        assert staffed.counts("appointments", text) == (1, 0, 0, 0)
        assert len(staffed.sessions()) == 4
        assert staffed.counts("appointments", text) == (0, 0, 1, 0)
        found = staffed.take("appointments", HEAD + a_line(hour=12, repeat="FREQ=WEEKLY;COUNT=4"), code=1)
        assert "syncd appointment reschedule" in found["lines"][0]["message"]

    def test_nobody_is_written_to(self, staffed: Office) -> None:
        """Unless it is said: then as for any booking."""
        staffed.take("appointments", HEAD + a_line())
        assert staffed.shell.json("message", "list")["messages"] == []
        staffed.take("appointments", HEAD + a_line("A2", 12), "--tell")
        told = {message["recipient"] for message in staffed.shell.json("message", "list")["messages"]}
        assert told == {"robin@example.org", "dana@example.com"}

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"start": "soon"}, "is no time"),
            ({"start": str(DAY)}, "is no time"),
            ({"start": "2020-01-01T10:00"}, "past"),
            ({"minutes": "fifty"}, "no number of minutes"),
            ({"minutes": "0"}, "minutes"),
            ({"provider": "P9"}, "No provider is known as P9"),
            ({"client": "nobody@example.org"}, "No client is known as"),
            ({"repeat": "FREQ=SOMETIMES"}, "rule"),
            ({"status": "maybe"}, "no status"),
        ],
    )
    def test_a_wrong_line(self, staffed: Office, changes: dict[str, Any], why: str) -> None:
        """Says why, and keeps no other from being booked."""
        found = staffed.take("appointments", HEAD + a_line(**changes) + a_line("A2", 12), code=1)
        assert (found["created"], found["refused"]) == (1, 1)
        assert why.casefold() in found["lines"][0]["message"].casefold()

    def test_two_that_meet(self, staffed: Office) -> None:
        """The second is refused, as any booking would be: in a rehearsal too."""
        text = HEAD + a_line() + a_line("A2", client="C2")
        assert staffed.counts("appointments", text, "--dry-run", code=1) == (1, 0, 0, 1)
        assert staffed.counts("appointments", text, code=1) == (1, 0, 0, 1)

    def test_on_record(self, staffed: Office) -> None:
        """Who took a file over, and how many lines became what; a rehearsal leaves no trace."""
        staffed.take("appointments", HEAD + a_line(), "--dry-run")
        staffed.take("appointments", HEAD + a_line() + a_line("A2", minutes="x"), code=1)
        [record, *_] = staffed.shell.json("audit", "list", "--action", "import")["records"]
        assert (record["subject"], record["actor"].partition(":")[0]) == ("appointments", "cli")
        assert record["details"] == {"created": 1, "changed": 0, "unchanged": 0, "refused": 1}
        assert len(staffed.shell.json("audit", "list", "--action", "import")["records"]) == 3

    def test_a_rehearsal(self, staffed: Office) -> None:
        """Says what would become of each line, and leaves nothing behind."""
        text = HEAD + a_line() + a_line("A2", 12)
        assert staffed.counts("appointments", text, "--dry-run") == (2, 0, 0, 0)
        assert staffed.sessions() == []
        assert staffed.counts("appointments", text) == (2, 0, 0, 0)


def next_change(after: date) -> date:
    """Return the next day on which the clocks change in New York."""
    days = (after + timedelta(days=number) for number in range(1, 370))
    return next(day for day in days if len({_offset(day), _offset(day + timedelta(days=1))}) == 2)


def _offset(day: date) -> timedelta | None:
    return datetime.combine(day, time(), ZONE).utcoffset()


def an_event(*lines: str, uid: str = "E1") -> str:
    body = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
        "ORGANIZER:mailto:dana@example.com",
        "ATTENDEE;CN=Robin:mailto:robin@example.org",
        *lines,
        "END:VEVENT",
    ]
    return "\r\n".join(body) + "\r\n"


def a_calendar(*events: str) -> str:
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + "".join(events) + "END:VCALENDAR\r\n"


AT_TEN = f"DTSTART;TZID=America/New_York:{DAY:%Y%m%d}T100000"


class TestCalendarFiles:
    def test_single_and_series(self, staffed: Office) -> None:
        """Events become sessions of the people whose addresses they name; again they change nothing."""
        one = an_event(AT_TEN, "DURATION:PT50M", "LOCATION:Room 3")
        two = an_event(
            f"DTSTART:{DAY + timedelta(days=1):%Y%m%d}T150000Z",
            f"DTEND:{DAY + timedelta(days=1):%Y%m%d}T154500Z",
            "RRULE:FREQ=WEEKLY;COUNT=3",
            uid="E2",
        )
        assert staffed.counts("appointments", a_calendar(one, two)) == (2, 0, 0, 0)
        assert staffed.counts("appointments", a_calendar(one, two)) == (0, 0, 2, 0)
        sessions = staffed.sessions()
        assert [one["minutes"] for one in sessions] == [50, 45, 45, 45]
        assert sessions[0]["location"] == "Room 3"

    @pytest.mark.parametrize(
        ("lines", "why"),
        [
            ((f"DTSTART;VALUE=DATE:{DAY:%Y%m%d}",), "no time of the day"),
            ((AT_TEN,), "how many minutes"),
            ((AT_TEN, "DURATION:PT50M", f"EXDATE;TZID=America/New_York:{DAY:%Y%m%d}T100000"), "left out"),
            ((AT_TEN, "DURATION:PT50M", f"RECURRENCE-ID:{DAY:%Y%m%d}T100000Z"), "reschedule"),
            ((AT_TEN, "DURATION:PT50M", "ATTENDEE:mailto:sasha@example.org"), "More than one"),
        ],
    )
    def test_what_is_not_taken(self, staffed: Office, lines: tuple[str, ...], why: str) -> None:
        """Says why; nothing is guessed."""
        found = staffed.take("appointments", a_calendar(an_event(*lines)), code=1)
        assert why in found["lines"][0]["message"]
        assert staffed.sessions() == []

    def test_over_a_change_of_clocks(self, staffed: Office) -> None:
        """An event is as long as it takes, whatever the clocks on the wall show at its ends."""
        change = next_change(DAY)
        ends = f"DTEND;TZID=America/New_York:{change:%Y%m%d}T040000"
        event = an_event(f"DTSTART;TZID=America/New_York:{change:%Y%m%d}T000000", ends)
        assert staffed.counts("appointments", a_calendar(event)) == (1, 0, 0, 0)
        assert staffed.sessions()[0]["minutes"] in {180, 300}

    @pytest.mark.parametrize("organizer", ["MAILTO:Dana@example.com", "Mailto:dana%40example.com"])
    def test_spellings_of_an_address(self, staffed: Office, organizer: str) -> None:
        """Case and percent-encoding make no difference, as in every URI."""
        event = an_event(AT_TEN, "DURATION:PT50M").replace("mailto:dana@example.com", organizer)
        assert staffed.counts("appointments", a_calendar(event)) == (1, 0, 0, 0)

    @pytest.mark.parametrize("zone", ["America", "US"])
    def test_zone_that_is_a_folder(self, zone: str) -> None:
        """A zone's name that is but the first part of one is refused in words."""
        event = an_event(AT_TEN.replace("America/New_York", zone), "DURATION:PT50M")
        with pytest.raises(UnreadableFileError):
            read_calendar(a_calendar(event).encode())

    @given(st.data())
    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_it_is(self, data: st.DataObject) -> None:
        """A file with anything in it is read or refused in words; nothing else happens."""
        whole = a_calendar(an_event(AT_TEN, "DURATION:PT50M", "RRULE:FREQ=WEEKLY;COUNT=3")).encode()
        at = data.draw(st.integers(0, len(whole)))
        junk = data.draw(st.binary(max_size=12) | st.sampled_from([b"\r\n", b":", b";", b"BEGIN:VEVENT\r\n", b"END:"]))
        cut = data.draw(st.integers(0, 40))
        with suppress(UnreadableFileError):
            read_calendar(whole[:at] + junk + whole[at + cut :])

    def test_it_does_not_say_whose(self, staffed: Office) -> None:
        """The provider is given on the command line."""
        event = an_event(AT_TEN, "DURATION:PT50M").replace("ORGANIZER:mailto:dana@example.com\r\n", "")
        assert staffed.counts("appointments", a_calendar(event), code=1) == (0, 0, 0, 1)
        assert staffed.counts("appointments", a_calendar(event), "--provider", "dana@example.com") == (1, 0, 0, 0)


class TestFiles:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (b"", "empty"),
            (b"name,email\nRobin,robin@example.org\n", "no column 'external_id'"),
            (b"external_id,name,email,email\n", "two columns 'email'"),
            (b'external_id,name,email\nC1,"Robin,robin@example.org\n', "never closed"),
            (b"\x00\x01", "NUL"),
            (b"BEGIN:VCALENDAR\r\nthat is all", "no column"),
        ],
    )
    def test_what_is_no_table(self, office: Office, text: bytes, why: str) -> None:
        """Nothing is taken over of a file that cannot be read, and it is said what is wrong."""
        file: Path = office.shell.folder / "file"
        file.write_bytes(text)
        refusal = office.shell.refused("import", "clients", str(file))
        assert (refusal["code"], why in refusal["message"]) == ("unreadable_file", True)

    def test_a_broken_calendar(self, office: Office) -> None:
        file = office.shell.folder / "file"
        file.write_bytes(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n")
        assert office.shell.refused("import", "appointments", str(file))["code"] == "unreadable_file"

    @pytest.mark.parametrize("make", [lambda t: t.encode("utf-16"), lambda t: b"\xef\xbb\xbf" + t.encode()])
    def test_what_spreadsheets_write(self, office: Office, make: Callable[[str], bytes]) -> None:
        """UTF-16 and UTF-8 with a mark, semicolons, columns of other names and more columns than are needed."""
        text = "ID;Name;E-Mail;Shoe size\r\nC1;Zoë Žižek;zoe@example.org;39\r\n"
        found = office.take("clients", make(text))
        assert (found["created"], found["ignored_columns"]) == (1, ["shoe_size"])
        assert office.shell.json("client", "list")["clients"][0]["name"] == "Zoë Žižek"

    def test_no_such_file(self, office: Office) -> None:
        refusal = office.shell.refused("import", "clients", "nowhere.csv", code=2)
        assert "nowhere.csv cannot be read" in json.dumps(refusal)

    def test_for_a_person(self, office: Office) -> None:
        """The sums, and the lines of which there is something to say."""
        (office.shell.folder / "file").write_text(CLIENTS + "C3;;x@example.org\n")
        told = office.shell.run("import", "clients", "file").out
        assert "Done: 2 created, 0 changed, 0 unchanged, 1 refused." in told
        assert "It has no name." in told
