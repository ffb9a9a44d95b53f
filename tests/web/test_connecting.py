"""The wizard that connects a calendar: what is kept, what is asked again, what is refused, and what never shows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.bootstrap import System
from syncd.core.access.principal import Role
from syncd.core.sync.calendars import Calendar
from syncd.ports.remote.errors import NotACalendarError
from syncd.ports.remote.values import Account
from tests.web.browser import Browser, Page
from tests.web.office import PASSWORD, Office

SECRET = "a very long calendar password"
URL = "https://dav.example.net/robin/"


@pytest.fixture
def account(office: Office) -> Account:
    """An account of Dana's with a calendar that may be written, and one that may not."""
    account = office.servers.add_account(URL, "robin", SECRET)
    office.servers.add_collection(account, "Home")
    office.servers.add_collection(account, "Holidays").read_only = True
    return account


def calendars(office: Office) -> list[Calendar]:
    with office.system.store.reading() as tx:
        return list(tx.calendars.list(office.dana.id))


def answer_until(step: str, office: Office, browser: Browser) -> Page:
    """Answer the questions before a step as a person would who wants what is recommended."""
    browser.get(f"/calendars/new?provider={office.dana.id}")
    answers: list[tuple[str, Callable[[], Page]]] = [
        ("kind", lambda: browser.submit("Continue", kind="caldav")),
        ("login", lambda: browser.submit("Try it", url=URL, username="robin", password=SECRET)),
        ("calendar", lambda: browser.submit("Continue", collection="", name="Sessions")),
        ("keeping", lambda: browser.submit("Continue", mode="normal", privacy="")),
    ]
    for name, answer in answers:
        if name == step:
            break
        answer()
    page = browser.page
    assert page is not None
    assert page.address == f"/calendars/new/{step}"
    return page


def test_from_a_providers_page(office: Office, ana: Browser, account: Account) -> None:
    """The provider is known there; at the end the calendar stands with what was wished, and nothing twice."""
    page = ana.get(f"/people/providers/{office.dana.id}")
    assert f"/calendars/new?provider={office.dana.id}" in page.tree.xpath("//a/@href")
    answer_until("keeping", office, ana)
    page = ana.submit("Continue", mode="report_only", privacy="name", agreed="yes", plain="yes")
    assert page.heading == "Check, and connect"
    sent = {name: page.tree.xpath(f"string(//input[@name='{name}']/@value)") for name in ("csrf", "seen")}
    assert ana.submit("Connect").address.startswith("/calendars/cal-")
    again = ana.post("/calendars/new/check", sent)
    [made] = [one for one in calendars(office) if one.username == "robin"]
    assert again.address == f"/calendars/{made.id}"
    assert (made.name, made.mode, made.privacy, made.plain_events) == ("Sessions", "report_only", "name", True)
    assert (made.url, made.username) == (f"{account.url}sessions/", "robin")


def test_an_existing_calendar(office: Office, ana: Browser, account: Account) -> None:
    """One that may be written can be chosen; one that may only be read is named, and cannot."""
    page = answer_until("calendar", office, ana)
    assert "Holidays: may only be read" in page.text
    refused = ana.submit("Continue", collection=f"{account.url}holidays/")
    assert (refused.status, "may be written" in refused.text) == (422, True)
    ana.submit("Continue", collection=f"{account.url}home/")
    assert ana.submit("Continue", mode="normal").heading == "Check, and connect"
    ana.submit("Connect and publish 1 session")
    assert sorted(one.name for one in calendars(office)) == ["Home", "Practice appointments"]


@pytest.mark.usefixtures("account")
def test_a_name_that_is_taken(office: Office, ana: Browser) -> None:
    """A new calendar of a name that is there would be that calendar: the page says so."""
    answer_until("calendar", office, ana)
    page = ana.submit("Continue", collection="", name=" Home ")
    assert (page.status, page.title.startswith("Error: ")) == (422, True)
    assert "There is a calendar of that name" in page.text
    [field] = page.tree.xpath("//input[@name='name']")
    assert (field.get("aria-invalid"), field.get("value")) == ("true", "Home")


def test_a_calendar_that_is_connected(office: Office, ana: Browser) -> None:
    """syncd publishes in a calendar for one provider: it is not offered again."""
    ana.get(f"/calendars/new?provider={office.lee.id}")
    ana.submit("Continue", kind="caldav")
    own = office.collections[office.dana.id]
    page = ana.submit("Try it", url="https://dav.example.net/dana/", username="dana", password="secret")
    assert "Practice appointments: connected already, for Dana Doe" in page.text
    page = ana.submit("Continue", collection=own.url)
    assert "publishes in that calendar already" in page.text


@pytest.mark.usefixtures("account")
def test_the_password_is_never_shown(office: Office, ana: Browser) -> None:
    """Not after a refusal, not on Back, not on the last page; it lies sealed in the database."""
    answer_until("check", office, ana)
    pages = [ana.get(f"/calendars/new/{step}") for step in ("login", "calendar", "keeping", "check")]
    pages.append(ana.post("/calendars/new/login", {"csrf": csrf(ana), "url": URL, "username": "", "password": SECRET}))
    assert all(SECRET.encode() not in page.body for page in pages)
    file = office.system.settings.database.url.removeprefix("sqlite:///")
    for part in ("", "-wal"):
        with open(file + part, "rb") as stored:  # noqa: PTH123 - a suffix is added to the name
            assert SECRET.encode() not in stored.read()


def csrf(browser: Browser) -> str:
    return str(browser.get("/").tree.xpath("string(//input[@name='csrf']/@value)"))


