"""Whatever practice, provider, clock and servers do: no claim is clear or filed with a wrong date or under a hold."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syncd.adapters.db import SqlStore, open_store, upgrade
from syncd.adapters.memory.collection import Operation
from syncd.core.claims.claim import Claim, ClaimStatus
from syncd.core.errors import RefusalError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.sync.drift import DriftAction, DriftStatus
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


class Claims(RuleBasedStateMachine):
    """A practice, its provider, its billing and a server that fails now and then."""

    template: Path | None = None

    @initialize(zone=zones, policy=st.sampled_from(POLICIES), is_over=st.booleans())
    def open(self, zone: str, policy: Policy, is_over: bool) -> None:
        """Begin before the first two sessions, or after them with their claims clear."""
        self.store: SqlStore = open_store(_fresh_database())
        self.world = ClaimsWorld(self.store, policy=policy, now=BEGIN, provider=a_provider(timezone=zone))
        self.numbers = 0
        noon = datetime(2026, 10, 31, 12, 30, tzinfo=ZoneInfo(zone))
        self.booked = [self.world.book(start=noon.replace(hour=hour)).id for hour in (12, 23)]
        self.world.cycle()
        if is_over:
            self.wait(72, audit=True)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    # The practice

    @rule(wall=walls, zone=zones, minutes=st.sampled_from([20, 50, 120]))
    def book(self, wall: datetime, zone: str, minutes: int) -> None:
        if len(self.booked) < 4:
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
        def edit(one: Appointment) -> None:
            if self.world.stands(one):
                start = (one.start.replace(tzinfo=None) + shift).isoformat()
                self.world.edit(one, dragged(start, one.minutes))

        self.attempt(data, edit)
        if is_seen:
            self.world.cycle()

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.attempt(data, lambda one: self.world.delete(one) if self.world.stands(one) else None)

    # Programs and time

    @rule(verify=st.booleans())
    def cycle(self, verify: bool) -> None:
        self.world.cycle(verify=verify)

    @rule(hours=st.sampled_from([1, 36, 72]), audit=st.booleans())
    def wait(self, hours: int, audit: bool) -> None:
        self.world.now += timedelta(hours=hours)
        if audit:
            self.world.prove()

    @rule(operation=st.sampled_from([Operation.FETCH, Operation.REPLACE, Operation.CHANGES]))
    def fail(self, operation: Operation) -> None:
        self.world.collection.fail(operation, UnavailableError())

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


def _fresh_database() -> str:
    folder = Path(mkdtemp(prefix="syncd-claims-"))
    if Claims.template is None or not Claims.template.exists():
        Claims.template = folder / "template.db"
        upgrade(f"sqlite:///{Claims.template}")
    path = shutil.copy(Claims.template, folder / "syncd.db")
    return f"sqlite:///{path}"


TestClaims = pytest.mark.slow(Claims.TestCase)
TestClaims.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
