"""The commands, as a practice uses them, against a real CalDAV server."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.entrypoints.command import Shell
from tests.servers.radicale import Radicale

PROVIDER = "dana@example.com"
CLIENT = "robin@example.org"
START = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%d")
"""Far ahead of whenever the tests run; midday is in no gap of New York's clocks."""


@dataclass(frozen=True)
class Practice:
    """A practice with a provider, a client, and what can be typed in its office."""

    shell: Shell
    server: Radicale
    stdin: Callable[[str], None]

    def json(self, *arguments: str) -> Any:
        return self.shell.json(*arguments)

    def refused(self, *arguments: str, code: int = 1) -> dict[str, Any]:
        return self.shell.refused(*arguments, code=code)

    def connect(self) -> dict[str, Any]:
        """Connect a fresh collection of the server."""
        self.stdin(f"{self.server.password}\n")
        added: dict[str, Any] = self.json(*self.calendar_add(self.server.make_collection()))
        return added

    def calendar_add(self, url: str) -> list[str]:
        login = ["--username", self.server.username, "--password-stdin"]
        return ["calendar", "add", "--provider", PROVIDER, "--url", url, *login]

    def book(self, time: str = "12:00", *more: str) -> dict[str, Any]:
        booked: dict[str, Any] = self.json(*self.booking(f"{START}T{time}", *more))
        return booked

    @staticmethod
    def booking(start: str, *more: str) -> list[str]:
        who = ["--provider", PROVIDER, "--client", CLIENT]
        return ["appointment", "book", *who, "--start", start, "--minutes", "50", *more]

    def event(self, calendar: dict[str, Any], appointment: dict[str, Any]) -> str:
        """Return the path of an appointment's event on the server."""
        path = str(calendar["url"]).split(f":{self.server.port}")[1]
        return f"{path}{appointment['uid']}.ics"


