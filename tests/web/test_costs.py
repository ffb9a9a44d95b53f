"""What a page costs: queries, whatever the number of rows, and bytes on the way."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.web.browser import Browser
from tests.web.office import Office, moved

LISTS = (
    "/",
    "/drifts",
    "/calendars",
    "/claims?status=all",
    "/appointments",
    "/appointments?view=week",
    "/appointments?view=month",
    "/messages",
    "/alerts",
    "/audit",
    "/people",
    "/people/clients",
    "/people/users",
    "/settings",
    "/workers",
)
MOST_QUERIES = 12
MOST_BYTES = 60_000


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that any engine runs."""
    seen: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


@pytest.mark.parametrize("path", LISTS)
def test_queries_of_a_list(office: Office, ana: Browser, path: str) -> None:
    """A list asks as often for forty rows as for two, and at most twelve times."""
    office.edit(office.one, moved())
    office.add_drifts(40)
    office.look_for_alerts()
    ana.get(path)
    with counted() as seen:
        assert ana.get(path).status == 200
    assert len(seen) <= MOST_QUERIES, "\n".join(statement.split("FROM")[-1][:80] for statement in seen)


def test_queries_of_one_thing(office: Office, ana: Browser) -> None:
    """The page of one thing asks a bounded number of times; an edit's tries out what taking it over would do."""
    drift = office.edit(office.one, moved())
    with office.system.store.reading() as tx:
        claim, mail = tx.claims.get(office.one.id), tx.messages.list()[0]
    most = {
        f"/appointments/{office.one.id}": 16,
        f"/calendars/{drift.calendar_id}": 16,
        f"/claims/{claim.id}": 16,
        f"/messages/{mail.id}": 12,
        f"/drifts/{drift.id}": 60,
    }
    for path, limit in most.items():
        ana.get(path)
        with counted() as seen:
            assert ana.get(path).status == 200
        assert len(seen) <= limit, (path, len(seen))


@pytest.mark.parametrize("path", ["/", "/drifts?size=100"])
def test_bytes_of_a_page(office: Office, ana: Browser, path: str) -> None:
    """All that a first visit loads stays small."""
    office.add_drifts(40)
    page = ana.get(path)
    files = [*page.tree.xpath("//link/@href"), *page.tree.xpath("//script/@src")]
    whole = [page.body, *(ana.get(file).body for file in files)]
    assert sum(len(gzip.compress(part)) for part in whole) < MOST_BYTES
    assert len(gzip.compress(page.body)) < 25_000
