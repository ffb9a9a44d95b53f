"""What an open page says by itself when somebody else decides, and that a stale decision is refused all the same."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from syncd.bootstrap import System
from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.scheduling.people import Party
from syncd.ports.store.sync import DriftQuery
from syncd.services.decisions.drifts import Decisions
from syncd.services.scheduling.changes import By
from tests.browser.practice import DavPractice
from tests.browser.test_journeys import open_edit, without_script
from tests.servers.radicale import Radicale
from tests.web.office import moved

__all__ = ["without_script"]

BEN = Principal(name="Ben Admin", role=Role.ADMIN, channel=Channel.WEB)


@pytest.fixture
def practice(system: System, radicale_server: Radicale) -> DavPractice:
    return DavPractice(system, radicale_server)


def another_decides(practice: DavPractice) -> None:
    with practice.system.store.reading() as tx:
        (drift,) = tx.drifts.list(DriftQuery(appointment_id=practice.one.id))
    terms = practice.system.terms(By(Party.ADMIN, BEN), practice.now)
    Decisions(practice.system.reconciler).revert(drift.id, terms)


def test_another_admin_decides(practice: DavPractice, page: Page) -> None:
    """Within five seconds the page says who did what; the stale decision is refused, and no mail goes twice."""
    practice.sign_in(page)
    practice.edit(practice.one, moved())
    open_edit(practice, page)
    another_decides(practice)
    expect(page.locator("#news")).to_contain_text("was put back in the calendar, by Ben Admin", timeout=5000)
    mails = len(practice.mails())
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert len(practice.mails()) == mails


def test_another_admin_decides_without_script(practice: DavPractice, without_script: Page) -> None:
    """The same refusal, without having been told."""
    page = without_script
    practice.sign_in(page)
    practice.edit(practice.one, moved())
    open_edit(practice, page)
    another_decides(practice)
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_numbers_of_the_menu(practice: DavPractice, page: Page) -> None:
    """They follow by themselves, and a line offers to show what is new; nothing else moves."""
    practice.sign_in(page)
    page.goto("/drifts")
    link = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Drifts")
    expect(link).to_have_text("Drifts")
    practice.edit(practice.one, moved())
    expect(link).to_have_text("Drifts 1 waiting", timeout=5000)
    expect(page.get_by_role("link", name="Dana Doe moved")).to_have_count(0)
    page.get_by_role("status").get_by_role("link", name="Show").click()
    expect(page.get_by_role("link", name="Dana Doe moved").first).to_be_visible()


def test_session_about_to_end(practice: DavPractice, page: Page) -> None:
    """Two minutes before it ends, a button keeps it."""
    page.clock.install(time=datetime.now().astimezone())
    practice.sign_in(page)
    page.goto("/drifts")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_hidden()
    page.clock.fast_forward(timedelta(minutes=28, seconds=1) // timedelta(milliseconds=1))
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.get_by_role("button", name="Stay signed in")).to_be_hidden()
