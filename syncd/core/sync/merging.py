"""Two people changed one event: whose change counts in which field.

Of each field, and in a series of each instance's field:

| the practice | the provider | then                                                          |
|--------------|--------------|---------------------------------------------------------------|
| changed it   | did not      | written                                                       |
| did not      | changed it   | an edit: the policy's, whatever else is written around it     |
| changed it   | changed it   | the practice's is written, and the edit is told as overruled  |
| changed it   | the same     | nothing: both say the same                                    |

Settings are nobody's change of an event: where only they would word a field otherwise, an edit of it stays an edit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from syncd.core.events.comparison import compare
from syncd.core.events.comparison.course import courses
from syncd.core.events.findings import Comparison, Finding, Kind, Severity
from syncd.core.events.snapshot import Snapshot
from syncd.core.times import instant

_PRESENCE = frozenset({"EXDATE", "STATUS", "METHOD", "resource"})
_COURSE = _PRESENCE | {"DTSTART", "DTEND", "RRULE", "UID"}
_SET_BY_SETTINGS = frozenset({"SUMMARY", "DESCRIPTION", "ORGANIZER", "ATTENDEE"})
"""What the practice's settings render. A title or a person may change by the record as well; where both happened at
once, the settings are taken to have done it: then an edit keeps its policy, which is the safe reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of one event at two hands.

    ``edits`` are the provider's alone, ``overruled`` those in fields that the practice changed too, ``changes`` what is
    to be written where nothing of the provider's stands against it.
    """

    edits: Comparison
    overruled: Comparison
    changes: Comparison

    @property
    def is_edited(self) -> bool:
        """Tell whether the provider did anything that the practice did not do itself."""
        return self.edits.drift or self.overruled.drift


def merge(
    desired: Snapshot,
    observed: Snapshot | None,
    published: Snapshot,
    others: Sequence[Snapshot] = (),
    *,
    restyled: bool = False,
) -> Merged:
    """Return whose change counts where, by the table above; ``observed`` None: the event is gone.

    ``restyled``: settings have changed how events look since ``published`` was written.
    """
    edits = compare(published, observed, others)
    if not edits.drift:
        return Merged(
            edits=Comparison(), overruled=Comparison(), changes=_changes(observed, desired, ()) or _benign(edits)
        )
    due = compare(published, desired)
    if not due.drift:
        return Merged(edits=edits, overruled=Comparison(), changes=Comparison())
    left = compare(desired, observed, others).findings
    own = [finding for finding in due.findings if not (restyled and finding.field in _SET_BY_SETTINGS)]
    standing = _standing(edits.findings, left, due.findings, is_series=published.is_series)
    overruled = tuple(
        finding for finding in standing if _is_among(finding, own) or _lost_its_slot(finding, own, published, desired)
    )
    kept = tuple(finding for finding in standing if finding not in overruled)
    if not standing:
        return Merged(
            edits=Comparison(), overruled=Comparison(), changes=_changes(observed, desired, ()) or _benign(edits)
        )
    return Merged(
        edits=_part(edits, kept),
        overruled=_part(edits, overruled),
        changes=_changes(observed, desired, kept) or Comparison(),
    )


def aspect(finding: Finding) -> str:
    """Return which field of an event a finding is about, by what people take for one thing."""
    if finding.kind in {Kind.DECLINED, Kind.COUNTERED}:
        return "answer"
    return "presence" if finding.field in _PRESENCE else finding.field


def about_the_same(one: Finding, other: Finding) -> bool:
    """Tell whether two findings are about one field of one instance; what is about the whole is about each."""
    if aspect(one) != aspect(other):
        return False
    if one.recurrence_id is None or other.recurrence_id is None:
        return True
    return instant(one.recurrence_id) == instant(other.recurrence_id)


def _standing(
    edits: Sequence[Finding], left: Sequence[Finding], due: Sequence[Finding], *, is_series: bool
) -> list[Finding]:
    """Return the edits in which the event still says something else than the practice wants.

    In a series the same instances can be put in several ways, by rule, by exception or by override: there one of
    these left over speaks for all of them, and so does a difference that neither side's change explains.
    """
    if any(not _is_among(finding, (*due, *edits)) for finding in left):
        return list(edits)
    if is_series and any(finding.field in _COURSE for finding in left):
        return [finding for finding in edits if finding.field in _COURSE or _is_among(finding, left)]
    return [finding for finding in edits if _is_among(finding, left)]


def _lost_its_slot(finding: Finding, own: Sequence[Finding], published: Snapshot, desired: Snapshot) -> bool:
    """Tell whether an edit is about an instance that is no more, or has another time, since the practice's change."""
    course = {other.field for other in own if other.recurrence_id is None} & _COURSE
    if finding.recurrence_id is None or not course:
        return False
    if aspect(finding) == "presence" and "RRULE" not in course:
        return False
    slots = {slot.identity for slot in courses(published, desired)[1].all_slots}
    return instant(finding.recurrence_id) not in slots


def _is_among(finding: Finding, others: Iterable[Finding]) -> bool:
    return any(about_the_same(finding, other) for other in others)


def _changes(observed: Snapshot | None, desired: Snapshot, kept: Sequence[Finding]) -> Comparison | None:
    """Return what a write would change of what stands there, what is kept left aside; None when it changes nothing."""
    if observed is None:
        return None
    found = compare(observed, desired)
    findings = tuple(finding for finding in found.findings if not _is_among(finding, kept))
    return replace(found, findings=findings) if findings else None


def _unedited(observed: Snapshot | None, desired: Snapshot, found: Comparison) -> Merged:
    """Return what is to be written where nobody edited anything, or else what was rewritten meanwhile."""
    changes = _changes(observed, desired, ()) or _benign(found)
    return Merged(edits=Comparison(), overruled=Comparison(), changes=changes)


def _benign(found: Comparison) -> Comparison:
    """Return of a comparison what was rewritten without changing meaning."""
    return replace(found, findings=(), claim_date_changes=False)


def _part(whole: Comparison, findings: tuple[Finding, ...]) -> Comparison:
    """Return the part of a comparison that is about these findings."""
    if len(findings) == len(whole.findings):
        return whole
    dated = whole.claim_date_changes and any(finding.severity is Severity.CLAIM_DATE for finding in findings)
    return replace(whole, findings=findings, claim_date_changes=dated)