@pytest.fixture
def practice(shell: Shell, radicale_server: Radicale, monkeypatch: pytest.MonkeyPatch) -> Practice:
    def stdin(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    shell.json("init")
    shell.json("provider", "add", "--name", "Dana Doe", "--email", PROVIDER, "--timezone", "America/New_York")
    shell.json("client", "add", "--name", "Robin Roe", "--email", CLIENT)
    return Practice(shell, radicale_server, stdin)


class TestPeople:
    def test_they_are_listed(self, practice: Practice) -> None:
        """What was added is listed, with an id that serves as a reference."""
        (provider,) = practice.json("provider", "list")["providers"]
        (client,) = practice.json("client", "list")["clients"]
        assert {"id", "name", "email", "timezone"} <= provider.keys()
        assert client["email"] == CLIENT

    def test_a_provider_sets_terms_of_their_own(self, practice: Practice) -> None:
        """The notice period and the late fee of a provider's account come before the practice's."""
        terms = ("--late-notice-hours", "48", "--late-fee", "75.00 USD")
        person = ("--name", "X", "--email", "x@example.com", "--timezone", "UTC")
        added = practice.json("provider", "add", *person, *terms)
        assert (added["late_notice_hours"], added["late_fee"]) == (48, "75.00 USD")
        error = practice.refused("provider", "add", *person, "--late-fee", "much")
        assert "75.00 USD" in error["message"]

    def test_one_changes(self, practice: Practice) -> None:
        """What is given changes, what is cleared is gone, the rest stays; nothing to do is wrong usage."""
        practice.json("provider", "edit", PROVIDER, "--late-fee", "75.00 USD", "--late-notice-hours", "48")
        edited = practice.json("provider", "edit", PROVIDER, "--name", "Dana Dee", "--clear", "late-fee")
        assert (edited["name"], edited["email"], edited["late_fee"]) == ("Dana Dee", PROVIDER, None)
        assert edited["late_notice_hours"] == 48
        assert practice.json("client", "edit", CLIENT, "--timezone", "UTC")["timezone"] == "UTC"
        assert practice.json("client", "edit", CLIENT, "--clear", "timezone")["timezone"] is None
        practice.refused("client", "edit", CLIENT, code=2)
        practice.refused("provider", "edit", PROVIDER, "--clear", "name", code=2)
        assert practice.refused("client", "edit", "nobody@example.org", "--name", "N")["code"] == "not_found"

    @pytest.mark.parametrize(("kind", "ref"), [("provider", PROVIDER), ("client", CLIENT)])
    def test_one_leaves(self, practice: Practice, kind: str, ref: str) -> None:
        """Not while appointments are to come, unless they are cancelled; then nobody can book them until activated."""
        booked = practice.book()
        error = practice.refused(kind, "deactivate", ref)
        assert (error["code"], error["details"]["appointments"]) == ("has_appointments", [booked["id"]])

        gone = practice.json(kind, "deactivate", ref, "--cancel-appointments", "--message", "Farewell.")

        assert (gone["active"], gone["cancelled"]) == (False, [booked["id"]])
        assert practice.json("appointment", "show", booked["id"])["status"] == "cancelled"
        assert practice.json(kind, "list")[f"{kind}s"][0]["active"] is False
        assert practice.refused(*practice.booking(f"{START}T12:00"))["code"] == "inactive"
        assert practice.json(kind, "activate", ref)["active"] is True
        practice.book()

    def test_the_zone_is_unknown(self, practice: Practice) -> None:
        """The message shows what a zone's name looks like, and nobody is added."""
        error = practice.refused("provider", "add", "--name", "X", "--email", "x@example.com", "--timezone", "EST5")
        assert (error["code"], "America/New_York" in error["message"]) == ("unknown_timezone", True)
        assert len(practice.json("provider", "list")["providers"]) == 1

    def test_a_person_reads_a_table(self, practice: Practice) -> None:
        """Without --json there is a table, and no colour where there is no terminal."""
        outcome = practice.shell.run("provider", "list")
        assert "Dana Doe" in outcome.out
        assert "\x1b" not in outcome.out


class TestBooking:
    def test_an_appointment(self, practice: Practice) -> None:
        """Times without an offset are the provider's; the document has the contract's keys."""
        booked = practice.book()
        assert booked["start"].startswith(f"{START}T12:00:00-0")
        assert {
            "id",
            "uid",
            "provider",
            "client",
            "start",
            "end",
            "timezone",
            "date_of_service",
            "status",
        } <= booked.keys()
        assert {"location", "sequence", "series", "recurrence_id", "version"} <= booked.keys()
        assert booked["date_of_service"] == START

    def test_a_series(self, practice: Practice) -> None:
        """The document is the first session, with its series."""
        booked = practice.book("12:00", "--repeat", "FREQ=WEEKLY;COUNT=3")
        assert booked["series"]
        assert len(practice.json("appointment", "list")["appointments"]) == 3

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            pytest.param(["2027-03-14T02:30"], "nonexistent_time", id="the clocks jump over it"),
            pytest.param(["2027-11-07T01:30"], "ambiguous_time", id="it occurs twice"),
            pytest.param(["2020-01-01T10:00"], "past_start", id="it is past"),
            pytest.param([f"{START}T12:00", "--timezone", "Mars/Olympus"], "unknown_timezone", id="no such zone"),
            pytest.param([f"{START}T12:00", "--repeat", "FREQ=OFTEN"], "invalid_rule", id="no such rule"),
            pytest.param([f"{START}T12:00", "--minutes", "0"], "invalid_value", id="no time at all"),
            pytest.param([f"{START}T12:00", "--client", "nobody@example.org"], "not_found", id="no such client"),
        ],
    )
    def test_it_cannot_be_booked(self, practice: Practice, arguments: list[str], code: str) -> None:
        """Each wrong input has a code and a message of its own, and changes nothing."""
        error = practice.refused(*practice.booking(*arguments))
        assert error["code"] == code
        assert len(error["message"]) > 20
        assert practice.json("appointment", "list")["appointments"] == []

    def test_a_person_reads_how_far_a_series_goes(self, practice: Practice) -> None:
        """How many sessions, and until when."""
        counted = practice.shell.run(*practice.booking(f"{START}T12:00", "--repeat", "FREQ=WEEKLY;COUNT=3"))
        assert "A series of 3 sessions, the last one on" in counted.out
        endless = practice.shell.run(*practice.booking(f"{START}T14:00", "--repeat", "FREQ=WEEKLY"))
        assert "A series without an end: 26 sessions booked so far, the last one on" in endless.out

    def test_the_client_is_with_another_provider(self, practice: Practice) -> None:
        """It is refused, also on a reschedule, until the practice says that it is meant."""
        other = "olive@example.com"
        practice.json("provider", "add", "--name", "Olive", "--email", other, "--timezone", "America/New_York")
        first = practice.book()
        at_once = [*practice.booking(f"{START}T12:30"), "--provider", other]
        error = practice.refused(*at_once)
        assert (error["code"], "--allow-overlap" in error["message"]) == ("client_overlap", True)
        assert error["details"]["other"] == first["id"]
        second = practice.json(*at_once, "--allow-overlap")
        moved = practice.json("appointment", "reschedule", second["id"], "--start", f"{START}T16:00")
        back = ["appointment", "reschedule", moved["id"], "--start", f"{START}T12:30"]
        assert practice.refused(*back)["code"] == "client_overlap"
        practice.json(*back, "--allow-overlap")

    def test_a_session_to_come_has_no_outcome(self, practice: Practice) -> None:
        """Neither completed nor a no-show before it began."""
        booked = practice.book()
        for verb in ("complete", "no-show"):
            error = practice.refused("appointment", verb, booked["id"])
            assert (error["code"], "has not begun" in error["message"]) == ("wrong_state", True)

    def test_another_session_is_there(self, practice: Practice) -> None:
        """The message names the other appointment by its id, not by its client."""
        first = practice.book()
        error = practice.refused(*practice.booking(f"{START}T12:30"))
        assert error["code"] == "overlap"
        assert first["id"] in error["message"]
        assert "Robin" not in error["message"]

    @pytest.mark.parametrize("start", ["tomorrow", "2026-12-01", "2026-13-01T10:00"])
    def test_the_time_cannot_be_read(self, practice: Practice, start: str) -> None:
        """What is no time is wrong usage, and the message shows one that is."""
        error = practice.refused(*practice.booking(start), code=2)
        assert "2026-12-01T10:00" in error["message"]