@pytest.mark.usefixtures("account")
def test_a_password_is_not_taken_to_another_host(office: Office, ana: Browser) -> None:
    """Left empty, it is the one that was given for this host and this login; elsewhere it has to be typed."""
    answer_until("calendar", office, ana)
    ana.get("/calendars/new/login")
    page = ana.submit("Try it", url="https://elsewhere.example.net/", username="robin", password="")
    assert "Give the password." in page.text


@pytest.mark.usefixtures("account")
def test_too_far(office: Office, ana: Browser) -> None:
    """Whoever opens a later step comes to the first one that is open."""
    ana.get("/calendars/new")
    assert ana.get("/calendars/new/check").address == "/calendars/new/provider"
    answer_until("login", office, ana)
    assert ana.get("/calendars/new/keeping").address == "/calendars/new/login"
    assert ana.get("/calendars/new/nowhere").status == 422


@pytest.mark.usefixtures("account")
def test_answers_of_two_windows(office: Office, ana: Browser) -> None:
    """What is connected is what the page showed: changed in another window, it is shown again."""
    page = answer_until("check", office, ana)
    sent = {name: page.tree.xpath(f"string(//input[@name='{name}']/@value)") for name in ("csrf", "seen")}
    ana.get("/calendars/new/calendar")
    ana.submit("Continue", collection="", name="Another name")
    before = len(calendars(office))
    page = ana.post("/calendars/new/check", sent)
    assert (page.status, "changed in another window" in page.text) == (409, True)
    assert "Another name" in page.text
    assert len(calendars(office)) == before


@pytest.mark.usefixtures("account")
def test_full_names_need_an_agreement(office: Office, ana: Browser) -> None:
    """Without the tick they are not written."""
    answer_until("keeping", office, ana)
    page = ana.submit("Continue", mode="normal", privacy="name")
    assert (page.status, "agreement" in page.text) == (422, True)
    assert page.tree.xpath("//input[@name='privacy'][@value='name']/@checked")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": ""}, "Give the address of the calendar server."),
        ({"url": "http://dav.example.net/"}, "can be read on the way"),
        ({"username": ""}, "Give the user name."),
        ({"url": "https://dav.example.net/nobody/"}, "leads to no CalDAV calendar"),
        ({"password": "wrong"}, "dav.example.net refused this login. Check the user name, too"),
    ],
)
@pytest.mark.usefixtures("account")
def test_what_is_wrong_is_said(office: Office, ana: Browser, given: dict[str, str], words: str) -> None:
    """In words, with the remedy; all but the password stays filled in."""
    answer_until("login", office, ana)
    page = ana.submit("Try it", **{"url": URL, "username": "robin", "password": SECRET} | given)
    assert page.status >= 400
    assert words in page.text
    assert page.tree.xpath("string(//input[@name='url']/@value)") == given.get("url", URL)


@pytest.mark.usefixtures("account")
def test_private_networks(office: Office, ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console opens no address in the practice's own network, unless an operator has named that network."""
    monkeypatch.delitem(office.system.__dict__, "new_servers")
    answer_until("login", office, ana)
    for host in ("127.0.0.1:9", "[::1]:9", "169.254.169.254", "10.0.0.1", "[::ffff:192.168.0.1]"):
        page = ana.submit("Try it", url=f"https://{host}/", username="robin", password=SECRET)
        assert "where no address that is entered may lead" in page.text, host
        assert "✗ Address (failed)" in page.text


@pytest.mark.usefixtures("account")
def test_a_server_that_points_elsewhere(office: Office, ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """iCloud keeps calendars on hosts of their own: the login goes there on a person's word alone."""

    def points(asked: Account) -> list[object]:
        seen.append(asked.url)
        if asked.url == URL:
            raise NotACalendarError("The server points to another host", url="https://p42.example.net/robin/")
        return []

    seen: list[str] = []
    monkeypatch.setattr(office.servers, "collections", points)
    answer_until("login", office, ana)
    page = ana.submit("Try it", url=URL, username="robin", password=SECRET)
    assert "keeps this account's calendars at https://p42.example.net/robin/" in page.text
    assert ana.submit("Sign in there").address == "/calendars/new/calendar"
    assert seen == [URL, "https://p42.example.net/robin/"]


@pytest.mark.usefixtures("account")
def test_password_once_more(office: Office, ana: Browser) -> None:
    """A quarter of an hour after it was given, it is asked for again; then one goes on where one was."""
    answer_until("keeping", office, ana)
    aged(office.system)
    page = ana.get("/calendars/new/keeping")
    assert page.heading == "Your password, once more"
    assert ana.submit("Go on", password="wrong").status == 422
    assert ana.submit("Go on", password=PASSWORD).heading == "How is it kept?"


def aged(system: System) -> None:
    """Let the time for which a password counts as given go by."""
    with system.store.transaction() as tx:
        for user in tx.users.list():
            for session in tx.sessions.of_user(user.id):
                tx.sessions.save(replace(session, proved_at=session.proved_at - timedelta(minutes=16)))


@pytest.mark.usefixtures("account")
def test_answers_of_another(office: Office, ana: Browser) -> None:
    """Answers are one browser's own."""
    answer_until("keeping", office, ana)
    other = office.sign_in(Browser(ana.host, ana.port), Role.ADMIN, "other@example.com")
    assert other.get("/calendars/new/keeping").address == "/calendars/new/provider"


def test_signed_out_answers_are_gone(office: Office, ana: Browser, account: Account) -> None:
    """They go with the session."""
    answer_until("keeping", office, ana)
    with office.system.store.reading() as tx:
        [session] = tx.sessions.of_user(tx.users.get("admin@example.com").id)
        assert tx.unsent_forms.find(session.id, "calendar") is not None
    ana.get("/")
    ana.submit("Sign out")
    with office.system.store.reading() as tx:
        assert tx.unsent_forms.find(session.id, "calendar") is None
    assert account.username == "robin"
