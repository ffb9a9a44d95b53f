"""Calendars, claims, mails, people and the pages about the whole practice."""

import re
from dataclasses import replace
from datetime import timedelta

from syncd.core.access.principal import Role
from syncd.core.claims.claim import ClaimStatus
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.calendars import CalendarState
from syncd.services.claims.claims import settle
from syncd.services.sync.publications import publish_to
from tests.web.browser import Browser, Page
from tests.web.office import BY, PASSWORD, ZONE, Office, moved, retitled


def past(office: Office, days: int = 2) -> Appointment:
    """Put a session of some days ago on record, published as if it had been booked in time."""
    start = (office.at - timedelta(days=7 + days)).replace(tzinfo=ZONE)
    one = replace(office.one, id=f"apt-past{days:06}", uid=f"past-{days}", start=start, version=1)
    with office.system.store.transaction() as tx:
        tx.appointments.add([one])
        publish_to(tx, office.calendar(office.dana), [one.source])
    return one


def upload(browser: Browser, path: str, content: bytes) -> Page:
    """Send a file by the form that the present page holds."""
    assert browser.page is not None
    token = str(browser.page.tree.xpath("string(//main//input[@name='csrf']/@value)"))
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + token.encode(),
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="out.csv"\r\n\r\n' + content,
        b"--x--\r\n",
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Sec-Fetch-Site": "same-origin"}
    return browser._go("POST", path, b"\r\n".join(parts), headers)


def test_calendar_that_agrees(office: Office, ana: Browser) -> None:
    """Green is earned by a proof, and the page says which."""
    office.cycle(verify=True)
    calendar = office.calendar(office.dana)
    page = ana.get(f"/calendars/{calendar.id}")
    assert "Every published event was compared and found right." in page.text
    assert "Proven equal" in page.text
    assert ana.get("/calendars?standing=agrees").text.count("Practice appointments") == 2


def test_pause_and_go_on(office: Office, ana: Browser) -> None:
    """A paused calendar says so everywhere, and one press lets it go on."""
    calendar = office.calendar(office.dana)
    ana.get(f"/calendars/{calendar.id}")
    assert "Paused: nothing is read there" in ana.submit("Pause it").text
    assert office.calendar(office.dana).state is CalendarState.PAUSED
    ana.get(f"/calendars/{calendar.id}")
    assert "It goes on: every event was compared." in ana.submit("Let it go on").text
    assert office.calendar(office.dana).state is CalendarState.OK


def test_password_refused(office: Office, ana: Browser) -> None:
    """The board names the calendar, its page has the field; a wrong password says so, the right one mends it."""
    calendar = office.calendar(office.dana)
    office.servers.add_account("https://dav.example.net/dana/", "dana", "changed")
    office.cycle()
    assert office.calendar(office.dana).state is CalendarState.LOGIN_REFUSED
    assert "Dana Doe's calendar: its server refuses our login" in ana.get("/").text
    ana.get(f"/calendars/{calendar.id}")
    assert ana.submit("Try it", password="wrong").status == 409
    assert "The new password works" in ana.submit("Try it", password="changed").text
    assert office.calendar(office.dana).state is CalendarState.OK


def test_much_changed_at_once(office: Office, ana: Browser) -> None:
    """The calendar stops; what differs and what each word does is shown, then all is put back at one word."""
    sessions = [office.book(office.dana, office.at + timedelta(days=i + 1)) for i in range(8)]
    office.cycle()
    for one in sessions:
        office.collections[office.dana.id].delete(office.publication(one).href)
    office.cycle()
    calendar = office.calendar(office.dana)
    assert not calendar.state.is_worked
    page = ana.get(f"/calendars/{calendar.id}")
    assert {"Put all back…", "Take all over…", "Forget these events…"} <= {
        link.text_content() for link in page.tree.xpath("//section//a[@class='button']")
    }
    page = ana.get(f"/calendars/{calendar.id}/resume/republish")
    assert "no client is told anything" in page.text
    page = ana.submit("Put all back")
    assert "8 events put back" in page.text
    assert all(office.publication(one).href in office.collections[office.dana.id].bodies() for one in sessions)


def test_claim_is_held_and_attested(office: Office, ana: Browser) -> None:
    """An edit that was put back leaves a doubt; a person's word lifts it, under their name."""
    one = past(office)
    office.cycle()
    office.edit(one, moved())
    drift = office.drift(one)
    ana.get(f"/drifts/{drift.id}")
    ana.submit("Put it back")
    with office.system.store.transaction() as tx:
        settle(tx, one.id, office.system.settings.claims.rules(), BY, office.now)
    page = ana.get("/claims")
    assert "It was edited and put back; it may have taken place at another time" in page.text
    with office.system.store.reading() as tx:
        claim = tx.claims.get(one.id)
    ana.get(f"/claims/{claim.id}")
    page = ana.submit("Put it on record", note="By telephone.")
    assert "On record: the session took place on" in page.text
    with office.system.store.reading() as tx:
        (word,) = tx.claims.attestations(one.id)
    assert (word.actor, word.note, word.party) == ("Admin One", "By telephone.", "provider")


