"""Reading what a billing system is about to send, and judging it."""

from datetime import date

import pytest

from syncd.core.claims.billing import BillingLine, Verdict, day, judge
from syncd.core.claims.billing_table import read_table
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.x12 import is_x12, read_837
from syncd.core.errors import UnreadableFileError
from syncd.services.claims.verify import lines_of
from tests.claims.x12 import a_claim, an_837

TUESDAY, WEDNESDAY = date(2026, 12, 1), date(2026, 12, 2)


def said(lines: list[BillingLine]) -> list[tuple[str, date | None, date | None]]:
    return [(line.reference, line.first, line.last) for line in lines]


@pytest.mark.parametrize("text", ["2026-12-01", "20261201", "12/01/2026"])
def test_a_date(text: str) -> None:
    """Is read as ISO 8601, as X12 and as spreadsheets in the United States write it."""
    assert day(text) == TUESDAY


@pytest.mark.parametrize("text", ["", "1.12.2026", "2026-13-01", "26-12-01", "2026-12-01T10:00", "20261232", "1/2/26"])
def test_what_is_no_date(text: str) -> None:
    """Is not guessed at."""
    assert day(text) is None


@pytest.mark.parametrize(
    ("given", "status", "is_held", "verdict"),
    [
        ("2026-12-01", ClaimStatus.CLEAR, False, Verdict.AGREES),
        ("2026-12-01", ClaimStatus.FILED, False, Verdict.AGREES),
        ("2026-12-01", ClaimStatus.FILED, True, Verdict.HELD),
        ("2026-12-01", ClaimStatus.HELD, True, Verdict.HELD),
        ("2026-12-01", ClaimStatus.PENDING, False, Verdict.HELD),
        ("2026-12-02", ClaimStatus.CLEAR, False, Verdict.WRONG_DATE),
        ("2026-12-02", ClaimStatus.HELD, True, Verdict.WRONG_DATE),
        ("", ClaimStatus.CLEAR, False, Verdict.WRONG_DATE),
        ("soon", ClaimStatus.CLEAR, False, Verdict.UNREADABLE),
        ("2026-12-01", ClaimStatus.VOID, True, Verdict.CANCELLED),
        ("soon", ClaimStatus.VOID, True, Verdict.CANCELLED),
        ("", ClaimStatus.VOID, True, Verdict.AGREES),
    ],
)
def test_verdicts(given: str, status: ClaimStatus, is_held: bool, verdict: Verdict) -> None:
    """Only the claim's own date agrees, and only where nothing holds it; what was cancelled has none at all."""
    line = BillingLine(number=1, reference="apt-1", given=given, first=day(given), last=day(given))
    assert judge(line, TUESDAY, status, is_held=is_held) is verdict


def test_a_range_of_dates() -> None:
    """Agrees when it is the one day."""
    line = BillingLine(number=1, reference="apt-1", given="20261201-20261202", first=TUESDAY, last=WEDNESDAY)
    assert judge(line, TUESDAY, ClaimStatus.CLEAR, is_held=False) is Verdict.WRONG_DATE


@pytest.mark.parametrize(
    "text",
    [
        "appointment,date_of_service\napt-1,2026-12-01\n",
        "Claim Number;Amount;Date of Service\r\napt-1;100,00;2026-12-01\r\n",
        "apt-1,2026-12-01",
        "DOS\tid\n12/01/2026\tapt-1\n",
        '\ufeff"appointment","date of service"\n\n"apt-1"," 20261201 "\n',
    ],
)
def test_tables(text: str) -> None:
    """Reference and date are found by the names of their columns, or stand first and second."""
    assert said(lines_of(text.encode())) == [("apt-1", TUESDAY, TUESDAY)]


def test_a_table_with_gaps() -> None:
    """A row that says no date, or is shorter, is a line all the same; each keeps its number in the file."""
    lines = list(read_table("appointment,date_of_service\napt-1,\n\napt-2\napt-3,soon\n"))
    assert [(line.number, line.reference, line.given, line.first) for line in lines] == [
        (2, "apt-1", "", None),
        (4, "apt-2", "", None),
        (5, "apt-3", "soon", None),
    ]