class TestChanging:
    def test_it_is_rescheduled(self, practice: Practice) -> None:
        """The appointment has its new time and its history both."""
        booked = practice.book()
        moved = practice.json("appointment", "reschedule", booked["id"], "--start", f"{START}T15:00")
        assert moved["start"].startswith(f"{START}T15:00")
        assert moved["sequence"] > booked["sequence"]
        history = practice.json("appointment", "show", booked["id"])["history"]
        assert [line["kind"] for line in history] == ["booked", "rescheduled"]

    def test_nothing_is_to_change(self, practice: Practice) -> None:
        """A reschedule that says nothing is wrong usage."""
        assert "--start" in practice.refused("appointment", "reschedule", practice.book()["id"], code=2)["message"]

    def test_it_is_cancelled(self, practice: Practice) -> None:
        """It stays on record, cancelled; how much notice the client gets is said."""
        booked = practice.book()
        cancelled = practice.json("appointment", "cancel", booked["id"], "--reason", "provider_ill")
        assert cancelled["status"] == "cancelled"
        assert cancelled["notice_hours"] > 0
        assert cancelled["cancellation"]["reason"] == "provider_ill"
        assert [one["id"] for one in practice.json("appointment", "list")["appointments"]] == [booked["id"]]

    def test_the_reason_needs_a_note(self, practice: Practice) -> None:
        """The reasons' list tells beforehand what a refusal tells afterwards."""
        noted = {one["code"] for one in practice.json("appointment", "reasons")["reasons"] if one["note_required"]}
        booked = practice.book()
        for reason in noted:
            assert (
                practice.refused("appointment", "cancel", booked["id"], "--reason", reason)["code"] == "invalid_reason"
            )
        assert noted == {"other"}

    def test_a_client_comes_late(self, practice: Practice) -> None:
        """Inside the notice period the client's wish is refused, the practice's is not."""
        soon = (datetime.now(UTC) + timedelta(hours=5)).isoformat(timespec="minutes")
        booked = practice.json(*practice.booking(soon))
        cancel = ["appointment", "cancel", booked["id"], "--reason", "client_request", "--by"]
        assert practice.refused(*cancel, "client")["code"] == "late_notice"
        assert practice.json(*cancel, "admin")["status"] == "cancelled"


