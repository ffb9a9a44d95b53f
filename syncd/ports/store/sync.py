"""The store of calendars, publications and drifts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syncd.core.events.findings import Kind
from syncd.core.scheduling.appointments import SourceRef
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.publication import Publication, PublicationState


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftQuery:
    """Which drifts to list; None leaves a condition out. Newest first. ``since`` ≤ detected < ``until``.

    ``appointment_id``: those that concern it.
    """

    status: DriftStatus | None = None
    provider_id: str | None = None
    calendar_id: str | None = None
    appointment_id: str | None = None
    publication_id: str | None = None
    kind: Kind | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None


class Calendars(Protocol):
    """Providers' calendars."""

    def add(self, calendar: Calendar) -> None:
        """Store a new one. Raises `AlreadyExistsError` when the provider has that URL already."""
        ...

    def get(self, calendar_id: str) -> Calendar:
        """Return one."""
        ...

    def save(self, calendar: Calendar) -> None:
        """Store a changed one."""
        ...

    def remove(self, calendar_id: str) -> None:
        """Forget one with its login. Its publications stay on record, those that were watched as forgotten."""
        ...

    def list(self, provider_id: str | None = None) -> Sequence[Calendar]:
        """Return all, or a provider's, by provider and name."""
        ...

    def due(self, now: datetime) -> Sequence[Calendar]:
        """Return those in a worked state whose time has come, or that have something to be written.

        Longest due first.
        """
        ...

    def lease(self, calendar_id: str, owner: str, now: datetime, until: datetime) -> Calendar | None:
        """Take the calendar for ``owner`` until then and return it; None while another holds it. One statement."""
        ...

    def finish(self, calendar: Calendar, owner: str, seen: CalendarState) -> None:
        """Store how a cycle left the calendar and give it back, if ``owner`` still holds it. One statement.

        A state other than ``seen`` is a person's word that came meanwhile, and stays.
        """
        ...

    def release(self, calendar_id: str, owner: str) -> None:
        """Give the calendar back, if ``owner`` still holds it."""
        ...

    def strangers(self, calendar_id: str) -> frozenset[bytes] | None:
        """Return the digests of others' resources that are known, None where none were ever listed."""
        ...

    def remember_strangers(self, calendar_id: str, digests: frozenset[bytes]) -> None:
        """Store which of others' resources are known from now on; each digest has eight bytes."""
        ...

    def leases(self) -> Mapping[str, str]:
        """Return who holds which calendar, by its id; a lease that ran out counts until it is taken or given back."""
        ...


class Publications(Protocol):
    """What stands, or is to stand, in calendars."""

    def add(self, publication: Publication) -> None:
        """Store a new one. Raises `AlreadyExistsError` when its source or href has one in that calendar."""
        ...

    def get(self, publication_id: str) -> Publication:
        """Return one."""
        ...

    def save(self, publication: Publication) -> None:
        """Store a changed one, all but ``wanted``: that one belongs to `mark_dirty`."""
        ...

    def end(self, publication_id: str, state: PublicationState) -> None:
        """Watch one no longer: ``state`` says why. What it was there is let go of; that it stood there is kept."""
        ...

    def want_again(self, publication_id: str) -> None:
        """Watch one again that was withdrawn or retired: what was withdrawn waits to be written."""
        ...

    def of_calendar(self, calendar_id: str) -> Sequence[Publication]:
        """Return the watched ones of a calendar, by href. Costs with their number: not for an idle cycle."""
        ...

    def at(self, calendar_id: str, hrefs: Iterable[str]) -> Sequence[Publication]:
        """Return the watched ones of a calendar at these hrefs."""
        ...

    def with_uids(self, uids: Iterable[str]) -> Sequence[Publication]:
        """Return the watched ones of any calendar with these UIDs."""
        ...

    def pending(self, calendar_id: str) -> Sequence[Publication]:
        """Return the watched ones that are dirty (wanted ≠ done) or have an intent on record. From an index."""
        ...

    def of_source(self, source: SourceRef) -> Sequence[Publication]:
        """Return the watched ones of one appointment or series, in all calendars."""
        ...

    def ever_of_source(self, source: SourceRef) -> Sequence[Publication]:
        """Return all that there ever were of one appointment or series, in calendars that were removed too."""
        ...

    def mark_dirty(self, source: SourceRef) -> None:
        """Say that the store changed: add one to ``wanted`` of every watched publication of ``source``."""
        ...

    def mark_restyled(self, calendar_id: str, look: str) -> None:
        """Say that settings changed: make dirty what stands in a calendar as another ``look`` than this has it."""
        ...

    def styled_otherwise(self, calendar_id: str, look: str) -> Sequence[Publication]:
        """Return those that stand in a calendar as another ``look`` than this has them."""
        ...

    def retire_over(self, before: datetime) -> int:
        """Retire the watched ones of which every session, and no other to come, ended before then; return how many."""
        ...

    def count(self, calendar_id: str) -> int:
        """Return how many watched ones of a calendar stand there (have a published body)."""
        ...

    def unpublished(self) -> Mapping[str, int]:
        """Return the calendars in which nothing was ever published, each with how many events wait for it."""
        ...


class Drifts(Protocol):
    """Out-of-band edits and what became of them."""

    def add(self, drift: Drift) -> None:
        """Store a new one. Raises `AlreadyExistsError` when that edit (by fingerprint) is open already."""
        ...

    def get(self, drift_id: str) -> Drift:
        """Return one."""
        ...

    def save(self, drift: Drift) -> None:
        """Store a changed one."""
        ...

    def list(self, query: DriftQuery) -> Sequence[Drift]:
        """Return those that fit, newest first."""
        ...
