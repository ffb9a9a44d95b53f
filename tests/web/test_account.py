"""One's own account: how pages look, password, sessions, tokens, the feed's address; and a forgotten password."""

import re
import time
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from syncd.bootstrap import System
from syncd.core.access.accounts import TokenScope
from syncd.core.access.principal import Role
from syncd.core.errors import SyncdError
from syncd.entrypoints.web.server import WebServer
from syncd.services.access.tokens import bearer
from tests.web.browser import Browser
from tests.web.office import PASSWORD, Office
from tests.web.test_connecting import aged

ANOTHER = "another long password"


@pytest.fixture
def elsewhere(ana: Browser) -> Browser:
    """A second browser in which the same admin is signed in."""
    other = Browser(ana.host, ana.port)
    other.get("/login")
    other.submit("Sign in", email="admin@example.com", password=PASSWORD)
    return other


def test_how_pages_look(office: Office, ana: Browser) -> None:
    """Zone, clock and colours are the user's own; sessions stay in the zone in which they were agreed."""
    page = ana.get("/account")
    page = ana.submit("Save", name="Ana  Admin", timezone="Asia/Tokyo", clock="12", theme="dark")
    assert page.tree.get("data-theme") == "dark"
    assert "Ana Admin" in page.text
    assert "in Asia/Tokyo (JST)" in page.text
    assert re.search(r"Loaded \d{1,2}:\d\d:\d\d [ap]m JST", page.text)
    assert "10:00 am–10:50 am" in ana.get(f"/appointments/{office.one.id}").text
    ana.get("/account")
    page = ana.submit("Save", timezone="", clock="24", theme="system")
    assert page.tree.get("data-theme") is None
    assert "own doings are in UTC" in page.text


@pytest.mark.parametrize(("fields", "field"), [({"timezone": "Mars/Phobos"}, "timezone"), ({"name": " "}, "name")])
def test_what_cannot_be_kept(ana: Browser, fields: dict[str, str], field: str) -> None:
    """The field that is wrong is named, and what was typed stays."""
    ana.get("/account")
    page = ana.submit("Save", **fields)
    assert page.status == 422
    [wrong] = page.tree.xpath("//input[@aria-invalid]")
    assert (wrong.get("name"), wrong.get("value").strip()) == (field, fields[field].strip())


def test_another_password(ana: Browser, elsewhere: Browser) -> None:
    """It needs the one until now, ends all other sessions, and is what one signs in with from then on."""
    ana.get("/account")
    assert ana.submit("Change it", old="wrong", new=ANOTHER).status == 422
    assert ana.submit("Change it", old=PASSWORD, new="short").status == 422
    assert elsewhere.get("/account").status == 200
    page = ana.submit("Change it", old=PASSWORD, new=ANOTHER)
    assert "The password was changed; 1 other session ended." in page.text
    assert elsewhere.get("/account").address.startswith("/login")
    ana.submit("Sign out")
    assert ana.submit("Sign in", email="admin@example.com", password=PASSWORD).status == 401
    assert ana.submit("Sign in", email="admin@example.com", password=ANOTHER).status == 200


@pytest.mark.parametrize("button", ["End it", "End all others"])
def test_sessions(ana: Browser, elsewhere: Browser, button: str) -> None:
    """Each place where one is signed in is listed; another one is ended by a press."""
    page = ana.get("/account")
    assert len(page.tree.xpath("//ul[@class='todo']/li")) == 2
    assert "This one" in page.text
    ana.submit(button)
    assert elsewhere.get("/account").address.startswith("/login")
    assert len(ana.get("/account").tree.xpath("//ul[@class='todo']/li")) == 1


def test_sessions_of_another(office: Office, ana: Browser) -> None:
    """Nobody ends them here: they look as if there were none."""
    lee = office.sign_in(Browser(ana.host, ana.port), Role.REVIEWER)
    with office.system.store.reading() as tx:
        [session] = tx.sessions.of_user(tx.users.get("reviewer@example.com").id)
    token = str(ana.get("/").tree.xpath("string(//input[@name='csrf']/@value)"))
    assert ana.post(f"/account/sessions/{session.id}/end", {"csrf": token}).status == 404
    assert lee.get("/account").status == 200


def test_token(office: Office, ana: Browser) -> None:
    """It is shown once, works, expires, and opens nothing once it was revoked."""
    ana.get("/account/tokens")
    page = ana.submit("Make it, and show it once", note="billing", scope="claims", days="30")
    text = str(page.tree.xpath("string(//section//p[@class='id'])"))
    store = office.system.store
    assert bearer(store, text, TokenScope.CLAIMS, office.now).name == "Admin One"
    page = ana.get("/account/tokens")
    assert text not in page.text
    assert f"…{text[-4:]}" in page.text
    assert "billing" in page.text
    ana.submit("Revoke")
    with pytest.raises(SyncdError):
        bearer(store, text, TokenScope.CLAIMS, office.now)