class TestListing:
    def test_by_time_and_text(self, practice: Practice) -> None:
        """Conditions are joined: those from a day on, before another, with a text in name or place."""
        inside = practice.book("12:00", "--location", "Garden room")
        practice.book("15:00")
        day_after = (datetime.fromisoformat(START) + timedelta(days=2)).date().isoformat()
        found = practice.json("appointment", "list", "--from", START, "--to", day_after, "--search", "garden")
        assert [one["id"] for one in found["appointments"]] == [inside["id"]]
        assert practice.json("appointment", "list", "--from", day_after)["appointments"] == []
        assert len(practice.json("appointment", "list", "--provider", PROVIDER)["appointments"]) == 2

    def test_the_person_is_unknown(self, practice: Practice) -> None:
        """A filter that names nobody is refused, not answered with an empty list."""
        assert practice.refused("appointment", "list", "--client", "nobody@example.org")["code"] == "not_found"


@pytest.mark.server
class TestCalendars:
    def test_one_is_connected(self, practice: Practice) -> None:
        """The document says what was found; the list says how it is."""
        added = practice.connect()
        assert {"id", "url", "capabilities", "state"} <= added.keys()
        (listed,) = practice.json("calendar", "list")["calendars"]
        assert (listed["id"], listed["last_synced_at"], listed["last_error"]) == (added["id"], None, None)
        assert practice.server.password not in practice.shell.run("calendar", "list", "--json").out

    def test_the_password_is_wrong(self, practice: Practice) -> None:
        """A refused login is told as such, and nothing is stored."""
        practice.stdin("wrong\n")
        error = practice.refused(*practice.calendar_add(practice.server.make_collection()))
        assert error["code"] == "login_refused"
        assert practice.json("calendar", "list")["calendars"] == []

    def test_no_password_is_given(self, practice: Practice) -> None:
        """An empty standard input is wrong usage."""
        practice.stdin("")
        assert "standard input" in practice.refused(*practice.calendar_add(practice.server.url), code=2)["message"]

    def test_the_server_is_away(self, practice: Practice) -> None:
        """An address where nobody answers is told as unreachable."""
        practice.stdin("secret\n")
        assert practice.refused(*practice.calendar_add("http://127.0.0.1:9/"))["code"] == "unreachable"

    def test_one_is_removed_with_its_events(self, practice: Practice) -> None:
        """--withdraw takes away what was published."""
        calendar = practice.connect()
        booked = practice.book()
        practice.json("reconcile")
        removed = practice.json("calendar", "remove", calendar["id"], "--withdraw")
        assert removed == {"id": calendar["id"], "removed": True, "withdrawn": 1, "left": 0}
        assert practice.server.hand.request("GET", practice.event(calendar, booked)).status == 404

    def test_one_is_paused_and_resumed(self, practice: Practice) -> None:
        """A paused calendar is left alone, and comes back."""
        calendar = practice.connect()
        practice.book()
        assert practice.json("calendar", "pause", calendar["id"])["state"] == "paused"
        assert practice.json("reconcile")["calendars"] == 0
        assert practice.json("calendar", "resume", calendar["id"])["state"] == "ok"
        assert practice.json("reconcile")["published"] == 1


@pytest.mark.server
class TestReconciling:
    def test_nobody_has_to_act(self, practice: Practice) -> None:
        """Where all is well there is no alert, and a person is told so."""
        practice.connect()
        practice.json("reconcile")
        assert practice.json("alerts", "list") == {"alerts": []}
        assert practice.json("status")["alerts"] == 0
        assert "Nobody has to act." in practice.shell.run("alerts", "list").out

    def test_the_whole_main_job(self, practice: Practice) -> None:
        """Published; edited behind our back; shown by a dry run; put back; and then there is nothing to do."""
        calendar = practice.connect()
        booked = practice.book()
        first = practice.json("reconcile")
        assert (first["published"], first["errors"]) == (1, [])
        event = practice.event(calendar, booked)
        body = practice.server.hand.get(event)
        practice.server.hand.put(event, body.replace(b"T120000", b"T160000").replace(b"T125000", b"T165000"))

        dry = practice.shell.run("reconcile", "--dry-run", "--exit-code", "--json")
        assert dry.code == 3
        assert dry.document["plan"][0]["actions"][0]["action"] == "revert"
        assert b"T160000" in practice.server.hand.get(event)

        done = practice.shell.run("reconcile", "--exit-code", "--json")
        assert (done.code, done.document["reverted"]) == (3, 1)
        assert done.document["drifts"][0]["kinds"] == ["moved"]
        assert b"T120000" in practice.server.hand.get(event)

        again = practice.shell.run("reconcile", "--exit-code", "--json")
        writes = ("published", "updated", "withdrawn", "reverted", "flagged")
        assert (again.code, [again.document[name] for name in writes]) == (0, [0] * 5)

    def test_a_person_reads_the_plan(self, practice: Practice) -> None:
        """The dry run shows what would be done, with signs, ids and times, and without the client's name."""
        practice.connect()
        booked = practice.book()
        outcome = practice.shell.run("reconcile", "--dry-run")
        assert f"+ create   {booked['id']}" in outcome.out
        assert "Would be: 1 published" in outcome.out
        assert "Robin" not in outcome.out

    def test_a_reschedule_reaches_the_calendar(self, practice: Practice) -> None:
        """The next cycle updates the event; a cancellation withdraws it."""
        calendar = practice.connect()
        booked = practice.book()
        practice.json("reconcile")
        practice.json("appointment", "reschedule", booked["id"], "--start", f"{START}T15:00")
        assert practice.json("reconcile")["updated"] == 1
        assert b"T150000" in practice.server.hand.get(practice.event(calendar, booked))
        practice.json("appointment", "cancel", booked["id"], "--reason", "provider_ill")
        assert practice.json("reconcile")["withdrawn"] == 1

    def test_one_calendar_fails(self, practice: Practice) -> None:
        """The exit code says that something failed, the document what."""
        calendar = practice.connect()
        practice.server.hand.delete(str(calendar["url"]).split(f":{practice.server.port}")[1])
        outcome = practice.shell.run("reconcile", "--json")
        assert outcome.code == 1
        assert outcome.document["errors"][0]["calendar"] == calendar["id"]


