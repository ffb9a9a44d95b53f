"""Reads a mailbox that people read, too: nothing is marked as read, and nothing is deleted.

What a server claims is not believed: flags are set only where it says that it keeps them, a mail is moved by MOVE (RFC
6851) or, with UIDPLUS (RFC 4315), by a copy and an EXPUNGE of that mail alone. Where it can do neither, the mail stays;
what was read is known by its place.
"""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from syncd.ports.inbound import Fate, MailboxError, MailboxLoginError, Stored

MOST_BYTES = 2 * 1024 * 1024
"""Of a longer mail only the head is fetched."""
DONE = b"$SyncdDone"
"""The keyword of a mail that was dealt with; one that a person has to read is flagged as people flag them."""
_FLAGGED, _DELETED, _ANY = b"\\Flagged", b"\\Deleted", b"\\*"
_HEARTBEAT = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """Where a mailbox is, and what becomes of mails there. ``done`` and ``aside`` are mailboxes; "" leaves them be."""

    host: str
    port: int = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str = ""
    password: str = ""
    mailbox: str = "INBOX"
    done: str = ""
    aside: str = ""
    timeout: float = 30.0
    ca_file: Path | None = None

    def __repr__(self) -> str:
        """Name it without its password."""
        return f"ImapAccount({self.username}@{self.host}:{self.port}/{self.mailbox})"


class ImapMailbox:
    """A mailbox (`syncd.ports.inbound.Mailbox`)."""

    def __init__(self, account: ImapAccount) -> None:
        """Connect to nothing yet."""
        self._account = account

    @property
    def name(self) -> str:
        """Which account and mailbox it is."""
        one = self._account
        return f"{one.username}@{one.host}:{one.port}/{one.mailbox}"

    @contextmanager
    def open(self) -> Iterator["OpenImapMailbox"]:
        """Connect, log in and select the mailbox."""
        with _translated(self._account.host):
            client = self._connected()
        try:
            with _translated(self._account.host):
                self._log_in(client)
                selected = client.select_folder(self._account.mailbox)
                _make(client, self._account.done, self._account.aside)
            yield OpenImapMailbox(client, self._account, selected)
        finally:
            with suppress(OSError, IMAPClientError):
                client.logout()
            with suppress(OSError, IMAPClientError):
                client.shutdown()

    def probe(self) -> str:
        """Try it, and say how it is."""
        with self.open() as opened:
            idles = "tells of new mail at once" if opened.idles else "is asked for new mail now and then"
        return f"The mailbox {self._account.mailbox} of {self._account.host} can be read, and {idles}."

    def _connected(self) -> IMAPClient:
        one, tls = self._account, self._tls()
        client = IMAPClient(
            one.host,
            one.port,
            ssl=one.security == "tls",
            ssl_context=tls if one.security == "tls" else None,
            timeout=one.timeout,
        )
        if one.security == "starttls":
            client.starttls(tls)
        return client

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._account.ca_file is not None:
            context.load_verify_locations(self._account.ca_file)
        return context

    def _log_in(self, client: IMAPClient) -> None:
        try:
            client.login(self._account.username, self._account.password)
        except LoginError as error:
            raise MailboxLoginError(
                f"{self._account.host} refuses the login of {self._account.username}. Set inbox.password anew."
            ) from error


class OpenImapMailbox:
    """A mailbox on a connection (`syncd.ports.inbound.OpenMailbox`)."""

    def __init__(self, client: IMAPClient, account: ImapAccount, selected: dict[bytes, Any]) -> None:
        """Use a client that has selected the mailbox, and what the server said of it."""
        self._client = client
        self._account = account
        self._validity = int(selected.get(b"UIDVALIDITY", 0))
        self._keeps = frozenset(selected.get(b"PERMANENTFLAGS", ()))
        self.idles = bool(client.has_capability("IDLE"))

    def validity(self) -> int:
        """Return the mailbox's UIDVALIDITY."""
        return self._validity

    def after(self, uid: int) -> Iterator[Stored]:
        """Yield the mails with a higher UID, in order."""
        with _translated(self._account.host):
            found = self._client.search(["UID", f"{uid + 1}:*"])
        for number in sorted(one for one in found if one > uid):  # n:* always names the last mail, too
            with _translated(self._account.host):
                stored = self._fetched(number)
            if stored is not None:
                yield stored

    def _fetched(self, uid: int) -> Stored | None:
        told = self._client.fetch([uid], ["RFC822.SIZE"]).get(uid)
        if told is None:
            return None
        size = int(told[b"RFC822.SIZE"])
        part = "BODY.PEEK[]" if size <= MOST_BYTES else "BODY.PEEK[HEADER]"
        got = self._client.fetch([uid], [part]).get(uid, {})
        raw = got.get(part.replace(".PEEK", "").encode())
        if raw is None:
            return None
        return Stored(uid, raw, len(raw) if size <= MOST_BYTES else size)  # some count line ends otherwise

    def settle(self, uid: int, fate: Fate) -> None:
        """Flag or move a mail."""
        if fate is Fate.LEFT:
            return
        folder = self._account.done if fate is Fate.DONE else self._account.aside
        with _translated(self._account.host):
            if folder and self._moves(uid, folder):
                return
            flag = DONE if fate is Fate.DONE else _FLAGGED
            if flag in self._keeps or (flag is DONE and _ANY in self._keeps):
                self._client.add_flags([uid], [flag], silent=True)

    def _moves(self, uid: int, folder: str) -> bool:
        """Move a mail; return False where the server cannot without touching others."""
        if self._client.has_capability("MOVE"):
            self._client.move([uid], folder)
            return True
        if not self._client.has_capability("UIDPLUS"):
            return False
        self._client.copy([uid], folder)
        self._client.add_flags([uid], [_DELETED], silent=True)
        self._client.expunge([uid])  # of this one alone
        return True

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> bool:
        """Wait until something arrives, at most so long, or until it is over."""
        if not self.idles:
            return False
        deadline = time.monotonic() + seconds
        with _translated(self._account.host):
            self._client.idle()
            try:
                while time.monotonic() < deadline and not is_over():
                    if any(b"EXISTS" in news for news in self._client.idle_check(timeout=_HEARTBEAT)):
                        return True
                return False
            finally:
                self._client.idle_done()


def _make(client: IMAPClient, *folders: str) -> None:
    for folder in filter(None, folders):
        if not client.folder_exists(folder):
            client.create_folder(folder)


@contextmanager
def _translated(host: str) -> Iterator[None]:
    try:
        yield
    except MailboxError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise MailboxError(
            f"The certificate of {host} is not trusted ({error.verify_message}); for one of your own authority, set "
            "its file as inbox.ca_file"
        ) from error
    except (OSError, EOFError, IMAPClientError, ValueError, KeyError) as error:
        raise MailboxError(f"The mailbox at {host} cannot be read ({type(error).__name__}).") from error
