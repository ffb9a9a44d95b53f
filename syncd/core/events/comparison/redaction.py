"""Redacted copies: what some servers show of an event to an account that may not read it."""

from syncd.core.events.snapshot import Event, Snapshot

_HIDDEN = frozenset({"CLASS:CONFIDENTIAL", "CLASS:PRIVATE"})


def is_redacted(published: Snapshot, observed: Snapshot) -> bool:
    """Tell whether a server shows less of what we published than stands there.

    The class became confidential (RFC 5545 section 3.8.1.3), and neither our private reference nor any text of ours but
    a title is left. A provider who makes an event private keeps what it says.
    """
    ours, shown = published.first, observed.first
    is_bare = not (shown.reference or shown.location or shown.description)
    return is_bare and bool(ours.reference) and _is_hidden(shown) and not _is_hidden(ours)


def _is_hidden(event: Event) -> bool:
    return any(written.meaning in _HIDDEN for written in event.named("CLASS"))
