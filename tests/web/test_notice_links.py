"""From the notice in the provider's mailbox to the claim: what the two links do, and what no link does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.bootstrap import System
from syncd.core.access.principal import local_administrator
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import HoldCode
from syncd.core.errors import DecisionError
from syncd.core.messaging.links import Purpose, SignedLink, sign
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import Answer
from syncd.entrypoints.web.app import create_app
from syncd.entrypoints.web.server import WebServer
from syncd.entrypoints.web.visitor import csrf_of
from syncd.services.decisions.drifts import Decisions
from syncd.services.messaging.links import revoke
from syncd.services.reporting.alerts import alerts
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from tests.servers.smtp import MailServer
from tests.web.browser import Browser, Page
from tests.web.notices import ADDRESS, TODAY, NoticedPractice, an_installation


@pytest.fixture
def post() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def system(post: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """An installation that sends by a real mail server and serves its pages at a public address."""
    mail = {
        "MAIL__TRANSPORT": "smtp",
        "MAIL__HOST": "127.0.0.1",
        "MAIL__PORT": str(post.port),
        "MAIL__SECURITY": "none",
        "WEB__BASE_URL": ADDRESS,
    }
    with an_installation(tmp_path, monkeypatch, **mail) as system:
        yield system


@pytest.fixture
def practice(system: System, post: MailServer) -> NoticedPractice:
    return NoticedPractice(system.store, system=system, post=post)


@pytest.fixture
def browser(system: System) -> Iterator[Browser]:
    server = WebServer(create_app(system), "127.0.0.1:0")
    server.start()
    yield Browser(*server.address)
    assert server.stop(10)


def codes_of_alerts(system: System) -> list[tuple[str, str]]:
    with system.store.reading() as tx:
        return [(one.code, one.subject) for one in alerts(tx, datetime.now(UTC), system.objectives)]


def names_nobody(page: Page) -> bool:
    return not any(word in page.body.decode() for word in ("Ada", "A. E.", "Pat", "10:00", "apt-", "drift-"))


class TestMistake:
    def test_held_claim_becomes_clear(self, practice: NoticedPractice, browser: Browser) -> None:
        """An edit stood as the session began; the provider's word by mail is all that the claim waits for."""
        one = practice.put_back(day=-3, to=-2, found=-1)
        assert practice.release(one).codes == {HoldCode.UNEXPLAINED_EDIT}

        page = browser.get(practice.links()["mistake"])
        assert page.heading == "Was it a mistake?"
        assert "another time" in page.text
        assert practice.shown(one).status is ClaimStatus.HELD, "opening a link changes nothing"
        assert browser.submit("Yes, it was a mistake").heading == "Thank you"

        practice.now = datetime.now(UTC)
        assert practice.release(one).status is ClaimStatus.CLEAR
        (word,) = practice.shown(one).evidence.attestations
        assert (word.party, word.by, word.date_of_service) == (
            Party.PROVIDER,
            practice.provider.email,
            one.date_of_service,
        )
        assert word.actor == f"link:{practice.provider.id}"

    def test_word_before_the_session(self, practice: NoticedPractice, browser: Browser) -> None:
        """The edited time is over, the planned one is to come: the edit is explained, and nothing attested yet."""
        one = practice.put_back(day=2, to=-2, found=-1)
        browser.get(practice.links()["mistake"])
        browser.submit("Yes, it was a mistake")
        practice.now = (TODAY + timedelta(days=3)).astimezone(UTC)

        assert practice.shown(one).evidence.attestations == ()
        assert practice.release(one).status is ClaimStatus.CLEAR

    def test_another_edit_afterwards(self, practice: NoticedPractice, browser: Browser) -> None:
        """A word explains what was put back before it, and no edit that comes later."""
        one = practice.put_back(day=2, to=-2, found=-1)
        browser.get(practice.links()["mistake"])
        browser.submit("Yes, it was a mistake")
        practice.delete(one)
        practice.now = (TODAY + timedelta(days=3)).astimezone(UTC)
        practice.cycle()
        practice.revert()

        assert HoldCode.UNEXPLAINED_EDIT in practice.codes(one)


class TestMeant:
    def test_claim_is_held_and_an_admin_told(self, system: System, practice: NoticedPractice, browser: Browser) -> None:
        """Though it was put back long before: the session may take place at the time that the provider meant."""
        one = practice.put_back(day=-3, to=-2, found=-10)
        assert practice.release(one).codes == {HoldCode.NOT_OVER}
        page = browser.get(practice.links()["meant"])
        assert page.heading == "Did you mean it?"
        assert browser.submit("Yes, I meant it").heading == "Thank you"

        practice.now = datetime.now(UTC)
        (drift,) = practice.drifts()
        assert practice.release(one).codes == {HoldCode.UNEXPLAINED_EDIT}
        assert ("edit_meant", drift.id) in codes_of_alerts(system)
        assert practice.stored(one).start == one.start, "the record is the practice's"

        practice.attest(one, (TODAY - timedelta(days=2)).date())
        practice.cycle()
        assert practice.release(one).status is ClaimStatus.CLEAR
        assert ("edit_meant", drift.id) not in codes_of_alerts(system)

    def test_record_that_follows(self, system: System, practice: NoticedPractice, browser: Browser) -> None:
        """Once the session is rescheduled to what was meant there is nothing left to do."""
        one = practice.put_back(day=20, to=21, found=-1)
        browser.get(practice.links()["meant"])
        browser.submit("Yes, I meant it")
        assert [code for code, _ in codes_of_alerts(system)].count("edit_meant") == 1
        with system.store.transaction() as tx:
            reschedule(tx, Reschedule(appointment_id=one.id, start=TODAY + timedelta(days=21)), practice.terms)
        assert "edit_meant" not in [code for code, _ in codes_of_alerts(system)]

    def test_cleared_up_otherwise(self, system: System, practice: NoticedPractice, browser: Browser) -> None:
        """An admin says so, and the alert ends; any other decision is refused with what to do."""
        one = practice.put_back(day=20, to=21, found=-1)
        browser.get(practice.links()["meant"])
        browser.submit("Yes, I meant it")
        (drift,) = practice.drifts()
        decisions = Decisions(practice.reconciler)
        with pytest.raises(DecisionError, match="syncd appointment reschedule"):
            decisions.accept(drift.id, practice.terms)
        settled = decisions.dismiss(drift.id, practice.terms, "Called: they meet as planned.")

        assert (settled.answer, settled.status) == (Answer.SETTLED, "reverted")
        assert "edit_meant" not in [code for code, _ in codes_of_alerts(system)]
        practice.now = (TODAY + timedelta(days=22)).astimezone(UTC)
        assert practice.release(one).status is ClaimStatus.CLEAR


