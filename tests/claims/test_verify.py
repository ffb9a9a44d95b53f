"""What billing is about to send, against the record."""

from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.claims.billing import Verdict
from syncd.core.claims.holds import ClaimRules
from syncd.core.errors import UnreadableFileError
from syncd.core.scheduling.appointments import Appointment
from syncd.ports.store.transaction import Store
from syncd.presentation.documents.claims import billing_document
from syncd.services.claims.claims import file, settle
from syncd.services.claims.verify import check_lines, lines_of
from tests.builders import an_admin
from tests.claims.x12 import a_claim, an_837
from tests.services.booking_practice import BookingPractice

RULES = ClaimRules()


@pytest.fixture
def office(sqlite_store: Store) -> BookingPractice:
    return BookingPractice(sqlite_store)


@pytest.fixture
def sessions(office: BookingPractice) -> list[Appointment]:
    """Three weekly sessions that are over and whose claims are clear."""
    found = office.book_series("FREQ=WEEKLY;COUNT=3")
    office.now = datetime(2026, 12, 20, tzinfo=UTC)
    with office.store.transaction() as tx:
        for one in found:
            settle(tx, one.id, RULES, an_admin("test"), office.now, seen=tx.appointments.get(one.id).version)
    return found


def verdicts(office: BookingPractice, text: str) -> list[Verdict]:
    with office.store.reading() as tx:
        return [checked.verdict for checked in check_lines(tx, lines_of(text.encode()), RULES, office.now)]


def d8(one: Appointment, days: int = 0) -> str:
    return f"D8*{one.date_of_service + timedelta(days=days):%Y%m%d}"


def test_claims_that_agree(office: BookingPractice, sessions: list[Appointment]) -> None:
    """Each under its own appointment, several service lines of one day too."""
    assert verdicts(office, an_837(*(a_claim(one.id, d8(one), d8(one)) for one in sessions))) == [Verdict.AGREES] * 6


def test_one_claim_over_several_sessions(office: BookingPractice, sessions: list[Appointment]) -> None:
    """Each line has its own verdict: the days of other sessions belong under their own claims."""
    one, other, _ = sessions
    text = an_837(a_claim(one.id, d8(one), d8(other), d8(one, 1)))
    assert verdicts(office, text) == [Verdict.AGREES, Verdict.SEVERAL_SESSIONS, Verdict.WRONG_DATE]


def test_a_claim_that_occurs_twice(office: BookingPractice, sessions: list[Appointment]) -> None:
    """Is told where it occurs again, by whichever of its names, in another set or interchange too."""
    one = sessions[0]
    with office.store.transaction() as tx:
        number = file(tx, one.id, "A-1", RULES, an_admin("test"), office.now).claim.number
    twice = an_837(a_claim(one.id, d8(one)), a_claim(str(number), d8(one)))
    assert verdicts(office, twice) == [Verdict.AGREES, Verdict.DUPLICATE]
    assert verdicts(office, an_837(a_claim(one.id, d8(one))) * 2) == [Verdict.AGREES, Verdict.DUPLICATE]


def test_a_table_that_names_two_claims_in_a_row(office: BookingPractice, sessions: list[Appointment]) -> None:
    """Is refused; another name of the same claim, and a number that nobody filed yet, are not."""
    one, other, _ = sessions
    with office.store.transaction() as tx:
        file(tx, other.id, "A-2", RULES, an_admin("test"), office.now)
    head = "appointment,claim_number,date_of_service\n"
    assert verdicts(office, f"{head}{other.id},A-2,{other.date_of_service}\n") == [Verdict.AGREES]
    assert verdicts(office, f"{head}{one.id},A-9,{one.date_of_service}\n") == [Verdict.AGREES]
    with pytest.raises(UnreadableFileError, match="two claims"):
        verdicts(office, f"{head}{one.id},A-2,{one.date_of_service}\n")


def test_no_lines() -> None:
    """Is not "all agree"."""
    assert billing_document([])["ok"] is False
