"""Service dates out of ASC X12 837P files (005010X222A1): which claim says which date, and nothing else of them.

Read here and not by a library: pyx12 4.0, the one that is kept, takes a file that is cut off for a whole one, stops
silently at an empty segment, and reads every interchange with the first one's separators. A check must not skip lines.
"""

from collections.abc import Iterator
from typing import NamedTuple

from syncd.core.claims.billing import BillingLine, UnreadableFileError, day

_ISA_LENGTH = 106
_SERVICE_DATE = "472"


class Segment(NamedTuple):
    """One segment: its number in the file, its tag and its elements (the first is the tag, so that DTP01 is at 1)."""

    number: int
    elements: list[str]

    @property
    def tag(self) -> str:
        """The segment's name."""
        return self.elements[0]

    def element(self, place: int) -> str:
        """Return an element by its number, empty when the segment is shorter."""
        return self.elements[place].strip() if place < len(self.elements) else ""


def is_x12(text: str) -> bool:
    """Tell whether a file is an X12 interchange."""
    return text.lstrip().startswith("ISA")


def read_837(text: str) -> Iterator[BillingLine]:
    """Yield every service date (DTP*472, D8 or RD8) with the claim (CLM01) that it stands under.

    A claim without any yields one line without a date. Raises `UnreadableFileError` for a file that is cut off, whose
    segments are not as many as it says, or that holds anything but health care claims; lines before it are yielded.
    """
    claim: Segment | None = None
    has_date = False
    for segment in _checked(_segments(text)):
        if segment.tag in {"CLM", "SE"}:
            if claim is not None and not has_date:
                yield BillingLine(number=claim.number, reference=claim.element(1))
            claim, has_date = (segment if segment.tag == "CLM" else None), False
        elif claim is not None and segment.tag == "DTP" and segment.element(1) == _SERVICE_DATE:
            has_date = True
            yield _line(segment, claim.element(1))


def _line(segment: Segment, reference: str) -> BillingLine:
    form, given = segment.element(2), segment.element(3)
    first, _, last = given.partition("-") if form == "RD8" else (given, "", given)
    known = form in {"D8", "RD8"}
    return BillingLine(
        number=segment.number,
        reference=reference,
        given=given or "(empty)",
        first=day(first) if known else None,
        last=day(last) if known else None,
    )


def _segments(text: str) -> Iterator[Segment]:
    """Yield all segments; each interchange is read with the separators that its own ISA states."""
    number, rest = 0, text.lstrip()
    while rest:
        if len(rest) < _ISA_LENGTH or not rest.startswith("ISA"):
            raise UnreadableFileError(f"After segment {number} stands something that is no X12 interchange.")
        between, end = rest[3], rest[_ISA_LENGTH - 1]
        tag = ""
        while tag != "IEA":
            written, found, rest = rest.partition(end)
            if not found:
                raise UnreadableFileError(f"The file is cut off after segment {number}.")
            if written.strip():
                number += 1
                elements = written.strip().split(between)
                tag = elements[0]
                yield Segment(number, elements)
        rest = rest.lstrip()


def _checked(segments: Iterator[Segment]) -> Iterator[Segment]:
    """Pass segments on; raise `UnreadableFileError` where a transaction set is no 837 or not as long as it says."""
    began: Segment | None = None
    for segment in segments:
        if segment.tag == "ST":
            if segment.element(1) != "837":
                raise UnreadableFileError(f"Segment {segment.number} begins a {segment.element(1)}, and no 837.")
            began = segment
        yield segment
        if segment.tag in {"SE", "IEA"}:
            length = 0 if began is None else segment.number - began.number + 1
            if length != (int(segment.element(1)) if _is_count(segment) else 0):
                raise UnreadableFileError(f"Segments are missing before segment {segment.number}, or too many.")
            began = None


def _is_count(segment: Segment) -> bool:
    return segment.tag == "SE" and segment.element(1).isdecimal()
