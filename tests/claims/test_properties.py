"""Whatever practice, provider, clock and servers do: no claim is clear or filed with a wrong date or under a hold."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syncd.adapters.db import SqlStore, open_store, upgrade
from syncd.adapters.memory.collection import Operation
from syncd.core.claims.claim import Attestation, Claim, ClaimStatus
from syncd.core.errors import RefusalError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.policy import DEFAULT_POLICY, Policy, PolicyRule
from syncd.core.times import instant, lenient_local
from syncd.ports.remote.errors import UnavailableError
from syncd.ports.store.sync import DriftQuery
from syncd.services.decisions.drifts import Decisions
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from tests.builders import a_provider
from tests.claims.practice import ClaimsWorld, dragged

BEGIN = datetime(2026, 10, 30, 12, 0, tzinfo=UTC)
"""The Friday before clocks go back in New York; Lord Howe's have gone forward, by half an hour."""

ZONES = ("America/New_York", "Pacific/Honolulu", "Pacific/Kiritimati", "Australia/Lord_Howe", "Europe/London")
POLICIES = (DEFAULT_POLICY, Policy((PolicyRule(name="all", action=DriftAction.FLAG),)))

zones = st.sampled_from(ZONES)
walls = st.builds(
    lambda day, minute: datetime(2026, 10, 31) + timedelta(days=day, minutes=minute),  # noqa: DTZ001 - a wall clock's
    st.integers(0, 4),
    st.sampled_from([0, 30, 90, 600, 1410, 1425]),
)
shifts = st.sampled_from([timedelta(minutes=m) for m in (-1440, -90, -30, 30, 60, 300, 1440)])


@dataclass
class Interval:
    """How long an edit of the provider's stood, and whether a start came meanwhile, the planned or the edited one."""

    begin: datetime
    end: datetime | None = None
    crossed: bool = False

    def holds(self, moment: datetime) -> bool:
        return self.begin <= moment and (self.end is None or moment < self.end)


