"""The offline verdict on two files: never an exception, whatever they hold."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from syncd.core.events.comparison import compare
from syncd.core.events.findings import Comparison, Finding, Kind, Severity
from syncd.core.events.snapshot import Form, Snapshot
from syncd.ics.errors import UnreadableError
from syncd.ics.parse import read

_UTC = ZoneInfo("UTC")


def explain(
    published: bytes, observed: bytes | None, also: Sequence[bytes] = (), zone: ZoneInfo | None = None
) -> Comparison:
    """Return what `compare` makes of the bodies; ``observed`` None: the resource is gone.

    A body that cannot be read is a finding `unreadable`; one in ``also`` is left out, as nothing proves it ours.
    ``zone`` is the provider's, by default that of the published DTSTART, else UTC.
    """
    try:
        ours = read(published, zone or _UTC)
        if zone is None and (own := _own_zone(ours)) != _UTC:
            ours = read(published, own)
    except UnreadableError as error:
        return _unreadable("published", error)
    try:
        theirs = read(observed, ours.zone) if observed is not None else None
    except UnreadableError as error:
        return _unreadable("observed", error)
    return compare(ours, theirs, [other for body in also if (other := _read(body, ours.zone)) is not None])


def _own_zone(snapshot: Snapshot) -> ZoneInfo:
    start = snapshot.first.start
    return start.zone if start.form is Form.ZONED and isinstance(start.zone, ZoneInfo) else _UTC


def _read(body: bytes, zone: ZoneInfo) -> Snapshot | None:
    try:
        return read(body, zone)
    except UnreadableError:
        return None


def _unreadable(which: str, error: UnreadableError) -> Comparison:
    finding = Finding(
        kind=Kind.UNREADABLE,
        severity=Severity.PRESENCE,
        field="body",
        published=error.message if which == "published" else None,
        observed=error.message if which == "observed" else None,
    )
    return Comparison(findings=(finding,))
