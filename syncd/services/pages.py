"""Long lists read in parts: a cursor is the id of the entry after which a list goes on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from syncd.core.errors import NotFoundError

PART = 500
"""Entries that are read at once."""


class HasId(Protocol):
    """Something with an id."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


One = TypeVar("One", bound=HasId)


def in_parts(read: Callable[[str | None, int], Sequence[One]], after: str | None) -> Iterator[One]:
    """Yield all that come after ``after``; ``read`` returns the next so many after a cursor."""
    while True:
        part = read(after, PART)
        yield from part
        if len(part) < PART:
            return
        after = part[-1].id


def following(
    entries: Iterable[Any], after: str | None, cursor: Callable[[Any], str] = attrgetter("id")
) -> Iterator[Any]:
    """Yield the entries that come after the one with the cursor ``after``.

    Raises `NotFoundError` when it is not among them.
    """
    rest = iter(entries)
    if after is not None and not any(cursor(one) == after for one in rest):
        raise NotFoundError(f"The list has no entry {after!r} to go on after.", after=after)
    yield from rest
