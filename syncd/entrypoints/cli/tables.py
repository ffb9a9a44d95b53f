"""Tables for people, from the same plain values that ``--json`` prints."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, empty: str) -> Callable[[], "RenderableType"]:
    """Return a picture of ``rows``: one column per key of ``columns``; ``empty`` is said when there is none."""
    kept = [dict(row) for row in rows]

    def picture() -> "RenderableType":
        from rich.table import Table
        from rich.text import Text

        if not kept:
            return Text(empty)
        drawn = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            drawn.add_column(column.replace("_", " "), overflow="fold")
        for row in kept:
            drawn.add_row(*(Text(_shown(row.get(column))) for column in columns))
        return drawn

    return picture


def facts(values: Mapping[str, Any]) -> Callable[[], "RenderableType"]:
    """Return a picture of one thing: a line per value."""

    def picture() -> "RenderableType":
        from rich.table import Table
        from rich.text import Text

        drawn = Table.grid(padding=(0, 2))
        for name, value in values.items():
            drawn.add_row(Text(name.replace("_", " "), style="bold"), Text(_shown(value)))
        return drawn

    return picture


def _shown(value: Any) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return clean(", ".join(str(item) for item in value)) or "-"
        case _:
            return clean(str(value))


def clean(text: str) -> str:
    """Return ``text`` without control characters: what stood in a calendar may hold a terminal's commands."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


def stacked(*pictures: Callable[[], "RenderableType"]) -> Callable[[], "RenderableType"]:
    """Return the picture of several, one above the other."""

    def picture() -> "RenderableType":
        from rich.console import Group

        return Group(*(one() for one in pictures))

    return picture
