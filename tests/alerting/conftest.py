"""Fixtures of the tests of alerts."""

from collections.abc import Iterator

import pytest

from syncd.ports.store.transaction import Store
from tests.alerting.desk import Desk
from tests.alerting.receiver import Receiver
from tests.entrypoints.command import shell
from tests.servers.smtp import MailServer

__all__ = ["shell"]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def desk(sqlite_store: Store, mail_server: MailServer, receiver: Receiver) -> Iterator[Desk]:
    """A desk on SQLite, with a mail server, a webhook and a ping."""
    made = Desk(sqlite_store, mail_server, receiver)
    yield made
    made.close()


@pytest.fixture
def any_desk(store: Store, mail_server: MailServer) -> Iterator[Desk]:
    """A desk on each database in turn, with mail alone."""
    made = Desk(store, mail_server)
    yield made
    made.close()
