"""Bodies as a cycle reads them: what they mean, or why nobody can tell."""

from zoneinfo import ZoneInfo

from syncd.core.events.comparison import compare, is_redacted
from syncd.core.events.findings import Comparison
from syncd.core.events.snapshot import Snapshot
from syncd.core.sync.decision import Unreadable, unreadable
from syncd.ics.errors import UnreadableError
from syncd.ics.parse import read

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
