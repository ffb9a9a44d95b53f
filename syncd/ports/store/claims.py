"""The store of claims and attestations."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Protocol

from syncd.core.claims.claim import Attestation, Claim, ClaimStatus


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

    def list(
        self,
        *statuses: ClaimStatus,
        since: date | None = None,
        until: date | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Claim]:
        """Return all, or those stored with one of the statuses, by date of service.

        ``since`` ≤ date of service ≤ ``until``; at most ``limit``, after the one with id ``after``.
        """
        ...

    def of_appointments(self, appointment_ids: Iterable[str]) -> Sequence[Claim]:
        """Return those of these appointments."""
        ...

    def over(self, now: datetime) -> Sequence[Claim]:
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

    def attestations_of(self, appointment_ids: Iterable[str]) -> Sequence[Attestation]:
        """Return what was attested about any of these appointments, oldest first."""
        ...
