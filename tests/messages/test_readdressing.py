"""A person with another address: invitations follow, each UID once, and the old mailbox keeps none."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.access.principal import local_administrator
from syncd.core.messaging.outbox import Message
from syncd.services.messaging.inviting import Inviter
from syncd.services.scheduling.people import edit_client, edit_provider
from tests.builders import START, a_provider
from tests.ics.attendee_models import Attendee, BySequenceAlone, ByTheRfc, Naive, shown
from tests.messages.mailing_practice import MailingPractice, calendar_part
from tests.messages.test_inviting import SINCE, UNTIL, connect

ADMIN = local_administrator("ana")
OLD, NEW = "pat@example.com", "pat.provider@example.org"


@pytest.fixture
def post(sqlite_store: SqlStore) -> MailingPractice:
    return MailingPractice(sqlite_store, provider=a_provider(email=OLD), writes_calendar=False)


def readdress(post: MailingPractice, to: str = NEW) -> None:
    follow = Inviter(post.practice).follow
    post.provider = edit_provider(post.store, ADMIN, post.now, post.provider.id, email=to, on_moved=follow)


def told(post: MailingPractice) -> Counter[tuple[str, str | None, str]]:
    return Counter((message.recipient, message.method, message.uid) for message in post.outbox())


def received(post: MailingPractice, messages: list[Message], *models: Attendee) -> None:
    for message in messages:
        part = calendar_part(post.mail(message))
        if part is not None:
            for model in models:
                model.receive(part.get_content().encode())


def test_old_address_and_new_one(post: MailingPractice) -> None:
    """The old one gets a CANCEL for each UID that it holds, the new one the invitation, and words that fit."""
    single, series = post.book(START + timedelta(days=1)), post.book_series("FREQ=WEEKLY;COUNT=3")
    post.sent()
    readdress(post)

    uids = (single.uid, series[0].uid)
    assert told(post) == Counter(
        {(where, how, uid): 1 for where, how in ((OLD, "CANCEL"), (NEW, "REQUEST")) for uid in uids}
    )
    for message in post.outbox():
        text = post.text(message)
        assert ("Nothing is cancelled" in text) is (message.recipient == OLD)
        part = calendar_part(post.mail(message))
        assert part is not None
        assert f"mailto:{message.recipient}" in part.get_content().replace("\r\n ", "")


def test_what_both_mailboxes_show(post: MailingPractice) -> None:
    """Whatever an attendee's program goes by: nothing is left in the old calendar, all of it is in the new one."""
    old, new = [(ByTheRfc(), Naive(), BySequenceAlone()) for _ in range(2)]
    post.book(START + timedelta(days=1))
    post.book_series("FREQ=WEEKLY;COUNT=3")
    received(post, post.outbox("provider"), *old)
    post.sent()
    readdress(post)
    received(post, [message for message in post.outbox() if message.recipient == OLD], *old)
    received(post, [message for message in post.outbox() if message.recipient == NEW], *new)

    assert [len(shown(model, SINCE, UNTIL)) for model in old] == [0, 0, 0]
    assert [len(shown(model, SINCE, UNTIL)) for model in new] == [4, 4, 4]


def test_there_and_back(post: MailingPractice) -> None:
    """Each change is told once; what never left reaches nobody."""
    one = post.book()
    post.sent()
    readdress(post)
    readdress(post, OLD)
    assert told(post) == Counter({(OLD, "CANCEL", one.uid): 1, (OLD, "REQUEST", one.uid): 1})


def test_an_invitation_that_never_left(post: MailingPractice) -> None:
    """It goes to the new address alone."""
    one = post.book()
    readdress(post)
    assert told(post)[(NEW, "REQUEST", one.uid)] == 1
    assert not any(where == OLD for where, _, _ in told(post))


def test_sessions_in_a_calendar(post: MailingPractice) -> None:
    """Where syncd writes into a calendar, nothing was held by mail, and nothing is sent."""
    connect(post)
    post.book()
    post.sent()
    readdress(post)
    assert post.outbox() == []


def test_an_address_that_is_the_clients_too(post: MailingPractice) -> None:
    """What the client holds there stays: no CANCEL goes to an address that is still asked to the session."""
    with post.store.transaction() as tx:
        tx.clients.save(replace(post.client, email=OLD))
    one = post.book()
    post.sent()
    readdress(post)
    assert told(post) == Counter({(NEW, "REQUEST", one.uid): 1})


def test_a_client_with_another_address(post: MailingPractice) -> None:
    """Clients' invitations follow in the same way; the provider hears nothing."""
    one = post.book()
    post.sent()
    edit_client(
        post.store,
        ADMIN,
        post.now,
        post.client.id,
        email="new@example.net",
        on_moved=Inviter(post.practice).follow,
    )
    assert told(post) == Counter(
        {(post.client.email, "CANCEL", one.uid): 1, ("new@example.net", "REQUEST", one.uid): 1}
    )


def test_another_spelling_of_the_same_address(post: MailingPractice) -> None:
    """Capitals make no other mailbox."""
    post.book()
    post.sent()
    readdress(post, OLD.upper())
    assert post.outbox() == []
