"""Bodies as a cycle reads and drafts them: what they mean, or why nobody can tell, and what would be written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from syncd.core.events.comparison import compare, is_redacted
from syncd.core.events.desired import Desired
from syncd.core.events.findings import Comparison, Finding, Kind
from syncd.core.events.snapshot import Snapshot
from syncd.core.sync.decision import Unreadable, unreadable
from syncd.core.sync.plan import Around
from syncd.core.sync.resource import Observed, Resource, Stranger
from syncd.core.sync.yielding import lay_texts, yield_to
from syncd.ics.around import lay_around
from syncd.ics.errors import UnreadableError
from syncd.ics.parse import read
from syncd.ics.render import render

_REDACTED = Unreadable("The server shows a redacted copy of it: the account may not read what stands there.")


def meaning(body: bytes, zone: ZoneInfo) -> Snapshot | Unreadable:
    """Return what a body means; ``zone`` is the provider's."""
    try:
        return read(body, zone)
    except UnreadableError as error:
        return Unreadable(error.message)


def shown(body: bytes, zone: ZoneInfo, left: Snapshot | Unreadable | None) -> Snapshot | Unreadable:
    """Return what a server shows where we ``left`` something; a redacted copy is not what stands there."""
    seen = meaning(body, zone)
    if isinstance(seen, Snapshot) and isinstance(left, Snapshot) and is_redacted(left, seen):
        return _REDACTED
    return seen


def damage(sent: bytes, stored: bytes | None, zone: ZoneInfo) -> Comparison | None:
    """Return what a server made of fields of ours in a body that it was ``sent``, None when they mean the same."""
    if stored is None or stored == sent:
        return None
    ours = read(sent, zone)
    theirs = shown(stored, zone, ours)
    found = unreadable(theirs) if isinstance(theirs, Unreadable) else compare(ours, theirs)
    return found if found.drift else None


def laid_under(observed: Observed | None, copies: Sequence[Stranger], left: bytes | None) -> bytes | None:
    """Return the body to write over, for what the provider owns in it: what stands there, or else a copy of ours.

    A body that is gone or that nobody can read is written anew over what we last left there.
    """
    if observed is not None and not isinstance(observed.snapshot, Unreadable):
        return observed.body
    if observed is None and copies:
        return copies[0].body
    return left


def without_people(desired: Desired) -> Desired:
    """Return what is desired without ORGANIZER and ATTENDEE."""
    return replace(desired, organizer=None, attendee=None)


@dataclass(frozen=True, slots=True)
class Renderer:
    """Drafts what would be written at ``now`` (`syncd.core.sync.plan.Drafts`)."""

    now: datetime

    def worded(self, resource: Resource, ignored: Sequence[Finding]) -> bytes:
        """Return what is desired with these texts as the provider wrote them."""
        if resource.desired is None:
            raise ValueError("nothing is desired, so nothing can be written")
        worded = lay_texts(resource.desired, yield_to(ignored, resource.desired))
        return render(worded, resource.body, self.now)

    def plain(self, resource: Resource, ignored: Sequence[Finding]) -> bytes:
        """Return the same without people, which some servers refuse."""
        if resource.desired is None:
            raise ValueError("nothing is desired, so nothing can be written")
        return self.worded(replace(resource, desired=without_people(resource.desired)), ignored)

    def around(self, resource: Resource, kept: Sequence[Finding]) -> Around | None:
        """Return what is desired with these edits left as they stand, None where that would not mean just this."""
        observed, desired, wanted = resource.observed, resource.desired, resource.desired_snapshot
        if observed is None or desired is None or wanted is None or isinstance(observed.snapshot, Unreadable):
            return None
        body = lay_around(resource.body, observed.body, kept, desired)
        seen = meaning(body, wanted.zone) if body is not None else None
        if body is None or not isinstance(seen, Snapshot):
            return None
        found = compare(wanted, seen, [other.snapshot for other in resource.others])
        return Around(body, found) if _fields(found.findings) == _fields(kept) else None


def _fields(findings: Sequence[Finding]) -> Counter[tuple[Kind, str, datetime | None]]:
    """Return what findings are about, whatever they say."""
    return Counter((finding.kind, finding.field, finding.recurrence_id) for finding in findings)
