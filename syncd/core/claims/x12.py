"""Service dates out of ASC X12 837P files (005010X222A1): which claim says which date, and nothing else of them.

Read here and not by a library: pyx12 4.0, the one that is kept, takes a file that is cut off for a whole one, stops
silently at an empty segment, and reads every interchange with the first one's separators. A check must not skip lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from syncd.core.claims.billing import BillingLine, Frequency, day
from syncd.core.errors import UnreadableFileError

_ISA_LENGTH = 106
_SERVICE_DATE = "472"
_PROFESSIONAL = ("005010X222", "004010X098")
"""How the implementation guides of health care claims from professionals are called (ST03, GS08), addenda aside."""

_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_DATE_QUALIFIER = re.compile(r"[0-9]{3}")
_FORMAT_QUALIFIER = re.compile(r"[A-Z0-9]{2,3}")


class Separators(NamedTuple):
    """What an interchange's ISA says: between elements, between their components, and at a segment's end."""

    element: str
    component: str
    end: str


class Segment(NamedTuple):
    """One segment: its number in the file and its elements (the first is the tag, so that DTP01 is at 1)."""

    number: int
    elements: list[str]
    separators: Separators

    @property
    def tag(self) -> str:
        """The segment's name."""
        return self.elements[0]

    def raw(self, place: int) -> str:
        """Return an element by its number as it stands there, empty when the segment is shorter."""
        return self.elements[place] if place < len(self.elements) else ""

    def element(self, place: int) -> str:
        """Return an element by its number without the blanks around it."""
        return self.raw(place).strip()


def is_x12(text: str) -> bool:
    """Tell whether a file is an X12 interchange."""
    return text.lstrip().startswith("ISA")


def read_837(text: str) -> Iterator[BillingLine]:
    """Yield every service date (DTP*472, D8 or RD8) with the claim (CLM01) that it stands under.

    A service line without one yields a line without a date, and so does a claim without service lines. Raises
    `UnreadableFileError` for a file that is cut off, whose segments or sets are not as many as it says, that holds
    anything but professional claims, none at all, or what has not the form of a tag or qualifier: a date could hide
    behind it.
    """
    claim: _Claim | None = None
    for segment in _checked(_segments(text)):
        if segment.tag in {"CLM", "SE"}:
            if claim is not None:
                yield from claim.lines()
            claim = _Claim.begun(segment) if segment.tag == "CLM" else None
        elif claim is not None:
            claim.take(segment)


@dataclass(slots=True)
class _Claim:
    """One claim as it is read: its dates, and its service lines, each with whether it has a date of its own."""

    segment: Segment
    frequency: Frequency
    dates: list[BillingLine] = field(default_factory=list)
    services: list[tuple[Segment, bool]] = field(default_factory=list)
    has_service: bool = False

    @classmethod
    def begun(cls, segment: Segment) -> "_Claim":
        """Return the claim that a CLM begins. CLM05-3 says what it is sent for."""
        parts = segment.raw(5).split(segment.separators.component)
        said = parts[2].strip() if len(parts) > 2 else ""
        try:
            return cls(segment, Frequency(said or Frequency.ORIGINAL))
        except ValueError:
            raise UnreadableFileError(
                f"Segment {segment.number} is sent for {said!r} (CLM05-3), which is none of 1, 7 and 8."
            ) from None

    def take(self, segment: Segment) -> None:
        """Take a segment that stands under the claim."""
        if segment.tag == "LX" or (segment.tag == "SV1" and (self.has_service or not self.services)):
            self.services.append((segment, False))
            self.has_service = segment.tag == "SV1"
        elif segment.tag == "SV1":
            self.has_service = True
        elif segment.tag == "DTP" and _is_service_date(segment):
            self.dates.append(self._line(segment))
            if self.services:
                self.services[-1] = (self.services[-1][0], True)

    def lines(self) -> list[BillingLine]:
        """Return the lines of the whole claim, in the file's order."""
        undated = [segment for segment, has_date in self.services if not has_date]
        if not self.services and not self.dates:
            undated = [self.segment]
        lines = [*self.dates, *(self._bare(segment) for segment in undated)]
        days = {(line.first, line.last) for line in self.dates if line.first is not None and line.last is not None}
        return [replace(line, several=len(days) > 1) for line in sorted(lines, key=lambda line: line.number)]

    def _bare(self, segment: Segment) -> BillingLine:
        return BillingLine(
            number=segment.number,
            reference=self.segment.element(1),
            claim=self.segment.number,
            frequency=self.frequency,
        )

    def _line(self, segment: Segment) -> BillingLine:
        form, given = segment.raw(2), segment.element(3)
        first, _, last = given.partition("-") if form == "RD8" else (given, "", given)
        known = form in {"D8", "RD8"}
        return replace(
            self._bare(segment),
            given=given or "(empty)",
            first=day(first) if known else None,
            last=day(last) if known else None,
        )


