"""Signing in by pages: the first admin, wrong passwords, signing out, and what another site tries."""

import pytest

from syncd.bootstrap import System
from syncd.core.access.principal import Role
from syncd.entrypoints.web.forms import own_path
from tests.web.browser import Browser
from tests.web.conftest import invite
from tests.web.office import PASSWORD


def test_nobody_can_sign_in_yet(browser: Browser) -> None:
    """The page says the command that makes the first admin; nobody can be made through the web."""
    page = browser.get("/")
    assert page.address == "/login"
    assert "syncd user add --role admin" in page.text


def test_fresh_start(system: System, browser: Browser) -> None:
    """Link, password, first page; the link is dead afterwards."""
    link = invite(system, Role.ADMIN)
    assert browser.get(link).heading == "Welcome, Ana Admin"
    assert browser.submit("Start", password=PASSWORD).heading == "Nothing is connected yet"
    assert Browser(browser.host, browser.port).get(link).status == 410


def test_password_that_will_not_do(system: System, browser: Browser) -> None:
    """The error names the rule, the title says so, and the link stays in use."""
    browser.get(invite(system, Role.ADMIN))
    page = browser.submit("Start", password="short")
    assert page.status == 422
    assert page.title.startswith("Error: ")
    assert "at least 12 characters" in page.text
    assert browser.submit("Start", password=PASSWORD).status == 200


def test_wrong_password(admin: Browser) -> None:
    """The address stays filled in, and the sentence does not say what was wrong."""
    admin.submit("Sign out")
    page = admin.submit("Sign in", email="ana@example.com", password="wrong password")
    assert (page.status, page.tree.xpath("string(//input[@id='email']/@value)")) == (401, "ana@example.com")
    assert admin.submit("Sign in", email="ana@example.com", password=PASSWORD).status == 200


def test_six_wrong_passwords(admin: Browser) -> None:
    """The sixth has to wait, and is told how long."""
    admin.submit("Sign out")
    for _ in range(5):
        admin.submit("Sign in", email="ana@example.com", password="wrong password")
    page = admin.submit("Sign in", email="ana@example.com", password=PASSWORD)
    assert page.status == 429
    assert "Try again in" in page.text


def test_comes_back_to_what_was_asked_for(admin: Browser) -> None:
    """After signing in one is where one wanted to be."""
    admin.submit("Sign out")
    page = admin.get("/?view=week")
    assert page.address == "/login?next=%2F%3Fview%3Dweek"
    assert admin.submit("Sign in", email="ana@example.com", password=PASSWORD).address == "/?view=week"


def test_session_that_was_ended_elsewhere(system: System, admin: Browser) -> None:
    """A session that an admin ended opens nothing."""
    with system.store.transaction() as tx:
        tx.sessions.end_all(tx.users.get("ana@example.com").id)
    assert admin.get("/").address == "/login"


class TestForms:
    def test_without_the_token(self, admin: Browser) -> None:
        """A form that no page of ours carried does nothing."""
        assert admin.post("/logout", {}).status == 403
        assert admin.get("/").status == 200

    def test_with_another_browsers_token(self, system: System, admin: Browser) -> None:
        """A token counts for the session that it was drawn for."""
        other = Browser(admin.host, admin.port)
        other.get("/login")
        assert other.page is not None
        foreign = other.page.tree.xpath("string(//input[@name='csrf']/@value)")
        assert admin.post("/logout", {"csrf": foreign}).status == 403

    @pytest.mark.parametrize(
        "headers",
        [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}],
    )
    def test_from_another_site(self, admin: Browser, headers: dict[str, str]) -> None:
        """The browser's own word is enough to refuse, whatever token came with it."""
        token = admin.get("/").tree.xpath("string(//input[@name='csrf']/@value)")
        assert admin.post("/logout", {"csrf": token}, **headers).status == 403

    def test_too_large(self, admin: Browser) -> None:
        """More than 256 KB is refused before it is read."""
        assert admin.post("/login", {"email": "x" * 300_000}).status == 413


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "evil", "", "/a\nb"],
)
def test_address_that_leads_off_the_site(address: str) -> None:
    """Signing in goes on to paths of ours only."""
    assert own_path(address) == "/"
