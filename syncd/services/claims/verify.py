"""Check what a billing system is about to send against the record, line by line. The file is only read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from syncd.core.claims.billing import BillingLine, Verdict, judge
from syncd.core.claims.billing_table import read_table
from syncd.core.claims.holds import ClaimRules
from syncd.core.claims.x12 import is_x12, read_837
from syncd.core.errors import NotFoundError, UnreadableFileError
from syncd.core.scheduling.appointments import Appointment
from syncd.core.tables import text_of
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Transaction
from syncd.services.claims.claims import ClaimView, view


@dataclass(frozen=True, slots=True)
class Checked:
    """One line, the record's verdict on it, and the claim that it is about, if there is one."""

    line: BillingLine
    verdict: Verdict
    shown: ClaimView | None


def lines_of(data: bytes) -> list[BillingLine]:
    """Return the service dates of an 837P file or a CSV table.

    Raises `UnreadableFileError`; also for a file without any, of which nothing agrees.
    """
    text = text_of(data)
    lines = list(read_837(text) if is_x12(text) else read_table(text))
    if not lines:
        raise UnreadableFileError("The file holds no claim: there is nothing that could agree.")
    return lines


def check_lines(tx: Transaction, lines: Iterable[BillingLine], rules: ClaimRules, now: datetime) -> list[Checked]:
    """Return what the record says to each line.

    Raises `UnreadableFileError` where the columns of a row name different claims.
    """
    first_seen: dict[str, int | None] = {}
    return [_check(tx, line, rules, now, first_seen) for line in lines]


def _check(
    tx: Transaction, line: BillingLine, rules: ClaimRules, now: datetime, first_seen: dict[str, int | None]
) -> Checked:
    """Judge one line; ``first_seen`` holds, by claim, in which CLM of the file it stood first."""
    try:
        shown = view(tx, line.reference, rules, now)
    except NotFoundError:
        return Checked(line, Verdict.UNKNOWN, None)
    claim = shown.claim
    for other in line.others:
        if _is_another(tx, other, claim.id):
            raise UnreadableFileError(f"Line {line.number} names {line.reference} and {other}: these are two claims.")
    is_repeated = first_seen.setdefault(claim.id, line.claim) != line.claim
    verdict = judge(
        line,
        claim.date_of_service,
        shown.status,
        is_held=bool(shown.holds),
        is_repeated=is_repeated,
        is_anothers=line.several and _is_anothers_day(tx, line, shown.evidence.appointment),
    )
    return Checked(line, verdict, shown)


def _is_anothers_day(tx: Transaction, line: BillingLine, one: Appointment) -> bool:
    """Tell whether the same two people have another session on the line's day."""
    if line.first != line.last or line.first == one.date_of_service:
        return False
    own = tx.appointments.list(AppointmentQuery(provider_id=one.provider_id, client_id=one.client_id))
    return any(other.date_of_service == line.first and other.id != one.id for other in own)


def _is_another(tx: Transaction, reference: str, claim_id: str) -> bool:
    """Tell whether a reference is known and is another claim's; a number that was not filed yet is nobody's."""
    try:
        return tx.claims.get(reference).id != claim_id
    except NotFoundError:
        return False
