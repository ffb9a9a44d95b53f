"""`syncd calendar set` and `calendar doctor`, as a practice uses them, against real CalDAV servers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.entrypoints.test_commands import START, Practice, practice
from tests.servers.base import Hand, Server
from tests.servers.radicale import Radicale

__all__ = ["practice"]

pytestmark = pytest.mark.server
WRITES = ("published", "updated", "withdrawn", "reverted")


@dataclass
class Room:
    """A practice with one calendar, and what can be seen and done there."""

    practice: Practice
    calendar: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.calendar["id"])

    def set(self, *options: str) -> dict[str, Any]:
        changed: dict[str, Any] = self.practice.json("calendar", "set", self.id, *options)
        return changed

    def reconcile(self, *options: str) -> dict[str, Any]:
        done: dict[str, Any] = self.practice.json("reconcile", *options)
        return done

    def event(self, appointment: dict[str, Any]) -> str:
        return self.practice.event(self.calendar, appointment)

    def body(self, appointment: dict[str, Any]) -> str:
        return self.practice.server.hand.get(self.event(appointment)).decode().replace("\r\n ", "")

    def stands(self, appointment: dict[str, Any]) -> bool:
        return self.practice.server.hand.request("GET", self.event(appointment)).status == 200

    def move(self, appointment: dict[str, Any]) -> bytes:
        """Move an event to the next day, as its provider does; return what stands there then."""
        day = START.replace("-", "")
        body = self.practice.server.hand.get(self.event(appointment)).decode()
        moved = re.sub(rf"^(DT(?:START|END)[^:]*:){day}", rf"\g<1>{int(day) + 1}", body, flags=re.MULTILINE)
        assert moved != body
        self.practice.server.hand.put(self.event(appointment), moved.encode())
        return self.practice.server.hand.get(self.event(appointment))

    def listed(self) -> dict[str, Any]:
        (shown,) = self.practice.json("calendar", "list")["calendars"]
        return dict(shown)

    def check(self) -> str:
        checks = self.practice.json("check")["checks"]
        return next(str(one["message"]) for one in checks if one["name"] == f"calendar {self.id}")


@pytest.fixture(params=["radicale_server", "xandikos_server"])
def room(request: pytest.FixtureRequest, practice: Practice) -> Room:
    """A calendar on each of the real servers."""
    server: Server = request.getfixturevalue(request.param)
    there = replace(practice, server=cast("Radicale", server))
    return Room(there, there.connect())


class TestReportOnly:
    def test_the_first_weeks(self, room: Room) -> None:
        """Nothing is written, everywhere it is said, and one command has it written, after it was shown."""
        assert room.set("--mode", "report_only")["mode"] == "report_only"
        booked = [room.practice.book(f"{hour}:00") for hour in (10, 12, 14)]

        plan = room.reconcile("--dry-run")
        (planned,) = plan["plan"]
        assert (planned["mode"], [one["action"] for one in planned["actions"]]) == ("report_only", ["create"] * 3)
        assert all(one["withheld"] for one in planned["actions"])
        assert "nothing of this is written" in room.practice.shell.run("reconcile", "--dry-run").out
        for done in (plan, room.reconcile(), room.reconcile()):
            assert [done[name] for name in (*WRITES, "withheld")] == [0, 0, 0, 0, 3]
        assert not any(map(room.stands, booked))

        status = room.practice.json("status")
        assert (status["ok"], status["modes"]["report_only"], status["withheld"]) == (True, 1, 3)
        assert (status["standing"]["working"], status["standing"]["unproven"]) == (0, 3)
        assert "report_only" in room.practice.shell.run("status").out
        assert room.listed()["mode"] == "report_only"
        assert "report_only" in room.practice.shell.run("calendar", "list").out
        assert "report_only" in room.check()
        report = room.practice.json("report", "drift")
        assert [one["id"] for one in report["report_only"]] == [room.id]

        shown = room.set("--mode", "normal", "--dry-run")
        assert (shown["dry_run"], shown["preview"]["published"]) == (True, 3)
        assert room.listed()["mode"] == "report_only"
        back = room.set("--mode", "normal")
        assert (back["mode"], back["preview"]["published"]) == ("normal", 3)
        (plan_id,) = (one["id"] for one in back["preview"]["plan"])
        assert room.reconcile("--plan", plan_id)["published"] == 3
        assert all(map(room.stands, booked))
        assert sum(room.reconcile()[name] for name in WRITES) == 0

    def test_under_suspicion(self, room: Room) -> None:
        """Edits are found and wait with what would have been done; what the practice changes waits beside them."""
        moved, gone, rescheduled = (room.practice.book(f"{hour}:00") for hour in (10, 12, 14))
        assert room.reconcile()["published"] == 3
        room.set("--mode", "report_only")
        body = room.move(moved)
        room.practice.server.hand.delete(room.event(gone))
        room.practice.json("appointment", "reschedule", rescheduled["id"], "--start", f"{START}T16:00")
        before = room.body(rescheduled)

        done = room.reconcile()
        assert [done[name] for name in (*WRITES, "flagged", "withheld")] == [0, 0, 0, 0, 2, 3]
        drifts = room.practice.json("drift", "list", "--status", "open")["drifts"]
        assert {(one["kinds"][0], one["action"]) for one in drifts} == {("moved", "revert"), ("deleted", "revert")}
        assert all("report_only" in one["note"] for one in drifts)
        again = room.reconcile()
        assert (again["drifts"], again["flagged"], again["awaiting"]) == ([], 0, 2)
        assert room.practice.server.hand.get(room.event(moved)) == body
        assert (room.stands(gone), room.body(rescheduled)) == (False, before)

        for refused in (
            ("drift", "revert", drifts[0]["id"]),
            ("calendar", "resume", room.id, "--republish"),
            ("calendar", "remove", room.id, "--withdraw"),
        ):
            error = room.practice.refused(*refused)
            assert (error["code"], "--mode normal" in error["message"]) == ("report_only", True)
        assert room.practice.server.hand.get(room.event(moved)) == body

        assert room.set("--mode", "normal")["preview"]["reverted"] == 2
        done = room.reconcile()
        assert [done[name] for name in WRITES] == [0, 1, 0, 2]
        assert (room.stands(gone), "T160000" in room.body(rescheduled)) == (True, True)
        assert room.practice.json("drift", "list", "--status", "open")["drifts"] == []
        assert sum(room.reconcile()[name] for name in WRITES) == 0


class TestPrivacyAndObjective:
    def test_privacy(self, room: Room) -> None:
        """What titles tell is set for the one calendar; its events are written anew, and shown so before."""
        one = room.practice.book()
        room.reconcile()
        assert room.set("--privacy", "reference")["privacy"] == "reference"
        (plan,) = room.reconcile("--dry-run")["plan"]
        (change,) = plan["actions"][0]["changes"]
        assert (change["field"], change["observed"]) == ("SUMMARY", f"Session {one['id']}")
        assert room.reconcile()["updated"] == 1
        assert f"SUMMARY:Session {one['id']}" in room.body(one)
        assert room.set("--privacy", "default")["privacy"] is None
        assert room.reconcile()["updated"] == 1
        assert "SUMMARY:Session R. R." in room.body(one)

    def test_objective(self, room: Room) -> None:
        """Is minutes, and nothing again by 0."""
        assert room.set("--objective", "90")["objective"] == 90
        assert room.listed()["objective"] == 90
        assert room.set("--objective", "0")["objective"] is None


class Shared(Radicale):
    """Radicale with a second login, which may only read what the first one has."""

    def arguments(self) -> list[str]:
        given = super().arguments()
        users, rights = self.folder / "users", self.folder / "rights"
        users.write_text(f"{users.read_text()}dana:dana's own\n")
        rights.write_text(
            "[root]\nuser: .+\ncollection:\npermissions: R\n\n"
            "[own]\nuser: .+\ncollection: {user}(/.*)?\npermissions: RWrw\n\n"
            "[read]\nuser: dana\ncollection: provider/.*\npermissions: Rr\n"
        )
        return [*given, "--rights-type", "from_file", "--rights-file", str(rights)]


@pytest.fixture
def shared(tmp_path: Path, practice: Practice) -> Iterator[Room]:
    folder = tmp_path / "shared"
    folder.mkdir()
    with Shared(folder) as server:
        there = replace(practice, server=server)
        yield Room(there, there.connect())


class TestLocked:
    def lock(self, room: Room, reader: str, password: str) -> list[str]:
        room.practice.stdin(f"{password}\n")
        return ["calendar", "set", room.id, "--mode", "locked", "--reader", reader, "--password-stdin"]

    def test_where_the_provider_can_only_read(self, shared: Room) -> None:
        """It is locked, goes on to be published to, and check says so; the provider's program is refused a write."""
        assert shared.practice.json(*self.lock(shared, "dana", "dana's own"))["mode"] == "locked"
        one = shared.practice.book()
        assert shared.reconcile()["published"] == 1
        assert "locked" in shared.check()
        hand = Hand(shared.practice.server.url, "dana", "dana's own")
        body = hand.get(shared.event(one))
        assert hand.request("PUT", shared.event(one), body, Content_Type="text/calendar").status == 403

    def test_where_that_login_may_write(self, room: Room) -> None:
        """It is refused in words: nothing keeps the provider from editing there."""
        password = room.practice.server.password
        error = room.practice.refused(*self.lock(room, "provider", password))
        assert "by which syncd writes there" in error["message"]
        if isinstance(room.practice.server, Radicale):
            return
        error = room.practice.refused(*self.lock(room, "anybody", password))  # Xandikos lets anybody in
        assert "may write in" in error["message"]
        assert room.listed()["mode"] == "normal"

    def test_where_the_provider_s_login_is_wrong(self, shared: Room) -> None:
        """Nothing is locked."""
        assert shared.practice.refused(*self.lock(shared, "dana", "wrong"))["code"] == "login_refused"
        assert shared.listed()["mode"] == "normal"


