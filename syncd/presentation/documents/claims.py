"""Claims: what holds them, what was attested, and what the record says to a billing file."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from syncd.core.claims.billing import Verdict
from syncd.core.claims.claim import Attestation
from syncd.core.claims.holds import Hold
from syncd.presentation.documents.moments import iso

if TYPE_CHECKING:
    from syncd.services.claims.attesting import Attested
    from syncd.services.claims.claims import ClaimView
    from syncd.services.claims.verify import Checked


def claim_document(shown: "ClaimView") -> dict[str, Any]:
    """Return a claim: for the command line, and for billing systems by HTTP."""
    claim = shown.claim
    return {
        "id": claim.id,
        "appointment": claim.appointment_id,
        "provider": shown.evidence.appointment.provider_id,
        "date_of_service": claim.date_of_service.isoformat(),
        "status": shown.status.value,
        "holds": [_hold(hold) for hold in shown.holds],
        "confirmed_at": iso(claim.confirmed_at),
        "number": claim.number,
        "filed_at": iso(claim.filed_at),
    }


def full_claim_document(shown: "ClaimView") -> dict[str, Any]:
    """Return a claim with what was attested about it, oldest first."""
    return claim_document(shown) | {"attestations": [_attestation(word) for word in shown.evidence.attestations]}


def attested_document(attested: "Attested") -> dict[str, Any]:
    """Return how attesting many sessions went; of a single session with that claim's own keys."""
    claims = [full_claim_document(shown) for shown in attested.claims]
    drift = attested.drift
    return {
        **(claims[0] if len(claims) == 1 else {}),
        "drift": drift.id if drift else None,
        "drift_status": drift.status.value if drift else None,
        "claims": claims,
        "waiting": list(attested.waiting),
        "refused": [
            {"appointment": one, "code": error.code, "message": error.message} for one, error in attested.refused
        ],
    }


def billing_document(checked: Iterable["Checked"]) -> dict[str, Any]:
    """Return the check of a billing file. ``ok``: there are lines, and every one agrees."""
    lines = [_line(one) for one in checked]
    counts = Counter(line["verdict"] for line in lines)
    return {
        "ok": bool(lines) and all(line["verdict"] == Verdict.AGREES for line in lines),
        "counts": {verdict.value: counts[verdict.value] for verdict in Verdict},
        "lines": lines,
    }


def _hold(hold: Hold) -> dict[str, Any]:
    return {
        "code": hold.code.value,
        "message": hold.message,
        "since": iso(hold.since),
        "lifted_by": hold.lifted_by,
    }


def _attestation(word: Attestation) -> dict[str, Any]:
    return {
        "at": iso(word.at),
        "date_of_service": word.date_of_service.isoformat(),
        "party": word.party.value,
        "by": word.by,
        "actor": word.actor,
        "note": word.note,
    }


def _line(one: "Checked") -> dict[str, Any]:
    claim = claim_document(one.shown) if one.shown else {"id": None, "appointment": None, "date_of_service": None}
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