class Claims(RuleBasedStateMachine):
    """A practice, its provider, its billing and a server that fails now and then."""

    template: bytes | None = None

    @initialize(zone=zones, policy=st.sampled_from(POLICIES), is_over=st.booleans())
    def open(self, zone: str, policy: Policy, is_over: bool) -> None:
        """Begin before the first two sessions, or after them with their claims clear."""
        self.folder = TemporaryDirectory(prefix="syncd-claims-")
        self.store: SqlStore = open_store(self.fresh_database(Path(self.folder.name) / "syncd.db"))
        self.world = ClaimsWorld(self.store, policy=policy, now=BEGIN, provider=a_provider(timezone=zone))
        self.numbers = 0
        self.edits: dict[str, list[Interval]] = {}
        self.removed_at: datetime | None = None
        noon = datetime(2026, 10, 31, 12, 30, tzinfo=ZoneInfo(zone))
        self.booked = [self.world.book(start=noon.replace(hour=hour)).id for hour in (12, 23)]
        self.world.cycle()
        if is_over:
            self.wait(72, audit=True)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    @classmethod
    def fresh_database(cls, path: Path) -> str:
        """Make a migrated database at a path; only the first one is migrated."""
        url = f"sqlite:///{path}"
        if cls.template is None:
            upgrade(url)
            cls.template = path.read_bytes()
        path.write_bytes(cls.template)
        return url

    # The practice

    @rule(wall=walls, zone=zones, minutes=st.sampled_from([20, 50, 120]))
    def book(self, wall: datetime, zone: str, minutes: int) -> None:
        if len(self.booked) < 4 and self.removed_at is None:
            self.booked.append(self.world.book(start=lenient_local(wall, ZoneInfo(zone)), minutes=minutes).id)

    @rule(data=st.data(), wall=walls)
    def reschedule(self, data: st.DataObject, wall: datetime) -> None:
        def change(one: Appointment) -> None:
            with self.store.transaction() as tx:
                reschedule(tx, Reschedule(appointment_id=one.id, start=wall), self.world.terms)

        self.attempt(data, change)

    @precondition(lambda self: len(self.booked) > 2)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.attempt(data, lambda one: self.world.cancel(one, "provider_ill"))

    @rule(data=st.data(), days=st.integers(-1, 2))
    def attest(self, data: st.DataObject, days: int) -> None:
        self.attempt(data, lambda one: self.world.attest(one, self.day_of(one) + timedelta(days=days)))

    @rule(data=st.data(), accept=st.booleans())
    def decide(self, data: st.DataObject, accept: bool) -> None:
        with self.store.reading() as tx:
            drifts = tx.drifts.list(DriftQuery(status=DriftStatus.OPEN))
        if drifts:
            in_order = sorted(drifts, key=lambda drift: (self.booked.index(drift.appointment_id), drift.detected_at))
            drift = in_order[data.draw(st.integers(0, len(in_order) - 1))].id
            decisions = Decisions(self.world.reconciler)
            act = decisions.accept if accept else decisions.revert
            self.tolerate(lambda: act(drift, self.world.terms))

    # The provider

    @rule(data=st.data(), shift=shifts, is_seen=st.booleans())
    def drag(self, data: st.DataObject, shift: timedelta, is_seen: bool) -> None:
        self.attempt(data, lambda one: self.put(one, (one.start.replace(tzinfo=None) + shift).isoformat()))
        if is_seen:
            self.cycle(verify=False)

    @rule(data=st.data(), is_seen=st.booleans())
    def drag_back(self, data: st.DataObject, is_seen: bool) -> None:
        self.attempt(data, lambda one: self.put(one, one.start.replace(tzinfo=None).isoformat()))
        if is_seen:
            self.cycle(verify=False)

    @rule(data=st.data(), shift=shifts, hours=st.sampled_from([1, 11, 36]))
    def drag_and_think_again(self, data: st.DataObject, shift: timedelta, hours: int) -> None:
        """Drag, and take it back some hours later; both are seen."""

        def drag(one: Appointment) -> None:
            for moved_by, wait in ((shift, hours), (timedelta(), 1)):
                self.put(one, (one.start.replace(tzinfo=None) + moved_by).isoformat())
                self.cycle(verify=False)
                self.wait(wait, audit=wait == 1)

        self.attempt(data, drag)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        def gone(one: Appointment) -> None:
            if self.shown_at(one) is not None:
                self.world.collection.delete(self.href(one))
                self.edited(one)

        self.attempt(data, gone)

    # Programs and time

    @rule(verify=st.booleans())
    def cycle(self, verify: bool) -> None:
        if self.removed_at is None:
            self.time_passes(self.world.now + timedelta(minutes=1))
            self.world.cycle(verify=verify)

    @precondition(lambda self: self.removed_at is None and len(self.booked) > 3)
    @rule()
    def remove_calendar(self) -> None:
        with self.store.transaction() as tx:
            tx.calendars.remove(self.world.calendar.id)
        self.removed_at = self.world.now

    @rule(hours=st.sampled_from([1, 11, 36, 72]), audit=st.booleans())
    def wait(self, hours: int, audit: bool) -> None:
        until = self.world.now + timedelta(hours=hours)
        self.time_passes(until)
        self.world.now = until
        if audit:
            self.world.prove()

    @rule(
        operation=st.sampled_from([Operation.FETCH, Operation.CREATE, Operation.REPLACE, Operation.CHANGES]),
        carried_out=st.booleans(),
    )
    def fail(self, operation: Operation, carried_out: bool) -> None:
        self.world.collection.fail(operation, UnavailableError(), carried_out=carried_out)

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.attempt(data, self.world.release)

    @precondition(lambda self: any(claim.status is ClaimStatus.CLEAR for claim in self.claims()))
    @rule(data=st.data())
    def file(self, data: st.DataObject) -> None:
        self.numbers += 1
        self.attempt(data, lambda one: self.world.file(one, f"A-{self.numbers}"))

    # What holds, whatever happened

    @invariant()
    def dates_are_the_appointments(self) -> None:
        """Every claim has the local date of its appointment's start."""
        for claim in self.claims():
            assert claim.date_of_service == self.world.stored_by(claim).start.date()

    @invariant()
    def clear_claims_have_no_hold(self) -> None:
        """What is clear is over, took place, was seen since its end, and waits for nothing."""
        for claim in self.claims():
            if claim.status is ClaimStatus.CLEAR:
                one = self.world.stored_by(claim)
                assert self.world.codes(one) == set()
                assert claim.confirmed_at is not None
                assert claim.confirmed_at >= instant(one.end)

    @invariant()
    def cancelled_appointments_have_void_claims(self) -> None:
        """And no others."""
        for claim in self.claims():
            is_cancelled = self.world.stored_by(claim).status is AppointmentStatus.CANCELLED
            assert (claim.status is ClaimStatus.VOID) is is_cancelled

    @invariant()
    def edits_that_stood_at_a_start_are_explained(self) -> None:
        """Where an edit that was found stood as a start came, a clear claim has a person's word since."""
        self.edits_end()
        for claim in self.claims():
            if claim.status is not ClaimStatus.CLEAR:
                continue
            for interval in self.edits.get(claim.appointment_id, []):
                found = [d for d in self.drifts_on(claim) if interval.holds(d.detected_at)]
                if interval.crossed and found:
                    assert any(word.at >= found[0].detected_at for word in self.words_on(claim))

    @invariant()
    def a_removed_calendar_clears_nothing(self) -> None:
        """What stood there unseen since its session's end has a person's word."""
        for claim in self.claims():
            one = self.world.stored_by(claim)
            if self.removed_at and claim.status is ClaimStatus.CLEAR and self.shown_at(one) is not None:
                over = instant(one.end)
                was_proven = claim.proven_at is not None and over <= claim.proven_at <= self.removed_at
                assert was_proven or any(word.at >= over for word in self.words_on(claim))

    # The model

    def href(self, one: Appointment) -> str:
        with self.store.reading() as tx:
            return tx.publications.ever_of_source(one.source)[0].href

    def shown_at(self, one: Appointment) -> datetime | None:
        """Return when the session begins in the calendar, None where it does not stand there."""
        body = self.world.collection.bodies().get(self.href(one), b"").replace(b"\r\n ", b"").decode()
        found = re.search(r"^DTSTART;TZID=([^:]+):(\w+)", body, re.MULTILINE)
        if found is None:
            return None
        return instant(lenient_local(datetime.fromisoformat(found[2]), ZoneInfo(found[1])))

    def put(self, one: Appointment, start: str) -> None:
        if self.shown_at(one) is not None:
            body = self.world.collection.bodies()[self.href(one)]
            self.world.collection.put(self.href(one), dragged(start, one.minutes)(body))
            self.edited(one)

    def edited(self, one: Appointment) -> None:
        """Note that the provider had a hand in it: what stood until now stands no more, found or not."""
        known = self.edits.setdefault(one.id, [])
        if known and known[-1].end is None:
            known[-1].end = self.world.now
        if self.shown_at(one) != instant(one.start):
            known.append(Interval(begin=self.world.now))

    def edits_end(self) -> None:
        for one in self.appointments():
            for interval in self.edits.get(one.id, []):
                if interval.end is None and self.shown_at(one) == instant(one.start):
                    interval.end = self.world.now

    def time_passes(self, until: datetime) -> None:
        self.edits_end()
        for one in self.appointments():
            starts = {instant(one.start), self.shown_at(one) or instant(one.start)}
            for interval in self.edits.get(one.id, []):
                if interval.end is None and any(self.world.now < start <= until for start in starts):
                    interval.crossed = True

    def drifts_on(self, claim: Claim) -> list[Drift]:
        with self.store.reading() as tx:
            return list(tx.drifts.list(DriftQuery(appointment_id=claim.appointment_id)))[::-1]

    def words_on(self, claim: Claim) -> list[Attestation]:
        with self.store.reading() as tx:
            return list(tx.claims.attestations(claim.appointment_id))

    # Helpers

    def attempt(self, data: st.DataObject, act: Callable[[Appointment], Any]) -> None:
        """Do something about one of the appointments; being refused is an outcome too."""
        found = self.appointments()
        one = found[data.draw(st.integers(0, len(found) - 1))]
        self.tolerate(lambda: act(one))

    def tolerate(self, act: Callable[[], Any]) -> None:
        with suppress(RefusalError, UnavailableError):
            act()

    def appointments(self) -> list[Appointment]:
        """Return all, in the order in which they were booked: ids are not the same from run to run."""
        with self.store.reading() as tx:
            return [tx.appointments.get(id_) for id_ in self.booked]

    def claims(self) -> list[Claim]:
        with self.store.reading() as tx:
            return list(tx.claims.list())

    def day_of(self, one: Appointment) -> date:
        return one.start.date()


TestClaims = pytest.mark.slow(Claims.TestCase)
TestClaims.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
