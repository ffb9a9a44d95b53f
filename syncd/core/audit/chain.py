"""The audit trail as a chain: each link holds the hash of the one before, so that no edit, gap or swap can hide."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from syncd.core.audit.record import AuditRecord
from syncd.core.times import instant


class ChainLink(NamedTuple):
    """A record at its place in the chain, with the hashes as they are stored."""

    number: int
    record: AuditRecord
    previous: str
    hash: str


class Head(NamedTuple):
    """Where the chain ends: the number and hash of its last link; 0 and empty for a trail without any."""

    number: int = 0
    hash: str = ""


class FaultKind(StrEnum):
    """What is wrong at a place in the chain."""

    GAP = "gap"
    ALTERED = "altered"
    BROKEN = "broken"
    CUT_OFF = "cut_off"


class Fault(NamedTuple):
    """One place where the chain does not hold, and what that means."""

    number: int
    kind: FaultKind
    message: str


def link_hash(number: int, record: AuditRecord, previous: str) -> str:
    """Return the hash of a record at its place in the chain: SHA-256 over canonical JSON."""
    link = {
        "number": number,
        "previous": previous,
        "at": instant(record.at).isoformat(),
        "actor": record.actor,
        "action": record.action,
        "subject": record.subject,
        "details": record.details,
    }
    text = json.dumps(link, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def faults_in(links: Iterable[ChainLink], head: Head) -> Iterator[Fault]:
    """Yield every place at which links, given by number, do not make one whole chain up to ``head``.

    Each fault is told once: after it the chain is followed from what is stored there. Whoever can rewrite every link
    after the one that they changed, and the head, leaves no trace here: note a head elsewhere to find that too.
    """
    last = Head()
    for link in links:
        if link.number != last.number + 1:
            yield Fault(link.number, FaultKind.GAP, f"Records {last.number + 1} to {link.number - 1} are missing.")
        elif link.previous != last.hash:
            yield Fault(link.number, FaultKind.BROKEN, "It does not follow the record before it.")
        if link_hash(link.number, link.record, link.previous) != link.hash:
            yield Fault(link.number, FaultKind.ALTERED, "It is not what was written.")
        last = Head(link.number, link.hash)
    if last != head:
        message = f"The trail should end with record {head.number}, and ends with {last.number}."
        yield Fault(max(last.number, head.number), FaultKind.CUT_OFF, message)
