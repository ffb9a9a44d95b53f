"""Check what a billing system is about to send against the record, line by line. The file is only read."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncd.core.claims.billing import BillingLine, Verdict, judge, read_table
from syncd.core.claims.holds import ClaimRules
from syncd.core.claims.x12 import is_x12, read_837
from syncd.core.errors import NotFoundError
from syncd.ports.store.transaction import Transaction
from syncd.services.claims.claims import ClaimView, document, view


@dataclass(frozen=True, slots=True)
class Checked:
    """One line, the record's verdict on it, and the claim that it is about, if there is one."""

    line: BillingLine
    verdict: Verdict
    shown: ClaimView | None


def lines_of(data: bytes) -> list[BillingLine]:
    """Return the service dates of an 837P file or a CSV table. Raises `UnreadableFileError`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # X12's extended character set; references and dates are ASCII in either
    return list(read_837(text) if is_x12(text) else read_table(text))


def check_lines(tx: Transaction, lines: Iterable[BillingLine], rules: ClaimRules, now: datetime) -> list[Checked]:
    """Return what the record says to each line."""
    return [_check(tx, line, rules, now) for line in lines]


def _check(tx: Transaction, line: BillingLine, rules: ClaimRules, now: datetime) -> Checked:
    try:
        shown = view(tx, line.reference, rules, now)
    except NotFoundError:
        return Checked(line, Verdict.UNKNOWN, None)
    verdict = judge(line, shown.claim.date_of_service, shown.status, is_held=bool(shown.holds))
    return Checked(line, verdict, shown)


def verification_document(checked: Iterable[Checked]) -> dict[str, Any]:
    """Return the whole check as plain data. ``ok``: every line agrees."""
    lines = [_line_document(one) for one in checked]
    counts = Counter(line["verdict"] for line in lines)
    return {
        "ok": all(line["verdict"] == Verdict.AGREES for line in lines),
        "counts": {verdict.value: counts[verdict.value] for verdict in Verdict},
        "lines": lines,
    }


def _line_document(one: Checked) -> dict[str, Any]:
    claim = document(one.shown) if one.shown else {"id": None, "appointment": None, "date_of_service": None}
    return {
        "line": one.line.number,
        "reference": one.line.reference,
        "given": one.line.given,
        "verdict": one.verdict.value,
        "claim": claim["id"],
        "appointment": claim["appointment"],
        "date_of_service": None if one.verdict is Verdict.CANCELLED else claim["date_of_service"],
        "status": claim.get("status"),
        "holds": claim.get("holds", []),
    }
