"""`syncd calendar resume` and `remove` on a calendar that a guard holds, against a real CalDAV server."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.entrypoints.test_commands import START, Practice, practice

__all__ = ["practice"]


@dataclass
class Held:
    """Six sessions in a calendar of a real server, and a provider's hand on their events."""

    practice: Practice
    calendar: dict[str, Any] = field(init=False)
    booked: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.calendar = self.practice.connect()
        self.booked = [self.practice.book(f"{hour:02}:00") for hour in range(9, 15)]
        assert self.practice.json("reconcile")["published"] == 6

    @property
    def id(self) -> str:
        return str(self.calendar["id"])

    @property
    def state(self) -> str:
        (shown,) = self.practice.json("calendar", "list")["calendars"]
        return str(shown["state"])

    @property
    def collection(self) -> str:
        return self.practice.event(self.calendar, {"uid": ""}).removesuffix(".ics")

    def bodies(self) -> list[str]:
        hand = self.practice.server.hand
        return [hand.get(self.practice.event(self.calendar, one)).decode() for one in self.booked]

    def move_all(self) -> None:
        """Move every event a day ahead: more than a provider does."""
        hand = self.practice.server.hand
        for one, body in zip(self.booked, self.bodies(), strict=True):
            day = START.replace("-", "")
            moved = re.sub(rf"^(DT(?:START|END)[^:]*:){day}", rf"\g<1>{int(day) + 1}", body, flags=re.MULTILINE)
            assert moved != body
            hand.put(self.practice.event(self.calendar, one), moved.encode())
        assert self.practice.shell.run("reconcile", "--json").code == 1
        assert self.state == "mass_change"

    def resume(self, *options: str, code: int = 0) -> dict[str, Any]:
        outcome = self.practice.shell.run("calendar", "resume", self.id, *options, "--json")
        assert outcome.code == code, outcome
        document: dict[str, Any] = outcome.document
        return document

    def is_quiet(self) -> bool:
        """Tell whether a further cycle does nothing."""
        done = self.practice.json("reconcile")
        return not (done["published"] or done["updated"] or done["reverted"] or done["flagged"] or done["errors"])


@pytest.fixture
def held(practice: Practice) -> Held:
    return Held(practice)


@pytest.mark.server
def test_republish(held: Held) -> None:
    """All is put back by the one command, and a further cycle finds nothing."""
    before = held.bodies()
    held.move_all()
    resumed = held.resume("--republish")
    assert (resumed["state"], resumed["reverted"], resumed["errors"]) == ("ok", 6, [])
    assert held.state == "ok"
    days = [re.search(r"^DTSTART.*:(\d{8})", body, re.MULTILINE) for body in (*before, *held.bodies())]
    assert len({found[1] for found in days if found}) == 1
    assert held.is_quiet()


@pytest.mark.server
def test_accept(held: Held) -> None:
    """All edits are taken over into the record by the one command; no cycle puts any back."""
    held.move_all()
    resumed = held.resume("--accept")
    assert (resumed["state"], resumed["reverted"], resumed["settled"], resumed["errors"]) == ("ok", 0, 6, [])
    listed = held.practice.json("appointment", "list")["appointments"]
    assert START not in {one["date_of_service"] for one in listed}
    assert held.practice.json("reconcile")["errors"] == []
    assert held.is_quiet()


@pytest.mark.server
def test_forget(held: Held) -> None:
    """All that differs is let go of: events and appointments stay as they are."""
    held.move_all()
    moved = held.bodies()
    resumed = held.resume("--forget")
    assert (resumed["state"], resumed["settled"], resumed["errors"]) == ("ok", 6, [])
    assert held.is_quiet()
    assert held.bodies() == moved
    assert {one["date_of_service"] for one in held.practice.json("appointment", "list")["appointments"]} == {START}


@pytest.mark.server
def test_resume_given_twice(held: Held) -> None:
    """The second word takes nothing from the first: the next cycle acts on what the guard had held."""
    held.move_all()
    held.resume()
    held.resume()
    done = held.practice.json("reconcile")
    assert done["errors"] == []
    assert done["reverted"] + done["flagged"] == 6
    assert held.state == "ok"


