"""What is over is let go of, in time; what a claim, an open decision or a proof rests on never is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from syncd.core.access.accounts import ApiToken, LinkPurpose, OneTimeLink, Session, TokenScope, User
from syncd.core.access.permissions import NotPermittedError
from syncd.core.access.principal import Role, local_administrator
from syncd.core.claims.claim import Attestation, ClaimStatus
from syncd.core.inbound.outcomes import MailEffect, Reason, Received
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import DriftStatus
from syncd.core.sync.publication import Intent, IntentKind, PublicationState
from syncd.core.work import Key, Pace, WorkKind
from syncd.ports.store.pruning import Litter
from syncd.ports.store.transaction import Store
from syncd.services.upkeep.pruning import PRUNER, Pruning, Retention, prunable, prune
from syncd.services.work.stopping import Stop, StoppingError
from tests.adapters_db.test_messages import a_message
from tests.builders import (
    NOW,
    START,
    a_calendar,
    a_client,
    a_provider,
    a_publication,
    a_series,
    an_appointment,
    an_instance,
)
from tests.claims.builders import a_reverted
from tests.entrypoints.command import Shell
from tests.working import a_task, is_due, work_off

ADMIN = local_administrator("root")
DAY = timedelta(days=1)
LATER = START + 400 * DAY
ONE = an_appointment(id="apt-1")
RETENTION = Retention(dict.fromkeys(Litter, 100 * DAY))


def settle(store: Store, one: Appointment = ONE, status: ClaimStatus = ClaimStatus.CLEAR) -> None:
    """Let a session's claim come to stand so, as it would have after the session."""
    seen = one.end + DAY
    with store.transaction() as tx:
        claim = replace(tx.claims.get(one.id), confirmed_at=seen, proven_at=seen, status=ClaimStatus.CLEAR)
        tx.claims.save(claim)
        if status is ClaimStatus.FILED:
            tx.claims.save(replace(claim, status=status, number="N1", filed_at=seen))


@pytest.fixture
def years_ago(store: Store) -> Store:
    """A session that is long over, with everything that was ever about it, and a claim that is clear."""
    calendar = a_calendar(id="cal-1")
    with store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-1"))
        tx.clients.add(a_client(id="cli-1"))
        tx.appointments.add([ONE])
        tx.calendars.add(calendar)
        shown = a_publication(calendar, ONE.source, body="BEGIN:VCALENDAR", etag='"1"', first_seen_at=NOW)
        tx.publications.add(replace(shown, id="pub-1", state=PublicationState.RETIRED))
        tx.messages.add([a_message(id="msg-1", appointment_id=ONE.id, status=MessageStatus.SENT, sent_at=NOW)])
        tx.drifts.add(a_reverted(id="drift-1", publication_id="pub-1"))
    settle(store)
    return store


def gone(store: Store, retention: Retention = RETENTION, now: datetime = LATER) -> dict[str, int]:
    """Prune; return how much of what went."""
    return {str(litter): number for litter, number in prune(store, retention, ADMIN, now).items() if number}


def test_what_is_over_goes(years_ago: Store) -> None:
    """The text of the event, its settled drift and its mail go; appointment, claim and trail stay."""
    assert gone(years_ago) == {"bodies": 1, "drifts": 1, "messages": 1}
    with years_ago.reading() as tx:
        [publication] = tx.publications.ever_of_source(ONE.source)
        assert (publication.body, publication.etag, publication.first_seen_at) == (None, None, NOW)
        assert tx.claims.get(ONE.id).status is ClaimStatus.CLEAR
        assert not tx.drifts.concerning([ONE.id])
        assert not tx.messages.list()
    assert gone(years_ago) == {}


def test_the_trail_says_how_much_went(years_ago: Store) -> None:
    """Counts, who and when, and nothing of what it was."""
    gone(years_ago)
    with years_ago.reading() as tx:
        [record] = [one for one in tx.audit.list() if one.action == "store.pruned"]
    assert (record.actor, record.at, record.details) == (ADMIN.name, LATER, {"bodies": 1, "drifts": 1, "messages": 1})


def test_before_its_time(years_ago: Store) -> None:
    """Nothing goes as long as it is kept, and what is kept for good never does."""
    assert gone(years_ago, now=ONE.end + 99 * DAY) == {}
    assert gone(years_ago, Retention({})) == {}


def test_shown_first(years_ago: Store) -> None:
    """What a dry run counts is what goes, and it changes nothing."""
    with years_ago.reading() as tx:
        head = tx.audit.head()
    shown = {str(litter): number for litter, number in prunable(years_ago, RETENTION, ADMIN, LATER).items() if number}
    with years_ago.reading() as tx:
        assert tx.audit.head() == head
    assert gone(years_ago) == shown


def test_who_may(years_ago: Store) -> None:
    """Only who may manage the system."""
    reviewer = replace(ADMIN, role=Role.REVIEWER)
    with pytest.raises(NotPermittedError):
        prune(years_ago, RETENTION, reviewer, LATER)
    with pytest.raises(NotPermittedError):
        prunable(years_ago, RETENTION, reviewer, LATER)


