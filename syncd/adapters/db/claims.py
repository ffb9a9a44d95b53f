"""Claims, one per appointment. They are made with their appointments and take their dates from them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import ge, itemgetter, le
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, or_, select, union_all, update

from syncd.adapters.db import tables
from syncd.adapters.db.due import DueWork
from syncd.adapters.db.rows import Repository, given, parts
from syncd.adapters.db.translation import unique
from syncd.core.claims.claim import Attestation, Claim, ClaimStatus
from syncd.core.errors import ConflictError
from syncd.core.scheduling.people import Party

_table = tables.claims
_words = tables.attestations


class SqlClaims(Repository):
    """Claims, in the database."""

    def __init__(self, connection: Connection, *, read_only: bool, making: DueWork) -> None:
        """Use ``connection``; ``read_only``: take no locks; ``making``: what makes work due."""
        super().__init__(connection, read_only=read_only)
        self._making = making

    def get(self, ref: str) -> Claim:
        """Return the one with that id, of that appointment, or of that number, locked until the transaction ends."""
        named = or_(_table.c.id == ref, _table.c.appointment_id == ref, _table.c.number == ref)
        return claim_of(self._one(self._locked(select(_table).where(named)), _missing(ref)))

    def save(self, claim: Claim) -> None:
        """Store a changed one. Raises `ConflictError` when its date is no longer the appointment's."""
        same = (_table.c.id == claim.id, _table.c.date_of_service == claim.date_of_service)
        values = {
            "status": claim.status,
            "confirmed_at": claim.confirmed_at,
            "proven_at": claim.proven_at,
            "number": claim.number,
            "filed_at": claim.filed_at,
            "holds": _words_of(claim.holds),
            "held_since": claim.held_since,
        }
        told = self._making.happenings.of_claims([claim.appointment_id])
        with unique("Another claim was filed under that number."), told:
            done = self._connection.execute(update(_table).where(*same).values(values))
        if done.rowcount == 0:
            self.get(claim.id)
            raise ConflictError("The appointment of that claim has another date by now.", id=claim.id)

    def list(
        self,
        *statuses: ClaimStatus,
        since: date | None = None,
        until: date | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Claim]:
        """Return all, or those in any of the statuses, by date of service."""
        conditions = given((_table.c.date_of_service, ge, since), (_table.c.date_of_service, le, until))
        if after is not None:
            conditions.append(self._beyond(_table, _table.c.date_of_service, after, _missing(after)))
        return [claim_of(row) for row in self._many(_in_order(statuses, conditions, limit))]

    def of_appointments(self, appointment_ids: Iterable[str]) -> Sequence[Claim]:
        """Return those of these appointments."""
        found = (select(_table).where(_table.c.appointment_id.in_(part)) for part in parts(appointment_ids))
        return [claim_of(row) for query in found for row in self._many(query)]

    def over(self, now: datetime) -> Sequence[Claim]:
        """Return those pending or held whose appointment is over at ``now``, by date of service."""
        over = select(_table).join(tables.appointments, tables.appointments.c.id == _table.c.appointment_id)
        over = over.where(
            _table.c.status.in_([ClaimStatus.PENDING, ClaimStatus.HELD]), tables.appointments.c.ends_at <= now
        )
        return [claim_of(row) for row in self._many(over.order_by(_table.c.date_of_service, _table.c.id))]

    def filed_among(self, appointment_ids: Iterable[str]) -> frozenset[str]:
        """Return those of the appointments whose claim is filed."""
        filed = select(_table.c.appointment_id).where(_table.c.status == ClaimStatus.FILED)
        found = (self._many(filed.where(_table.c.appointment_id.in_(part))) for part in parts(appointment_ids))
        return frozenset(row["appointment_id"] for rows in found for row in rows)

    def attest(self, attestation: Attestation) -> None:
        """Append a person's word."""
        values = {
            "appointment_id": attestation.appointment_id,
            "at": attestation.at,
            "date_of_service": attestation.date_of_service,
            "party": attestation.party,
            "by": attestation.by,
            "actor": attestation.actor,
            "note": attestation.note,
        }
        self._insert(_words, values, "That attestation is on record already.")
        self._making.for_claims_of([attestation.appointment_id])

    def attestations(self, appointment_id: str) -> Sequence[Attestation]:
        """Return what was attested about an appointment, oldest first."""
        return self.attestations_of([appointment_id])

    def attestations_of(self, appointment_ids: Iterable[str]) -> Sequence[Attestation]:
        """Return what was attested about any of these appointments, oldest first."""
        about = (select(_words).where(_words.c.appointment_id.in_(part)) for part in parts(appointment_ids))
        rows = sorted((row for query in about for row in self._many(query)), key=itemgetter("number"))
        return [_attestation(row) for row in rows]


def _in_order(
    statuses: Sequence[ClaimStatus], conditions: Sequence[ColumnElement[bool]], limit: int | None
) -> Select[Any]:
    """Return the query for claims by date: of each status the first so many, so that an index gives them in order."""
    order = (_table.c.date_of_service, _table.c.id)
    queries = [select(_table).where(*conditions, _table.c.status == one) for one in statuses]
    if not queries:
        return select(_table).where(*conditions).order_by(*order).limit(limit)
    first = [select(query.order_by(*order).limit(limit).subquery()) for query in queries]
    found = union_all(*first).subquery()
    return select(found).order_by(found.c.date_of_service, found.c.id).limit(limit)


def _words_of(holds: Iterable[str]) -> str:
    return f" {' '.join(holds)} "  # blanks around each, so that a search for one finds no part of another


def _missing(ref: str) -> str:
    return f"No claim {ref!r}. See: syncd claim list"


def claim_of(row: RowMapping) -> Claim:
    """Return the claim that stands in a row."""
    return Claim(
        id=row["id"],
        appointment_id=row["appointment_id"],
        date_of_service=row["date_of_service"],
        status=ClaimStatus(row["status"]),
        confirmed_at=row["confirmed_at"],
        proven_at=row["proven_at"],
        number=row["number"],
        filed_at=row["filed_at"],
        holds=tuple(row["holds"].split()),
        held_since=row["held_since"],
    )


def _attestation(row: RowMapping) -> Attestation:
    return Attestation(
        appointment_id=row["appointment_id"],
        at=row["at"],
        date_of_service=row["date_of_service"],
        party=Party(row["party"]),
        by=row["by"],
        actor=row["actor"],
        note=row["note"],
    )