@pytest.mark.server
def test_with_a_new_password(held: Held) -> None:
    """It is used at once, in the same step; a wrong one leaves the calendar held and its old password."""
    held.move_all()
    held.practice.stdin("wrong\n")
    failed = held.resume("--republish", "--password-stdin", code=1)
    assert (failed["state"], failed["reverted"]) == ("mass_change", 0)
    assert [error["code"] for error in failed["errors"]] == ["login_refused"]
    assert held.state == "mass_change"
    held.practice.stdin(f"{held.practice.server.password}\n")
    assert held.resume("--republish", "--password-stdin")["reverted"] == 6


@pytest.mark.server
@pytest.mark.parametrize("options", [("--republish",), ()])
def test_a_collection_that_vanished_and_came_back_empty(held: Held, options: tuple[str, ...]) -> None:
    """One resume is enough: all is published again."""
    hand = held.practice.server.hand
    hand.delete(held.collection)
    held.practice.shell.run("reconcile", "--json")
    assert held.state == "vanished"
    hand.make_collection(held.collection, "Practice appointments")
    held.resume(*options)
    held.practice.json("reconcile")
    assert held.state == "ok"
    assert all("BEGIN:VEVENT" in body for body in held.bodies())
    assert held.is_quiet()


@pytest.mark.server
def test_a_collection_that_is_gone_still(held: Held) -> None:
    """Cannot be worked: the command says so and exits 1, and nothing is changed."""
    held.practice.server.hand.delete(held.collection)
    held.practice.shell.run("reconcile", "--json")
    failed = held.resume("--republish", code=1)
    assert failed["state"] == "vanished"
    assert failed["errors"][0]["message"]
    assert held.state == "vanished"


@pytest.mark.server
def test_what_cannot_be_accepted(held: Held) -> None:
    """Is said, exits 1, and waits for a decision of its own."""
    hand = held.practice.server.hand
    for one, body in zip(held.booked, held.bodies(), strict=True):
        guest = "ATTENDEE:mailto:new@example.net\r\nEND:VEVENT"
        hand.put(held.practice.event(held.calendar, one), body.replace("END:VEVENT", guest).encode())
    held.practice.shell.run("reconcile", "--json")
    failed = held.resume("--accept", code=1)
    assert failed["settled"] == 0
    open_ones = held.practice.json("drift", "list", "--status", "open")["drifts"]
    assert {error["drift"] for error in failed["errors"]} == {drift["id"] for drift in open_ones}
    assert len(open_ones) == 6


@pytest.mark.server
@pytest.mark.parametrize(
    ("trouble", "options", "counts"),
    [("vanished", ("--withdraw",), (0, 6)), ("mass_change", (), (0, 0)), ("paused", ("--withdraw",), (6, 0))],
)
def test_a_held_calendar_is_removed(
    held: Held, trouble: str, options: tuple[str, ...], counts: tuple[int, int]
) -> None:
    """Whatever its state; in a collection that is gone nothing is known to be withdrawn: it may come back."""
    if trouble == "vanished":
        held.practice.server.hand.delete(held.collection)
        held.practice.shell.run("reconcile", "--json")
    elif trouble == "mass_change":
        held.move_all()
    else:
        held.practice.json("calendar", "pause", held.id)
    assert held.state == trouble
    removed = held.practice.json("calendar", "remove", held.id, *options)
    assert (removed["withdrawn"], removed["left"]) == counts
    assert held.practice.json("calendar", "list")["calendars"] == []


@pytest.mark.server
def test_a_drift_in_a_calendar_that_was_removed(held: Held) -> None:
    """Can be dismissed; to revert and to accept say why they cannot be done, and what can."""
    hand = held.practice.server.hand
    one, other = held.booked[:2]
    for each in (one, other):
        path = held.practice.event(held.calendar, each)
        hand.put(path, hand.get(path).replace(b"END:VEVENT", b"ATTENDEE:mailto:new@example.net\r\nEND:VEVENT"))
    held.practice.json("reconcile")
    drift, *_ = held.practice.json("drift", "list", "--status", "open")["drifts"]
    held.practice.json("calendar", "remove", held.id)
    for verb in ("revert", "accept"):
        refused = held.practice.refused("drift", verb, drift["id"])
        assert f"syncd drift dismiss {drift['id']}" in refused["message"]
        assert f"syncd claim attest --drift {drift['id']}" in refused["message"]
    dismissed = held.practice.json("drift", "dismiss", drift["id"])
    assert dismissed["status"] == "dismissed"
    assert "watched no longer" in dismissed["note"]
