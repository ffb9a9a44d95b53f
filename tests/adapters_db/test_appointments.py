"""Appointments, their histories and their series: the store's contract, on every database."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from syncd.core.claims.claim import Claim, ClaimStatus
from syncd.core.errors import AlreadyExistsError, ConflictError, InvalidValueError, NotFoundError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Cancellation, Change, LateFee
from syncd.core.scheduling.money import Money
from syncd.core.scheduling.people import Party
from syncd.core.times import instant
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Store
from tests.builders import (
    NOW,
    START,
    a_client,
    a_provider,
    a_series,
    an_appointment,
    an_instance,
    at,
)

CANCELLATION = Cancellation(
    reason="ill",
    by=Party.CLIENT,
    at=NOW,
    note="called in",
    message="Get well soon.",
    fee=LateFee(Money(2500, "USD"), waived=True, decided_by="pat"),
)


def add(store: Store, *appointments: Appointment) -> None:
    with store.transaction() as tx:
        tx.appointments.add(appointments)


def found(store: Store, **conditions: Any) -> list[str]:
    with store.reading() as tx:
        return [one.id for one in tx.appointments.list(AppointmentQuery(**conditions))]


class TestAppointments:
    def test_one_with_every_field(self, practice_store: Store) -> None:
        """What was stored comes back equal, in its own zone."""
        series = a_series()
        one = an_instance(series, 1, status=AppointmentStatus.CANCELLED, cancellation=CANCELLATION, sequence=3)
        with practice_store.transaction() as tx:
            tx.series.add(series)
            tx.appointments.add([one])
        with practice_store.reading() as tx:
            stored = tx.appointments.get(one.id)
        assert stored == one
        assert stored.start.isoformat() == "2026-12-08T10:00:00-05:00"
        assert stored.timezone == "America/New_York"

    def test_cancelled_without_a_fee(self, practice_store: Store) -> None:
        """Where no fee was due, none is on record."""
        one = an_appointment(cancellation=replace(CANCELLATION, fee=None))
        add(practice_store, one)
        with practice_store.reading() as tx:
            assert tx.appointments.get(one.id) == one

    @pytest.mark.parametrize("fold", [0, 1])
    def test_a_start_that_the_clock_shows_twice(self, practice_store: Store, fold: int) -> None:
        """The wall time is kept with its fold, so the instant is the one that was meant."""
        one = an_appointment(start=at("2026-11-01T01:30").replace(fold=fold))
        add(practice_store, one)
        with practice_store.reading() as tx:
            assert instant(tx.appointments.get(one.id).start) == instant(one.start)

    def test_a_start_without_a_zone(self, practice_store: Store) -> None:
        """A naive start is a mistake in the program, not a time."""
        with pytest.raises(ValueError, match="needs a time zone"):
            add(practice_store, an_appointment(start=datetime(2026, 12, 1, 10, 0)))  # noqa: DTZ001 - the case itself

    def test_one_that_is_not_there(self, practice_store: Store) -> None:
        """The refusal names the reference and the command that lists what there is."""
        with practice_store.transaction() as tx:
            with pytest.raises(NotFoundError, match=r"No appointment 'apt-none'\. See: syncd appointment list"):
                tx.appointments.get("apt-none")
            with pytest.raises(NotFoundError, match="apt-none"):
                tx.appointments.save(an_appointment(id="apt-none"))

    def test_an_id_that_is_taken(self, practice_store: Store) -> None:
        """An appointment is stored once."""
        one = an_appointment()
        add(practice_store, one)
        with pytest.raises(AlreadyExistsError):
            add(practice_store, one)

    def test_an_instance_that_its_series_has_already(self, practice_store: Store) -> None:
        """A series has each of its sessions once, whatever their ids and wherever they were moved."""
        series = a_series()
        with practice_store.transaction() as tx:
            tx.series.add(series)
            tx.appointments.add([an_instance(series, 1)])
        with pytest.raises(AlreadyExistsError), practice_store.transaction() as tx:
            tx.appointments.add([an_instance(series, 1, start=at("2026-12-20T10:00"))])
        add(practice_store, an_appointment(), an_appointment())

    def test_a_provider_who_is_not_there(self, practice_store: Store) -> None:
        """An appointment belongs to people who are in the store."""
        with pytest.raises(NotFoundError):
            add(practice_store, an_appointment(provider_id="prv-none"))

    def test_longer_than_a_day(self, practice_store: Store) -> None:
        """Looking for overlaps goes back one day, so no appointment may be longer."""
        with pytest.raises(InvalidValueError):
            add(practice_store, an_appointment(minutes=1441))


class TestSaving:
    def test_a_changed_one(self, practice_store: Store) -> None:
        """Saving raises the version and stores every field."""
        one = an_appointment()
        add(practice_store, one)
        with practice_store.transaction() as tx:
            saved = tx.appointments.save(replace(one, location="Room 2", start=at("2026-12-03T09:15"), minutes=30))
        assert saved.version == one.version + 1
        with practice_store.reading() as tx:
            assert tx.appointments.get(one.id) == saved

    def test_a_stale_one(self, practice_store: Store) -> None:
        """Of two changes made from one version, the second is refused and changes nothing."""
        one = an_appointment()
        add(practice_store, one)
        with practice_store.transaction() as tx:
            winner = tx.appointments.save(replace(one, location="Room 2"))
        with pytest.raises(ConflictError), practice_store.transaction() as tx:
            tx.appointments.save(replace(one, location="Room 3"))
        with practice_store.reading() as tx:
            assert tx.appointments.get(one.id) == winner

    def test_another_day(self, practice_store: Store) -> None:
        """The claim's date follows the appointment in the same transaction."""
        one = an_appointment()
        add(practice_store, one)
        with practice_store.transaction() as tx:
            tx.appointments.save(replace(one, start=at("2026-12-02T10:00")))
            assert tx.claims.get(one.id).date_of_service == date(2026, 12, 2)

    def test_moved_within_the_day(self, practice_store: Store) -> None:
        """The claim stays as it is while the date stays."""
        one = an_appointment()
        add(practice_store, one)
        with practice_store.transaction() as tx:
            before = tx.claims.get(one.id)
            tx.appointments.save(replace(one, start=at("2026-12-01T23:30")))
            assert tx.claims.get(one.id) == before