@pytest.mark.server
class TestStatusAndCheck:
    def test_all_is_well(self, practice: Practice) -> None:
        """After a cycle the status tells of it, and every check passes."""
        calendar = practice.connect()
        practice.json("reconcile")
        assert practice.json("status")["calendars"] == {"ok": 1}
        checks = practice.json("check")["checks"]
        assert {"database", "key", "mail", f"calendar {calendar['id']}"} <= {check["name"] for check in checks}

    def test_the_key_is_lost(self, practice: Practice) -> None:
        """The check names it and says what to do; the exit code tells scripts."""
        practice.connect()
        (practice.shell.folder / "var" / "secret.key").unlink()
        outcome = practice.shell.run("check", "--json")
        failed = {check["name"] for check in outcome.document["checks"] if not check["ok"]}
        assert (outcome.code, outcome.document["ok"]) == (1, False)
        assert "key" in failed
        assert "backup" in outcome.out

    def test_the_database_is_absent(self, shell: Shell) -> None:
        """Before init, the check says to run it."""
        outcome = shell.run("check", "--json")
        assert outcome.code == 1
        assert "syncd init" in outcome.out

    def test_the_key_is_for_its_owner_only(self, practice: Practice) -> None:
        """init makes the key readable by nobody else, and leaves it as it is when repeated."""
        key = practice.shell.folder / "var" / "secret.key"
        before = key.read_text()
        practice.json("init")
        assert (key.stat().st_mode & 0o777, key.read_text()) == (0o600, before)


def test_calendar_in_a_network_of_the_practices_own(practice: Practice) -> None:
    """Whoever runs the machine may connect it, and is told where the address leads."""
    practice.stdin(f"{practice.server.password}\n")
    outcome = practice.shell.run(*practice.calendar_add(practice.server.make_collection()), "--json")
    assert (outcome.code, len(outcome.document["warnings"])) == (0, 1)
    assert "127.0.0.1 is in a loopback network" in outcome.err


def test_calendar_that_was_found(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found is shown before it is stored; the list says that nothing was published yet, until it was."""
    monkeypatch.setenv("SYNCD_SECURITY__ALLOW_PRIVATE_ADDRESSES", "true")
    practice.stdin(f"{practice.server.password}\n")
    outcome = practice.shell.run(*practice.calendar_add(practice.server.make_collection()), "--json")
    calendar = outcome.document
    assert f"at {calendar['url']}: it was there already" in outcome.err
    assert calendar["warnings"] == []
    practice.book()
    assert "Nothing has been published" in practice.json("calendar", "list")["calendars"][0]["note"]
    assert practice.json("status")["unpublished"] == {calendar["id"]: 1}
    practice.json("reconcile")
    assert practice.json("calendar", "list")["calendars"][0]["note"] is None
    assert practice.json("status")["unpublished"] == {}
