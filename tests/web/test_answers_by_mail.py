"""An answer that came by mail, on the pages: it has no calendar, and can be decided on all the same."""

from syncd.adapters.mime import MimeReader
from syncd.core.inbound.authentication import Border
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.services.inbound.effects import Effects
from syncd.services.inbound.receiving import Receiver
from tests.inbound.mails import SERVER, a_mail, an_answer, calendar, vevent
from tests.web.browser import Browser
from tests.web.office import Office


def received(office: Office, raw: bytes) -> Drift:
    practice = office.system.settings.practice.practice()
    receiver = Receiver(
        store=office.system.store, reader=MimeReader(), border=Border(SERVER), effects=Effects(practice=practice)
    )
    record = receiver.receive(raw, office.now, "pipe")
    assert record.drift_id is not None, record.reason
    with office.system.store.reading() as tx:
        return tx.drifts.get(record.drift_id)


def test_a_decline(office: Office, ana: Browser) -> None:
    """It is shown, in the list too, and a person may leave it."""
    drift = received(office, an_answer(office.one.uid, "dana@example.com"))
    assert "declined a session" in ana.get("/drifts").text
    page = ana.get(f"/drifts/{drift.id}")
    assert page.status == 200
    assert "Dana Doe declined a session" in page.text
    assert "Dana Doe, by mail" in page.text
    assert "there is no invitation to send anew" in page.text  # a calendar of theirs shows the session
    assert "syncd drift" not in page.text
    assert not any(words in page.text for words in ("Put it back", "Take it over", "Look again now"))
    assert "Left: the session stands" in ana.submit("Leave it").text
    with office.system.store.reading() as tx:
        assert tx.drifts.get(drift.id).status is DriftStatus.DISMISSED


def test_another_time(office: Office, ana: Browser) -> None:
    """Both times are shown."""
    event = vevent(office.one.uid, "dana@example.com", "TENTATIVE", f"DTSTART:{office.at:%Y%m%d}T210000Z")
    mail = a_mail("dana@example.com", calendar("COUNTER", event), method="COUNTER")
    drift = received(office, mail)
    page = ana.get(f"/drifts/{drift.id}")
    assert page.status == 200
    assert "proposed another time" in page.text
    assert "Take that time" in page.text
    assert "looked at just now" not in ana.get(f"/drifts/{drift.id}/accept").text
    assert "Moved, and the mails are on their way." in ana.submit("Take that time and send 2 mails").text
    with office.system.store.reading() as tx:
        assert tx.drifts.get(drift.id).status is DriftStatus.ACCEPTED


def test_asked_again(office: Office, ana: Browser) -> None:
    """A provider who has the session by mail alone is asked once more; the page says so before and after."""
    with office.system.store.transaction() as tx:
        tx.calendars.remove(office.calendar(office.dana).id)
    drift = received(office, an_answer(office.one.uid, "dana@example.com"))
    page = ana.get(f"/drifts/{drift.id}")
    assert "Dana Doe gets a mail that asks for an answer once more" in page.text
    assert "Asked again" in ana.submit("Ask again").text
    with office.system.store.reading() as tx:
        assert tx.drifts.get(drift.id).status is DriftStatus.REVERTED