class TestListing:
    def test_by_people_series_and_status(self, practice_store: Store) -> None:
        """Conditions are joined by and; one that is not given leaves nothing out. By start."""
        series = a_series()
        with practice_store.transaction() as tx:
            tx.providers.add(a_provider(id="prv-2"))
            tx.clients.add(a_client(id="cli-2"))
            tx.series.add(series)
        later = an_appointment(start=START + timedelta(days=1), provider_id="prv-2")
        first = an_appointment(client_id="cli-2")
        instance = an_instance(series, 2, status=AppointmentStatus.COMPLETED)
        add(practice_store, later, first, instance)
        assert found(practice_store) == [first.id, later.id, instance.id]
        assert found(practice_store, provider_id="prv-2") == [later.id]
        assert found(practice_store, client_id="cli-2") == [first.id]
        assert found(practice_store, series_id=series.id) == [instance.id]
        assert found(practice_store, status=AppointmentStatus.COMPLETED) == [instance.id]
        assert found(practice_store, provider_id="prv-2", client_id="cli-2") == []
        assert found(practice_store, limit=2) == [first.id, later.id]

    def test_by_start(self, practice_store: Store) -> None:
        """The span is half open and compares instants, whatever the zones."""
        in_berlin = an_appointment(start=at("2026-12-01T15:00", "Europe/Berlin"))  # 09:00 in New York
        in_new_york = an_appointment()
        add(practice_store, in_new_york, in_berlin)
        assert found(practice_store) == [in_berlin.id, in_new_york.id]
        assert found(practice_store, starts_from=START) == [in_new_york.id]
        assert found(practice_store, starts_before=START) == [in_berlin.id]
        assert found(practice_store, starts_from=START, starts_before=START) == []

    @pytest.mark.parametrize("text", ["ÉMILE", "chris", "100%", "pat PROV"])
    def test_by_text(self, practice_store: Store, text: str) -> None:
        """Text is looked for in names and location, without case, and taken literally."""
        one = an_appointment(location="Salle Émile, 100% accessible")
        with practice_store.transaction() as tx:
            tx.providers.add(a_provider(id="prv-2", name="Sam"))
            tx.clients.add(a_client(id="cli-2", name="Kim"))
        add(practice_store, one, an_appointment(provider_id="prv-2", client_id="cli-2", location="100 m ahead"))
        assert found(practice_store, text=text) == [one.id]


