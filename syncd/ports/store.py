"""The port to the practice's own store: one transaction, and in it one repository per kind of record.

Repositories take and give the frozen values of ``syncd.core``; ids are given by the caller (`new_id`), so that a value
is whole before it is stored. ``get`` raises `NotFoundError`. Nothing is visible to others before the transaction ends.
What has a version is saved over that version only; what has none is kept from others' writes from ``get`` to the
transaction's end. Details, facts and histories are JSON values: a time in them is text.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syncd.core.audit import Head, Link
from syncd.core.calendars import Calendar, CalendarState, Publication
from syncd.core.drift import Drift, DriftStatus
from syncd.core.findings import Kind
from syncd.core.practice import Appointment, AppointmentStatus, Change, Client, Provider, Series, SourceRef
from syncd.core.records import Attestation, AuditRecord, Claim, ClaimStatus, Message, MessageStatus

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread


def new_id(prefix: str) -> str:
    """Return a fresh id such as ``apt-7m2k9qf3x1``: 50 random bits, easy to read aloud."""
    return f"{prefix}-{''.join(secrets.choice(_ALPHABET) for _ in range(10))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentQuery:
    """Which appointments to list; None leaves a condition out. ``starts_from`` ≤ start < ``starts_before`` (instants).

    ``text`` is looked for, without case, in the client's and provider's name and the location.
    """

    provider_id: str | None = None
    client_id: str | None = None
    series_id: str | None = None
    status: AppointmentStatus | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    text: str | None = None
    limit: int | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which records of the trail to list; None leaves a condition out. ``action``: it, or what begins with ``it.``."""

    subject: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Providers(Protocol):
    """People who hold sessions."""

    def add(self, provider: Provider) -> None:
        """Store a new one. Raises `AlreadyExistsError` when the e-mail address is taken (compared without case)."""
        ...

    def get(self, ref: str) -> Provider:
        """Return the one with that id or e-mail address."""
        ...

    def list(self) -> Sequence[Provider]:
        """Return all by name."""
        ...


class Clients(Protocol):
    """People who come to sessions."""

    def add(self, client: Client) -> None:
        """Store a new one. Raises `AlreadyExistsError` when the e-mail address is taken (compared without case)."""
        ...

    def get(self, ref: str) -> Client:
        """Return the one with that id or e-mail address."""
        ...

    def list(self) -> Sequence[Client]:
        """Return all by name."""
        ...


class Appointments(Protocol):
    """Sessions, and the history of each."""

    def add(self, appointments: Iterable[Appointment]) -> None:
        """Store new ones, each with its pending claim."""
        ...

    def get(self, appointment_id: str) -> Appointment:
        """Return one."""
        ...

    def save(self, appointment: Appointment) -> Appointment:
        """Store a changed one and return it with its version raised.

        Raises `ConflictError` unless the stored version is still ``appointment.version``. Keeps its claim's date equal.
        """
        ...

    def list(self, query: AppointmentQuery) -> Sequence[Appointment]:
        """Return those that fit, by start."""
        ...

    def starts_within(self, provider_id: str, start: datetime, before: datetime) -> bool:
        """Tell whether a booked appointment of the provider starts in [start, before). Asked in every cycle: cheap."""
        ...

    def overlapping(self, provider_id: str, start: datetime, end: datetime) -> Sequence[Appointment]:
        """Return the provider's booked appointments that share any moment with [start, end).

        Who may write has the provider to itself until the transaction ends, so that no other books that time meanwhile.
        """
        ...

    def record(self, changes: Iterable[Change]) -> None:
        """Append to the history."""
        ...

    def history(self, appointment_id: str) -> Sequence[Change]:
        """Return an appointment's history, oldest first."""
        ...


class SeriesStore(Protocol):
    """Series of appointments."""

    def add(self, series: Series) -> None:
        """Store a new one."""
        ...

    def get(self, series_id: str) -> Series:
        """Return one."""
        ...

    def save(self, series: Series) -> Series:
        """Store a changed one and return it with its version raised. Raises `ConflictError` as appointments do."""
        ...

    def to_extend(self, until: datetime) -> Sequence[Series]:
        """Return the uncancelled series with ``extended_until`` before ``until`` (None: complete, not one of them)."""
        ...


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
        """Forget one, its publications and its drifts' link to it (drifts stay on record)."""
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

    def remove(self, publication_id: str) -> None:
        """Forget one."""
        ...

    def of_calendar(self, calendar_id: str) -> Sequence[Publication]:
        """Return all of a calendar, by href. Costs with their number: not for an idle cycle."""
        ...

    def at(self, calendar_id: str, hrefs: Iterable[str]) -> Sequence[Publication]:
        """Return those of a calendar at these hrefs."""
        ...

    def with_uids(self, uids: Iterable[str]) -> Sequence[Publication]:
        """Return those of any calendar with these UIDs."""
        ...

    def pending(self, calendar_id: str) -> Sequence[Publication]:
        """Return those of a calendar that are dirty (wanted ≠ done) or have an intent on record. From an index."""
        ...

    def of_source(self, source: SourceRef) -> Sequence[Publication]:
        """Return those of one appointment or series, in all calendars."""
        ...

    def mark_dirty(self, source: SourceRef) -> None:
        """Say that the store changed: add one to ``wanted`` of every publication of ``source``."""
        ...

    def remove_over(self, before: datetime) -> int:
        """Forget those of which every session, and no other to come, ended before then; return how many these were."""
        ...

    def count(self, calendar_id: str) -> int:
        """Return how many of a calendar stand there (have a published body)."""
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


