"""Long lists read in parts: a cursor is the id of the entry after which a list goes on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from syncd.core.errors import NotFoundError

FIRST, PART = 60, 500
"""Entries that are read at once: at first, and then."""


class HasId(Protocol):
    """Something with an id."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


One = TypeVar("One", bound=HasId)


def parts(read: Callable[[str | None, int], Sequence[One]], after: str | None) -> Iterator[Sequence[One]]:
    """Yield all that come after ``after``, in parts; ``read`` returns the next so many after a cursor.

    The first part is small: often nobody asks for a second.
    """
    size = FIRST
    while part := read(after, size):
        yield part
        if len(part) < size:
            return
        after, size = part[-1].id, PART


def in_parts(read: Callable[[str | None, int], Sequence[One]], after: str | None) -> Iterator[One]:
    """Yield the same one by one."""
    return chain.from_iterable(parts(read, after))


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