class TestDoctor:
    def told(self, room: Room, code: int = 0) -> dict[str, Any]:
        outcome = room.practice.shell.run("calendar", "doctor", room.id, "--json")
        assert outcome.code == code, outcome
        assert outcome.document["id"] == room.id
        return {one["name"]: (one["ok"], one["message"]) for one in outcome.document["checks"]}

    def test_all_is_well(self, room: Room) -> None:
        """Says what the account may, how the server tells changes, and that all stands there as it should."""
        one = room.practice.book()
        assert "1 published" in self.told(room)["events"][1]
        assert not room.stands(one)
        room.reconcile()
        told = self.told(room)
        assert {"account", "rights", "changes", "state", "events"} <= told.keys()
        assert all(ok for ok, _ in told.values())
        assert "may write" in told["rights"][1]
        assert "as the record says" in told["events"][1]
        room.move(one)
        assert "1 reverted" in self.told(room)["events"][1]
        assert room.practice.json("drift", "list")["drifts"] == []

    def test_the_password_was_changed(self, shared: Room) -> None:
        """Says that the login is refused, and how to give the new one; `set` takes it, and all is well again."""
        shared.practice.stdin("wrong\n")
        shared.set("--password-stdin")
        ok, message = self.told(shared, code=1)["account"]
        assert (ok, "--password-stdin" in message) == (False, True)
        shared.practice.shell.run("reconcile")
        assert self.told(shared, code=1)["state"][0] is False
        shared.practice.stdin(f"{shared.practice.server.password}\n")
        assert shared.set("--password-stdin")["state"] == "ok"
        assert all(ok for ok, _ in self.told(shared).values())

    def test_the_account_may_only_read(self, shared: Room) -> None:
        """Says so, with the mode that such a calendar can have."""
        practice = shared.practice
        practice.json("provider", "add", "--name", "R", "--email", "r@example.com", "--timezone", "UTC")
        practice.stdin("dana's own\n")
        login = ("--username", "dana", "--password-stdin")
        added = practice.json("calendar", "add", "--provider", "r@example.com", "--url", shared.calendar["url"], *login)
        ok, message = self.told(Room(practice, added), code=1)["rights"]
        assert (ok, "report_only" in message) == (False, True)


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ((), "say what to set"),
        (("--privacy", "secret"), "reference"),
        (("--mode", "off"), "report_only"),
        (("--objective", "-1"), "objective"),
        (("--objective", "soon"), "objective"),
        (("--mode", "locked"), "--reader"),
        (("--mode", "normal", "--reader", "dana"), "--mode locked"),
        (("--reader", "dana"), "say what to set"),
    ],
)
def test_what_cannot_be_set(practice: Practice, options: tuple[str, ...], hint: str) -> None:
    """Is wrong usage, and the message says what can be."""
    error = practice.refused("calendar", "set", "cal-1", *options, code=2)
    assert hint in error["message"]


def test_a_calendar_that_there_is_not(practice: Practice) -> None:
    """Is refused by name, by both commands."""
    for given in (("set", "cal-1", "--objective", "5"), ("doctor", "cal-1")):
        assert practice.refused("calendar", *given)["code"] == "not_found"
