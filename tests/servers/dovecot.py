"""Dovecot, the IMAP server that most houses run: a process of this user, or of nobody where this user is root."""

import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from imapclient import IMAPClient

from tests.tools import needs

NEEDS_DOVECOT = needs("dovecot", "dovecot-imapd")

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
imap_capability = {capability}
passdb {{
  driver = passwd-file
  args = {folder}/passwd
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u.home
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """An IMAP server with one account. ``capability``: what it says it can, where that is less than it can."""

    username, password = "practice", "a secret"

    def __init__(self, folder: Path, capability: str = "") -> None:
        self._folder = folder
        self._capability = capability
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    def __enter__(self) -> Self:
        user, group = _who()
        for name in ("run", "state", "mail"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        config = self._folder / "dovecot.conf"
        told = {"folder": self._folder, "user": user, "group": group, "port": self.port}
        config.write_text(_CONFIG.format(**told, capability=self._capability))
        (self._folder / "passwd").write_text(f"{self.username}:{{PLAIN}}{self.password}::::::\n")
        command = ["dovecot", "-F", "-c", str(config)]
        if os.geteuid() == 0:
            _give(self._folder, user, group)
            command = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *command]
        path = f"{os.environ.get('PATH', '')}:/usr/sbin"
        self._process = subprocess.Popen(
            command, env={"PATH": path}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(3)
        shutil.rmtree(self._folder, ignore_errors=True)

    def client(self) -> IMAPClient:
        """Return a connection as the practice's people have one, in the inbox."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20)
        client.login(self.username, self.password)
        client.select_folder("INBOX")
        return client

    def deliver(self, *mails: bytes, folder: str = "INBOX") -> None:
        client = self.client()
        for mail in mails:
            client.append(folder, mail)
        client.logout()

    def read(self, folder: str = "INBOX") -> dict[int, tuple[bytes, ...]]:
        """Return the flags of each mail in a folder, by UID."""
        client = self.client()
        client.select_folder(folder, readonly=True)
        found = {uid: told[b"FLAGS"] for uid, told in client.fetch(client.search("ALL"), ["FLAGS"]).items()}
        client.logout()
        return found

    def remake(self, folder: str) -> None:
        """Delete a folder and make it anew: its UIDs then hold no more."""
        client = self.client()
        client.delete_folder(folder)
        client.create_folder(folder)
        client.logout()

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as greeting:
                    if greeting.recv(4) == b"* OK":
                        return
            except OSError:
                pass
            log = self._folder / "log"
            assert time.monotonic() < deadline, log.read_text() if log.exists() else "no log"
            time.sleep(0.05)


def _who() -> tuple[str, str]:
    """Return as whom it runs: it refuses to be root."""
    if os.geteuid() == 0:
        return "nobody", grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name
    return getpass.getuser(), grp.getgrgid(os.getgid()).gr_name


def _give(folder: Path, user: str, group: str) -> None:
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user, group)
