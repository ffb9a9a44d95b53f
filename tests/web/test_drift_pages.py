"""The list of edits, the page of one, and every decision that a person makes there."""

from datetime import timedelta

import pytest

from syncd.core.access.principal import Role
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.sync import DriftQuery
from tests.web.browser import Browser
from tests.web.office import Office, moved, retitled


def test_edit_is_on_the_first_page(office: Office, ana: Browser) -> None:
    """The board counts it, names it first, and leads to it."""
    drift = office.edit(office.one, moved())
    page = ana.get("/")
    assert page.heading == "1 thing needs you"
    assert "Dana Doe moved a session to another day" in page.text
    assert f"/drifts/{drift.id}" in page.tree.xpath("//ol[@class='todo']//a/@href")


def test_nothing_waits(office: Office, ana: Browser) -> None:
    """An empty inbox says so, and what would fill it."""
    page = ana.get("/drifts")
    assert "No edit waits for a decision." in page.text
    assert ana.get("/").heading == "Nothing needs you"


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("", True),
        ("?q=robin", True),
        ("?q=dana+doe", True),
        ("?q=nobody", False),
        ("?severity=claim_date", True),
        ("?severity=content", False),
        ("?kind=moved", True),
        ("?kind=deleted", False),
        ("?session=24", False),
        ("?session=past", False),
        ("?age=24", False),
        ("?status=reverted", False),
        ("?status=all", True),
    ],
)
def test_filters(office: Office, ana: Browser, query: str, fits: bool) -> None:
    """Each filter leaves out what does not fit, and the page names those that are active."""
    office.edit(office.one, moved())
    page = ana.get(f"/drifts{query}")
    assert page.status == 200
    assert ("moved a session" in page.text) is fits


def test_unknown_filter_is_refused(ana: Browser) -> None:
    """A word that is none gets 422, not an empty list that looks like good news."""
    assert ana.get("/drifts?status=nonsense").status == 422
    assert ana.get("/drifts?after=nonsense").status == 422


def test_parts_of_a_long_list(office: Office, ana: Browser) -> None:
    """Every edit is on exactly one part, whatever the order."""
    office.add_drifts(30)
    for sort in ("urgent", "found", "session", "provider"):
        seen, address = [], f"/drifts?sort={sort}"
        while address:
            page = ana.get(address)
            assert "30 edits" in page.text
            seen += page.tree.xpath("//tbody//th//a/@href")
            following = page.tree.xpath("//a[@rel='next']/@href")
            address = following[0] if following else ""
        assert len(seen) == len(set(seen)) == 30


def test_what_differs_and_what_each_decision_does(office: Office, ana: Browser) -> None:
    """Before and after stand side by side, with the claim's dates, the mails and why a time cannot be left."""
    page = ana.get(f"/drifts/{office.edit(office.one, moved()).id}")
    differing = [row.text_content() for row in page.tree.xpath("//tr[@class='differs']")]
    before, after = f"{office.at:%-d %b %Y}", f"{office.at + timedelta(days=1):%-d %b %Y}"
    assert len(differing) == 2
    assert all(before in row and after in row for row in differing)
    assert f"by the edit {(office.at + timedelta(days=1)):%a} {after}" in page.text
    assert "Robin Roe and Dana Doe get a mail" in page.text
    assert "Robin Roe is told nothing" in page.text
    assert "Not possible: A time cannot stay wrong." in page.text
    assert "Robin" not in page.title
    drawn = page.tree.xpath("//svg/@aria-label")
    assert len(drawn) == 2
    assert all("On record" in told and "By the edit" in told for told in drawn)


def test_put_back(office: Office, ana: Browser) -> None:
    """The event is where the record has it, and the decision is on record under the person's name."""
    drift = office.edit(office.one, moved())
    ana.get(f"/drifts/{drift.id}")
    page = ana.submit("Put it back", note="Called: it was a slip.")
    assert "Put back: the calendar shows what is on record again." in page.text
    assert f"{office.at:%Y%m%dT%H}" in office.body(office.one)
    with office.system.store.reading() as tx:
        settled = tx.drifts.get(drift.id)
    assert (settled.status, settled.resolved_by) == (DriftStatus.REVERTED, "Admin One")
    assert settled.note == "Called: it was a slip."


def test_take_over(office: Office, ana: Browser) -> None:
    """The mails are read first; then record and claim follow, and exactly these mails are queued."""
    drift = office.edit(office.one, moved())
    page = ana.get(f"/drifts/{drift.id}/accept")
    assert "2 mails will go out" in page.text
    assert {"To robin@example.org", "To dana@example.com"} <= {p.strip() for p in page.tree.xpath("//article/p/text()")}
    assert office.start_of(office.one) == office.at
    with office.system.store.reading() as tx:
        before = {message.id for message in tx.messages.list()}
    page = ana.submit("Take it over and send 2 mails")
    assert "Taken over" in page.text
    assert office.start_of(office.one) == office.at + timedelta(days=1)
    with office.system.store.reading() as tx:
        assert len({message.id for message in tx.messages.list()} - before) == 2
        assert tx.claims.get(office.one.id).date_of_service == (office.at + timedelta(days=1)).date()


