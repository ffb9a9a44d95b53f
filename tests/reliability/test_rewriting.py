"""Servers that store something else than they were given, or show something else than they store (point 5)."""

from collections.abc import Callable

import pytest

from syncd.core.events.findings import Kind
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftAction, DriftStatus
from tests.builders import at
from tests.reliability.dav_world import ScriptedWorld, WorldMaker
from tests.services.world import MOVED_A_DAY, replaced, with_alarm


def unfolded(body: bytes) -> bytes:
    return body.replace(b"\r\n ", b"")


def with_bookkeeping(body: bytes) -> bytes:
    """Store as several servers do: lines sorted otherwise, a class, a vendor's property, another PRODID, no folds."""
    text = unfolded(body).replace(b"END:VEVENT", b"CLASS:PUBLIC\r\nX-SERVER-SEEN:1\r\nEND:VEVENT")
    head, event, tail = text.partition(b"BEGIN:VEVENT\r\n")
    inside, end, rest = tail.partition(b"END:VEVENT")
    lines = sorted(inside.splitlines(), reverse=True)
    return head.replace(b"PRODID:", b"PRODID:-//a server//") + event + b"\r\n".join(lines) + b"\r\n" + end + rest


def in_utc(body: bytes) -> bytes:
    """Store the same instants in UTC."""
    text = unfolded(body)
    for before, after in {b"20261201T1000": b"20261201T150000Z", b"20261201T1050": b"20261201T155000Z"}.items():
        text = text.replace(b";TZID=America/New_York:" + before + b"00", b":" + after)
    return text


def with_titles_cut(body: bytes) -> bytes:
    """Store only the first letters of a title."""
    return unfolded(body).replace(b"SUMMARY:Session A. E.", b"SUMMARY:Sessi")


def an_hour_late(body: bytes) -> bytes:
    """Store times an hour late, whatever they are."""
    return unfolded(body).replace(b"T10", b"T11")


def redacted(body: bytes) -> bytes:
    """Show as some servers do what is not for everybody: that something is there, and when."""
    kept = (b"SUMMARY", b"LOCATION", b"DESCRIPTION", b"ORGANIZER", b"ATTENDEE", b"X-", b"BEGIN:VALARM", b"END:VALARM")
    lines = [line for line in unfolded(body).splitlines() if not line.startswith((*kept, b"ACTION", b"TRIGGER"))]
    return b"\r\n".join(lines).replace(b"END:VEVENT", b"SUMMARY:Busy\r\nCLASS:CONFIDENTIAL\r\nEND:VEVENT") + b"\r\n"


class TestSameMeaning:
    @pytest.mark.parametrize("rewrites", [with_bookkeeping, in_utc])
    @pytest.mark.parametrize("etag_on_put", [True, False])
    def test_server_that_rewrites(
        self, stage: WorldMaker, rewrites: Callable[[bytes], bytes], *, etag_on_put: bool
    ) -> None:
        """What it makes of ours is learned as published: no drift and no churn (ridafkih/keeper.sh#649, #200, #274)."""
        world = stage(rewrites=rewrites, etag_on_put=etag_on_put)
        (one,) = world.published()
        assert world.publication(one.source).body == world.bodies()[world.href(one)].decode()
        assert world.settles()
        assert world.drifts() == []

    def test_edit_at_a_server_that_rewrites(self, stage: WorldMaker) -> None:
        """An edit is told from the rewriting, put right once, and that is that (ridafkih/keeper.sh#202, #203)."""
        world = stage(rewrites=with_bookkeeping)
        (one,) = world.published()
        world.edit(one, MOVED_A_DAY)
        assert world.cycle().drifts[0].kinds == (Kind.MOVED,)
        assert world.settles()


