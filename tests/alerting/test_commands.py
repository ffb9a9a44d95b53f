"""`syncd alerts list` and `syncd alerts test`, and the daemon that tells by itself."""

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from syncd.adapters.db import SqlStore, open_store, tables
from syncd.bootstrap import build
from syncd.core.reporting.watching import Watched
from syncd.core.work import WorkKind
from syncd.settings import load
from tests.alerting.desk import SECRET
from tests.alerting.receiver import Receiver
from tests.entrypoints.command import Shell
from tests.entrypoints.running import Daemon
from tests.servers.smtp import MailServer, RefuseRecipient

pytestmark = pytest.mark.server


def configure(shell: Shell, post: MailServer, receiver: Receiver, more: str = "", *, url: str = "") -> None:
    (shell.folder / "syncd.toml").write_text(
        f'[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = {post.port}\nsecurity = "none"\n'
        f'[web]\nlisten = ""\nbase_url = "https://syncd.example.com/"\n'
        f'[alerts]\nmail = ["ops@example.com"]\nping = "{receiver.url}"\ndisk_percent = 0\n'
        f'webhook = "{url or receiver.url}"\nwebhook_secret = "{SECRET}"\n{more}'
    )
    shell.json("init", "--config", "syncd.toml")


def becomes(is_so: Callable[[], bool], *daemons: Daemon, within: float = 90) -> bool:
    """Wait until something is so, and hear meanwhile what the daemons say: they wait for whoever listens."""
    deadline = time.monotonic() + within
    while not is_so() and time.monotonic() < deadline:
        assert all(daemon.says("WATCHDOG=1") for daemon in daemons), [daemon.log for daemon in daemons]
    return is_so()


def rounds(store: SqlStore) -> int:
    """Return how often the round was begun, by whomever."""
    lease = select(tables.work.c.token).where(tables.work.c.kind == WorkKind.ALERT)
    with store._engine.connect() as connection:
        return int(connection.execute(lease).scalar_one_or_none() or 0)


class TestTrying:
    def test_all_arrive(self, shell: Shell, mail_server: MailServer, receiver: Receiver) -> None:
        """Says of each channel what happened, and exits 0."""
        configure(shell, mail_server, receiver)
        document = shell.json("alerts", "test", "--config", "syncd.toml")
        assert document["ok"] is True
        assert [(one["channel"], one["to"], one["ok"]) for one in document["channels"]] == [
            ("mail", "ops@example.com", True),
            ("webhook", "", True),
            ("ping", "", True),
        ]
        (alert,) = document["alerts"]
        assert alert.keys() >= {"code", "subject", "since", "cause", "remedy", "severity", "link"}
        assert mail_server.mails_to("ops@example.com")[0]["Subject"] == "A test of alerts"
        assert {request.method for request in receiver.requests} == {"POST", "GET"}

    def test_one_does_not(self, shell: Shell, mail_server: MailServer, receiver: Receiver) -> None:
        """Exits 1, says why, and shows no secret of the address."""
        configure(shell, mail_server, receiver)
        receiver.answers.append(410)
        outcome = shell.run("alerts", "test", "--config", "syncd.toml")
        assert outcome.code == 1
        assert "FAILED" in outcome.out
        assert "answered 410 Gone" in outcome.out
        assert "secret-path" not in outcome.out + outcome.err

    def test_an_address_is_refused(self, shell: Shell, mail_server: MailServer, receiver: Receiver) -> None:
        """Exits 1 too; the others were tried."""
        configure(shell, mail_server, receiver)
        mail_server.act("ops@example.com", RefuseRecipient())
        outcome = shell.run("alerts", "test", "--json", "--config", "syncd.toml")
        assert outcome.code == 1
        assert [one["ok"] for one in outcome.document["channels"]] == [False, True, True]

    def test_nobody_would_hear(self, shell: Shell) -> None:
        """Is refused with what to set."""
        shell.json("init")
        error = shell.refused("alerts", "test")
        assert error["code"] == "no_channel"
        assert "alerts.mail" in error["message"]


