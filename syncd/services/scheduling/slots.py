"""The times that are free for a session: working hours without what is booked and without time off."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Provider
from syncd.core.scheduling.slots import SlotRules, SlotTakenError, Taken, Wish, free_slots
from syncd.core.times import instant, zone
from syncd.ports.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """For what a time is looked for: a session of a provider with a client.

    ``client_id`` is None while nobody is chosen. ``leaving`` is the appointment that would move: its own time counts
    as free, and is not offered.
    """

    provider: Provider
    client_id: str | None
    minutes: int
    leaving: Appointment | None = None


@dataclass(frozen=True, slots=True)
class Slots:
    """Finds free times by the practice's rules."""

    rules: SlotRules
    booking: BookingRules

    def for_client(self, tx: Transaction, looking: Looking, now: datetime) -> list[datetime]:
        """Return the starts that a client may choose, in the provider's zone: from lead time to horizon.

        Where a transaction may write it has the provider to itself, so that a start is free until the transaction ends.
        """
        own = looking.provider.late_notice_hours
        notice = timedelta(hours=self.booking.late_notice_hours if own is None else own)
        lead = notice if self.rules.lead is None else self.rules.lead
        return self._found(tx, looking, instant(now) + lead, now)

    def for_practice(self, tx: Transaction, looking: Looking, now: datetime) -> list[datetime]:
        """Return the starts that the practice itself may offer: from now on."""
        return self._found(tx, looking, instant(now), now)

    def check(self, tx: Transaction, looking: Looking, start: datetime, now: datetime) -> None:
        """Raise `SlotTakenError` unless a client may choose that start now."""
        if instant(start) not in map(instant, self.for_client(tx, looking, now)):
            raise SlotTakenError

    def _found(self, tx: Transaction, looking: Looking, since: datetime, now: datetime) -> list[datetime]:
        # Beyond the booking horizon the sessions of endless series are not in the store yet.
        until = instant(now) + min(self.rules.horizon, self.booking.horizon)
        provider, own = looking.provider, tx.hours.of_provider(looking.provider.id)
        wish = Wish(looking.minutes, since, until)
        week = self.rules.hours if own is None else own
        found = free_slots(week, zone(provider.timezone), self.rules.step, _taken(tx, looking, since, until), wish)
        left = instant(looking.leaving.start) if looking.leaving else None
        return [start for start in found if instant(start) != left]


def _taken(tx: Transaction, looking: Looking, since: datetime, until: datetime) -> list[Taken]:
    """Return what the provider and the client have in that time, and when the provider is off."""
    last = until + timedelta(minutes=looking.minutes)
    booked = list(tx.appointments.overlapping(looking.provider.id, since, last))
    if looking.client_id is not None:
        booked += tx.appointments.overlapping_of_client(looking.client_id, since, last)
    leaving = looking.leaving.id if looking.leaving else None
    sessions = [Taken(one.start, one.end) for one in booked if one.id != leaving]
    return sessions + [Taken(off.start, off.end) for off in tx.hours.time_off(looking.provider.id, since, last)]