class Messages(Protocol):
    """The outbox."""

    def add(self, messages: Iterable[Message]) -> None:
        """Queue new ones, numbered in the order given."""
        ...

    def get(self, message_id: str) -> Message:
        """Return one."""
        ...

    def save(self, message: Message) -> None:
        """Store a changed one."""
        ...

    def list(self, status: MessageStatus | None = None) -> Sequence[Message]:
        """Return all, or those in a status, in order of number."""
        ...

    def to(self, uid: str, recipient: str) -> Sequence[Message]:
        """Return those about one uid to one recipient, in order of number."""
        ...

    def sent_at(self, back: int) -> datetime | None:
        """Return when the ``back``-th last of the sent messages left; None when not so many ever did."""
        ...

    def deliverable(self, now: datetime, limit: int) -> Sequence[Message]:
        """Return queued ones whose time has come, for each uid and recipient the oldest only."""
        ...


class Links(Protocol):
    """Until when the links in mails about an appointment no longer count."""

    def revoke(self, appointment_id: str, at: datetime) -> None:
        """Make every link about the appointment that was issued until ``at`` void."""
        ...

    def revoked_until(self, appointment_id: str) -> datetime | None:
        """Return until when issued links are void, None when none was revoked."""
        ...


class Claims(Protocol):
    """Claims, one per appointment, and what people attested about them."""

    def get(self, ref: str) -> Claim:
        """Return the one with that id, of the appointment with that id, or filed under that number."""
        ...

    def save(self, claim: Claim) -> None:
        """Store a changed one.

        The store refuses one that says clear or filed while its appointment is not over, cancelled or in open drift.
        Raises `AlreadyExistsError` when another was filed under its number.
        """
        ...

    def list(self, status: ClaimStatus | None = None) -> Sequence[Claim]:
        """Return all, or those in a status, by date of service."""
        ...

    def to_audit(self, now: datetime) -> Sequence[Claim]:
        """Return those pending or held whose appointment is over at ``now``, by date of service."""
        ...

    def filed_among(self, appointment_ids: Iterable[str]) -> frozenset[str]:
        """Return those of the appointments whose claim is filed."""
        ...

    def attest(self, attestation: Attestation) -> None:
        """Append a person's word."""
        ...

    def attestations(self, appointment_id: str) -> Sequence[Attestation]:
        """Return what was attested about an appointment, oldest first."""
        ...


class Audit(Protocol):
    """The append-only trail."""

    def append(self, records: Iterable[AuditRecord]) -> None:
        """Append, in order."""
        ...

    def list(self, subject: str | None = None, limit: int | None = None) -> Sequence[AuditRecord]:
        """Return all, or those about a subject, oldest first."""
        ...

    def latest(self, query: AuditQuery, limit: int) -> Sequence[Link]:
        """Return the last ``limit`` links that fit, oldest first."""
        ...

    def chain(self) -> Iterator[Link]:
        """Yield every link, by number; not all are held in memory at once."""
        ...

    def head(self) -> Head:
        """Return where the chain is said to end."""
        ...


class Transaction(Protocol):
    """One unit of work: all of it becomes true when the block ends, or none if it raises."""

    @property
    def providers(self) -> Providers: ...  # noqa: D102 - each says what its Protocol says
    @property
    def clients(self) -> Clients: ...  # noqa: D102
    @property
    def appointments(self) -> Appointments: ...  # noqa: D102
    @property
    def series(self) -> SeriesStore: ...  # noqa: D102
    @property
    def calendars(self) -> Calendars: ...  # noqa: D102
    @property
    def publications(self) -> Publications: ...  # noqa: D102
    @property
    def drifts(self) -> Drifts: ...  # noqa: D102
    @property
    def messages(self) -> Messages: ...  # noqa: D102
    @property
    def links(self) -> Links: ...  # noqa: D102
    @property
    def claims(self) -> Claims: ...  # noqa: D102
    @property
    def audit(self) -> Audit: ...  # noqa: D102


class Store(Protocol):
    """The practice's store."""

    def transaction(self, *, durable: bool = True) -> AbstractContextManager[Transaction]:
        """Begin a unit of work: committed when the block ends, rolled back when it raises.

        One that is not ``durable`` may be lost, whole, when the machine loses power shortly after, with what came after
        it: for what the next cycle finds out by itself.
        A write that loses against a concurrent one raises `ConflictError`; a database that cannot be reached raises
        `StoreUnavailableError`.
        """
        ...

    def reading(self) -> AbstractContextManager[Transaction]:
        """Begin a unit of work that only looks: it sees one moment, takes no locks and waits for nobody.

        Raises as `transaction`, and refuses writes.
        """
        ...


class Vault(Protocol):
    """Seals credentials at rest."""

    def seal(self, secret: str) -> bytes:
        """Return the sealed form of a secret."""
        ...

    def unseal(self, sealed: bytes) -> str:
        """Return the secret. Raises `VaultError` when the key does not fit."""
        ...
