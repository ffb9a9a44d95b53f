"""Backups of the two databases: SQLite's online backup, and PostgreSQL's own pg_dump and pg_restore."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from syncd.adapters.db.engine import sqlite_path
from syncd.adapters.db.schema import REVISION, upgrade
from syncd.ports.backups import BackupError, Backups

_PAGES_AT_ONCE = 1000
_PATIENCE_SECONDS = 10


def backups_of(url: str) -> Backups:
    """Return what backs up the database at ``url``."""
    path = sqlite_path(url)
    return PostgresBackups(url) if path is None else SqliteBackups(url, path)


class SqliteBackups:
    """Copies of an SQLite file, made page by page while others go on writing."""

    suffix = ".db"

    def __init__(self, url: str, path: Path) -> None:
        """Take the database's address and file."""
        self._url = url
        self._path = path

    def write(self, target: Path) -> None:
        """Write a copy that was checked to be whole."""
        with _told(target), _new_file(target), self._open(self._path) as source, self._open(target) as copy:
            source.backup(copy, pages=_PAGES_AT_ONCE)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file is all of it
            _check_whole(copy, target)

    def check(self, source: Path) -> str:
        """Return the revision of a copy."""
        with _told(source), self._open(source) as copy:
            _check_whole(copy, source)
            return _checked_revision(_revision_in(copy), source)

    def put_back(self, source: Path) -> None:
        """Copy the pages back in one transaction: who has the database open sees the old or the new whole."""
        self.check(source)
        with _told(source), self._open(source) as copy, self._open(self._path) as database:
            copy.backup(database)
        upgrade(self._url)

    @contextmanager
    def _open(self, path: Path) -> Iterator[sqlite3.Connection]:
        if not path.is_file():
            raise BackupError(f"There is no file {path}.", file=str(path))
        with closing(sqlite3.connect(path, timeout=_PATIENCE_SECONDS)) as connection:
            yield connection


class PostgresBackups:
    """Dumps of a PostgreSQL database in its custom format. The client's tools must be there."""

    suffix = ".dump"

    def __init__(self, url: str) -> None:
        """Take the database's address."""
        self._url = url

    def write(self, target: Path) -> None:
        """Dump one moment of the database."""
        with _told(target), _new_file(target):
            self._run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])

    def check(self, source: Path) -> str:
        """Return the revision of a dump: it is read from the dump itself."""
        if not source.is_file():
            raise BackupError(f"There is no file {source}.", file=str(source))
        data = ["--data-only", "--table=alembic_version", "--file=-", str(source)]
        text = self._run("pg_restore", data, with_database=False)
        lines = text.splitlines()
        found = [lines[n + 1] for n, line in enumerate(lines[:-1]) if line.startswith("COPY public.alembic_version")]
        return _checked_revision(found[0].strip() if found else None, source)

    def put_back(self, source: Path) -> None:
        """Replace all tables by the dump's, in one transaction."""
        self.check(source)
        options = ["--clean", "--if-exists", "--single-transaction", "--no-owner", "--no-privileges", str(source)]
        self._run("pg_restore", options)
        upgrade(self._url)

    def _run(self, tool: str, arguments: Sequence[str], *, with_database: bool = True) -> str:
        path = shutil.which(tool)
        if path is None:
            raise BackupError(f"{tool} is not there. On Debian: apt-get install postgresql-client", tool=tool)
        url = make_url(self._url).set(drivername="postgresql")
        # The password goes by the environment: arguments can be read by everybody on the machine.
        environment = {**os.environ, "PGPASSWORD": url.password or ""}
        address = url.set(password=None).render_as_string(hide_password=False)
        named = [f"--dbname={address}"] if with_database else []
        done = subprocess.run(  # noqa: S603 - the tool is found by its fixed name, its arguments are no shell's
            [path, *named, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            reason = "; ".join(done.stderr.strip().splitlines()[:3]) or "no reason given"
            raise BackupError(f"{tool} failed: {reason}", tool=tool)
        return done.stdout


@contextmanager
def _new_file(target: Path) -> Iterator[None]:
    """Create a file for its owner only, and take it away again when the block fails."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield
    except BaseException:
        target.unlink(missing_ok=True)
        raise


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}.", file=str(path)) from error
    except sqlite3.Error as error:
        raise BackupError(f"{path}: {error}.", file=str(path)) from error


def _check_whole(copy: sqlite3.Connection, path: Path) -> None:
    [(found,)] = copy.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise BackupError(f"{path} is damaged: {found}.", file=str(path))


def _revision_in(copy: sqlite3.Connection) -> str | None:
    known = copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    row = copy.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    return str(row[0]) if row else None


def _checked_revision(revision: str | None, path: Path) -> str:
    if revision is None:
        raise BackupError(f"{path} holds no database of syncd.", file=str(path))
    if revision > REVISION:
        raise BackupError(
            f"{path} is of revision {revision}, newer than this program's {REVISION}. Install a newer syncd.",
            file=str(path),
        )
    return revision