def test_looking_changes_nothing(office: Office, ana: Browser) -> None:
    """What is shown of a decision was tried and taken back."""
    drift = office.edit(office.one, moved())
    with office.system.store.reading() as tx:
        before = (len(tx.messages.list()), tx.appointments.get(office.one.id), tx.audit.head().number)
    ana.get(f"/drifts/{drift.id}")
    ana.get(f"/drifts/{drift.id}/accept")
    with office.system.store.reading() as tx:
        assert (len(tx.messages.list()), tx.appointments.get(office.one.id), tx.audit.head().number) == before


def test_leave_the_words(office: Office, ana: Browser) -> None:
    """A title may stay as the provider wrote it."""
    drift = office.edit(office.one, retitled("Intake, bring forms"))
    page = ana.get(f"/drifts/{drift.id}")
    assert page.tree.xpath("//ins")
    ana.submit("Leave it")
    assert office.status(drift) is DriftStatus.DISMISSED
    assert "SUMMARY:Intake, bring forms" in office.body(office.one)


def test_edited_again_meanwhile(office: Office, ana: Browser) -> None:
    """Nothing is done on what was not looked at; the page leads to what stands there now."""
    drift = office.edit(office.one, moved())
    ana.get(f"/drifts/{drift.id}")
    collection = office.collections[office.dana.id]
    collection.put(office.publication(office.one).href, moved(days=1)(office.body(office.one)).encode())
    page = ana.submit("Put it back")
    assert page.status == 409
    assert "The calendar was changed again since this was found. Nothing was done." in page.text
    with office.system.store.reading() as tx:
        (newer,) = tx.drifts.list(DriftQuery(appointment_id=office.one.id, status=DriftStatus.OPEN))
    assert newer.id != drift.id
    assert f"/drifts/{newer.id}" in page.tree.xpath("//a/@href")
    assert f"{office.at + timedelta(days=2):%Y%m%dT%H}" in office.body(office.one)


def test_decided_twice(office: Office, ana: Browser) -> None:
    """A second press does nothing, and says that it was decided."""
    drift = office.edit(office.one, moved())
    first = ana.get(f"/drifts/{drift.id}")
    token = first.tree.xpath("string(//input[@name='csrf']/@value)")
    ana.submit("Put it back")
    page = ana.post(f"/drifts/{drift.id}/revert", {"csrf": token})
    assert page.status == 409
    assert "was reverted already" in page.text


def test_look_again(office: Office, ana: Browser) -> None:
    """A look that finds the same says so."""
    drift = office.edit(office.one, moved())
    ana.get(f"/drifts/{drift.id}")
    assert "Looked just now: it stands as shown here." in ana.submit("Look again now").text


def test_many_at_once(office: Office, ana: Browser) -> None:
    """What each would do is shown first; what is not possible says why; the rest is done."""
    drift, words = office.edit(office.one, moved()), office.edit(office.other, retitled("Mine"))
    ana.get("/drifts")
    page = ana.submit("Leave the words…", everything="1")
    assert page.heading == "Leave as written 1 edit?"
    assert "1: A time cannot stay wrong." in page.text
    assert office.status(words) is DriftStatus.OPEN
    page = ana.submit("Leave as written 1 edit")
    assert page.heading == "1 edit left as written"
    assert (office.status(words), office.status(drift)) == (DriftStatus.DISMISSED, DriftStatus.OPEN)


def test_nothing_chosen(office: Office, ana: Browser) -> None:
    """A decision on nothing leads back, and says what to do first."""
    office.edit(office.one, moved())
    ana.get("/drifts")
    assert "Choose the edits first" in ana.submit("Put back…").text


def test_provider_decides_on_their_own(office: Office, browser: Browser) -> None:
    """They read it in their own words, and see nothing of another's."""
    drift, foreign = office.edit(office.one, moved()), office.edit(office.other, moved())
    dana = office.sign_in(browser, Role.PROVIDER)
    assert dana.get("/drifts").heading == "My edits"
    assert "Lee Low" not in dana.get("/drifts?status=all").text
    assert dana.get(f"/drifts/{foreign.id}").status == 404
    dana.get(f"/drifts/{drift.id}")
    dana.submit("It was a mistake: put it back")
    assert office.status(drift) is DriftStatus.REVERTED


def test_reviewer_reads(office: Office, browser: Browser) -> None:
    """Everything is shown, and no button."""
    drift = office.edit(office.one, moved())
    reviewer = office.sign_in(browser, Role.REVIEWER)
    page = reviewer.get(f"/drifts/{drift.id}")
    assert "Your account may read this, not decide it." in page.text
    assert not page.tree.xpath("//main//form")
