"""What providers do to events of ours, and what other programs made of it (peer-failures, B)."""

import pytest

from syncd.core.events.findings import Kind
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.sync.drift import DriftAction, DriftStatus
from syncd.core.sync.policy import Policy, PolicyRule
from tests.adapters.events import an_event
from tests.builders import START
from tests.reliability.dav_world import ScriptedWorld
from tests.services.world import MOVED_A_DAY, replaced, with_alarm


def stored(world: ScriptedWorld, one: Appointment) -> Appointment:
    with world.store.reading() as tx:
        return tx.appointments.get(one.id)


class TestTimeAndPresence:
    def test_moved_in_the_calendar(self, world: ScriptedWorld) -> None:
        """It is found and put back, and the record keeps the one true time (calcom/cal.diy#11860, #16872)."""
        (one,) = world.published()
        world.edit(one, MOVED_A_DAY)
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.status) == ((Kind.MOVED,), DriftStatus.REVERTED)
        assert stored(world, one).start == START
        assert "20261201T10" in world.body(one)
        assert world.settles()

    def test_deleted_in_the_calendar(self, world: ScriptedWorld) -> None:
        """It is found within one cycle, told with the time of its finding (calcom/cal.diy#5124, #29720)."""
        one, _ = world.published(2)
        world.delete(one)
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.detected_at) == ((Kind.DELETED,), world.now)
        assert stored(world, one).status is AppointmentStatus.BOOKED
        assert world.settles()

    def test_held_for_a_decision(self, world: ScriptedWorld) -> None:
        """A policy can hold a kind of edit for a person, who then decides (calcom/cal.diy#8192)."""
        rule = PolicyRule(name="ask", action=DriftAction.FLAG, kinds=frozenset({Kind.MOVED}))
        world.policy = Policy((rule, *world.policy.rules))
        (one,) = world.published()
        world.edit(one, MOVED_A_DAY)
        (drift,) = world.cycle().drifts
        assert (drift.status, drift.rule) == (DriftStatus.OPEN, "ask")
        assert "20261202T10" in world.body(one)
        assert world.settles()
        world.decide(drift)
        assert "20261201T10" in world.body(one)

    def test_before_and_after(self, world: ScriptedWorld) -> None:
        """What was there, what is there, when it was found and when the calendar says that it was edited.

        derekantrican/GAS-ICS-Sync#126, w3c/tpac-breakouts#166.
        """
        (one,) = world.published()
        world.edit(one, MOVED_A_DAY)
        world.edit(one, replaced("LAST-MODIFIED:20261123T1", "LAST-MODIFIED:20261124T1"))
        (drift,) = world.cycle().drifts
        (finding,) = drift.findings
        assert (finding.field, finding.published, finding.observed) == (
            "DTSTART",
            "2026-12-01T10:00:00-05:00",
            "2026-12-02T10:00:00-05:00",
        )
        assert drift.detected_at == world.now
        assert drift.edited_at is not None
        assert drift.edited_at.day == 24


