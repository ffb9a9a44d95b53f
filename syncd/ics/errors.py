"""What reading iCalendar can fail with."""

from syncd.core.errors import SyncdError


class UnreadableError(SyncdError):
    """The body is no iCalendar event that can be read."""

    code = "unreadable"
