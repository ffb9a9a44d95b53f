"""schemathesis over the whole API: whatever the description allows or forbids, the answer is one that it describes.

A few examples of each operation here; `make schema` tries every border case of every value, for minutes.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.transport import requests as sending

from syncd.bootstrap import System
from syncd.core.access.accounts import TokenScope
from syncd.core.access.principal import Role
from syncd.entrypoints.web.app import create_app
from syncd.entrypoints.web.server import WebServer
from syncd.entrypoints.web.throttle import Throttle
from syncd.settings import Settings
from tests.api.desk import Desk, installed
from tests.web.office import Office, moved

_CONFIG = {
    # A schema cannot say which zones, reasons or states there are: 412 and 422 are told of what it lets through.
    # Calendar servers that do not answer (502) and a database under load are no fault of ours.
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "412", "422", "502"]},
        "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "409", "413", "422", "428"]},
        "missing_required_header": {"expected-statuses": ["401", "403", "422", "428"]},
        "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "502"]},
    }
}


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A practice for all cases: what one of them changes, the next one meets."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        # It counts connections in a way that the urllib3 of this environment does not know; only retries need it.
        monkeypatch.setattr(sending, "_count_opened_connections", lambda _: 0)
        folder = tmp_path_factory.mktemp("api")
        system = installed(folder, monkeypatch, f"sqlite:///{folder}/syncd.db")
        app = create_app(system)
        app.state.token_misses = Throttle(1_000_000)  # wrong tokens are what some cases are about: none has to wait
        server = WebServer(app, "127.0.0.1:0")
        server.start()
        desk = Desk(Office(system), *server.address)
        desk.office.edit(desk.office.one, moved())
        yield desk
        server.stop(10)
        system.close()


_DOCUMENT = create_app(System(Settings())).openapi()
_IS_LONG = "SCHEMA_EXAMPLES" in os.environ
_EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "2"))
lean = schemathesis.openapi.from_dict(
    _DOCUMENT, config=SchemathesisConfig.from_dict(_CONFIG | {"phases": {"coverage": {"enabled": False}}})
)
schema = schemathesis.openapi.from_dict(_DOCUMENT, config=SchemathesisConfig.from_dict(_CONFIG)) if _IS_LONG else lean
"""With every border case of every value, in the long form: what these are about is the same for whoever asks."""
_BOUNDED = settings(
    max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def things(practice: Desk) -> dict[str, str]:
    """One thing of each kind, by the names that addresses have for them; some are removed by the cases."""
    office, desk = practice.office, practice
    with desk.system.store.reading() as tx:
        message = tx.messages.list(limit=1)[0]
    return {
        "appointment_id": office.other.id,
        "drift_id": office.drift(office.one).id,
        "calendar_id": office.calendar(office.lee).id,
        "ref": office.lee.id,
        "message_id": message.id,
    }


@schema.parametrize()
@_BOUNDED
def test_as_an_admin(practice: Desk, things: dict[str, str], case: Any) -> None:
    """Signed in as one who may do everything."""
    for name, value in things.items():
        if name in (case.path_parameters or {}) and case.meta and case.meta.generation.mode.is_positive:
            case.path_parameters[name] = value
    case.call_and_validate(base_url=practice.url, headers={"Authorization": f"Bearer {practice.token()}"})


@lean.parametrize()
@_BOUNDED
def test_as_a_provider(practice: Desk, case: Any) -> None:
    """Signed in as one who sees own things alone."""
    token = practice.token(Role.PROVIDER, TokenScope.WRITE)
    case.call_and_validate(base_url=practice.url, headers={"Authorization": f"Bearer {token}"})


@lean.parametrize()
@settings(_BOUNDED, max_examples=1)
def test_not_signed_in(practice: Desk, case: Any) -> None:
    """Nobody gets anything: whatever is well formed is refused for want of a token."""
    response = case.call_and_validate(base_url=practice.url)
    assert response.status_code in {400, 401, 404, 405, 413, 422}
