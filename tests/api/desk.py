"""What the tests of the API have at hand: a practice, and callers with tokens of every kind."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.passwords import Argon2Passwords
from syncd.bootstrap import System, initialise
from syncd.core.access.accounts import TokenScope
from syncd.core.access.principal import Role
from syncd.core.errors import NotFoundError
from syncd.services.access.tokens import create_token
from syncd.services.access.users import NewUser, add_user
from syncd.settings import load
from tests.web.office import BY, Office

PREFIX = "/api/v1"


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> System:
    """Return a new installation that writes nowhere but into a folder."""
    monkeypatch.setenv("SYNCD_DATABASE__URL", url)
    monkeypatch.setenv("SYNCD_SECURITY__KEY_FILE", str(folder / "key"))
    monkeypatch.setenv("SYNCD_MAIL__FOLDER", str(folder / "mail"))
    monkeypatch.setenv("SYNCD_BACKUP__FOLDER", str(folder / "backups"))
    settings = load()
    initialise(settings)
    system = System(settings)
    system.__dict__["passwords"] = Argon2Passwords(memory_kib=64, passes=1)
    return system


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The word for scripts of an error."""
        assert self.headers["Content-Type"] == "application/problem+json"
        return str(self.document["code"])


@dataclass
class Desk:
    """A practice and its API."""

    office: Office
    host: str
    port: int
    tokens: dict[tuple[Role, TokenScope, str], str] = field(default_factory=dict)

    @property
    def system(self) -> System:
        return self.office.system

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def token(self, role: Role = Role.ADMIN, scope: TokenScope = TokenScope.WRITE, email: str = "") -> str:
        """Return a token of a user of that role; a provider is Dana unless another address is given."""
        own = email or (self.office.dana.email if role is Role.PROVIDER else f"{role}@example.com")
        known = (role, scope, own)
        if known not in self.tokens:
            with self.system.store.reading() as tx:
                user = tx.users.find(own)
            now = datetime.now(UTC)
            if user is None:
                add_user(self.system.store, NewUser(name=f"{role.title()} One", email=own, role=role), BY, now)
            self.tokens[known] = create_token(self.system.store, own, scope, BY, now).text
        return self.tokens[known]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        role: Role = Role.ADMIN,
        **headers: str,
    ) -> Answer:
        """Send a request, by an admin unless another role or token is given (token "": none); return the answer."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        bearer = self.token(role) if token is None else token
        if bearer:
            sent["Authorization"] = f"Bearer {bearer}"
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if content is not None and "Content-Type" not in sent:
            sent["Content-Type"] = "application/json"
        connection = HTTPConnection(self.host, self.port, timeout=30)
        connection.request(method, PREFIX + path if path.startswith("/") else path, content, sent)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        return answer

    def claim_of(self, appointment_id: str) -> str:
        with self.system.store.reading() as tx:
            try:
                return tx.claims.get(appointment_id).id
            except NotFoundError:
                return ""
