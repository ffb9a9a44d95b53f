"""What was due before there was one record of work is due in it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from syncd.adapters.db import SqlStore, upgrade
from syncd.adapters.db.engine import make_engine
from syncd.adapters.db.schema import downgrade
from syncd.core.work import WorkKind
from tests.builders import a_calendar, a_client, a_provider, an_appointment
from tests.messages.builders import a_message

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_an_installation_at_work(database_url: str, open_stores: Callable[[str], SqlStore]) -> None:
    """Calendars keep their time and their failures, and every queued message and claim of a session is there."""
    provider, client = a_provider(), a_client()
    calendar = a_calendar(provider_id=provider.id, url="https://dav.example.net/pat/")
    paused = a_calendar(provider_id=provider.id, url="https://dav.example.net/paused/")
    one = an_appointment(provider_id=provider.id, client_id=client.id)
    store = open_stores(database_url)
    with store.transaction() as tx:
        tx.providers.add(provider)
        tx.clients.add(client)
        tx.calendars.add(calendar)
        tx.calendars.add(paused)
        tx.appointments.add([one])
        tx.messages.add([a_message(id="msg-waits", appointment_id=one.id)])
    store.close()
    downgrade(database_url, "0005")
    engine = make_engine(database_url)
    with engine.begin() as connection:
        moment = NOW.replace(tzinfo=None) if connection.dialect.name == "sqlite" else NOW
        due = {"due": str(moment), "id": calendar.id}
        connection.execute(text("UPDATE calendars SET due_at = :due, failures = 3 WHERE id = :id"), due)
        connection.execute(text("UPDATE calendars SET state = 'paused' WHERE id = :id"), {"id": paused.id})
    engine.dispose()

    upgrade(database_url)

    with open_stores(database_url).reading() as tx:
        work = tx.works.get(WorkKind.CALENDAR, calendar.id)
        assert work is not None
        assert (work.due_at, work.attempts, work.queue) == (NOW, 3, "dav.example.net")
        assert tx.works.get(WorkKind.CALENDAR, paused.id) is None
        message = tx.works.get(WorkKind.MESSAGE, "msg-waits")
        assert message is not None
        assert message.due_at is not None
        assert message.due_at <= datetime.now(UTC) + timedelta(minutes=1)
        claim = tx.works.get(WorkKind.CLAIM, tx.claims.get(one.id).id)
        assert claim is not None
        assert claim.due_at == one.end.astimezone(UTC)
