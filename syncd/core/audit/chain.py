"""The audit trail as a chain: each link holds the hash of the one before, so that no edit, gap or swap can hide."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

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


class StoredLink(NamedTuple):
    """A record at its place in the chain as its text is stored. ``at`` is ISO 8601 in UTC; ``details`` is JSON."""

    number: int
    at: str
    actor: str
    action: str
    subject: str
    details: str
    previous: str
    hash: str


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> str:
    """Return a value as canonical JSON: the same text for the same value."""
    return _ENCODER.encode(value)


def link_hash(number: int, record: AuditRecord, previous: str) -> str:
    """Return the hash of a record at its place in the chain: SHA-256 over canonical JSON."""
    at = instant(record.at).isoformat()
    details = canonical(record.details)
    return _digest(number, at, record.actor, record.action, record.subject, details, previous)


def _digest(*link: Any) -> str:
    """Return the hash of a link whose details are given as text; all else is encoded, so that no text passes for two.

    The keys stand in the order of canonical JSON.
    """
    number, at, actor, action, subject, details, previous = link
    text = (
        f'{{"action":{_text(action)},"actor":{_text(actor)},"at":{_text(at)},"details":{details},'
        f'"number":{number},"previous":{_text(previous)},"subject":{_text(subject)}}}'
    )
    return hashlib.sha256(text.encode()).hexdigest()


_text = json.encoder.encode_basestring


def _is_intact(link: StoredLink) -> bool:
    """Tell whether a link is what was written. Details that were stored as they were hashed need not be read."""
    if _digest(*link[:7]) == link.hash:
        return True
    try:
        details = canonical(json.loads(link.details))
    except ValueError:
        return False
    return _digest(*link[:5], details, link.previous) == link.hash


def faults_in(links: Iterable[StoredLink], head: Head) -> Iterator[Fault]:
    """Yield every place at which links, given by number, do not make one whole chain up to ``head``.

    Each fault is told once: after it the chain is followed from what is stored there. Whoever can rewrite every link
    after the one that they changed, and the head, leaves no trace here: note a head elsewhere to find that too.
    """
    last, digest = Head()
    for link in links:
        if link.number != last + 1:
            yield Fault(link.number, FaultKind.GAP, f"Records {last + 1} to {link.number - 1} are missing.")
        elif link.previous != digest:
            yield Fault(link.number, FaultKind.BROKEN, "It does not follow the record before it.")
        if not _is_intact(link):
            yield Fault(link.number, FaultKind.ALTERED, "It is not what was written.")
        last, digest = link.number, link.hash
    if (last, digest) != head:
        message = f"The trail should end with record {head.number}, and ends with {last}."
        yield Fault(max(last, head.number), FaultKind.CUT_OFF, message)
