"""How every page of the console looks: axe finds nothing, and nothing scrolls sideways from 320 to 2560 px."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page

from syncd.core.access.principal import Role
from syncd.core.messaging.outbox import MessageStatus
from syncd.services.access.users import NewUser, add_user
from tests.browser.looks import faults_of
from tests.web.office import BY, PASSWORD, Office, moved

PAGES = (
    "/",
    "/drifts",
    "/drifts/{drift}",
    "/drifts/{drift}/accept",
    "/calendars",
    "/calendars/{calendar}",
    "/calendars/{calendar}/resume/accept",
    "/calendars/{calendar}/settings",
    "/calendars/{calendar}/remove",
    "/account",
    "/account/tokens",
    "/account/feed?provider={provider}",
    "/claims?status=all",
    "/claims/{claim}",
    "/claims/attest",
    "/claims/verify",
    "/appointments",
    "/appointments/{one}",
    "/appointments/new?provider={provider}",
    "/appointments?view=day",
    "/messages",
    "/messages/{mail}",
    "/alerts",
    "/audit",
    "/reports/drift",
    "/settings",
    "/workers",
    "/people",
    "/people/clients/{client}",
    "/people/providers/{provider}",
    "/people/users",
    "/people/providers/new",
)


@pytest.fixture
def known(office: Office) -> dict[str, str]:
    """A practice with an edit and a mail that was refused: the ids of its things."""
    drift = office.edit(office.one, moved())
    with office.system.store.transaction() as tx:
        mail = tx.messages.list()[0]
        tx.messages.save(replace(mail, status=MessageStatus.FAILED, last_error="550 no such user", attempts=3))
        claim = tx.claims.get(office.one.id)
    return {
        "drift": drift.id,
        "calendar": drift.calendar_id,
        "claim": claim.id,
        "one": office.one.id,
        "mail": mail.id,
        "client": office.robin.id,
        "provider": office.dana.id,
    }


def test_looks(office: Office, page: Page, known: dict[str, str]) -> None:
    """Light and dark, narrow and wide."""
    new = NewUser(name="Ana Admin", email="ana@example.com", role=Role.ADMIN)
    page.goto(f"/welcome/{add_user(office.system.store, new, BY, office.now).secret}")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Start").click()
    faults = []
    for path in PAGES:
        answer = page.goto(path.format(**known))
        assert answer is not None
        assert answer.status == 200, path
        assert page.locator("h1").count() == 1, path
        faults += faults_of(page)
    assert faults == []
