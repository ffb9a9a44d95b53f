"""From an edit in the provider's calendar to the notice in their mailbox."""

import pytest

from syncd.adapters.db import SqlStore
from syncd.adapters.memory import Operation
from syncd.core.sync.drift import DriftStatus
from syncd.core.sync.policy import Policy
from syncd.ports.remote.errors import UnavailableError
from tests.messages.notice_world import NoticeWorld
from tests.services.world import MOVED_A_DAY, with_alarm


@pytest.fixture
def world(sqlite_store: SqlStore) -> NoticeWorld:
    return NoticeWorld(sqlite_store)


def test_moved_and_put_back(world: NoticeWorld) -> None:
    """One revert, one notice, that tells of the drift on record."""
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.cycle()
    (drift,) = world.drifts(DriftStatus.REVERTED)
    (notice,) = world.mails()
    assert (notice.recipient, notice.appointment_id, notice.uid) == (world.provider.email, one.id, one.uid)
    assert notice.facts["drift"] == drift.id
    assert notice.facts["edits"][0].startswith("another time: Wednesday, 2 December 2026, 10:00")
    world.cycle()
    assert len(world.mails()) == 1


def test_deleted_and_put_back(world: NoticeWorld) -> None:
    """A deletion is told as one."""
    one = world.book()
    world.cycle()
    world.delete(one)
    world.cycle()
    assert [notice.facts["edits"] for notice in world.mails()] == [["deleted"]]


def test_nothing_was_put_back(world: NoticeWorld) -> None:
    """What the provider owns, and what waits for a decision, is no reason to write."""
    one = world.book()
    world.cycle()
    world.edit(one, with_alarm)
    world.cycle()
    world.policy = Policy(())
    world.edit(one, MOVED_A_DAY)
    world.cycle()
    assert len(world.drifts(DriftStatus.OPEN)) == 1
    assert world.mails() == []


def test_the_answer_to_the_revert_is_lost(world: NoticeWorld) -> None:
    """A revert that took place without our hearing of it is told when it is seen: once."""
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.collection.fail(Operation.REPLACE, UnavailableError(), carried_out=True)
    world.cycle()
    assert world.mails() == []
    world.cycle()
    world.cycle()
    assert len(world.mails()) == 1


def test_the_revert_fails(world: NoticeWorld) -> None:
    """What was not put back is not said to be."""
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.collection.fail(Operation.REPLACE, UnavailableError())
    world.cycle()
    assert world.mails() == []
