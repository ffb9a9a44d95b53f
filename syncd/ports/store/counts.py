"""How many of what there are: for status and metrics, counted by the store itself."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from syncd.core.claims.claim import ClaimStatus
from syncd.core.events.findings import Severity
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.reporting.alerts import Objectives
from syncd.core.sync.calendars import CalendarMode, CalendarState
from syncd.core.sync.drift import DriftStatus


class Standing(StrEnum):
    """How one publication stands; the first that holds.

    ``open``: a drift on it waits for a decision. ``unreadable``: its calendar cannot be read, or is left alone.
    ``working``: a write is due. ``unproven``: not compared with what is desired recently enough, or a write is withheld
    by its calendar's mode. ``equal``: it was.
    """

    OPEN = "open"
    UNREADABLE = "unreadable"
    WORKING = "working"
    UNPROVEN = "unproven"
    EQUAL = "equal"


class Counts(Protocol):
    """Numbers of records. None of them loads a record."""

    def standings(
        self, readable: Collection[CalendarState], now: datetime, within: Objectives
    ) -> Mapping[Standing, int]:
        """Return how many publications stand how; 0 is there too. ``readable``: states of calendars that are read.

        Equal is what a full comparison found so ``within`` its calendar's objective, and a cycle looked at lately.
        """
        ...

    def calendars(self) -> Mapping[CalendarState, int]:
        """Return how many calendars there are of each state; 0 is there too."""
        ...

    def modes(self) -> Mapping[CalendarMode, int]:
        """Return how many calendars there are of each mode; 0 is there too."""
        ...

    def drifts(self) -> Mapping[tuple[DriftStatus, Severity], int]:
        """Return how many drifts there are of each status and severity, of what there is."""
        ...

    def pending(self) -> int:
        """Return how many publications a cycle has to look at in order to write."""
        ...

    def withheld(self) -> int:
        """Return how many publications would be written if their calendars' mode allowed it."""
        ...

    def open_drifts(self) -> int:
        """Return how many drifts wait for a decision."""
        ...

    def waiting_drifts(self) -> int:
        """Return how many of these are put right by nobody but a person: no quiet hours hold them back."""
        ...

    def claims_held_before(self, day: date) -> tuple[int, date | None]:
        """Return how many claims are held for sessions before a day, and the oldest's date; no-shows are left out."""
        ...

    def messages(self) -> Mapping[MessageStatus, int]:
        """Return how many messages there are of each status; 0 is there too."""
        ...

    def claims(self) -> Mapping[ClaimStatus, int]:
        """Return how many claims are stored with each status; 0 is there too."""
        ...
