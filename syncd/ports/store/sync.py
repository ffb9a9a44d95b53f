"""The store of calendars, publications and drifts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syncd.core.events.findings import Kind
from syncd.core.reporting.alerts import Objectives
from syncd.core.scheduling.appointments import SourceRef
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Answer, Drift, DriftStatus
from syncd.core.sync.publication import Publication, PublicationState


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftQuery:
    """Which drifts to list; None leaves a condition out. Newest first. ``since`` ≤ detected < ``until``.

    ``appointment_id``: those that concern it. ``after``: those that come after the drift with that id.
    """

    status: DriftStatus | None = None
    provider_id: str | None = None
    calendar_id: str | None = None
    appointment_id: str | None = None
    publication_id: str | None = None
    kind: Kind | None = None
    answer: Answer | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None
    limit: int | None = None


class Calendars(Protocol):
    """Providers' calendars."""

    def add(self, calendar: Calendar) -> None:
        """Store a new one. Raises `AlreadyExistsError` when the provider has that URL already."""
        ...

    def get(self, calendar_id: str) -> Calendar:
        """Return one."""
        ...

    def by_id(self, ids: Iterable[str]) -> Mapping[str, Calendar]:
        """Return those of these ids that there are."""
        ...

    def save(self, calendar: Calendar) -> None:
        """Store one that a person changed: its ``revision`` rises, and its cycle is due at once."""
        ...

    def remove(self, calendar_id: str) -> None:
        """Forget one with its login. Its publications stay on record, those that were watched as forgotten."""
        ...

    def list(self, provider_id: str | None = None) -> Sequence[Calendar]:
        """Return all, or a provider's, by provider and name."""
        ...

    def unwell(self, now: datetime, within: Objectives) -> Sequence[Calendar]:
        """Return those that are not worked, paused ones apart, or not looked at or proven equal ``within`` that time.

        One in which nothing is written need not be equal.
        """
        ...

    def finish(self, calendar: Calendar) -> Calendar:
        """Store how a cycle left the calendar that it had got as ``calendar.revision``, and return what is stored then.

        Of what a person may change meanwhile it writes nothing, and state, cursor and waiver only if nobody did.
        """
        ...

    def recovered(self, calendar: Calendar) -> None:
        """Note that a calendar can be read again: claims that waited for it are looked at."""
        ...

    def strangers(self, calendar_id: str) -> frozenset[bytes] | None:
        """Return the digests of others' resources that are known, None where none were ever listed."""
        ...

    def remember_strangers(self, calendar_id: str, digests: frozenset[bytes]) -> None:
        """Store which of others' resources are known from now on; each digest has eight bytes."""
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

    def ever_of_sources(self, sources: Iterable[SourceRef]) -> Mapping[SourceRef, Sequence[Publication]]:
        """Return the same of many; a source without any has no entry."""
        ...

    def mark_dirty(self, source: SourceRef) -> None:
        """Say that the store changed: add one to ``wanted`` of every watched publication of ``source``."""
        ...

    def mark_dirty_of_person(self, person_id: str) -> None:
        """Say so of every publication of that provider's, or that client's, appointments and series."""
        ...

    def mark_restyled(self, calendar_id: str, look: str) -> None:
        """Say that settings changed: make dirty what stands in a calendar as another ``look`` than this has it."""
        ...

    def styled_otherwise(self, calendar_id: str, look: str) -> Sequence[Publication]:
        """Return those that stand in a calendar as another ``look`` than this has them."""
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

    def waiting(self, most: int) -> Sequence[Drift]:
        """Return those that wait for a person's decision, the gravest first, then the oldest.

        Those that quiet hours hold back do not: they are put right by themselves.
        """
        ...

    def list(self, query: DriftQuery) -> Sequence[Drift]:
        """Return those that fit, newest first."""
        ...

    def concerning(self, appointment_ids: Iterable[str]) -> Sequence[Drift]:
        """Return those that concern any of these appointments, oldest first."""
        ...

    def concerned_by(self, drift_ids: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """Return the ids of the appointments that each of these drifts concerns."""
        ...

    def open_on(self, publication_ids: Iterable[str]) -> Sequence[Drift]:
        """Return the open ones on these publications, oldest first."""
        ...
