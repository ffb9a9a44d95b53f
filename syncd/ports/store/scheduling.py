"""The store of people, appointments and series."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Change, Series
from syncd.core.scheduling.people import Client, Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentQuery:
    """Which appointments to list; None leaves a condition out. ``starts_from`` ≤ start < ``starts_before`` (instants).

    ``text`` is looked for, without case, in the client's and provider's name and the location.
    ``after``: those that come after the appointment with that id.
    """

    provider_id: str | None = None
    client_id: str | None = None
    series_id: str | None = None
    status: AppointmentStatus | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    text: str | None = None
    after: str | None = None
    limit: int | None = None


class Providers(Protocol):
    """People who hold sessions."""

    def add(self, provider: Provider) -> None:
        """Store a new one. Raises `AlreadyExistsError` when the e-mail address is taken (compared without case)."""
        ...

    def save(self, provider: Provider) -> None:
        """Store a changed one. Raises as `add`."""
        ...

    def get(self, ref: str) -> Provider:
        """Return the one with that id or e-mail address."""
        ...

    def by_id(self, ids: Iterable[str]) -> Mapping[str, Provider]:
        """Return those of these ids that there are."""
        ...

    def list(self, *, after: str | None = None, limit: int | None = None) -> Sequence[Provider]:
        """Return all by name; at most ``limit``, after the one with id ``after``."""
        ...


class Clients(Protocol):
    """People who come to sessions."""

    def add(self, client: Client) -> None:
        """Store a new one. Raises `AlreadyExistsError` when the e-mail address is taken (compared without case)."""
        ...

    def save(self, client: Client) -> None:
        """Store a changed one. Raises as `add`."""
        ...

    def get(self, ref: str) -> Client:
        """Return the one with that id or e-mail address."""
        ...

    def by_id(self, ids: Iterable[str]) -> Mapping[str, Client]:
        """Return those of these ids that there are."""
        ...

    def list(self, *, after: str | None = None, limit: int | None = None) -> Sequence[Client]:
        """Return all by name; at most ``limit``, after the one with id ``after``."""
        ...


class Appointments(Protocol):
    """Sessions, and the history of each."""

    def add(self, appointments: Iterable[Appointment]) -> None:
        """Store new ones, each with its pending claim.

        Raises `AlreadyExistsError` for an id that is taken, and for an instance that its series has already.
        """
        ...

    def get(self, appointment_id: str) -> Appointment:
        """Return one."""
        ...

    def by_id(self, ids: Iterable[str]) -> Mapping[str, Appointment]:
        """Return those of these ids that there are."""
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

    def overlapping_of_client(self, client_id: str, start: datetime, end: datetime) -> Sequence[Appointment]:
        """Return the client's booked appointments, with whomever, that share any moment with [start, end).

        Who may write has the client to itself until the transaction ends.
        """
        ...

    def took_place(self, appointment_id: str, now: datetime) -> bool:
        """Tell whether it is booked, its end has come, and no drift is open on it."""
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

    def by_id(self, ids: Iterable[str]) -> Mapping[str, Series]:
        """Return those of these ids that there are."""
        ...

    def save(self, series: Series) -> Series:
        """Store a changed one and return it with its version raised. Raises `ConflictError` as appointments do."""
        ...

    def unfinished(self) -> Sequence[Series]:
        """Return the uncancelled series whose rule gives more than the store has, the most urgent first."""
        ...

    def to_extend(self, until: datetime) -> Sequence[Series]:
        """Return the uncancelled series with ``extended_until`` before ``until`` (None: complete, not one of them)."""
        ...
