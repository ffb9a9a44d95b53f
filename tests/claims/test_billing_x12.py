"""837P files that billing sends: no date hides behind a form that nobody knows."""

from datetime import date

import pytest

from syncd.core.claims.billing import BillingLine, Frequency, Verdict, day, judge
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.x12 import read_837
from syncd.core.errors import UnreadableFileError
from syncd.services.claims.verify import lines_of
from tests.claims.x12 import a_claim, an_837

TUESDAY = date(2026, 12, 1)


def said(text: str) -> list[tuple[str, date | None, date | None]]:
    return [(line.reference, line.first, line.last) for line in lines_of(text.encode())]


def an_837p(*replacements: tuple[str, str]) -> str:
    text = an_837(a_claim("apt-1", "D8*20261201"))
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    "replacement",
    [
        ("DTP*472", "dtp*472"),
        ("DTP*472", "DTP *472"),
        ("DTP*472", " DTP*472"),
        ("DTP*472", "DTP* 472"),
        ("DTP*472", "DTP*47"),
        ("DTP*472", "DTP*0472"),
        ("DTP*472*D8", "DTP*472*d8"),
        ("DTP*472*D8", "DTP*472* D8"),
        ("CLM*", "clm*"),
        ("CLM*", "CLM1*"),
        ("LX*1", "\tLX*1"),
        ("ST*837", "ST* 837"),
        ("11:B:1", "11:B:9"),
        ("11:B:1", "11:B:X"),
        ("005010X222A1~\nBHT", "005010X223A2~\nBHT"),
        ("005010X222A1~\nST", "005010X223A2~\nST"),
        ("005010X222A1", "005010X224A2"),
        ("*005010X222A1", ""),
        ("GE*1*1", "GE*2*1"),
        ("IEA*1*", "IEA*2*"),
        ("SE*8*0001", "SE*8*0002"),
        ("ST*837*0001*005010X222A1~\n", ""),
    ],
)
def test_an_837_in_which_a_date_could_hide(replacement: tuple[str, str]) -> None:
    """A tag or qualifier of the wrong form, another kind of 837, and envelopes that do not fit refuse the file."""
    assert said(an_837p()) == [("apt-1", TUESDAY, TUESDAY)]
    with pytest.raises(UnreadableFileError):
        lines_of(an_837p(replacement).encode())


def test_an_837_without_a_claim() -> None:
    """Is refused, and so is one beside another that has claims."""
    with pytest.raises(UnreadableFileError, match="no claim"):
        lines_of(an_837().encode())
    with pytest.raises(UnreadableFileError, match="no claim"):
        lines_of((an_837(a_claim("apt-1", "D8*20261201")) + an_837()).encode())


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("width", [7, 60, 80, 132])
def test_an_837_that_was_broken_into_lines(newline: str, width: int) -> None:
    """CR and LF are no part of a segment where neither ends one, in the ISA neither."""
    whole = an_837(a_claim("apt-1", "D8*20261201"), a_claim("apt-2", "D8*20261202"), newline="")
    broken = newline.join(whole[at : at + width] for at in range(0, len(whole), width))
    assert said(broken) == said(whole)


def test_an_837_whose_guide_only_its_group_names() -> None:
    """As versions before 005010 do."""
    assert said(an_837p(("*005010X222A1~\nBHT", "~\nBHT"), ("005010X222A1", "004010X098A1")))


def test_a_service_line_without_its_date() -> None:
    """Is told by its own segment, between those that have one."""
    lines = lines_of(an_837(a_claim("apt-1", "D8*20261201", "", "D8*20261201", "")).encode())
    assert [line.given for line in lines] == ["20261201", "", "20261201", ""]
    assert [line.number for line in lines] == sorted({line.number for line in lines})


@pytest.mark.parametrize(
    ("frequency", "given", "verdict"),
    [
        (Frequency.ORIGINAL, "2026-12-01", Verdict.AGREES),
        (Frequency.REPLACEMENT, "2026-12-01", Verdict.REPLACEMENT),
        (Frequency.REPLACEMENT, "2026-12-02", Verdict.WRONG_DATE),
        (Frequency.VOID, "2026-12-01", Verdict.VOID),
        (Frequency.VOID, "2026-12-02", Verdict.VOID),
    ],
)
def test_what_replaces_or_voids_a_claim(frequency: Frequency, given: str, verdict: Verdict) -> None:
    """Has a verdict of its own, and never agrees by itself."""
    line = BillingLine(number=1, reference="apt-1", given=given, first=day(given), last=day(given), frequency=frequency)
    assert judge(line, TUESDAY, ClaimStatus.FILED, is_held=False) is verdict
    assert [line.frequency for line in read_837(an_837p(("11:B:1", f"11:B:{frequency}")))] == [frequency]