def a_received(**changes: Any) -> Received:
    default = Received(
        id="mail-1",
        digest="1",
        received_at=NOW,
        channel="pipe",
        size=100,
        effect=MailEffect.IGNORED,
        reason=Reason.FOREIGN,
    )
    return replace(default, **changes)


def an_open_drift(store: Store) -> None:
    with store.transaction() as tx:
        tx.drifts.save(replace(tx.drifts.get("drift-1"), status=DriftStatus.OPEN, resolved_at=None))


def a_held_claim(store: Store) -> None:
    with store.transaction() as tx:
        tx.claims.save(replace(tx.claims.get(ONE.id), status=ClaimStatus.HELD))


def test_an_open_decision_keeps_everything(years_ago: Store) -> None:
    """What somebody has still to decide on is there whole: the drift, the event's text and the mail about it."""
    an_open_drift(years_ago)
    assert gone(years_ago) == {}


def test_an_undecided_claim_keeps_its_evidence(years_ago: Store) -> None:
    """As long as a claim is held, the edits that concern it and the text of its event stay."""
    a_held_claim(years_ago)
    assert gone(years_ago) == {"messages": 1}


def test_a_filed_claim_in_doubt_keeps_its_evidence(years_ago: Store) -> None:
    """An edit that nobody explained stays after the claim is filed too, and goes once somebody has."""
    with years_ago.transaction() as tx:
        tx.drifts.save(replace(tx.drifts.get("drift-1"), detected_at=ONE.start - DAY, resolved_at=ONE.end))
        tx.claims.save(replace(tx.claims.get(ONE.id), status=ClaimStatus.CLEAR))
    settle(years_ago, status=ClaimStatus.FILED)
    assert gone(years_ago) == {"bodies": 1, "messages": 1}
    with years_ago.transaction() as tx:
        word = Attestation(
            appointment_id=ONE.id,
            at=LATER,
            date_of_service=ONE.date_of_service,
            party=Party.PROVIDER,
            by="provider",
            actor="cli",
        )
        tx.claims.attest(word)
    assert gone(years_ago) == {"drifts": 1}


@pytest.mark.parametrize("status", [MessageStatus.FAILED, MessageStatus.QUEUED])
def test_mail_that_did_not_leave(years_ago: Store, status: MessageStatus) -> None:
    """Waits for its time or for a person, however old it is."""
    with years_ago.transaction() as tx:
        tx.messages.save(replace(tx.messages.get("msg-1"), status=status))
    assert "messages" not in gone(years_ago)


def test_mail_that_came_in(years_ago: Store) -> None:
    """Goes as mail that left does: its session is long over and nothing about it waits; foreign mail by its age."""
    with years_ago.transaction() as tx:
        for name, about in (("mail-1", ONE.id), ("mail-2", None)):
            tx.inbound.add(a_received(id=name, digest=name, received_at=NOW, appointment_id=about))
        tx.inbound.add(a_received(id="mail-3", digest="mail-3", received_at=LATER))
    an_open_drift(years_ago)
    assert gone(years_ago) == {"received_mails": 1}
    with years_ago.transaction() as tx:
        tx.drifts.save(replace(tx.drifts.get("drift-1"), status=DriftStatus.DISMISSED, resolved_at=NOW))
    assert gone(years_ago)["received_mails"] == 1
    with years_ago.reading() as tx:
        assert tx.inbound.get("mail-3").received_at == LATER


def test_a_series_that_goes_on(store: Store) -> None:
    """What its early sessions left stays as long as a later one is not over for so long."""
    series = a_series(id="ser-1")
    first, last = an_instance(series), an_instance(series, 60)
    calendar = a_calendar(id="cal-1")
    with store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-1"))
        tx.clients.add(a_client(id="cli-1"))
        tx.series.add(series)
        tx.appointments.add([first, last])
        tx.calendars.add(calendar)
        shown = a_publication(calendar, series.source, body="BEGIN:VCALENDAR", state=PublicationState.RETIRED)
        tx.publications.add(shown)
        left = {"appointment_id": first.id, "uid": series.uid, "status": MessageStatus.SENT, "sent_at": NOW}
        tx.messages.add([a_message(**left)])
        both = {"appointment_id": first.id, "also_concerned": (last.id,), "publication_id": shown.id}
        tx.drifts.add(a_reverted(**both))
    for one in (first, last):
        settle(store, one)
    assert gone(store, now=last.end + 99 * DAY) == {}
    assert gone(store, now=last.end + 101 * DAY) == {"bodies": 1, "drifts": 1, "messages": 1}


