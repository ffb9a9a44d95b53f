"""Tables for people, from the same plain values that ``--json`` prints."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from syncd.presentation.layout import Column, Grid, Lines, Span, clean

if TYPE_CHECKING:
    from syncd.entrypoints.cli.output import Drawing

__all__ = ["Column", "clean", "facts", "stacked", "table"]


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str | Column], *, empty: str) -> Callable[[], "Drawing"]:
    """Return a picture of ``rows``: one column per key of ``columns``; ``empty`` is said when there is none."""
    kept = [dict(row) for row in rows]
    named = tuple(column if isinstance(column, Column) else Column(column) for column in columns)

    def picture() -> "Drawing":
        if not kept:
            return [Lines(((Span(empty),),))]
        return [Grid(named, tuple(tuple(_shown(row.get(column.key)) for column in named) for row in kept))]

    return picture


def facts(values: Mapping[str, Any]) -> Callable[[], "Drawing"]:
    """Return a picture of one thing: a line per value."""
    rows = tuple((name.replace("_", " "), _shown(value)) for name, value in values.items())
    return lambda: [Grid((Column("name"), Column("value")), rows, header=False)]


def _shown(value: Any) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return ", ".join(f"{name.replace('_', ' ')}: {_shown(one)}" for name, one in value.items()) or "-"
        case list() | tuple():
            return ", ".join(_shown(item) for item in value) or "-"
        case _:
            return str(value)


def stacked(*pictures: Callable[[], "Drawing"]) -> Callable[[], "Drawing"]:
    """Return the picture of several, one above the other."""

    def picture() -> "Drawing":
        from syncd.entrypoints.cli.output import above

        return above([one() for one in pictures])

    return picture
