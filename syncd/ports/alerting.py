"""The ports by which alerts leave, other than mail, and by which a process looks at its machine and at servers."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from syncd.core.errors import SyncdError
from syncd.core.reporting.watching import Reading


class ChannelError(SyncdError):
    """An alert did not arrive."""

    code = "alert_not_delivered"


class Webhook(Protocol):
    """An address that takes alerts as JSON."""

    def post(self, notice_id: str, body: bytes, now: datetime) -> str:
        """Hand a body over, signed, and say in words how it was taken. Raises `ChannelError`."""
        ...


class Ping(Protocol):
    """An address that raises an alarm by itself when it is not asked for long enough."""

    def ping(self) -> str:
        """Ask for it, and say in words what was answered. Raises `ChannelError`."""
        ...


class Endpoint(NamedTuple):
    """A server that shows a certificate. ``starttls``: only once it was asked to, as mail servers do."""

    host: str
    port: int
    starttls: bool = False


class Validity(NamedTuple):
    """From when until when a certificate is good."""

    since: datetime
    until: datetime


class Certificates(Protocol):
    """What servers show of themselves."""

    def validity(self, endpoint: Endpoint) -> Validity | None:
        """Return for when a server's certificate is, trusted or not; None where that cannot be known."""
        ...


class Machine(Protocol):
    """What a process sees of where it runs."""

    @property
    def name(self) -> str:
        """The machine's name."""
        ...

    def clocks(self, now: datetime) -> Reading:
        """Read both clocks at once; ``now`` is what the one that people set says."""
        ...

    def free_share(self, folder: Path) -> float | None:
        """Return which share is free, for us, of the disk that holds a folder or will; None: not known."""
        ...