class TestWhatIsNotOurs:
    def test_events_of_others(self, world: ScriptedWorld) -> None:
        """A calendar holds others' events, too: they are neither drift nor touched (pimutils/vdirsyncer#468)."""
        own = {f"{world.path}own-{n}.ics": an_event(f"own-{n}@example.com", summary="Dentist") for n in range(3)}
        for href, body in own.items():
            world.hand.put(href, body)
        one, other = world.published(2)
        world.hand.put(f"{world.path}own-0.ics", own[f"{world.path}own-0.ics"].replace(b"Dentist", b"Doctor"))
        world.delete(one)
        world.change(other, status=AppointmentStatus.CANCELLED)
        world.cycle()
        world.cycle(verify=True)
        kept = {href: body for href, body in world.bodies().items() if href in own}
        assert kept == {**own, f"{world.path}own-0.ics": own[f"{world.path}own-0.ics"].replace(b"Dentist", b"Doctor")}
        assert all(href not in own for _, href in world.writes)

    def test_uid_that_looks_like_ours(self, world: ScriptedWorld) -> None:
        """Ownership is syncd's own record's to tell, not the spelling of a UID (calcom/cal.diy#29575)."""
        (one,) = world.published()
        lookalike = an_event(one.uid.replace("apt-", "apt-x"), summary="Session A. E.")
        world.hand.put(f"{world.path}apt-x.ics", lookalike)
        assert world.cycle().drifts == ()
        assert world.settles()
        assert world.bodies()[f"{world.path}apt-x.ics"] == lookalike

    def test_uid_of_a_foreign_spelling(self, world: ScriptedWorld) -> None:
        """An event of ours is ours whatever its UID looks like (calcom/cal.diy#29575)."""
        one = world.book(uid="{ANY spelling}@example.org")
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        assert world.cycle().counts["reverted"] == 1
        assert world.settles()

    @pytest.mark.parametrize(
        "own",
        ["COLOR:teal", "CATEGORIES:Clients", "TRANSP:TRANSPARENT", "PRIORITY:1", "X-NOTE:call first", "COMMENT:mine"],
    )
    def test_attributes_of_the_providers(self, world: ScriptedWorld, own: str) -> None:
        """They are no drift and survive all of our writes (phw198/OutlookGoogleCalendarSync#1859)."""
        (one,) = world.published()
        world.edit(one, replaced("END:VEVENT", f"{own}\r\nEND:VEVENT"))
        world.edit(one, with_alarm)
        assert world.cycle().drifts == ()
        world.edit(one, MOVED_A_DAY)
        assert world.cycle().counts["reverted"] == 1
        world.change(one, start=START.replace(hour=15))
        world.cycle()
        body = world.body(one)
        assert all(part in body for part in (own, "TRIGGER:-PT15M", "20261201T15"))
        assert world.settles()

    def test_providers_own_answer(self, world: ScriptedWorld) -> None:
        """Accepting is the provider's (RFC 6638 section 3.2.2.1): no drift, and kept when we write."""
        (one,) = world.published()
        world.edit(one, replaced("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED"))
        assert world.cycle().drifts == ()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        assert "PARTSTAT=ACCEPTED" in world.body(one)
        assert world.settles()


class TestTwins:
    def copied(self, world: ScriptedWorld, one: Appointment, uid: str) -> str:
        """Let the provider's program paste a copy of an event, and return its href."""
        href = f"{world.path}pasted.ics"
        world.hand.put(href, replaced(f"UID:{one.uid}", f"UID:{uid}")(world.hand.get(world.href(one))))
        return href

    def test_pasted_copy(self, world: ScriptedWorld) -> None:
        """A twin is a duplicate for a person to judge: neither of the two is deleted.

        phw198/OutlookGoogleCalendarSync#1665, mikeberger/borg_calendar#10.
        """
        (one,) = world.published()
        href = self.copied(world, one, "pasted@example.net")
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.status, drift.copies) == ((Kind.DUPLICATE,), DriftStatus.OPEN, (href,))
        assert set(world.bodies()) == {href, world.href(one)}
        assert world.settles()

    def test_decision_about_a_pasted_copy(self, world: ScriptedWorld) -> None:
        """Put right, the copy goes and the event at the href that we know stays."""
        (one,) = world.published()
        self.copied(world, one, "pasted@example.net")
        (drift,) = world.cycle().drifts
        world.decide(drift)
        assert list(world.bodies()) == [world.href(one)]
        assert world.settles()

    def test_copy_that_was_edited(self, world: ScriptedWorld) -> None:
        """A practice's change goes to the event that we know, and never to its twin."""
        (one,) = world.published()
        href = self.copied(world, one, "pasted@example.net")
        twin = world.bodies()[href]
        world.cycle()
        world.change(one, start=START.replace(hour=15))
        world.cycle()
        assert world.bodies().get(href, twin) == twin
        assert "20261201T15" in world.body(one)
        assert world.settles()


def test_foreign_organizer(world: ScriptedWorld) -> None:
    """An event whose organizer is a stranger's is no business of ours, even with our UID's neighbour in it."""
    (one,) = world.published()
    own = replace_organizer(an_event("meeting@example.net", summary=f"About {one.uid}"))
    world.hand.put(f"{world.path}meeting.ics", own)
    assert world.cycle().drifts == ()
    assert world.settles()
    assert world.bodies()[f"{world.path}meeting.ics"] == own


def replace_organizer(body: bytes) -> bytes:
    return body.replace(b"END:VEVENT", b"ORGANIZER:mailto:boss@example.net\r\nEND:VEVENT")
