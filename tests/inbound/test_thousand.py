"""A thousand mails: answers, copies of them, forgeries, in any order, and a process that dies in between."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.inbound.outcomes import MailEffect, Received
from syncd.core.scheduling.appointments import Appointment
from syncd.services.inbound.receiving import Receiver
from tests.builders import START
from tests.inbound.mails import an_answer, signed
from tests.inbound.office import Office
from tests.services.dying import DeathPoint, DyingStore, Killed

PAT, CHRIS, EVE = "pat@example.com", "chris@example.org", "eve@example.net"
_SESSIONS = 100
_FORGERIES: tuple[dict[str, str], ...] = (
    {"above": ""},
    {"above": signed(PAT, "fail")},
    {"above": "", "below": signed(PAT)},
    {"attendee": CHRIS},
)


def written(sessions: list[Appointment], chance: random.Random) -> list[bytes]:
    """Return a thousand mails: of each session a decline of the provider's, an answer of the client's, and the rest."""
    mails = []
    for one in sessions:
        declined, accepted = an_answer(one.uid, PAT), an_answer(one.uid, CHRIS, "ACCEPTED", stamp="20261123T120000Z")
        earlier = an_answer(one.uid, PAT, "ACCEPTED", stamp="20261123T110000Z")
        mails += [declined, declined, an_answer(one.uid, PAT), earlier, accepted, accepted]
        mails += [an_answer(one.uid, PAT, stamp="20261123T180000Z", **forged) for forged in _FORGERIES]
    chance.shuffle(mails)
    return mails


def delivered(office: Office, mails: list[bytes], chance: random.Random) -> int:
    """Deliver each until it is on record, by a process that now and then dies at one of its steps; return how often."""
    deaths = 0
    for mail in mails:
        fate = DeathPoint(dies_at=chance.choice([0, 1, None, None, None]))
        while True:
            dying = DyingStore(office.store, fate)
            try:
                replace(office.receiver, store=dying).receive(mail, office.now, "imap")
            except Killed:
                deaths += 1
                fate = DeathPoint()
                continue
            break
    return deaths


@pytest.mark.slow
def test_each_effect_once_and_none_from_a_forged_one(office: Office) -> None:
    """Every session has one open decline, of the answer that was given last; nothing else came of all these mails."""
    chance = random.Random(1)  # noqa: S311 - the same at each run
    sessions = [office.book(START + timedelta(days=day)) for day in range(_SESSIONS)]
    office.sent()
    mails = written(sessions, chance)
    assert len(mails) == 1000
    deaths = delivered(office, mails, chance)
    drifts = office.drifts()
    assert Counter(drift.appointment_id for drift in drifts) == Counter(one.id for one in sessions)
    assert {(drift.kinds, drift.edited_at.hour if drift.edited_at else 0) for drift in drifts} == {(("declined",), 13)}
    assert office.outbox() == []
    with office.store.reading() as tx:
        effects = Counter(one.effect for one in tx.inbound.list())
    assert effects[MailEffect.DECLINED] == _SESSIONS
    assert effects[MailEffect.QUARANTINED] == _SESSIONS * len(_FORGERIES)
    assert deaths > 200


def test_two_copies_at_the_same_moment(open_stores: Callable[[str], SqlStore], postgres_url: str) -> None:
    """What comes by the pipe and is fetched from the mailbox at once has one effect."""
    office = Office(open_stores(postgres_url))
    uid = office.invited().uid
    mails = [an_answer(uid, PAT) for _ in range(4)] * 2
    with ThreadPoolExecutor(4) as pool:
        effects = Counter(one.effect for one in pool.map(lambda raw: _received(office.receiver, raw, office), mails))
    assert effects == {MailEffect.DECLINED: 1, MailEffect.IGNORED: 7}
    assert len(office.drifts()) == 1


def _received(receiver: Receiver, raw: bytes, office: Office) -> Received:
    return receiver.receive(raw, office.now, "pipe")