def test_attested_at_the_edit(office: Office, ana: Browser) -> None:
    """An edit that was put back, and holds a claim, has the form that says the session took place as planned."""
    one = past(office)
    office.cycle()
    office.edit(one, moved())
    drift = office.drift(one)
    page = ana.get(f"/drifts/{drift.id}")
    assert "Did it take place as planned?" not in page.text
    ana.submit("Put it back")
    with office.system.store.transaction() as tx:
        settle(tx, one.id, office.system.settings.claims.rules(), BY, office.now)
    ana.get(f"/drifts/{drift.id}")
    assert "1 session attested as planned." in ana.submit("It took place as planned", note="By telephone.").text
    with office.system.store.reading() as tx:
        (word,) = tx.claims.attestations(one.id)
    assert (word.date_of_service, word.note) == (one.date_of_service, "By telephone.")


def test_another_date_is_confirmed_first(office: Office, ana: Browser) -> None:
    """It moves the appointment and writes to people, so nothing is done before that was said."""
    one = past(office)
    office.cycle()
    with office.system.store.reading() as tx:
        claim = tx.claims.get(one.id)
    ana.get(f"/claims/{claim.id}")
    other = (one.start - timedelta(days=1)).date()
    page = ana.submit("Put it on record", day="other", other=other.isoformat())
    assert "Nothing has been done yet." in page.text
    with office.system.store.reading() as tx:
        assert tx.claims.get(one.id).date_of_service == one.date_of_service
    (button,) = [b.text_content().strip() for b in page.tree.xpath("//main//button")]
    ana.submit(button)
    with office.system.store.reading() as tx:
        assert tx.claims.get(one.id).date_of_service == other


def test_look_frees_a_claim(office: Office, ana: Browser) -> None:
    """Held since nobody looked after the session: a look finds it as on record, and frees it."""
    one = past(office)
    office.cycle()
    with office.system.store.transaction() as tx:
        claim = settle(tx, one.id, office.system.settings.claims.rules(), BY, office.now).claim
    ana.get(f"/claims/{claim.id}")
    assert "Looked just now: nothing holds it." in ana.submit("Look now").text
    with office.system.store.reading() as tx:
        assert tx.claims.get(one.id).status is ClaimStatus.CLEAR


def test_billing_file(office: Office, ana: Browser) -> None:
    """Each line gets its verdict; a wrong date is found."""
    one = past(office)
    office.cycle()
    rows = [f"{one.id},{one.date_of_service}", f"{one.id},2020-01-01", "apt-nothere000,2026-01-01"]
    ana.get("/claims/verify")
    page = upload(ana, "/claims/verify", "\n".join(["appointment,date_of_service", *rows]).encode())
    verdicts = [" ".join(td.text_content().split()) for td in page.tree.xpath("//tbody/tr/td[last()]")]
    assert len(verdicts) == 3
    assert "2020-01-01" in page.text
    assert "Unknown" in verdicts[2]


def test_range_is_attested(office: Office, ana: Browser) -> None:
    """Days that need no word are told so; a missing day keeps what was chosen."""
    ana.get("/claims/attest")
    page = ana.submit("Put it on record", provider=office.dana.id, since="", until="2026-01-31")
    assert page.status == 422
    assert page.tree.xpath("string(//option[@selected]/@value)") == office.dana.id
    page = ana.submit("Put it on record", provider=office.dana.id, since="2026-01-01", until="2026-01-31")
    assert "there is nothing to attest" in page.text


def test_mail_that_was_refused(office: Office, ana: Browser) -> None:
    """Its page says why and what to do; tried again it is on its way."""
    with office.system.store.transaction() as tx:
        mail = tx.messages.list()[0]
        tx.messages.save(replace(mail, status=MessageStatus.FAILED, last_error="550 no such user", attempts=3))
    assert "1 mail could not be delivered" in ana.get("/").text
    assert "550 no such user" in ana.get("/messages?status=failed").text
    ana.get(f"/messages/{mail.id}")
    assert "Queued again" in ana.submit("Try again").text
    with office.system.store.reading() as tx:
        assert tx.messages.get(mail.id).status is MessageStatus.QUEUED