class TestDamage:
    def test_title_that_the_server_cuts(self, stage: WorldMaker) -> None:
        """It is flagged once, as the server's doing, and no war follows (ridafkih/keeper.sh#649)."""
        world = stage(rewrites=with_titles_cut)
        world.book()
        report = world.cycle()
        (drift,) = report.drifts
        assert (drift.kinds, drift.rule, drift.status) == ((Kind.TITLE,), "the server damages it", DriftStatus.OPEN)
        assert (report.counts["published"], report.counts["flagged"]) == (1, 1)
        assert world.settles()

    @pytest.mark.parametrize("sync_works", [True, False])
    def test_time_that_the_server_shifts(self, stage: WorldMaker, *, sync_works: bool) -> None:
        """A damaged time stays flagged, listing or not: it cannot be ours to accept, nor is it the provider's edit."""
        world = stage(rewrites=an_hour_late, shows_token=sync_works)
        world.book()
        world.cycle()
        assert world.settles()
        (drift,) = world.drifts()
        assert (drift.kinds, drift.rule, drift.status) == ((Kind.MOVED,), "the server damages it", DriftStatus.OPEN)

    def test_server_that_begins_to_damage(self, stage: WorldMaker) -> None:
        """Where it was found faithful before, the version that our write made proves whose doing it is."""
        world = stage()
        one, _ = world.published(2)
        world.server.behave(rewrites=with_titles_cut)
        world.change(one, start=at("2026-12-01T14:00"))
        world.cycle()
        assert world.cycle().drifts[0].rule == "the server damages it"
        assert world.settles()

    def test_practice_reschedules_what_is_damaged(self, stage: WorldMaker) -> None:
        """Its change is written, the provider is blamed for nothing, and the flag stays the one that it was."""
        world = stage(rewrites=with_titles_cut)
        one = world.book()
        world.cycle()
        (before,) = world.drifts()
        world.change(one, start=at("2026-12-03T14:00"))
        report = world.cycle()
        assert (report.counts["updated"], report.counts["reverted"]) == (1, 0)
        assert "20261203T14" in world.body(one)
        assert world.drifts() == [before]
        assert world.settles()

    def test_damage_that_a_person_can_live_with(self, stage: WorldMaker) -> None:
        """Dismissed, the text is what is published from then on, and nothing is flagged any more."""
        world = stage(rewrites=with_titles_cut)
        one = world.book()
        world.cycle()
        world.decide(world.drifts()[0], DriftAction.IGNORE)
        world.change(one, start=at("2026-12-03T14:00"))
        assert world.cycle().drifts == ()
        assert [drift.status for drift in world.drifts()] == [DriftStatus.DISMISSED]
        assert world.settles()

    def test_server_that_was_mended(self, stage: WorldMaker) -> None:
        """A person's revert writes once more, and closes the matter where the server now keeps what it is given."""
        world = stage(rewrites=with_titles_cut)
        one = world.book()
        world.cycle()
        world.server.behave(rewrites=None)
        world.decide(world.drifts()[0])
        assert "SUMMARY:Session A. E." in world.body(one)
        assert world.drifts(DriftStatus.OPEN) == []
        assert world.settles()


class TestRedactedCopies:
    def test_copy_without_the_details(self, stage: WorldMaker) -> None:
        """It is nobody's edit and is flagged as what it is; nothing of it is taken over."""
        world = stage()
        one, _ = world.published(2)
        world.edit(one, with_alarm)
        world.cycle()
        kept = world.bodies()
        world.server.behave(redacts=redacted)
        (drift, _) = world.cycle(verify=True).drifts
        assert (drift.kinds, drift.status) == ((Kind.UNREADABLE,), DriftStatus.OPEN)
        assert "redacted copy" in (drift.findings[0].observed or "")
        assert world.bodies() == kept
        assert world.settles()

    def test_practice_reschedules_what_is_shown_redacted(self, stage: WorldMaker) -> None:
        """The copy is never written back; once all is shown again, the change is written over the whole of it."""
        world = stage()
        one, _ = world.published(2)
        world.edit(one, with_alarm)
        world.cycle()
        world.server.behave(redacts=redacted)
        world.cycle(verify=True)
        world.change(one, start=at("2026-12-03T14:00"))
        world.cycle()
        assert "Busy" not in world.body(one)
        assert "TRIGGER:-PT15M" in world.body(one)
        world.server.behave(redacts=None)
        world.cycle(verify=True)
        body = world.body(one)
        assert all(part in body for part in ("20261203T14", "SUMMARY:Session A. E.", "TRIGGER:-PT15M"))
        assert world.drifts(DriftStatus.OPEN) == []
        assert world.settles()

    def test_person_writes_over_a_redacted_copy(self, stage: WorldMaker) -> None:
        """What is written is ours over what we knew of it, with the provider's own alarm, and not the copy."""
        world = stage()
        one, _ = world.published(2)
        world.edit(one, with_alarm)
        world.cycle()
        world.server.behave(redacts=redacted)
        world.cycle(verify=True)
        (drift,) = [drift for drift in world.drifts() if drift.appointment_id == one.id]
        world.decide(drift)
        assert "Busy" not in world.body(one)
        assert all(part in world.body(one) for part in ("SUMMARY:Session A. E.", "TRIGGER:-PT15M"))

    def test_server_that_shows_its_own_redacted_copies_from_the_start(self, stage: WorldMaker) -> None:
        """What was written stays published, and the copy is flagged at once."""
        world = stage(redacts=redacted)
        one = world.book()
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.status) == ((Kind.UNREADABLE,), DriftStatus.OPEN)
        assert "SUMMARY:Session A. E." in (world.publication(one.source).body or "")
        assert world.settles()

    def test_account_that_lost_its_rights(self, stage: WorldMaker) -> None:
        """All of them redacted at once is a state of the calendar, and no edit of each."""
        world = stage()
        world.published(6)
        world.server.behave(redacts=redacted)
        assert world.cycle(verify=True).state is CalendarState.MASS_CHANGE
        assert world.drifts() == []

    def test_provider_who_makes_an_event_private(self, world: ScriptedWorld) -> None:
        """A class of the provider's is theirs: it is no redaction and no drift."""
        (one,) = world.published()
        world.edit(one, replaced("END:VEVENT", "CLASS:CONFIDENTIAL\r\nEND:VEVENT"))
        assert world.cycle().drifts == ()
        assert "CLASS:CONFIDENTIAL" in world.body(one)
        assert world.settles()
