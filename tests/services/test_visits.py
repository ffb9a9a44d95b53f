"""What a client may do by a link, on every database: who comes first gets the time."""

import threading
from datetime import timedelta

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.errors import LateNoticeError
from syncd.core.messaging.links import LinkError
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.slots import SlotRules, SlotTakenError
from syncd.services.messaging.visits import Visits, VisitState
from syncd.services.scheduling.slots import Slots
from tests.builders import START, a_client, a_practice
from tests.services.booking_practice import CLIENT, BookingPractice


def visits_of(practice: BookingPractice) -> Visits:
    rules = BookingRules()
    slots = Slots(SlotRules(), rules)
    return Visits(
        store=practice.store,
        key=b"a key",
        practice=a_practice(),
        booking=rules,
        slots=slots,
        valid=timedelta(days=90),
    )


def test_two_clients_want_one_time(store: SqlStore) -> None:
    """Both saw it free; one of them gets it, the other is told and keeps what they had."""
    practice = BookingPractice(store)
    other = a_client()
    with store.transaction() as tx:
        tx.clients.add(other)
    mine, theirs = practice.book(), practice.book(START.replace(hour=12), client=other.id)
    visits, wanted = visits_of(practice), START.replace(hour=15)
    tokens = [visits.token_of(one, practice.now) for one in (mine, theirs)]
    assert all(wanted in visits.times(token, practice.now)[1] for token in tokens)
    together, got, refused = threading.Barrier(2), list[str](), list[str]()

    def choose(token: str) -> None:
        together.wait(10)
        try:
            with store.transaction() as tx:
                got.append(visits.choose(tx, token, wanted, practice.terms(CLIENT)).id)
        except SlotTakenError as error:
            refused.append(error.code)

    threads = [threading.Thread(target=choose, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(got), refused) == (1, ["slot_taken"])
    starts = {practice.get(one).start for one in (mine, theirs)}
    assert wanted in starts
    assert len(starts) == 2


def test_a_link_in_place_of_a_cancelled_session_is_used_once(store: SqlStore) -> None:
    """The second use is no link any more, even for the same time."""
    practice = BookingPractice(store)
    one = practice.book()
    practice.cancel(one)
    visits = visits_of(practice)
    token = visits.token_of(one, practice.now)
    assert visits.look(token, practice.now).state is VisitState.CANCELLED
    with store.transaction() as tx:
        new = visits.choose(tx, token, START.replace(hour=15), practice.terms(CLIENT))
    assert new.id != one.id
    with pytest.raises(LinkError):
        visits.look(token, practice.now)


def test_too_late_for_a_time_that_is_free(store: SqlStore) -> None:
    """Inside the notice window nothing moves, whatever is free."""
    practice = BookingPractice(store)
    one = practice.book()
    practice.pass_time(START - practice.now - timedelta(hours=23))
    visits = visits_of(practice)
    token = visits.token_of(one, practice.now)
    with pytest.raises(LateNoticeError, match=practice.provider.email), store.transaction() as tx:
        visits.choose(tx, token, START + timedelta(days=2), practice.terms(CLIENT))
    assert practice.get(one).start == START
