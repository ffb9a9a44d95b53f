"""A calendar that a cycle has for itself, and how the cycle leaves it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from syncd.core.sync.calendars import Calendar
from syncd.core.work import Trouble
from syncd.ports.store.transaction import Transaction
from syncd.services.work.leases import Held
from syncd.services.work.units import at_rest


def load_calendar(tx: Transaction, calendar_id: str) -> Calendar:
    """Read a calendar as it is taken."""
    return tx.calendars.get(calendar_id)


class CalendarLease:
    """A calendar that is ours for a cycle, and how the cycle leaves it.

    ``due_at`` says when it is due again, in the transaction that gives it back: an idle cycle has no other.
    """

    def __init__(self, calendar: Calendar, held: Held) -> None:
        self.calendar = calendar
        self.before = calendar
        self.held = held
        self.due_at: Callable[[Transaction], datetime | None] = at_rest
        self.trouble: Trouble | None = None
        self.is_left = False
        self._left = calendar

    def resume(self, calendar: Calendar) -> None:
        """Work the calendar as a person's word has made it; it is stored so when the cycle succeeded."""
        self.calendar = self._left = calendar

    def leave_as_before(self, **facts: Any) -> None:
        """Let the calendar be stored as it was taken, but for these fields."""
        self.is_left = True
        self.calendar = self.before
        self._left = replace(self.before, **facts)

    def leave(self, **facts: Any) -> None:
        """Note by its fields how the calendar is to be stored when it is given back."""
        self.is_left = True
        self._left = replace(self._left, **facts)

    def fails(self, trouble: Trouble, retry_at: datetime) -> None:
        """Note that the cycle failed, and when the calendar is tried again."""
        self.is_left = True
        self.trouble, self.due_at = trouble, lambda _tx: retry_at

    def settle(self, tx: Transaction) -> datetime | None:
        """Write how the calendar is left; return when it is due again: never, while it waits for a person alone."""
        if self.calendar is not self.before:
            self._keep_word(tx)
        stored = tx.calendars.finish(self._left)
        if stored.state.is_readable and not self.before.state.is_readable:
            tx.calendars.recovered(stored)
        return self.due_at(tx) if stored.state.is_worked or stored.state.heals else None

    def _keep_word(self, tx: Transaction) -> None:
        """Store what a person said as they resumed the calendar: the account's new password is no cycle's to write."""
        stored = tx.calendars.get(self.calendar.id)
        tx.calendars.save(replace(stored, secret=self.calendar.secret))
        if stored.revision == self.before.revision:
            self._left = replace(self._left, revision=stored.revision + 1)
