"""Idempotency-Key: a request has one effect however often it is sent, also at the same moment, on either database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.core.access.answers import InProgressError, KeptAnswer, OutcomeUnknownError
from syncd.core.access.principal import Role
from syncd.core.errors import SyncdError
from syncd.entrypoints.web.app import create_app
from syncd.entrypoints.web.server import WebServer
from syncd.services.access.answers import Answered, Answers
from syncd.services.access.secrets import digest_of
from tests.api.desk import Answer, Desk, installed
from tests.web.office import Office


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Desk]:
    """A practice on SQLite and on PostgreSQL."""
    system = installed(tmp_path, monkeypatch, database_url)
    server = WebServer(create_app(system), "127.0.0.1:0")
    server.start()
    yield Desk(Office(system), *server.address)
    assert server.stop(10)
    system.close()


def book(desk: Desk, key: str, hours: int = 5, role: Role = Role.ADMIN) -> Answer:
    start = (desk.office.at + timedelta(hours=hours)).isoformat(timespec="minutes")
    body = {"provider": desk.office.dana.id, "client": desk.office.robin.id, "start": start, "minutes": 50}
    return desk.ask("POST", "/appointments", body, role=role, Idempotency_Key=key)


def booked(desk: Desk) -> int:
    return len(desk.ask("GET", f"/appointments?provider={desk.office.dana.id}").document["appointments"])


def test_once_under_a_key(desk: Desk) -> None:
    """The same request once more gets the same answer, and says that it is one; another under its key is refused."""
    before = booked(desk)
    first, again = book(desk, "key-1"), book(desk, "key-1")
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert (first.headers["Idempotency-Replayed"], again.headers["Idempotency-Replayed"]) == (None, "true")
    assert (again.headers["ETag"], again.headers["Location"]) == (first.headers["ETag"], first.headers["Location"])
    other = book(desk, "key-1", hours=7)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    refused = book(desk, "key-2")
    assert (refused.status, refused.code) == (409, "overlap")
    assert book(desk, "key-2").headers["Idempotency-Replayed"] == "true"
    assert booked(desk) == before + 1


def test_two_at_the_same_time(desk: Desk) -> None:
    """One of them acts. The other is told that it is under way, or what was answered; then both know the same."""
    before = booked(desk)
    desk.token()
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: book(desk, "same-key"), range(6)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert {answer.code for answer in answers if answer.status == 409} <= {"in_progress"}
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert booked(desk) == before + 1
    assert book(desk, "same-key").status == 201


def test_keys_of_others(desk: Desk) -> None:
    """A key is its sender's: another's request under the same words is another request."""
    assert book(desk, "key-1").status == 201
    refused = book(desk, "key-1", role=Role.REVIEWER)
    assert (refused.status, refused.code) == (403, "not_permitted")


def test_what_had_no_effect(desk: Desk) -> None:
    """A request that could not be read, or was not allowed, uses no key up."""
    broken = desk.ask("POST", "/appointments", {"minutes": "many"}, Idempotency_Key="key-1")
    assert (broken.status, broken.code) == (422, "invalid")
    assert book(desk, "key-1").status == 201


def test_secrets_stay_sealed(desk: Desk) -> None:
    """What is kept for a day is sealed: a token that is shown once stands nowhere in the database."""
    body = {"user": "admin@example.com", "scope": "read"}
    issued = [desk.ask("POST", "/tokens", body, Idempotency_Key="key-1").document["token"] for _ in range(2)]
    assert issued[0] == issued[1]
    with desk.system.store.reading() as tx:
        sender = digest_of(f"{digest_of(desk.token())}|key-1")
        kept = tx.kept_answers.find(sender)
    assert kept is not None
    assert issued[0].encode() not in (kept.sealed or b"")


def test_what_broke_off(desk: Desk) -> None:
    """Nobody knows whether it was done: it is not carried out again before a day is over, and the answer says so."""
    answers, now = Answers(desk.system.store, desk.system.vault), datetime.now(UTC)
    assert answers.begin("ana", "key", "request", now) is None
    with pytest.raises(InProgressError):
        answers.begin("ana", "key", "request", now + timedelta(seconds=5))
    for error in (_begun(answers, now + timedelta(minutes=11)), _broken(answers, now)):
        assert isinstance(error, OutcomeUnknownError)
    assert answers.begin("ana", "key", "request", now + timedelta(hours=24)) is None


def _begun(answers: Answers, now: datetime) -> SyncdError | None:
    try:
        answers.begin("ana", "key", "request", now)
    except SyncdError as error:
        return error
    return None


def _broken(answers: Answers, now: datetime) -> SyncdError | None:
    answers.broke_off("ana", "key")
    return _begun(answers, now)


def test_a_day_later(desk: Desk) -> None:
    """Its key is forgotten, by itself and by pruning."""
    answers, now = Answers(desk.system.store, desk.system.vault), datetime.now(UTC)
    long_ago = now - timedelta(hours=25)
    answers.begin("ana", "key", "request", long_ago)
    answers.keep("ana", "key", Answered(200, {}, "{}"))
    assert desk.ask("POST", "/prune", {}).document["pruned"]["kept_answers"] == 1
    assert KeptAnswer(id="x", request="y", at=long_ago).is_over(now)


def test_keys_that_are_none(desk: Desk) -> None:
    """A key is some printable characters."""
    assert book(desk, "k" * 256).code == "invalid_value"