def _is_service_date(segment: Segment) -> bool:
    """Tell whether a DTP is a date of service. What may be one in a form that nobody knows refuses the file."""
    qualifier, form = segment.raw(1), segment.raw(2)
    if not (_DATE_QUALIFIER.fullmatch(qualifier) and _FORMAT_QUALIFIER.fullmatch(form)):
        raise UnreadableFileError(f"Segment {segment.number} is a date with the qualifiers {qualifier!r} and {form!r}.")
    return qualifier == _SERVICE_DATE


def _segments(text: str) -> Iterator[Segment]:
    """Yield all segments; each interchange is read with the separators that its own ISA states.

    CR and LF that a mailer or an editor put into segments are no part of them.
    """
    number, rest = 0, text.lstrip()
    while rest:
        separators = _separators_of(rest, number)
        tag = ""
        while tag != "IEA":
            written, found, rest = rest.partition(separators.end)
            if not found:
                raise UnreadableFileError(f"The file is cut off after segment {number}.")
            written = written.replace("\r", "").replace("\n", "")
            if written.strip():
                number += 1
                elements = written.split(separators.element)
                tag = elements[0]
                if not _TAG.fullmatch(tag):
                    raise UnreadableFileError(f"Segment {number} does not begin with a tag such as CLM: {tag[:20]!r}.")
                yield Segment(number, elements, separators)
        rest = rest.lstrip()


def _separators_of(rest: str, number: int) -> Separators:
    """Return what the ISA at the beginning states; it may be broken into lines unless these end the segments."""
    head = rest[:_ISA_LENGTH]
    if re.search(r"[\r\n]", head[:-1]):
        head = re.sub(r"[\r\n]", "", rest[: 2 * _ISA_LENGTH])[:_ISA_LENGTH]
    if len(head) < _ISA_LENGTH or not head.startswith("ISA"):
        raise UnreadableFileError(f"After segment {number} stands something that is no X12 interchange.")
    found = Separators(head[3], head[-2], head[-1])
    if len(set(found)) < 3 or any(character.isalnum() or character == " " for character in found):
        raise UnreadableFileError(f"The ISA after segment {number} states no separators that can be told apart.")
    return found


def _checked(segments: Iterator[Segment]) -> Iterator[Segment]:
    """Pass segments on; raise `UnreadableFileError` where the envelopes do not hold what they say."""
    envelopes = _Envelopes()
    for segment in segments:
        envelopes.open(segment)
        yield segment
        envelopes.close(segment)


@dataclass(slots=True)
class _Envelopes:
    """Where in its envelopes a file is read: the set that has begun, claims in it, and how many sets and groups."""

    opened: Segment | None = None
    guide: str = ""
    claims: int = 0
    sets: int = 0
    groups: int = 0

    def open(self, segment: Segment) -> None:
        """Take note of what a segment begins, before it is passed on."""
        match segment.tag:
            case "GS":
                self.guide, self.sets = segment.raw(8), 0
            case "ST":
                self._begin(segment)
            case "CLM" | "DTP" | "LX" | "SV1" if self.opened is None:
                raise UnreadableFileError(f"Segment {segment.number} stands outside any transaction set.")
            case "CLM":
                self.claims += 1
            case _:
                pass

    def close(self, segment: Segment) -> None:
        """Check what a segment ends, after it was passed on."""
        match segment.tag:
            case "SE":
                self._end(segment)
            case "GE":
                self._check_count(segment, self.sets, "transaction sets")
                self.groups += 1
            case "IEA":
                self._check_count(segment, self.groups, "groups")
                self.groups = 0
            case _:
                pass
        if segment.tag in {"GE", "IEA", "GS"} and self.opened is not None:
            raise UnreadableFileError(f"Segments are missing before segment {segment.number}: a set has no end.")

    def _begin(self, segment: Segment) -> None:
        if segment.raw(1) != "837" or self.opened is not None:
            raise UnreadableFileError(f"Segment {segment.number} begins a {segment.raw(1)!r}, and no 837.")
        said = {guide for guide in (segment.element(3), self.guide.strip()) if guide}
        if len(said) != 1 or not next(iter(said)).startswith(_PROFESSIONAL):
            raise UnreadableFileError(
                f"Segment {segment.number} begins an 837 of the kind {' and '.join(sorted(said)) or 'unknown'} "
                "(ST03, GS08), and no 837P: its service dates stand elsewhere."
            )
        self.opened, self.claims = segment, 0

    def _end(self, segment: Segment) -> None:
        began, self.opened = self.opened, None
        length = 0 if began is None else segment.number - began.number + 1
        self._check_count(segment, length, "segments")
        if began is not None and began.element(2) != segment.element(2):
            raise UnreadableFileError(f"Segment {segment.number} ends another set than the one that began.")
        if not self.claims:
            raise UnreadableFileError(f"The 837 that ends with segment {segment.number} holds no claim.")
        self.sets += 1

    def _check_count(self, segment: Segment, found: int, what: str) -> None:
        said = segment.element(1)
        if not (said.isascii() and said.isdecimal() and int(said) == found and found):
            raise UnreadableFileError(
                f"Segment {segment.number} says {said!r} {what}, and {found} are there: some are missing, or too many."
            )
