"""When a provider works: their hours of the week, and time off."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import InvalidValueError
from syncd.core.scheduling.hours import TimeOff, Week, parse_hours, written_hours
from syncd.core.scheduling.people import Provider
from syncd.core.times import instant, lenient_local, zone
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Store, Transaction

_LONGEST = timedelta(days=1100)


class WorkingTimes(NamedTuple):
    """A provider's hours and time off that is not over. ``is_own``: the hours were set for them, else by setting."""

    provider: Provider
    week: Week
    is_own: bool
    off: tuple[TimeOff, ...]


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Sets and shows working hours; ``usual`` are those of a provider who has none of their own.

    Every method takes a provider by id or e-mail address, and raises `NotFoundError` and `NotPermittedError`.
    """

    store: Store
    usual: Week

    def of(self, ref: str, by: Principal, now: datetime) -> WorkingTimes:
        """Return a provider's hours and time off."""
        with self.store.reading() as tx:
            provider = tx.providers.get(ref)
            require(by, Permission.READ, provider_id=provider.id)
            return self._seen(tx, provider, now)

    def set(self, ref: str, text: str | None, by: Principal, now: datetime) -> WorkingTimes:
        """Give a provider hours of their own; None: those of the practice's settings count again.

        Sessions that are booked stay as they are. Raises `InvalidValueError` for a text that gives no hours.
        """
        week = None if text is None else parse_hours(text)
        with self.store.transaction() as tx:
            provider = _changeable(tx, ref, by)
            tx.hours.set(provider.id, week)
            details = {"hours": None if week is None else written_hours(week)}
            _note(tx, by, now, "provider.hours_set", provider.id, details)
            return self._seen(tx, provider, now)

    def take_off(self, ref: str, first: datetime, last: datetime, by: Principal, now: datetime) -> WorkingTimes:
        """Note time off, from ``first`` until before ``last``. Raises `InvalidValueError` where it would be none.

        Sessions that are booked in it stay: whoever is off cancels or moves them.
        """
        if instant(last) <= instant(first):
            raise InvalidValueError("Time off ends after it begins.")
        if instant(last) <= instant(now) or instant(last) > instant(now) + _LONGEST:
            raise InvalidValueError(f"Time off ends in the next {_LONGEST.days} days.")
        with self.store.transaction() as tx:
            provider = _changeable(tx, ref, by)
            off = TimeOff(new_id("off"), provider.id, instant(first), instant(last))
            tx.hours.add_time_off(off)
            times = {"from": off.start.isoformat(), "until": off.end.isoformat()}
            _note(tx, by, now, "provider.time_off_added", provider.id, times)
            return self._seen(tx, provider, now)

    def be_back(self, ref: str, off_id: str, by: Principal, now: datetime) -> WorkingTimes:
        """Take time off away again."""
        with self.store.transaction() as tx:
            provider = _changeable(tx, ref, by)
            off = tx.hours.remove_time_off(off_id)
            if off.provider_id != provider.id:
                raise InvalidValueError(f"{off_id} is another provider's.")
            _note(tx, by, now, "provider.time_off_removed", provider.id, {"time_off": off_id})
            return self._seen(tx, provider, now)

    def _seen(self, tx: Transaction, provider: Provider, now: datetime) -> WorkingTimes:
        own = tx.hours.of_provider(provider.id)
        off = tuple(tx.hours.time_off(provider.id, instant(now)))
        return WorkingTimes(provider, self.usual if own is None else own, own is not None, off)


def whole_days(first: date, last: date, timezone: str) -> tuple[datetime, datetime]:
    """Return the moments between which these days lie in a zone, both of them included."""
    tz = zone(timezone)
    begins, ends = (datetime(day.year, day.month, day.day) for day in (first, last + timedelta(days=1)))  # noqa: DTZ001 - readings of the wall clock
    return lenient_local(begins, tz), lenient_local(ends, tz)


def _changeable(tx: Transaction, ref: str, by: Principal) -> Provider:
    provider = tx.providers.get(ref)
    require(by, Permission.SET_HOURS, provider_id=provider.id)
    return provider


def _note(tx: Transaction, by: Principal, now: datetime, action: str, subject: str, details: dict[str, Any]) -> None:
    tx.audit.append([AuditRecord(at=now, actor=by.name, action=action, subject=subject, details=details)])
