"""Tables that billing sends: nothing hides in them, and what cannot be told refuses the file."""

from datetime import date

import pytest

from syncd.core.claims.billing import BillingLine
from syncd.core.errors import UnreadableFileError
from syncd.services.claims.verify import lines_of

TUESDAY = date(2026, 12, 1)
HEAD = "appointment,date_of_service,note\n"


def said(lines: list[BillingLine]) -> list[tuple[str, date | None, date | None]]:
    return [(line.reference, line.first, line.last) for line in lines]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + 'apt-1,2026-12-01,"open\napt-2,2026-12-02,x\n',
        HEAD + 'apt-1,2026-12-01,5" pipe\napt-2,2026-12-02,x\n',
        HEAD + 'apt-1,2026-12-01,"a"b\napt-2,2026-12-02,x\n',
        HEAD + 'apt-1,2026-12-01, "a"\n',
        HEAD + '"apt-1,2026-12-01,a\napt-2,2026-12-02,"x\n',
        HEAD + 'apt-1,2026-12-01,"a\napt-2,2026-12-02,x\nb"\n',
        HEAD + 'apt-1,2026-12-01,"a\r\napt-2,20261202\r\napt-3,12/03/2026,"\r\n',
        HEAD + 'apt-1,2026-12-01,"a\rapt-2,soon,x\rb"\r',
        HEAD + '"apt-1\napt-2,2026-12-02",2026-12-01,x\n',
        '"appointment","date_of_service\napt-2,2026-12-02"\napt-1,2026-12-01\n',
        HEAD + 'apt-1,2026-12-01,"',
        HEAD + "apt-1,2026-12-01,Doe,Jane\n",
        HEAD.replace(",", ";") + 'apt-1;2026-12-01;"a\napt-2;2026-12-02;x"\n',
    ],
)
def test_rows_that_could_hide(text: str) -> None:
    """A quote that is out of place, a row inside a cell and cells beyond the table refuse the file."""
    with pytest.raises(UnreadableFileError):
        lines_of(text.encode())


@pytest.mark.parametrize(
    "note",
    ['"a, b"', '"two\nlines"', '"two\r\nlines; of text"', '"says ""hello"" "', '""', "", "it's", '"Doe, Jane\n"'],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_cells_that_hide_nothing(note: str, end: str) -> None:
    """Are read, with the rows after them under their own lines."""
    text = f"appointment,date_of_service,note,more{end}apt-1,2026-12-01,{note},{end}apt-2,2026-12-02{end}"
    lines = lines_of(text.encode())
    assert [line.reference for line in lines] == ["apt-1", "apt-2"]
    assert lines[1].number == 3 + note.count("\n")


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85"])
def test_what_ends_no_line(character: str) -> None:
    """Only CR and LF do: a row cannot begin after anything else, nor be cut there."""
    text = f"{HEAD}apt-1,2026-12-01,a{character}apt-9\napt-2,2026-12-02,b\n"
    assert [(line.number, line.reference) for line in lines_of(text.encode())] == [(2, "apt-1"), (3, "apt-2")]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("appointment,date,date_of_service", "apt-1,2020-01-01,2026-12-01"),
        ("appointment,Service Date,DOS", "apt-1,2026-12-01,12/01/2026"),
        ("appointment,dos_from,dos_to", "apt-1,20261201,20261201"),
        ("appointment,date of service,date of service", "apt-1,,2026-12-01"),
        ("id,appointment,date_of_service", "17,apt-1,2026-12-01"),
        ("reference,id,appointment id,dos", "x,17,apt-1,2026-12-01"),
        ("claim,appointment,dos", "A-1,apt-1,2026-12-01"),
        ("appointment,appointment_id,dos", "apt-1,apt-1,2026-12-01"),
    ],
)
def test_several_columns_that_agree(header: str, row: str) -> None:
    """The plainest names count, and columns of one meaning say the same."""
    assert said(lines_of(f"{header}\n{row}\n".encode())) == [("apt-1", TUESDAY, TUESDAY)]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("appointment,service_date,date_of_service", "apt-1,2026-12-01,2026-12-02"),
        ("appointment,dos,dos", "apt-1,2026-12-01,2026-12-02"),
        ("appointment,dos_from,dos_to", "apt-1,2026-12-01,2026-12-02"),
        ("appointment,dos,dos", "apt-1,2026-12-01,soon"),
        ("claim,claim number,dos", "A-1,A-2,2026-12-01"),
    ],
)
def test_several_columns_that_disagree(header: str, row: str) -> None:
    """Refuse the file: nobody knows which one counts."""
    with pytest.raises(UnreadableFileError, match="disagree"):
        lines_of(f"{header}\n{row}\n".encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(encoding: str) -> None:
    """UTF-16 is told by its byte order mark; the rest is ASCII where it matters."""
    text = HEAD + "apt-1,2026-12-01,é\n"
    assert said(lines_of(text.encode(encoding))) == [("apt-1", TUESDAY, TUESDAY)]
    assert said(lines_of(b"\xfe\xff" + text.encode("utf-16-be"))) == [("apt-1", TUESDAY, TUESDAY)]


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + "apt-1,2026-12-01,x\n").encode("utf-16-le"),
        (HEAD + "apt-1,2026-12-01,\0\n").encode(),
        (HEAD + "apt-1,2026-12-01,x\n").encode("utf-32"),
        b"\xff\xfe" + (HEAD + "apt-1,2026-12-01,x\n").encode("utf-16-le")[:-1],
    ],
)
def test_encodings_that_cannot_be_told(data: bytes) -> None:
    """NUL and broken UTF-16 refuse the file."""
    with pytest.raises(UnreadableFileError):
        lines_of(data)