class TestOverlaps:
    @pytest.mark.parametrize(
        ("start", "minutes", "overlaps"),
        [
            ("2026-12-01T09:10", 50, False),
            ("2026-12-01T09:11", 50, True),
            ("2026-12-01T10:10", 10, True),
            ("2026-12-01T09:00", 180, True),
            ("2026-12-01T10:50", 50, False),
        ],
    )
    def test_around_an_appointment_from_ten_to_ten_fifty(
        self, practice_store: Store, start: str, minutes: int, overlaps: bool
    ) -> None:
        """Two overlap when they share a moment; one may begin when the other ends."""
        one = an_appointment()
        add(practice_store, one)
        other = an_appointment(start=at(start), minutes=minutes)
        with practice_store.transaction() as tx:
            shared = tx.appointments.overlapping("prv-1", other.start, other.end)
        assert [appointment.id for appointment in shared] == ([one.id] if overlaps else [])

    def test_one_that_began_the_day_before(self, practice_store: Store) -> None:
        """The longest appointment there may be is still found in its last minute."""
        one = an_appointment(minutes=1440)
        add(practice_store, one)
        end = one.end
        with practice_store.reading() as tx:
            assert tx.appointments.overlapping("prv-1", end - timedelta(minutes=1), end + timedelta(hours=1)) == [one]
            assert tx.appointments.overlapping("prv-1", end, end + timedelta(hours=1)) == []

    def test_cancelled_or_of_another_provider(self, practice_store: Store) -> None:
        """Only what the provider is booked for takes up time."""
        with practice_store.transaction() as tx:
            tx.providers.add(a_provider(id="prv-2"))
        add(practice_store, an_appointment(status=AppointmentStatus.CANCELLED), an_appointment(provider_id="prv-2"))
        with practice_store.transaction() as tx:
            assert tx.appointments.overlapping("prv-1", START, START + timedelta(hours=1)) == []

    def test_a_provider_who_is_not_there(self, practice_store: Store) -> None:
        """Nobody's time cannot be looked at."""
        with practice_store.transaction() as tx, pytest.raises(NotFoundError, match="prv-none"):
            tx.appointments.overlapping("prv-none", START, START + timedelta(hours=1))


class TestHistory:
    def test_two_changes(self, practice_store: Store) -> None:
        """The history comes back oldest first, with what was before and after."""
        one, other = an_appointment(), an_appointment()
        add(practice_store, one, other)
        booked = Change(appointment_id=one.id, at=NOW, kind="booked", by=Party.ADMIN, actor="cli")
        moved = Change(
            appointment_id=one.id,
            at=NOW,
            kind="rescheduled",
            by=Party.PROVIDER,
            actor="pat",
            before={"start": "2026-12-01T10:00:00-05:00"},
            after={"start": "2026-12-02T10:00:00-05:00", "minutes": 25},
            note="asked by phone",
        )
        with practice_store.transaction() as tx:
            tx.appointments.record([booked, moved, replace(booked, appointment_id=other.id)])
        with practice_store.reading() as tx:
            assert tx.appointments.history(one.id) == [booked, moved]

    def test_of_nothing(self, practice_store: Store) -> None:
        """Recording no change is no change."""
        with practice_store.transaction() as tx:
            tx.appointments.record([])
            assert tx.appointments.history("apt-none") == []


