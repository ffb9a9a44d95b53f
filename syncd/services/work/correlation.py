"""One id for all that is logged about one piece of work: its cycle, the requests that this makes, writes and mails."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

from structlog.contextvars import bound_contextvars, get_contextvars

_NAME = "correlation"
_BYTES = 6


@contextmanager
def correlated(**facts: str | int) -> Iterator[None]:
    """Have each line that is logged in the block carry one id and these facts; work inside of other work has its id."""
    known = get_contextvars().get(_NAME) or token_hex(_BYTES)
    with bound_contextvars(**{_NAME: known}, **facts):
        yield
