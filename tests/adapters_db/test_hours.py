"""Working hours, time off, used links and form keys: the store's contract, on every database."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.errors import AlreadyExistsError, NotFoundError
from syncd.core.scheduling.hours import TimeOff, parse_hours
from syncd.services.access.once import once
from tests.builders import NOW, an_appointment

DAY = timedelta(days=1)
KEY = "a key of twenty char"


def test_hours(practice_store: SqlStore) -> None:
    """They are kept as they were set, changed, and taken away; no hours at all are some, too."""
    with practice_store.transaction() as tx:
        assert tx.hours.of_provider("prv-1") is None
        for text in ("Mon 09:00-10:00", "none"):
            tx.hours.set("prv-1", parse_hours(text))
            assert tx.hours.of_provider("prv-1") == parse_hours(text)
        tx.hours.set("prv-1", None)
        assert tx.hours.of_provider("prv-1") is None


def test_time_off(practice_store: SqlStore) -> None:
    """What shares a moment with the time that is asked about is found, and what was removed is not."""
    first, later = (TimeOff(f"off-{n}", "prv-1", NOW + n * DAY, NOW + (n + 2) * DAY) for n in (1, 5))
    with practice_store.transaction() as tx:
        tx.hours.add_time_off(later)
        tx.hours.add_time_off(first)
        assert tx.hours.time_off("prv-1", NOW) == [first, later]
        assert tx.hours.time_off("prv-1", NOW, NOW + DAY) == []
        assert tx.hours.time_off("prv-1", NOW + 3 * DAY, NOW + 6 * DAY) == [later]
        assert tx.hours.remove_time_off(first.id) == first
        assert tx.hours.time_off("prv-1", NOW) == [later]
        with pytest.raises(NotFoundError):
            tx.hours.remove_time_off(first.id)


def test_a_link_is_used_once(practice_store: SqlStore) -> None:
    """The appointment that it led to is kept; it leads to no second one."""
    one, other = an_appointment(), an_appointment(start=an_appointment().start + DAY)
    with practice_store.transaction() as tx:
        tx.appointments.add([one, other])
        assert tx.links.led_to(one.id) is None
        tx.links.use(one.id, other.id, NOW)
        assert tx.links.led_to(one.id) == other.id
        with pytest.raises(AlreadyExistsError):
            tx.links.use(one.id, one.id, NOW)


def test_a_form_is_carried_out_once(store: SqlStore) -> None:
    """Sent again it leads to where it led; another's form of the same key is another form."""
    done: list[str] = []

    def act(name: str) -> str:
        done.append(name)
        return f"/{name}"

    assert once(store, KEY, "ana", NOW, lambda _: act("first")) == "/first"
    assert once(store, KEY, "ana", NOW, lambda _: act("second")) == "/first"
    assert once(store, KEY, "ben", NOW, lambda _: act("third")) == "/third"
    assert done == ["first", "third"]


def test_what_was_refused_may_be_sent_again(store: SqlStore) -> None:
    """A refusal takes no key."""

    def refuse(_: object) -> str:
        raise NotFoundError

    with pytest.raises(NotFoundError):
        once(store, KEY, "ana", NOW, refuse)
    assert once(store, KEY, "ana", NOW, lambda _: "/done") == "/done"


def test_sent_twice_at_the_same_moment(database_url: str, open_stores: Callable[[str], SqlStore]) -> None:
    """The second waits for the first and gets its answer."""
    done: list[int] = []
    answers: list[str] = []
    inside, second_begins = threading.Event(), threading.Event()

    def slow(_: object) -> str:
        done.append(1)
        inside.set()
        second_begins.wait(10)
        return "/first"

    def quick(_: object) -> str:
        done.append(2)
        return "/second"

    first = threading.Thread(target=lambda: answers.append(once(open_stores(database_url), KEY, "ana", NOW, slow)))
    first.start()
    assert inside.wait(10)
    other = threading.Thread(target=lambda: answers.append(once(open_stores(database_url), KEY, "ana", NOW, quick)))
    other.start()
    second_begins.set()
    for thread in (first, other):
        thread.join(30)
    assert (answers, done) == (["/first", "/first"], [1])