class TestSettings:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ('webhook = "https://alerts.example.com/"', "SYNCD_ALERTS__WEBHOOK_SECRET"),
            ('webhook = "ftp://alerts.example.com/"', "https://alerts.example.com/syncd"),
            ('ping = "https://me:secret@ping.example.com/"', "without a login"),
            ('timezone = "Mars/Olympus"', "Unknown time zone"),
            ('quiet_hours = ["late"]', "22:00-06:00"),
            ("interval = 1", "alerts.interval"),
            ('mail = ["nobody"]', "alerts.mail"),
        ],
    )
    def test_wrong_ones(self, shell: Shell, text: str, words: str) -> None:
        """Are refused in words that say how to mend them."""
        (shell.folder / "syncd.toml").write_text(f"[alerts]\n{text}\n")
        error = shell.refused("alerts", "list", "--config", "syncd.toml", code=2)
        assert words in error["message"]


class TestDaemon:
    def test_it_tells_by_itself(self, shell: Shell, mail_server: MailServer, receiver: Receiver) -> None:
        """Pings while all is well; as something is wrong it tells, pings no more, and tells that it is over."""
        folder = shell.folder / "backups"
        configure(
            shell,
            mail_server,
            receiver,
            "interval = 5\nsettle_minutes = 0\nover_minutes = 0\ngather_minutes = 0\nbackup_days = 0.00001\n"
            f'[backup]\nfolder = "{folder}"\n',
        )
        with Daemon(shell.folder) as daemon:
            assert becomes(lambda: bool(mail_server.mails_to("ops@example.com")), daemon), daemon.log
            assert becomes(lambda: any(request.method == "POST" for request in receiver.requests), daemon), daemon.log
            code, seconds = daemon.stop()
        assert (code, seconds < 10) == (0, True)
        (mail,) = mail_server.mails_to("ops@example.com")
        assert mail["Subject"] == "The newest backup is too old"
        listed = shell.json("alerts", "list", "--config", "syncd.toml")["alerts"]
        assert [(one["code"], one["severity"], one["link"]) for one in listed] == [
            ("backup_old", "notice", "https://syncd.example.com/")
        ]

    def test_two_of_them(
        self, shell: Shell, mail_server: MailServer, receiver: Receiver, database_url: str, tmp_path: Path
    ) -> None:
        """Over one database tell once, however many rounds each makes."""
        more = "interval = 5\nsettle_minutes = 0\ngather_minutes = 0\nbackup_days = 0.00001\n"
        configure(shell, mail_server, receiver, f'{more}[database]\nurl = "{database_url}"\n')
        other = tmp_path / "other"
        other.mkdir()
        shutil.copytree(tmp_path / "var", other / "var")
        shutil.copy(tmp_path / "syncd.toml", other)
        with Daemon(shell.folder) as one, Daemon(other) as two, closing(open_store(database_url)) as store:
            assert becomes(lambda: rounds(store) >= 4, one, two), one.log + two.log
        assert [to for to, _ in mail_server.accepted] == ["ops@example.com"]

    def test_a_healthy_one(self, shell: Shell, mail_server: MailServer, receiver: Receiver) -> None:
        """Pings from its first round on, and puts on record what it sees of its machine."""
        configure(shell, mail_server, receiver, "interval = 5\n")
        with Daemon(shell.folder) as daemon:
            assert becomes(lambda: any(request.method == "GET" for request in receiver.requests), daemon), daemon.log
        system = build(load(Path("syncd.toml")))
        with system.store.reading() as tx:
            kinds = {one.kind for one in tx.observations.list()}
        system.close()
        assert kinds == {Watched.DISK, Watched.BACKUP}
        assert mail_server.accepted == []


def test_a_folder_that_nobody_may_look_into(tmp_path: Path) -> None:
    """Is on a disk all the same: what is free is known of the nearest folder that can be seen."""
    from syncd.adapters.alerting import ThisMachine

    share = ThisMachine().free_share(tmp_path / "not" / "there" / "yet")
    assert share is not None
    assert 0 <= share <= 1
    assert share == pytest.approx(ThisMachine().free_share(tmp_path), abs=0.01)