class TestClaims:
    def test_of_a_new_appointment(self, practice_store: Store) -> None:
        """Each appointment has one pending claim of its own date, found by either id."""
        late = an_appointment(start=at("2026-12-01T23:30"))
        add(practice_store, late)
        with practice_store.reading() as tx:
            claim = tx.claims.get(late.id)
            assert tx.claims.get(claim.id) == claim
        assert claim == Claim(id=claim.id, appointment_id=late.id, date_of_service=date(2026, 12, 1))
        assert claim.id.startswith("clm-")

    def test_another_status(self, practice_store: Store) -> None:
        """A claim's status is stored, and claims are listed by date of service and status."""
        first, second = an_appointment(start=at("2026-12-02T10:00")), an_appointment()
        add(practice_store, first, second)
        with practice_store.transaction() as tx:
            held = replace(tx.claims.get(first.id), status=ClaimStatus.HELD)
            tx.claims.save(held)
        with practice_store.reading() as tx:
            assert [claim.appointment_id for claim in tx.claims.list()] == [second.id, first.id]
            assert tx.claims.list(ClaimStatus.HELD) == [held]

    def test_a_date_of_its_own(self, practice_store: Store) -> None:
        """A claim that says another date than its appointment is refused, whatever its status."""
        one = an_appointment()
        add(practice_store, one)
        with practice_store.transaction() as tx:
            claim = tx.claims.get(one.id)
        with pytest.raises(ConflictError, match="another date"), practice_store.transaction() as tx:
            tx.claims.save(replace(claim, date_of_service=date(2026, 12, 24), status=ClaimStatus.CLEAR))

    def test_one_that_is_not_there(self, practice_store: Store) -> None:
        """The refusal names the reference and the command that lists what there is."""
        absent = Claim(id="clm-none", appointment_id="apt-none", date_of_service=date(2026, 12, 1))
        with practice_store.transaction() as tx, pytest.raises(NotFoundError, match=r"'clm-none'\. See: syncd claim"):
            tx.claims.save(absent)


class TestSeries:
    def test_one_with_every_field(self, practice_store: Store) -> None:
        """What was stored comes back equal."""
        series = a_series(extended_until=NOW, split_from="first.example", sequence=2)
        with practice_store.transaction() as tx:
            tx.series.add(series)
        with practice_store.reading() as tx:
            assert tx.series.get(series.id) == series

    def test_a_changed_one(self, practice_store: Store) -> None:
        """Saving raises the version; from a stale version it is refused."""
        series = a_series()
        with practice_store.transaction() as tx:
            tx.series.add(series)
            saved = tx.series.save(replace(series, rule="FREQ=WEEKLY;COUNT=2"))
            assert tx.series.get(series.id) == saved
            assert saved.version == series.version + 1
            with pytest.raises(ConflictError):
                tx.series.save(replace(series, rule="FREQ=DAILY"))

    def test_a_uid_that_is_taken(self, practice_store: Store) -> None:
        """A UID names one series for ever."""
        with practice_store.transaction() as tx:
            tx.series.add(a_series(uid="same.example"))
            with pytest.raises(AlreadyExistsError):
                tx.series.add(a_series(uid="same.example"))

    def test_one_that_is_not_there(self, practice_store: Store) -> None:
        """The refusal names the reference."""
        with practice_store.transaction() as tx:
            with pytest.raises(NotFoundError, match="No series 'ser-none'"):
                tx.series.get("ser-none")
            with pytest.raises(NotFoundError, match="No series 'ser-none'"):
                tx.series.save(a_series(id="ser-none"))

    def test_those_to_extend(self, practice_store: Store) -> None:
        """To be extended are those whose instances end before the horizon, unless complete or cancelled."""
        later = a_series(extended_until=NOW + timedelta(days=2))
        sooner = a_series(extended_until=NOW + timedelta(days=1))
        others = [
            a_series(extended_until=NOW + timedelta(days=3)),
            a_series(extended_until=None),
            a_series(extended_until=NOW, cancelled=True),
        ]
        with practice_store.transaction() as tx:
            for series in [later, sooner, *others]:
                tx.series.add(series)
        with practice_store.reading() as tx:
            assert tx.series.to_extend(NOW + timedelta(days=3)) == [sooner, later]
