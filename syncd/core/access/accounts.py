"""Accounts of the console and the API: users, their sessions, one-time links and tokens, and how long each counts.

Secrets never stand in these values: what was handed out is known by its hash alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.errors import InvalidValueError, RefusalError

USER_ROLES: Final = (Role.ADMIN, Role.REVIEWER, Role.PROVIDER)
"""The roles that an account may have; clients have signed links, and syncd needs no account."""

LEAST_PASSWORD: Final = 12
MOST_PASSWORD: Final = 1024
IDLE: Final = timedelta(minutes=30)
"""A session ends when it was not used for so long."""
LONGEST_SESSION: Final = timedelta(hours=12)
FRESH: Final = timedelta(minutes=15)
"""So long after the password was given, what needs a fresh proof may be done."""
WELCOME_VALID: Final = timedelta(hours=24)
RESET_VALID: Final = timedelta(hours=1)

_FREE_TRIES: Final = 5
_FREE_TRIES_OF_AN_ADDRESS: Final = 20
_LONGEST_WAIT: Final = timedelta(minutes=15)


class SignInRefusedError(RefusalError):
    """The e-mail address or the password is wrong, or the account is not in use."""

    code = "sign_in_refused"


class TooManyTriesError(RefusalError):
    """There were too many wrong passwords. Wait, and try again."""

    code = "too_many_tries"


class LinkGoneError(RefusalError):
    """The link was used, has expired or was never given out. Ask an admin for a new one."""

    code = "link_gone"


class TokenRefusedError(RefusalError):
    """The token is unknown, revoked or has expired."""

    code = "token_refused"


class Clock(StrEnum):
    """How a user reads times: 14:00, or 2:00 pm."""

    H24 = "24"
    H12 = "12"


class Theme(StrEnum):
    """How pages look to a user: as the system asks, light, or dark."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One who may sign in. ``provider_id`` says whose things are a provider's own.

    ``password_hash`` is None until a password was chosen by the one-time link. ``timezone`` (None: the installation's),
    ``clock`` and ``theme`` are how pages show moments and themselves to this user.
    """

    id: str
    name: str
    email: str
    role: Role
    created_at: datetime
    provider_id: str | None = None
    password_hash: str | None = None
    active: bool = True
    last_seen_at: datetime | None = None
    timezone: str | None = None
    clock: Clock = Clock.H24
    theme: Theme = Theme.SYSTEM

    def principal(self, channel: Channel) -> Principal:
        """Return the user as one who acts through ``channel``."""
        return Principal(name=self.name, role=self.role, channel=channel, provider_id=self.provider_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A user who is signed in in one browser. ``id`` is the hash of what the cookie holds.

    ``proved_at`` is when the password was last given. ``address`` and ``agent`` help the user to know the browser.
    """

    id: str
    user_id: str
    started_at: datetime
    seen_at: datetime
    proved_at: datetime
    address: str = ""
    agent: str = ""

    def is_over(self, now: datetime) -> bool:
        """Tell whether it has ended: unused for `IDLE`, or `LONGEST_SESSION` old."""
        return now - self.seen_at >= IDLE or now - self.started_at >= LONGEST_SESSION

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the password was given lately enough for what needs a fresh proof."""
        return now - self.proved_at < FRESH


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsentForm:
    """What a user has filled in so far in one browser, sealed. ``purpose`` says in which form."""

    session_id: str
    purpose: str
    sealed: bytes
    expires_at: datetime


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    WELCOME = "welcome"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeLink:
    """A link that lets a user choose a password, once. ``id`` is the hash of its secret."""

    id: str
    user_id: str
    purpose: LinkPurpose
    expires_at: datetime


class TokenScope(StrEnum):
    """What a token may be used for; never more than its user's role allows.

    ``read``: look at everything that the user sees. ``write``: all that the user may do. ``claims``: ask whether a
    claim may be filed, and say that it was. ``metrics``: read /metrics.
    """

    READ = "read"
    WRITE = "write"
    CLAIMS = "claims"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token for programs, shown once. ``hash`` is that of the whole, ``last4`` are its last four characters."""

    id: str
    user_id: str
    scope: TokenScope
    hash: str
    last4: str
    created_at: datetime
    expires_at: datetime
    note: str = ""
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    def counts_at(self, now: datetime) -> bool:
        """Tell whether it may be used."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTries:
    """Wrong passwords in a row of one account, or from one address: ``subject`` is its hash."""

    subject: str
    count: int
    last_at: datetime


def check_password(password: str, *, forbidden: tuple[str, ...] = ()) -> None:
    """Raise `InvalidValueError` for a password that is too short, too long, or one of the ``forbidden`` words."""
    if len(password) < LEAST_PASSWORD:
        raise InvalidValueError(f"A password has at least {LEAST_PASSWORD} characters.")
    if len(password) > MOST_PASSWORD:
        raise InvalidValueError(f"A password has at most {MOST_PASSWORD} characters.")
    if password.casefold() in {word.casefold() for word in forbidden}:
        raise InvalidValueError("A password is neither your address nor the practice's name.")


def wait_after(tries: FailedTries | None, now: datetime, *, of_address: bool = False) -> timedelta:
    """Return how long the next try has to wait: nothing for the first few, then 1, 2, 4 … 15 minutes."""
    free = _FREE_TRIES_OF_AN_ADDRESS if of_address else _FREE_TRIES
    if tries is None or tries.count < free:
        return timedelta(0)
    pause = min(timedelta(minutes=2 ** min(tries.count - free, 10)), _LONGEST_WAIT)
    return max(tries.last_at + pause - now, timedelta(0))