def test_a_write_that_was_under_way(years_ago: Store) -> None:
    """That it may have arrived is kept, without its text: a claim may rest on it."""
    with years_ago.transaction() as tx:
        intent = Intent(IntentKind.UPDATE, "BEGIN:VCALENDAR", NOW)
        tx.publications.save(replace(tx.publications.get("pub-1"), intent=intent))
    gone(years_ago)
    with years_ago.reading() as tx:
        left = tx.publications.get("pub-1")
    assert left.intent == Intent(IntentKind.UPDATE, None, NOW)
    assert left.may_have_stood


def test_accounts(years_ago: Store) -> None:
    """Sessions, links and tokens that are good no more go; those that are good stay."""
    user = User(id="usr-1", name="Ana", email="ana@example.com", role=Role.ADMIN, created_at=NOW)
    with years_ago.transaction() as tx:
        tx.users.add(user)
        for name, at in (("old", NOW), ("new", LATER)):
            tx.sessions.add(
                Session(id=name, user_id=user.id, started_at=at, seen_at=at, proved_at=at, address="", agent="")
            )
        tx.one_time_links.add(OneTimeLink(id="l", user_id=user.id, purpose=LinkPurpose.RESET, expires_at=NOW))
        common: dict[str, Any] = {"user_id": user.id, "scope": TokenScope.METRICS, "last4": "", "note": ""}
        for name, until, revoked in (("a", NOW, None), ("b", LATER, NOW), ("c", LATER, None)):
            times: dict[str, Any] = {"created_at": NOW, "expires_at": until, "revoked_at": revoked, "used_at": None}
            tx.api_tokens.add(ApiToken(id=name, hash=name, **common, **times))
        tx.sign_in_tries.count("ana@example.com", NOW)
    assert gone(years_ago).items() >= {"sessions": 1, "one_time_links": 1, "tokens": 2, "sign_in_tries": 1}.items()
    with years_ago.reading() as tx:
        assert [token.id for token in tx.api_tokens.list()] == ["c"]
        assert [session.id for session in tx.sessions.of_user(user.id)] == ["new"]


def test_work_that_is_done(years_ago: Store) -> None:
    """Units that rest for long go; what waits, what fails, and what rests since lately stay."""
    kinds = {"old": WorkKind.MESSAGE, "claim": WorkKind.CLAIM, "waits": WorkKind.MESSAGE, "calendar": WorkKind.CALENDAR}
    with years_ago.transaction() as tx:
        for name, kind in kinds.items():
            tx.works.add(Key(kind, name), NOW)
        for name in ("old", "claim", "calendar"):
            tx.works.finish(tx.works.take_now(Key(kinds[name], name), "me", NOW), NOW, None)
    assert gone(years_ago, Retention({Litter.WORK: DAY}), NOW) == {}
    assert gone(years_ago, Retention({Litter.WORK: DAY}), NOW + 2 * DAY) == {"work": 2}
    with years_ago.reading() as tx:
        assert tx.works.get(WorkKind.CALENDAR, "calendar") is not None
    assert "waits" in is_due(years_ago, WorkKind.MESSAGE, LATER)


def test_once_a_day(years_ago: Store) -> None:
    """A unit of work does it, says so in the trail, and is due again after a day."""
    pruning = Pruning(years_ago, RETENTION)
    pruning.expect(LATER)
    assert work_off(years_ago, a_task(WorkKind.PRUNE, pruning.prune), LATER) == ["all"]
    with years_ago.reading() as tx:
        assert not tx.messages.list()
        assert [one.actor for one in tx.audit.list() if one.action == "store.pruned"] == [PRUNER]
    assert is_due(years_ago, WorkKind.PRUNE, LATER + DAY - timedelta(minutes=1)) == []
    assert is_due(years_ago, WorkKind.PRUNE, LATER + DAY, Pace(farthest=2 * DAY)) == ["all"]


def test_stopped_half_way(years_ago: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went before the stop is on record, and the rest goes when work goes on."""
    stops = iter([None, StoppingError()])

    def check(_stop: Stop) -> None:
        if error := next(stops, None):
            raise error

    pruning = Pruning(years_ago, RETENTION)
    pruning.expect(LATER)
    task = a_task(WorkKind.PRUNE, lambda unit: (monkeypatch.setattr(Stop, "check", check), pruning.prune(unit))[1])
    work_off(years_ago, task, LATER, most=1)
    monkeypatch.undo()
    with years_ago.reading() as tx:
        assert [one.details for one in tx.audit.list() if one.action == "store.pruned"] == [{"bodies": 1}]
    work_off(years_ago, a_task(WorkKind.PRUNE, pruning.prune), LATER)
    with years_ago.reading() as tx:
        assert not tx.messages.list()


def test_by_hand(shell: Shell) -> None:
    """The command shows what it would do, does it, and says so in words too."""
    shell.json("init")
    nothing = {str(litter): 0 for litter in Litter}
    assert shell.json("prune", "--dry-run") == {"dry_run": True, "pruned": nothing}
    assert shell.json("prune") == {"dry_run": False, "pruned": nothing}
    assert "nothing" in shell.run("prune", "--dry-run").out
