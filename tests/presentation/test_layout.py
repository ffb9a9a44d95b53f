"""Tables as text: what fits, what wraps, and what never does."""

from hypothesis import given
from hypothesis import strategies as st

from syncd.presentation.layout import Column, Grid, Lines, Span, cells, laid_out, plain

ID = "drift-7m2k9qf3x1"
COLUMNS = (Column("id"), Column("provider"), Column("edit"), Column("rule", wide=True))
WORDS = "moved: Tue 2026-12-01 10:00 → Wed 2026-12-02 11:30 by hand"


def a_grid(*rows: tuple[str, ...]) -> Grid:
    return Grid(COLUMNS, rows)


def test_where_there_is_room_all_stands_in_one_line() -> None:
    """Without a width nothing wraps and no column is left out."""
    head, row = plain([a_grid((ID, "Dana Doe", WORDS, "default"))]).splitlines()
    assert head.split() == ["id", "provider", "edit", "rule"]
    assert row == f"{ID}  Dana Doe  {WORDS}  default"


def test_at_80_columns_texts_wrap_and_ids_do_not() -> None:
    """The column that is only for wide output is left out; words wrap between words."""
    text = plain([a_grid((ID, "Dana Doe", WORDS * 2, "default"))], 80)
    assert "rule" not in text
    assert text.count(ID) == 1
    assert all(len(line) <= 80 for line in text.splitlines())


def test_where_nothing_fits_each_row_is_a_block() -> None:
    """A name and its value in a line each are read where no table is."""
    text = plain([a_grid((ID, "Dana Doe", WORDS, "default"))], 30)
    assert text.splitlines()[0].split() == ["id", ID]
    assert "provider  Dana Doe" in text


def test_an_empty_value_is_a_dash() -> None:
    """A hole in a table would be read as part of the column beside it."""
    assert plain([a_grid((ID, "", "", ""))]).splitlines()[1].split() == [ID, "-", "-", "-"]


def test_wide_and_combining_characters_are_counted_as_they_are_shown() -> None:
    """Columns stand below each other in any script."""
    assert (cells("日本"), cells("e\u0301"), cells("ab")) == (4, 1, 2)


@given(
    rows=st.lists(st.tuples(*[st.text(max_size=40)] * len(COLUMNS)), min_size=1, max_size=4),
    width=st.none() | st.integers(40, 200),
)
def test_whatever_is_shown(rows: list[tuple[str, ...]], width: int | None) -> None:
    """No control character leaves, and no line is wider than it may be."""
    lines = laid_out([a_grid(*rows), Lines(((Span("\x1b[2Jend"),),))], width)
    for line in lines:
        text = "".join(span.text for span in line)
        assert all(char.isprintable() or char == "�" for char in text)
        if width is not None:
            assert cells(text.rstrip()) <= width