def test_mail_as_html(office: Office, ana: Browser) -> None:
    """It stands in a frame of ours in which nothing runs and nothing is fetched."""
    with office.system.store.reading() as tx:
        mail = tx.messages.list()[0]
    page = ana.get(f"/messages/{mail.id}")
    assert page.tree.xpath("//iframe[@sandbox='']/@src") == [f"/messages/{mail.id}/preview.html"]
    policy = ana.get(f"/messages/{mail.id}/preview.html").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_trail_is_proven(office: Office, ana: Browser) -> None:
    """The page tells each record in words, and proves the whole on request."""
    office.edit(office.one, moved())
    page = ana.get("/audit?action=appointment")
    assert "was booked" in page.text
    assert re.search(r"The trail is whole: \d+ records", ana.submit("Prove now that the trail is whole").text)


def test_appointment_tells_its_story(office: Office, ana: Browser) -> None:
    """Booking, edit, decision and mails, the newest first."""
    drift = office.edit(office.one, moved())
    ana.get(f"/drifts/{drift.id}")
    ana.submit("Put it back")
    page = ana.get(f"/appointments/{office.one.id}")
    story = [line.text_content() for line in page.tree.xpath("//ul[@class='happened']/li/p[1]")]
    order = [next(i for i, line in enumerate(story) if words in line) for words in ("put back", "moved", "booked it")]
    assert order == sorted(order)
    assert any("Mail to the client" in line for line in story)


def test_search_by_client(office: Office, ana: Browser) -> None:
    """A list of appointments is searched by the client's name."""
    assert "2 appointments" in ana.get("/appointments?q=robin").text
    assert "No appointment fits." in ana.get("/appointments?q=nobody").text


def test_people(office: Office, ana: Browser) -> None:
    """Added, changed and deactivated, each refusal in place with what was typed kept."""
    ana.get("/people/providers/new")
    page = ana.submit("Add", name="Kim Kaye", email="kim@example.com", timezone="Mars/Olympus")
    assert page.status != 200
    assert "Kim Kaye" in page.tree.xpath("//input[@name='name']/@value")
    page = ana.submit("Add", name="Kim Kaye", email="kim@example.com", timezone="America/Chicago")
    assert page.heading == "Kim Kaye"
    page = ana.submit("Save", name="Kim Kay", late_notice_hours="12")
    assert (page.heading, page.tree.xpath("string(//input[@name='late_notice_hours']/@value)")) == ("Kim Kay", "12")
    assert "Deactivated; 0 appointments were cancelled." in ana.submit("Deactivate").text


def test_person_with_appointments(office: Office, ana: Browser) -> None:
    """They are not deactivated before it is said what becomes of their appointments."""
    ana.get(f"/people/providers/{office.lee.id}")
    page = ana.submit("Deactivate")
    assert page.status == 409
    assert "1 appointments are to come" in page.text
    assert "1 appointments were cancelled" in ana.submit("Deactivate", reason="provider_ill").text


def test_account(office: Office, ana: Browser) -> None:
    """Its link is shown once, and lets its user in."""
    ana.get("/people/users")
    page = ana.submit("Add, and show the link", name="Rae Reads", email="rae@example.com", role="reviewer")
    (link,) = re.findall(r"/welcome/[\w-]+", page.tree.xpath("string(//section//p[@class='id'])"))
    assert link not in ana.get("/people/users").text
    rae = Browser(ana.host, ana.port)
    rae.get(link)
    rae.submit("Start", password=PASSWORD)
    assert rae.get("/people/users").status == 200


def test_settings_and_their_sources(office: Office, ana: Browser) -> None:
    """Each value says where it came from; a secret only that it is set."""
    page = ana.get("/settings")
    assert "SYNCD_PRACTICE__NAME" in page.text
    assert "Elm Street Practice" in page.text


def test_report(office: Office, ana: Browser) -> None:
    """What is open comes first; the table has the same edits and names no client."""
    office.edit(office.one, moved())
    office.edit(office.other, retitled("Mine"))
    page = ana.get("/reports/drift")
    assert "Dana Doe moved a session to another day" in page.text
    table = ana.get("/reports/drift.csv")
    assert table.headers["Content-Type"].startswith("text/csv")
    assert len(table.body.decode().strip().splitlines()) == 3
    assert b"Robin" not in table.body


def test_alerts(office: Office, ana: Browser) -> None:
    """What somebody should act on leads to where it is acted on."""
    drift = office.edit(office.one, moved())
    page = ana.get("/alerts")
    assert page.heading == "1 alert"
    assert f"/drifts/{drift.id}" in page.tree.xpath("//a/@href")
    assert "syncd drift" not in page.text


def test_provider_has_their_own_board(office: Office, browser: Browser) -> None:
    """A provider's first page is about their own things alone, and leads to no page about the practice."""
    office.edit(office.other, moved())
    dana = office.sign_in(browser, Role.PROVIDER)
    page = dana.get("/")
    assert page.heading.startswith("My day, ")
    assert "Lee" not in page.text
    assert not page.tree.xpath("//nav//a[@href='/audit']")
