"""Time zones as servers and programs spell them: same instants are no drift, others always (peer-failures, G)."""

import re
from collections.abc import Callable

import pytest

from syncd.core.events.findings import Kind
from tests.builders import a_provider, a_series, at
from tests.reliability.dav_world import ScriptedWorld, WorldMaker
from tests.services.world import replaced

Edit = Callable[[bytes], bytes]

NEW_YORK = "TZID=America/New_York"
ON_CHANGES = ["2026-11-01T10:00", "2027-03-14T10:00", "2026-12-01T10:00"]
"""The days on which New York changes its clocks, and one on which it does not."""


def without_vtimezone(body: bytes) -> bytes:
    return re.sub(rb"BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n", b"", body.replace(b"\r\n ", b""), flags=re.DOTALL)


def named(tzid: str) -> Edit:
    """Return a rewrite that gives New York another name, in the VTIMEZONE too."""

    def rewritten(body: bytes) -> bytes:
        text = body.replace(b"\r\n ", b"").replace(b"TZID:America/New_York", f"TZID:{tzid}".encode())
        return text.replace(NEW_YORK.encode(), f"TZID={tzid}".encode())

    return rewritten


SPELLINGS = [
    without_vtimezone,
    named("Eastern Standard Time"),
    named("/citadel.org/20210210_1/America/New_York"),
    named("/mozilla.org/20050126_1/America/New_York"),
    named("US/Eastern"),
]
"""What is lost or renamed; another `VTIMEZONE` or none changes no instant."""


@pytest.mark.parametrize("start", ON_CHANGES)
@pytest.mark.parametrize("rewrites", SPELLINGS)
def test_server_that_spells_zones_its_own_way(stage: WorldMaker, rewrites: Edit, start: str) -> None:
    """No churn on the days on which clocks change, nor on any other (ridafkih/keeper.sh#586)."""
    world = stage(rewrites=rewrites)
    world.now = at("2026-10-20T08:00").astimezone(world.now.tzinfo)
    one = world.book(start=at(start))
    world.cycle()
    assert world.settles()
    assert world.drifts() == []
    assert "TZID:America/New_York" not in world.body(one)


@pytest.mark.parametrize("rewrites", SPELLINGS)
def test_edit_in_a_zone_spelled_otherwise(world: ScriptedWorld, rewrites: Edit) -> None:
    """A program that renames the zone while it moves the event hides nothing (ridafkih/keeper.sh#586)."""
    (one,) = world.published()
    world.edit(one, lambda body: rewrites(replaced("20261201T10", "20261201T13")(body)))
    (drift,) = world.cycle().drifts
    assert drift.kinds == (Kind.MOVED,)
    assert f"{NEW_YORK}:20261201T100000" in world.body(one)
    assert world.settles()


def test_every_zone_that_is_named_is_defined(world: ScriptedWorld) -> None:
    """What we write holds a VTIMEZONE for each TZID in it (sebbo2002/ical-generator#680, calcom/cal.diy#17326)."""
    (one,) = world.published()
    body = world.body(one)
    assert set(re.findall(r";TZID=([^:;]+)", body)) == set(re.findall(r"\r\nTZID:([^\r]+)", body))


def test_same_wall_time_in_another_zone(world: ScriptedWorld) -> None:
    """The same reading of another clock is another instant, and found (alextselegidis/easyappointments#171, #427)."""
    (one,) = world.published()
    world.edit(one, replaced(NEW_YORK, "TZID=America/Los_Angeles"))
    assert world.cycle().drifts[0].kinds == (Kind.TIMEZONE_SHIFT,)
    assert f"{NEW_YORK}:20261201T100000" in world.body(one)
    assert world.settles()


def test_floating_time_in_the_providers_zone(world: ScriptedWorld) -> None:
    """A time without a zone is read where the provider is, and is the same instant there."""
    (one,) = world.published()
    world.edit(one, replaced(f";{NEW_YORK}:", ":"))
    assert world.cycle().drifts == ()
    assert world.settles()


def test_provider_far_from_the_practice(stage: WorldMaker) -> None:
    """Whichever zone server and machine have, the appointment's own counts (alextselegidis/easyappointments#828)."""
    world = stage()
    world.provider = a_provider(id=world.provider.id, email=world.provider.email, timezone="Asia/Tokyo")
    one = world.book(start=at("2026-12-01T23:30", "Asia/Tokyo"))
    world.cycle()
    assert "DTSTART;TZID=Asia/Tokyo:20261201T233000" in world.body(one)
    assert world.settles()


def test_instant_kept_and_written_in_utc(world: ScriptedWorld) -> None:
    """Another spelling of the same instant is benign (calcom/cal.diy#17326)."""
    (one,) = world.published()
    world.edit(one, replaced(f"DTSTART;{NEW_YORK}:20261201T100000", "DTSTART:20261201T150000Z"))
    assert world.cycle().drifts == ()
    assert world.settles()


def test_series_by_night_over_a_change_of_clocks(world: ScriptedWorld) -> None:
    """The session in the hour that is repeated stands by itself: no edit as such, and one when it is dragged."""
    world.now = at("2026-10-20T08:00").astimezone(world.now.tzinfo)
    nightly = world.publish(a_series(start=at("2026-10-25T01:30")))
    assert world.body(nightly).count("BEGIN:VEVENT") == 2
    assert (world.settles(), world.drifts()) == (True, [])
    world.edit(nightly, replaced("DTSTART:20261101T0530", "DTSTART:20261101T0430"))
    world.edit(nightly, replaced("DTEND:20261101T0620", "DTEND:20261101T0520"))
    (drift,) = world.cycle().drifts
    assert drift.kinds == (Kind.INSTANCE_MOVED,)
    assert drift.findings[0].recurrence_id == at("2026-11-01T01:30")
    assert "DTSTART:20261101T053000Z" in world.body(nightly)
    assert world.settles()