@pytest.mark.parametrize("text", ["name,amount\nx,1\n", "just a text"])
def test_a_table_without_such_columns(text: str) -> None:
    """Is refused."""
    with pytest.raises(UnreadableFileError, match="column"):
        list(read_table(text))


@pytest.mark.parametrize("data", [b"", b"\n\r\n ", b"\xef\xbb\xbf", b"appointment,date_of_service\n", b"\xff\xfe"])
def test_an_empty_file(data: bytes) -> None:
    """Holds nothing that could agree, and is refused."""
    with pytest.raises(UnreadableFileError, match="nothing"):
        lines_of(data)


@pytest.mark.parametrize(
    ("between", "end", "newline"), [("*", "~", "\n"), ("*", "~", ""), ("|", "\n", ""), ("*", "'", "\r\n")]
)
def test_an_837(between: str, end: str, newline: str) -> None:
    """Every service line's date is read under its claim, whatever separators the file states."""
    text = an_837(
        a_claim("apt-1", "D8*20261201", "RD8*20261201-20261202"),
        a_claim("apt-2", "D8*20261202"),
        between=between,
        end=end,
        newline=newline,
    )
    assert is_x12(text)
    assert said(list(read_837(text))) == [
        ("apt-1", TUESDAY, TUESDAY),
        ("apt-1", TUESDAY, WEDNESDAY),
        ("apt-2", WEDNESDAY, WEDNESDAY),
    ]


def test_claims_without_a_service_date() -> None:
    """Yield one line without a date each, the last of a transaction set too."""
    text = an_837(a_claim("apt-1", ""), a_claim("apt-2", "D8*20261201"), a_claim("apt-3"))
    assert [(line.reference, line.given) for line in read_837(text)] == [
        ("apt-1", ""),
        ("apt-2", "20261201"),
        ("apt-3", ""),
    ]


@pytest.mark.parametrize("of_service", ["D8*2026120", "RD8*20261201", "TM*1200", "D8*", "RD8*20261201-"])
def test_a_service_date_that_is_none(of_service: str) -> None:
    """Is told as it stands there and agrees with nothing."""
    (line,) = read_837(an_837(a_claim("apt-1", of_service)))
    assert line.given
    assert None in {line.first, line.last}


def test_two_interchanges() -> None:
    """Each is read with its own separators."""
    first = an_837(a_claim("apt-1", "D8*20261201"))
    second = an_837(a_claim("apt-2", "D8*20261202"), between="|", end="'")
    assert [line.reference for line in lines_of((first + second).encode())] == ["apt-1", "apt-2"]


def test_an_empty_segment() -> None:
    """Is passed over; what follows it is read."""
    text = an_837(a_claim("apt-1", "D8*20261201")).replace("LX*1~", "~LX*1~")
    assert len(list(read_837(text))) == 1


def test_bytes_beyond_ascii() -> None:
    """Are read whatever their encoding."""
    text = an_837(a_claim("apt-1", "D8*20261201")).replace("SENDER ", "SÉNDER ")
    assert len(lines_of(text.encode("latin-1"))) == 1


@pytest.mark.parametrize("length", range(110, len(an_837(a_claim("apt-1", "D8*20261201"))) - 2, 7))
def test_an_837_that_is_cut_off(length: int) -> None:
    """Is refused, wherever the cut is: a line that is not read could be the wrong one."""
    with pytest.raises(UnreadableFileError):
        list(read_837(an_837(a_claim("apt-1", "D8*20261201"))[:length]))


@pytest.mark.parametrize(
    "text",
    [
        an_837(a_claim("apt-1", "D8*20261201"), count=1),
        an_837(a_claim("apt-1", "D8*20261201"), kind="835"),
        an_837(a_claim("apt-1", "D8*20261201")) + "ISA and the rest",
        an_837(a_claim("apt-1", "D8*20261201")).replace("SE*8*", "SE*x*"),
        an_837(a_claim("apt-1", "D8*20261201")).replace("SE*8*0001~", ""),
    ],
)
def test_an_837_that_is_damaged(text: str) -> None:
    """Is refused: too few segments, another kind of transaction, or something else after it."""
    with pytest.raises(UnreadableFileError):
        list(read_837(text))
