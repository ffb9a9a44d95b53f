"""What Prometheus gets: who may ask, every promised name, and numbers that agree with the record."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from syncd.adapters.prometheus import COUNTERS
from syncd.bootstrap import System
from syncd.core.access.accounts import TokenScope
from syncd.core.access.principal import Role, local_administrator
from syncd.core.events.findings import Severity
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.services.access.tokens import create_token, revoke_token
from syncd.services.access.users import NewUser, add_user
from tests.builders import a_calendar, a_client, a_provider, an_appointment
from tests.claims.builders import a_drift
from tests.web.browser import Browser, Page

ROOT = Path(__file__).parents[2]
PROMISED = {
    "syncd_build_info": {"version", "python"},
    "syncd_cycles": {"outcome"},
    "syncd_cycle_seconds": {"le"},
    "syncd_requests": {"method", "status"},
    "syncd_calendars": {"state"},
    "syncd_publications": {"standing"},
    "syncd_drifts": {"status", "severity"},
    "syncd_outbox_messages": {"status"},
    "syncd_claims": {"status"},
    "syncd_held_claims": set(),
    "syncd_work_due": {"kind"},
    "syncd_work_late": {"kind"},
    "syncd_work_late_seconds": {"kind"},
    "syncd_proof_age_seconds": set(),
    "syncd_calendar_proof_age_seconds": {"calendar"},
    "syncd_calendars_never_proven": set(),
    "syncd_calendars_unproven": set(),
    "syncd_calendars_in_mode": {"mode"},
    "syncd_withheld": set(),
    "syncd_proof_ages_seconds": {"le"},
    "syncd_detection_seconds": {"le"},
    "syncd_resolution_seconds": {"le"},
    "syncd_drifts_found": {"kind", "severity"},
    "syncd_leases_lost": {"kind"},
    "syncd_database_connections": {"state"},
    "syncd_database_connections_most": set(),
}
"""Families, as the contract and docs/operations.md name them, and their labels."""

METRIC = re.compile(r"\b(?:syncd|process)_[a-z_]+\b")
"""A metric in an expression."""

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scraped(browser: Browser) -> Samples:
    page = browser.get("/metrics")
    assert page.status == 200
    families = text_string_to_metric_families(page.body.decode())
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


def a_token(system: System, scope: TokenScope) -> tuple[str, str]:
    by, now = local_administrator("root"), datetime.now(UTC)
    user = add_user(system.store, NewUser(name="Pro", email="pro@example.com", role=Role.ADMIN), by, now).user
    issued = create_token(system.store, user.id, scope, by, now)
    return issued.token.id, issued.text


def through_a_proxy(browser: Browser, token: str | None = None) -> Page:
    """Ask as somebody elsewhere asks, through a proxy on this machine."""
    headers = {"X-Forwarded-For": "203.0.113.9"}
    return browser.get("/metrics", **headers, **({"Authorization": f"Bearer {token}"} if token else {}))


class TestWhoMayAsk:
    def test_this_machine(self, browser: Browser) -> None:
        """Needs no token, and gets Prometheus's text format."""
        page = browser.get("/metrics")
        assert page.status == 200
        assert page.headers["Content-Type"].startswith("text/plain; version=0.0.4")

    def test_others_without_a_token(self, browser: Browser) -> None:
        """Are told what is missing, as problem details."""
        page = through_a_proxy(browser)
        assert (page.status, page.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert json.loads(page.body)["code"] == "token_refused"

    def test_a_token_for_it(self, browser: Browser, system: System) -> None:
        """Opens it until it is revoked."""
        number, text = a_token(system, TokenScope.METRICS)
        assert through_a_proxy(browser, text).status == 200
        revoke_token(system.store, number, local_administrator("root"), datetime.now(UTC))
        assert through_a_proxy(browser, text).status == 401

    def test_a_token_for_something_else(self, browser: Browser, system: System) -> None:
        """Does not open it, not even from this machine."""
        _, text = a_token(system, TokenScope.CLAIMS)
        assert through_a_proxy(browser, text).status == 403
        assert browser.get("/metrics", Authorization="Bearer nonsense").status == 401


class TestNumbers:
    def test_every_promised_name(self, browser: Browser) -> None:
        """Stands there from the start; what there is none of is 0."""
        page = browser.get("/metrics")
        families = {one.name: one for one in text_string_to_metric_families(page.body.decode())}
        assert set(PROMISED) <= set(families)
        for name, labels in PROMISED.items():
            assert {label for one in families[name].samples for label in one.labels} <= labels, name
        samples = scraped(browser)
        assert value(samples, "syncd_drifts", status="open", severity="claim_date") == 0
        assert value(samples, "syncd_cycles_total", outcome="failed") >= 0

    def test_they_are_the_records(self, browser: Browser, system: System) -> None:
        """Calendars, drifts and the age of the oldest proof are as the store has them."""
        now = datetime.now(UTC)
        with system.store.transaction() as tx:
            tx.providers.add(a_provider(id="prv-1"))
            tx.clients.add(a_client(id="cli-1"))
            tx.appointments.add([an_appointment(provider_id="prv-1", client_id="cli-1", id="apt-1")])
            ok, proven = CalendarState.OK, [now - timedelta(seconds=age) for age in (600, 60)]
            for number, (state, at) in enumerate(
                [(ok, proven[0]), (ok, proven[1]), (CalendarState.NEW, None), (CalendarState.PAUSED, None)]
            ):
                shown = {"id": f"cal-{number}", "url": f"https://dav.example/{number}/", "provider_id": "prv-1"}
                tx.calendars.add(a_calendar(**shown, state=state, last_proven_equal_at=at))
            for number in range(3):
                tx.drifts.add(a_drift(id=f"drift-{number}", severity=Severity.TIME))
        samples = scraped(browser)
        assert value(samples, "syncd_calendars", state="ok") == 2
        assert value(samples, "syncd_calendars", state="paused") == 1
        assert value(samples, "syncd_drifts", status=str(DriftStatus.OPEN), severity="time") == 3
        assert value(samples, "syncd_proof_age_seconds") == pytest.approx(600, abs=30)
        assert value(samples, "syncd_calendar_proof_age_seconds", calendar="cal-1") == pytest.approx(60, abs=30)
        assert value(samples, "syncd_calendars_never_proven") == 1
        assert value(samples, "syncd_proof_ages_seconds_bucket", le="300.0") == 1
        assert value(samples, "syncd_proof_ages_seconds_count") == 2

    def test_connections_to_the_database(self, browser: Browser, system: System) -> None:
        """Those that this process has, and never more than it may have."""
        with system.store.reading(), system.store.reading():
            samples = scraped(browser)
        used, most = value(samples, "syncd_database_connections", state="in_use"), "syncd_database_connections_most"
        assert 2 <= used <= value(samples, most)

    def test_nobody_is_named(self, browser: Browser, system: System) -> None:
        """No label holds a name, an address or what an event says."""
        with system.store.transaction() as tx:
            tx.providers.add(a_provider(id="prv-1", name="Dr. Secret", email="secret@example.com"))
            tx.calendars.add(a_calendar(id="cal-1", provider_id="prv-1", last_proven_equal_at=datetime.now(UTC)))
        text = browser.get("/metrics").body.decode().lower()
        assert "cal-1" in text or "calendars" in text
        assert "secret" not in text
        assert "http" not in text


class TestWhatIsWrittenOfThem:
    def test_the_handbook(self, browser: Browser) -> None:
        """Every metric that docs/operations.md names is there."""
        assert named_in("docs/operations.md") <= answered(browser)

    def test_the_alert_rules(self, browser: Browser) -> None:
        """Every metric that the rules name is there; each rule says what is wrong and what to do."""
        assert named_in("config/prometheus-alerts.yml") <= answered(browser)
        rules = (ROOT / "config/prometheus-alerts.yml").read_text().split("- alert: ")[1:]
        assert len(rules) >= 9
        for rule in rules:
            assert all(f"{part}: " in rule for part in ("expr", "severity", "summary", "action")), rule

    def test_the_dashboard(self, browser: Browser) -> None:
        """Every metric that it draws is there; panels have titles and units of their own, and lie beside each other."""
        dashboard = json.loads((ROOT / "config/grafana-dashboard.json").read_text())
        drawn = {
            name for panel in dashboard["panels"] for one in panel["targets"] for name in METRIC.findall(one["expr"])
        }
        assert {name for name in drawn if name.startswith("syncd_")} <= answered(browser)
        assert {"syncd_drifts", "syncd_proof_age_seconds", "syncd_leases_lost_total"} <= drawn
        places = [panel["gridPos"] for panel in dashboard["panels"]]
        cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24
        titles = [panel["title"] for panel in dashboard["panels"]]
        assert len(set(titles)) == len(titles)

    def test_states_in_the_alert_rules(self) -> None:
        """A rule's states, statuses and severities are ones that there are."""
        text = (ROOT / "config/prometheus-alerts.yml").read_text()
        words = {*CalendarState, *DriftStatus, *Severity, *MessageStatus}
        for label, values in re.findall(r'(state|status|severity)!?[=~]+"([^"]+)"', text):
            assert set(values.split("|")) <= words, label

    def test_commands_in_the_alert_rules(self) -> None:
        """A command that a rule tells people to run is one that there is."""
        from syncd.entrypoints.cli.app import COMMANDS

        text = (ROOT / "config/prometheus-alerts.yml").read_text()
        told = set(re.findall(r'"syncd ([a-z]+)', text))
        assert told
        assert told <= set(COMMANDS)


def named_in(path: str) -> set[str]:
    """Return the metrics that a file names, as they stand in samples or as families."""
    return set(re.findall(r"\bsyncd_(?!test)[a-z_]+\b", (ROOT / path).read_text()))


def answered(browser: Browser) -> set[str]:
    COUNTERS.request("GET", 200, 0.1)
    families = list(text_string_to_metric_families(browser.get("/metrics").body.decode()))
    return {name for one in families for name in (one.name, *(sample.name for sample in one.samples))} | {
        f"{one.name}_total" for one in families if one.type == "counter"
    }


class TestCounters:
    def test_a_drift_whose_time_is_known(self, browser: Browser) -> None:
        """Counts to each of its kinds, and from the edit to its detection."""
        before = scraped(browser)
        detected = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
        COUNTERS.drift(a_drift(detected_at=detected, edited_at=detected - timedelta(seconds=45)))
        COUNTERS.drift(a_drift(detected_at=detected, edited_at=None))
        after = scraped(browser)
        name = "syncd_detection_seconds"
        assert value(after, f"{name}_count") - value(before, f"{name}_count") == 1
        assert value(after, f"{name}_sum") - value(before, f"{name}_sum") == 45

    def test_a_cycle_that_failed(self, browser: Browser) -> None:
        """Counts as failed, and to the error's code."""
        before = value(scraped(browser), "syncd_cycles_total", outcome="failed")
        COUNTERS.cycle(0.2, "login_refused")
        after = scraped(browser)
        assert value(after, "syncd_cycles_total", outcome="failed") - before == 1
        assert value(after, "syncd_cycle_troubles_total", code="login_refused") >= 1
