"""Lists as pages: what was asked for in the address, and the links that lead to its other parts and orders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from fastapi import Request

from syncd.core.errors import InvalidValueError
from syncd.ports.store.lists import MOST_COUNTED, Found, Part
from syncd.presentation import moments

_SIZES = (25, 50, 100)
_MOST_TEXT = 100

Word = TypeVar("Word", bound=StrEnum)


class Choice(NamedTuple):
    """One value of a filter."""

    value: str
    label: str


class Filter(NamedTuple):
    """A field of the filter bar: a select, a search or a date. ``told`` is how it reads above the table when active."""

    name: str
    label: str
    kind: str
    value: str
    choices: Sequence[Choice] = ()
    told: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Asked:
    """What the address of a list asks for. Everything that it reads becomes a field of the filter bar."""

    request: Request
    filters: list[Filter] = field(default_factory=list)
    params: Mapping[str, str] | None = None
    """What is asked for, where that is not in the request's own address."""

    def word(
        self, name: str, label: str, said: Mapping[Word, str], *, everything: str, default: str = ""
    ) -> Word | None:
        """Return the chosen word; None for all. Raises `InvalidValueError` for one that is none."""
        value = self._value(name, default)
        choices = [Choice("all", everything), *(Choice(str(word), text) for word, text in said.items())]
        chosen = next((word for word in said if str(word) == value), None)
        if chosen is None and value not in {"", "all"}:
            raise InvalidValueError(f"{label} is one of: {', '.join(map(str, said))}.")
        told = said[chosen] if chosen is not None else ""
        self.filters.append(Filter(name, label, "select", str(chosen) if chosen is not None else "all", choices, told))
        return chosen

    def choice(self, name: str, label: str, choices: Iterable[Choice]) -> str:
        """Return one of some values; the first is the default and no condition."""
        known = list(choices)
        value = self._value(name, known[0].value)
        found = next((one for one in known if one.value == value), None)
        if found is None:
            raise InvalidValueError(f"{label}: there is no {value[:20]!r} to choose.")
        told = found.label if found is not known[0] else ""
        self.filters.append(Filter(name, label, "select", value, known, told))
        return value

    def one_of(self, name: str, label: str, known: Mapping[str, str]) -> str | None:
        """Return the id that was chosen of those known by name; None for all. One that is not listed is taken, too."""
        chosen = self._value(name, "")
        more = [] if not chosen or chosen in known else [Choice(chosen, chosen)]
        choices = [Choice("", "All"), *(Choice(id_, text) for id_, text in known.items()), *more]
        return self.choice(name, label, choices) or None

    def text(self, label: str, hint: str) -> str | None:
        """Return what is searched for."""
        value = self._value("q", "").strip()[:_MOST_TEXT]
        self.filters.append(Filter("q", label, "search", value, (), f"“{value}”" if value else "", hint))
        return value or None

    def day(self, name: str, label: str) -> date | None:
        """Return a date. Raises `InvalidValueError` for what is none."""
        value = self._value(name, "")
        try:
            found = date.fromisoformat(value) if value else None
        except ValueError as error:
            raise InvalidValueError(f"{label} is a date such as 2026-12-01.") from error
        told = f"{label.lower()} {moments.day(found)}" if found else ""
        self.filters.append(Filter(name, label, "date", value, (), told))
        return found

    def hidden(self, name: str) -> str | None:
        """Return a condition that has no field of its own; it is named above the table by who reads it."""
        return self._value(name, "") or None

    def part(self, sorts: type[StrEnum], default: StrEnum) -> Part:
        """Return which part is wanted, in which order."""
        sort = self._value("sort", str(default))
        if sort not in {str(one) for one in sorts}:
            raise InvalidValueError(f"A list can be sorted by: {', '.join(map(str, sorts))}.")
        return Part(sort=sort, size=self._size(), cursor=self._value("after", "") or None)

    def unsorted(self) -> Part:
        """Return which part is wanted of a list that has one order."""
        return Part(size=self._size(), cursor=self._value("after", "") or None)

    def view(self, found: Found[Any], part: Part, descending: Iterable[str] = ()) -> "ListView":
        """Return the list as its page draws it."""
        return ListView(self.request, tuple(self.filters), found, part, frozenset(map(str, descending)))

    def _size(self) -> int:
        value = self._value("size", str(_SIZES[0]))
        return int(value) if value in {str(size) for size in _SIZES} else _SIZES[0]

    def _value(self, name: str, default: str) -> str:
        given = self.request.query_params if self.params is None else self.params
        return given.get(name, default)


@dataclass(frozen=True)
class ListView:
    """A list as its page draws it. ``descending``: orders that begin with the latest."""

    request: Request
    filters: tuple[Filter, ...]
    found: Found[Any]
    part: Part
    descending: frozenset[str] = frozenset()

    @property
    def path(self) -> str:
        """The list's address without anything asked."""
        return self.request.url.path

    @property
    def rows(self) -> Sequence[Any]:
        """The rows of this part."""
        return self.found.rows

    @property
    def sort(self) -> str:
        """The order."""
        return self.part.sort

    @property
    def size(self) -> int:
        """How many rows a part has."""
        return self.part.size

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the filter bar hands on that is none of its fields: order and size."""
        asked = self.request.query_params
        return [(name, asked[name]) for name in ("sort", "size", "view") if name in asked]

    @property
    def active(self) -> list[str]:
        """The filters that leave something out, in words."""
        return [one.told for one in self.filters if one.told]

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything but the list as it is at first was asked for."""
        return any(one.name in self.request.query_params for one in self.filters)

    @property
    def total_said(self) -> str:
        """How many fit."""
        total = self.found.total
        return f"More than {moments.number(MOST_COUNTED)}" if total > MOST_COUNTED else moments.number(total)

    @property
    def is_later(self) -> bool:
        """Tell whether this is not the first part."""
        return self.part.cursor is not None

    @property
    def first(self) -> str:
        """The address of the first part."""
        return self._with(after=None)

    @property
    def next(self) -> str | None:
        """The address of the part after this one, None at the end."""
        return self._with(after=self.found.next) if self.found.next else None

    def sorted_by(self, sort: str) -> str:
        """Return the address of the same list in another order."""
        return self._with(after=None, sort=sort)

    def sized(self, size: int) -> str:
        """Return the address of the same list with so many rows a part."""
        return self._with(after=None, size=str(size))

    def _with(self, **changes: str | None) -> str:
        values = {**dict(self.request.query_params), **changes}
        query = urlencode({name: value for name, value in values.items() if value})
        return f"{self.path}?{query}" if query else self.path


def midnight(day: date | None, request_zone: Any) -> datetime | None:
    """Return the beginning of a day in a zone; None for none."""
    return datetime(day.year, day.month, day.day, tzinfo=request_zone) if day else None
