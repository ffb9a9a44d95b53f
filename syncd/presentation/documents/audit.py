"""The audit trail, and the proof that it is whole."""

from typing import Any

from syncd.core.audit.chain import ChainLink
from syncd.services.audit.trail import Verification


def record_document(link: ChainLink) -> dict[str, Any]:
    """Return a record with its place in the chain."""
    record = link.record
    return {
        "number": link.number,
        "at": record.at.isoformat(timespec="seconds"),
        "actor": record.actor,
        "action": record.action,
        "subject": record.subject,
        "details": record.details,
        "hash": link.hash,
    }


def verification_document(result: Verification) -> dict[str, Any]:
    """Return what became of following the chain."""
    return {
        "ok": result.ok,
        "records": result.head.number,
        "head": f"{result.head.number}:{result.head.hash}",
        "expected_head_found": result.is_expected,
        "faults": [{"number": f.number, "kind": f.kind.value, "message": f.message} for f in result.faults],
    }
