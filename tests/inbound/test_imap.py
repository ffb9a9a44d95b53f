"""The practice's mailbox on a real server: nothing is lost, doubled, deleted or marked as read."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest

from syncd.adapters.db import SqlStore
from syncd.adapters.imap import ImapAccount, ImapMailbox
from syncd.core.scheduling.appointments import Appointment
from syncd.core.work import WorkKind
from syncd.ports.inbound import MailboxLoginError
from syncd.services.inbound.fetching import INBOX, Fetching, watch
from syncd.services.work.leases import Leases
from syncd.services.work.stopping import Stop
from syncd.services.work.units import Unit
from tests.inbound.mails import a_mail, an_answer
from tests.inbound.office import Office
from tests.servers.dovecot import NEEDS_DOVECOT, Dovecot

pytestmark = [NEEDS_DOVECOT, pytest.mark.server]
PAT, EVE = "pat@example.com", "eve@example.net"
_SEEN = b"\\Seen"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with Dovecot(Path(mkdtemp(prefix="dovecot-", dir="/tmp"))) as running:
        yield running


@pytest.fixture(scope="module")
def plain_server() -> Iterator[Dovecot]:
    """A server that says it can neither move nor tell of news."""
    folder = Path(mkdtemp(prefix="dovecot-", dir="/tmp"))
    with Dovecot(folder, capability="IMAP4rev1 LITERAL+") as running:
        yield running


@dataclass
class Post:
    """The office with a mailbox of its own on the server."""

    office: Office
    server: Dovecot
    folder: str
    done: str = ""
    aside: str = ""

    @property
    def mailbox(self) -> ImapMailbox:
        return ImapMailbox(
            ImapAccount(
                host="127.0.0.1",
                port=self.server.port,
                security="none",
                username=self.server.username,
                password=self.server.password,
                mailbox=self.folder,
                done=self.done,
                aside=self.aside,
            )
        )

    @property
    def fetching(self) -> Fetching:
        return Fetching(mailbox=self.mailbox, receiver=self.office.receiver, every=timedelta(minutes=2))

    def fetch(self) -> None:
        """Do the unit of work as a worker does."""
        store = self.office.store
        self.fetching.expect(store, self.office.now)
        with Leases(store).now(WorkKind.INBOX, INBOX.subject, lambda _tx, subject: subject) as held:
            done = self.fetching.work(Unit(held=held, now=self.office.now, store=store, stop=Stop()))
            assert done.trouble is None

    def deliver(self, *mails: bytes) -> None:
        self.server.deliver(*mails, folder=self.folder)

    def flags(self, folder: str = "") -> list[set[bytes]]:
        return [set(flags) - {b"\\Recent"} for flags in self.server.read(folder or self.folder).values()]


def a_post(office: Office, server: Dovecot, name: str) -> Post:
    client = server.client()
    if not client.folder_exists(name):
        client.create_folder(name)
    client.logout()
    return Post(office, server, name)


@pytest.fixture
def post(office: Office, server: Dovecot, request: pytest.FixtureRequest) -> Post:
    return a_post(office, server, f"In-{abs(hash(request.node.name)) % 10**8}")


@pytest.fixture
def one(office: Office) -> Appointment:
    return office.invited()


def test_answers_are_fetched_once(post: Post, one: Appointment) -> None:
    """What was dealt with has a keyword, what a person has to read a flag, and people's own mail is as it was."""
    post.deliver(an_answer(one.uid, PAT), an_answer(one.uid, PAT, above=""), a_mail(EVE, text="Lunch?"))
    post.fetch()
    post.fetch()
    assert len(post.office.drifts()) == 1
    assert post.flags() == [{b"$SyncdDone"}, {b"\\Flagged"}, set()]


def test_moving(post: Post, one: Appointment) -> None:
    """Where folders are named, mails go there; nothing is deleted."""
    post.done, post.aside = f"{post.folder}-done", f"{post.folder}-aside"
    post.deliver(an_answer(one.uid, PAT), an_answer(one.uid, PAT, above=""), a_mail(EVE, text="Lunch?"))
    post.fetch()
    assert (post.flags(), post.flags(post.done), post.flags(post.aside)) == ([set()], [set()], [set()])


def test_a_mailbox_made_anew(post: Post, one: Appointment) -> None:
    """Its UIDs begin again: all of it is read again, and what was read before changes nothing."""
    answer = an_answer(one.uid, PAT)
    post.deliver(answer, a_mail(EVE, text="Lunch?"))
    post.fetch()
    post.server.remake(post.folder)
    post.deliver(answer, an_answer(one.uid, "chris@example.org", "ACCEPTED"))
    post.fetch()
    assert len(post.office.drifts()) == 1
    with post.office.store.reading() as tx:
        effects = [received.effect for received in tx.inbound.list()]
    assert sorted(effects) == ["accepted", "declined", "ignored"]
    assert post.flags() == [{b"$SyncdDone"}, {b"$SyncdDone"}]


def test_a_crash_before_the_mail_is_flagged(post: Post, one: Appointment) -> None:
    """It is read once more, changes nothing, and is flagged then."""
    answer = an_answer(one.uid, PAT)
    post.deliver(answer)
    post.office.receiver.receive(answer, post.office.now, "imap")
    post.fetch()
    assert len(post.office.drifts()) == 1
    assert post.flags() == [{b"$SyncdDone"}]


def test_nothing_is_marked_as_read(post: Post, one: Appointment) -> None:
    """People read this mailbox too."""
    post.deliver(an_answer(one.uid, PAT), a_mail(EVE, text="x" * 3_000_000))
    post.fetch()
    assert all(_SEEN not in flags for flags in post.flags())


def test_a_server_that_can_little(office: Office, plain_server: Dovecot, one: Appointment) -> None:
    """Without MOVE and UIDPLUS a mail stays where it is, flagged: no other mail is touched."""
    post = a_post(office, plain_server, "Little")
    post.done = "Little-done"
    post.deliver(an_answer(one.uid, PAT))
    post.fetch()
    assert post.flags() == [{b"$SyncdDone"}]
    with post.mailbox.open() as opened:
        assert not opened.wait(60, lambda: False)


def test_a_wrong_password(post: Post) -> None:
    """It says what to mend, and names no password."""
    account = replace(post.mailbox._account, password="wrong")
    with pytest.raises(MailboxLoginError, match=r"inbox\.password") as refused, ImapMailbox(account).open():
        pass
    assert "wrong" not in refused.value.message


def test_new_mail_is_fetched_at_once(post: Post, one: Appointment, sqlite_store: SqlStore) -> None:
    """The server tells of it (RFC 2177), and the work is due."""
    post.fetching.expect(sqlite_store, post.office.now)
    later = post.office.now + timedelta(hours=1)
    with Leases(sqlite_store).now(WorkKind.INBOX, INBOX.subject, lambda _tx, subject: subject) as held:
        held.leases.finish(held, lambda _tx: later, post.office.now)
    stop = Stop()
    waiting = threading.Thread(target=watch, args=(post.mailbox, sqlite_store, stop, 1.0), daemon=True)
    waiting.start()

    def due() -> bool:
        with sqlite_store.reading() as tx:
            work = tx.works.get(WorkKind.INBOX, INBOX.subject)
        return work is not None and work.due_at is not None and work.due_at < later

    for _ in range(100):  # until the server has been told to tell; each delivery is news
        post.deliver(an_answer(one.uid, PAT))
        if due() or stop.wait(0.2):
            break
    stop.set()
    waiting.join(20)
    assert due()
    assert not waiting.is_alive()
