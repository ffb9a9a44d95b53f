"""The chain of the audit trail: whatever is done to it past the store is found."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syncd.core.audit.chain import ChainLink, Fault, FaultKind, Head, StoredLink, canonical, faults_in, link_hash
from syncd.core.audit.record import AuditRecord
from syncd.core.times import instant
from tests.builders import NOW


def a_chain(length: int = 5) -> list[ChainLink]:
    links: list[ChainLink] = []
    for number in range(1, length + 1):
        at = NOW + timedelta(minutes=number)
        record = AuditRecord(at=at, actor="cli", action="booked", subject=f"apt-{number}", details={"minutes": 50})
        previous = links[-1].hash if links else ""
        links.append(ChainLink(number, record, previous, link_hash(number, record, previous)))
    return links


def head_of(links: list[ChainLink]) -> Head:
    return Head(links[-1].number, links[-1].hash)


def stored(link: ChainLink, details: Callable[[Any], str] = canonical) -> StoredLink:
    """Return a link as its text is stored; ``details``: how these were written."""
    one = link.record
    written = (link.number, instant(one.at).isoformat(), one.actor, one.action, one.subject, details(one.details))
    return StoredLink(*written, link.previous, link.hash)


def faults(links: list[ChainLink], head: Head) -> list[tuple[int, FaultKind]]:
    return [(fault.number, fault.kind) for fault in faults_in(map(stored, links), head)]


def test_details_that_were_written_in_another_way() -> None:
    """Are what was written as long as they mean the same; what is no JSON is not."""
    links = a_chain()
    spaced = [stored(link, lambda details: json.dumps(details, indent=2)) for link in links]
    assert list(faults_in(spaced, head_of(links))) == []
    broken = [*map(stored, links[:4]), stored(links[4], lambda _: '{"minutes":')]
    assert [(fault.number, fault.kind) for fault in faults_in(broken, head_of(links))] == [(5, FaultKind.ALTERED)]


def test_text_that_passes_from_one_field_to_another() -> None:
    """Is found: details that hold what belongs to the fields after them are not taken for these."""
    links = a_chain(1)
    whole = stored(links[0])
    tail = f',"number":1,"previous":"","subject":{json.dumps(whole.subject)}'
    moved = whole._replace(details=f"{whole.details}{tail}", subject="")
    assert [fault.kind for fault in faults_in([moved], head_of(links))] == [FaultKind.ALTERED]


def test_a_whole_chain() -> None:
    """Has no fault, nor has a trail on which nothing stands yet."""
    links = a_chain()
    assert faults(links, head_of(links)) == []
    assert faults([], Head()) == []


@pytest.mark.parametrize("field", ["actor", "action", "subject"])
def test_an_edited_record(field: str) -> None:
    """Is not what was written: one fault, at that record."""
    links = a_chain()
    head = head_of(links)
    links[2] = links[2]._replace(record=replace(links[2].record, **{field: "other"}))  # type: ignore[arg-type]  # fields by name
    assert faults(links, head) == [(3, FaultKind.ALTERED)]


def test_an_edited_record_with_a_new_hash() -> None:
    """Parts it from the record after it, or at the end from the head."""
    links = a_chain()
    head = head_of(links)

    def forged(link: ChainLink) -> ChainLink:
        record = replace(link.record, details={"minutes": 80})
        return link._replace(record=record, hash=link_hash(link.number, record, link.previous))

    assert faults([*links[:2], forged(links[2]), *links[3:]], head) == [(4, FaultKind.BROKEN)]
    assert faults([*links[:4], forged(links[4])], head) == [(5, FaultKind.CUT_OFF)]


@pytest.mark.parametrize(("gone", "expected"), [(0, (2, FaultKind.GAP)), (2, (4, FaultKind.GAP))])
def test_a_deleted_record(gone: int, expected: tuple[int, FaultKind]) -> None:
    """Leaves a gap before the next one."""
    links = a_chain()
    head = head_of(links)
    del links[gone]
    assert faults(links, head) == [expected]


def test_deleted_records_at_the_end() -> None:
    """Are missed by the head."""
    links = a_chain()
    assert list(faults_in(map(stored, links[:3]), head_of(links))) == [
        Fault(5, FaultKind.CUT_OFF, "The trail should end with record 5, and ends with 3.")
    ]
    assert faults([], head_of(links)) == [(5, FaultKind.CUT_OFF)]


@pytest.mark.parametrize(
    "swap",
    [
        lambda a, b: (a._replace(record=b.record), b._replace(record=a.record)),
        lambda a, b: (b._replace(number=a.number), a._replace(number=b.number)),
        lambda a, b: (
            ChainLink(a.number, b.record, a.previous, link_hash(a.number, b.record, a.previous)),
            b._replace(record=a.record),
        ),
    ],
)
def test_a_swapped_pair(swap: Callable[[ChainLink, ChainLink], tuple[ChainLink, ChainLink]]) -> None:
    """Is found, whether the records change places, the whole rows do, or the hashes are made to fit half-way."""
    links = a_chain()
    head = head_of(links)
    links[1:3] = swap(links[1], links[2])
    assert {number for number, _ in faults(links, head)} & {2, 3}