class TestLinksThatDoNothing:
    def a_link(self, system: System, practice: NoticedPractice, **changes: object) -> str:
        (drift,) = practice.drifts()
        now = datetime.now(UTC)
        link = SignedLink(
            Purpose.DISMISS_EDIT, drift.appointment_id, now - timedelta(days=1), now + timedelta(days=1), drift.id
        )
        return sign(link._replace(**changes), system.link_key)  # type: ignore[arg-type]  # fields by name

    def refused(self, browser: Browser, path: str) -> None:
        for page in (browser.get(path), browser.post(path, {"csrf": token_of(browser)})):
            assert page.status == 410
            assert names_nobody(page)

    def test_used(self, practice: NoticedPractice, browser: Browser) -> None:
        """One answer can be given, once: neither link works again, in any browser."""
        practice.put_back(day=-3, to=-2, found=-1)
        links = practice.links()
        browser.get(links["mistake"])
        browser.submit("Yes, it was a mistake")
        for path in links.values():
            self.refused(browser, path)
            self.refused(Browser(browser.host, browser.port), path)
        assert [drift.answer for drift in practice.drifts()] == [Answer.MISTAKE]

    def test_forged_expired_and_foreign(self, system: System, practice: NoticedPractice, browser: Browser) -> None:
        """Another key, a time that is over, another purpose, appointment or drift, or no token at all."""
        practice.put_back(day=-3, to=-2, found=-1)
        good = self.a_link(system, practice)
        past = datetime.now(UTC) - timedelta(seconds=2)
        wrong = [
            good[:-2] + ("AA" if not good.endswith("AA") else "BB"),
            self.a_link(system, practice, expires_at=past),
            self.a_link(system, practice, purpose=Purpose.ACCEPT_EDIT),
            self.a_link(system, practice, purpose=Purpose.RESCHEDULE),
            self.a_link(system, practice, appointment_id=practice.book(start=TODAY + timedelta(days=9)).id),
            self.a_link(system, practice, about="drift-none"),
            self.a_link(system, practice, about=""),
            "none",
            "%F0%9F%98%80.%00",
        ]
        for token in wrong:
            self.refused(browser, f"/edit/mistake/{token}")
        self.refused(browser, f"/edit/neither/{good}")
        assert [drift.answer for drift in practice.drifts()] == [None]
        assert browser.get(f"/edit/mistake/{good}").heading == "Was it a mistake?"

    def test_revoked(self, system: System, practice: NoticedPractice, browser: Browser) -> None:
        """`syncd link revoke` ends the links of an appointment."""
        one = practice.put_back(day=-3, to=-2, found=-1)
        links = practice.links()
        revoke(system.store, one.id, local_administrator("ana"), datetime.now(UTC))
        for path in links.values():
            self.refused(browser, path)

    def test_form_of_another_site(self, practice: NoticedPractice, browser: Browser) -> None:
        """A page elsewhere that knows the link cannot press its button for the provider."""
        practice.put_back(day=-3, to=-2, found=-1)
        path = practice.links()["mistake"]
        browser.get(path)
        assert browser.post(path, {}).status == 403
        assert browser.post(path, {"csrf": token_of(browser)}, **{"Sec-Fetch-Site": "cross-site"}).status == 403
        assert [drift.answer for drift in practice.drifts()] == [None]


def token_of(browser: Browser) -> str:
    """Return what every form of this browser carries."""
    return csrf_of(browser.cookies["syncd-form"])


@pytest.mark.parametrize(
    "variables",
    [{}, {"WEB__BASE_URL": ADDRESS, "WEB__LISTEN": ""}, {"LINKS__BASE_URL": ADDRESS, "LINKS__SERVED": "false"}],
)
def test_mail_without_links(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, post: MailServer
) -> None:
    """Where pages are not served, or nobody said at which address, mails have no links and no page answers."""
    mail = {
        "MAIL__TRANSPORT": "smtp",
        "MAIL__HOST": "127.0.0.1",
        "MAIL__PORT": str(post.port),
        "MAIL__SECURITY": "none",
    }
    with an_installation(tmp_path, monkeypatch, **mail, **variables) as system:
        practice = NoticedPractice(system.store, system=system, post=post)
        practice.put_back(day=-3, to=-2, found=-1)
        assert practice.links() == {}