def test_token_asks_for_the_password(office: Office, ana: Browser) -> None:
    """Once it was not given for a while; nothing is made before."""
    ana.get("/account/tokens")
    aged(office.system)
    assert ana.submit("Make it, and show it once").heading == "Your password, once more"
    assert "You have no token." in ana.submit("Go on", password=PASSWORD).text


def test_tokens_of_a_provider(office: Office, server: WebServer) -> None:
    """Figures about the whole installation are not theirs to read."""
    dana = office.sign_in(Browser(*server.address), Role.PROVIDER)
    page = dana.get("/account/tokens")
    assert "metrics" not in page.tree.xpath("//input[@name='scope']/@value")
    assert dana.submit("Make it, and show it once", scope="metrics").status == 422


def test_feed_of_a_provider(office: Office, server: WebServer) -> None:
    """The address is made and shown by a press, serves the feed, and nothing once it was taken away."""
    dana = office.sign_in(Browser(*server.address), Role.PROVIDER)
    assert "none was made yet" in dana.get("/account/feed").text
    page = dana.submit("Make an address", act="show")
    path = "/feeds/" + str(page.tree.xpath("string(//p[@class='id'])")).rpartition("/feeds/")[2]
    assert b"BEGIN:VCALENDAR" in Browser(*server.address).get(path).body
    page = dana.get("/account/feed")
    assert path not in page.text
    page = dana.submit("Make a new address", act="rotate")
    assert Browser(*server.address).get(path).status == 404
    path = "/feeds/" + str(page.tree.xpath("string(//p[@class='id'])")).rpartition("/feeds/")[2]
    dana.get("/account/feed")
    assert "taken away" in dana.submit("Take it away", act="revoke").text
    assert Browser(*server.address).get(path).status == 404


def test_feeds_for_an_admin(office: Office, ana: Browser) -> None:
    """They choose whose; the password is asked for, and leads back there."""
    assert ana.get("/account/feed").tree.xpath(f"//a[@href='/account/feed?provider={office.lee.id}']")
    ana.get(f"/account/feed?provider={office.lee.id}")
    aged(office.system)
    ana.submit("Make an address", act="show")
    page = ana.submit("Go on", password=PASSWORD)
    assert page.heading == "Feed of Lee Low"
    assert "/feeds/" in ana.submit("Make an address", act="show").text


@pytest.fixture
def reachable(system: System) -> System:
    """An installation whose pages are served to others, so that links in mails lead there."""
    web = system.settings.web.model_copy(update={"base_url": "http://127.0.0.1"})
    mail = system.settings.mail.model_copy(update={"folder": Path(system.settings.security.key_file).parent / "mail"})
    system.__dict__["settings"] = system.settings.model_copy(update={"web": web, "mail": mail})
    return system


def mails(system: System) -> list[str]:
    """Return the mails with links, once there is one: it leaves when the page has been answered."""
    patience = time.monotonic() + 10
    while not (files := sorted(system.settings.mail.folder.rglob("*.eml"))) and time.monotonic() < patience:
        time.sleep(0.02)
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [str(one.get_body(("plain",)).get_content()) for one in found if one["Subject"].startswith("Choose")]  # type: ignore[union-attr]


@pytest.mark.usefixtures("reachable")
def test_forgotten_password(admin: Browser, system: System) -> None:
    """A mail brings a link, good for one use, by which another one is chosen; all sessions end."""
    admin.submit("Sign out")
    admin.get("/login")
    admin.get("/login/forgotten")
    assert admin.submit("Send the link", email="Ana@example.com").heading == "Look into your mail"
    [text] = mails(system)
    [link] = re.findall(r"http://127.0.0.1(/welcome/\S+)", text)
    admin.get(link)
    assert admin.submit("Start", password=ANOTHER).status == 200
    assert admin.get(link).status == 410


@pytest.mark.usefixtures("reachable")
def test_forgotten_by_a_stranger(admin: Browser, system: System) -> None:
    """Whether there is such an account is told to nobody."""
    admin.submit("Sign out")
    admin.get("/login/forgotten")
    unknown = admin.submit("Send the link", email="nobody@example.com")
    admin.get("/login/forgotten")
    known = admin.submit("Send the link", email="ana@example.com")
    said = [page.tree.xpath("string(//main)") for page in (unknown, known)]
    assert (unknown.status, said[0]) == (known.status, said[1])
    assert len(mails(system)) == 1


@pytest.mark.usefixtures("reachable")
def test_forgotten_too_often(admin: Browser) -> None:
    """Nobody's mailbox is filled by it."""
    admin.submit("Sign out")
    statuses = []
    for _ in range(6):
        admin.get("/login/forgotten")
        statuses.append(admin.submit("Send the link", email="ana@example.com").status)
    assert 429 in statuses
    assert statuses[0] == 200
