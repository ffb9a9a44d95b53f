"""The image, built by its Dockerfile's own steps in clean Debian roots, and run there as the compose file has it.

`make image` runs these: they take minutes, and load Debian's packages anew each time.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp

import pytest
from sqlalchemy import make_url

from syncd.adapters.db.vault import new_key
from tests.deploy import chroots
from tests.deploy.compose import of_syncd
from tests.deploy.containers import Container
from tests.deploy.dockerfile import stages, words
from tests.tools import needs

pytestmark = [needs("mmdebstrap", "mmdebstrap"), needs("ip", "iproute2"), pytest.mark.slow, pytest.mark.server]

USER = 10001
KEPT = "/var/lib/syncd/var"

Roots = Mapping[str, Path]


@pytest.fixture(scope="module")
def roots() -> Iterator[Roots]:
    """Every stage's root, built once."""
    if os.geteuid() != 0:
        pytest.skip("needs root's rights, to enter a root")
    folder = Path(mkdtemp(prefix="syncd-image-"))
    folder.chmod(0o755)
    try:
        debian = chroots.new_root(folder / "debian")
        made: dict[str, Path] = {}
        for stage in stages().values():
            made[stage.name] = chroots.copy_of(made.get(stage.base, debian), folder / stage.name)
            chroots.build(stage, made[stage.name], made)
        yield made
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the program's own user can reach."""
    made = Path(mkdtemp(prefix="syncd-container-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def volume(folder: Path) -> Path:
    """What is kept between containers; the program's own user owns it, as it does in the image."""
    return for_the_program(folder / "volume")


def for_the_program(path: Path, text: str | None = None) -> Path:
    if text is None:
        path.mkdir(mode=0o700)
    else:
        path.write_text(f"{text}\n", encoding="utf-8")
        path.chmod(0o400)
    os.chown(path, USER, USER)
    return path


@pytest.fixture
def composed(folder: Path, volume: Path, postgres_url: str, roots: Roots) -> Mapping[str, Container]:
    """The compose file's services of syncd, with a database that is reached by its socket."""
    url = make_url(postgres_url)
    listening = Path(str(url.query["host"])) / ".s.PGSQL.5432"
    inside = url.update_query_dict({"host": "/run/postgresql"}).render_as_string(hide_password=False)
    secrets = {
        for_the_program(folder / "key", new_key()): "/run/secrets/key",
        for_the_program(folder / "url", inside): "/run/secrets/database_url",
    }
    settings = folder / "syncd.toml"
    settings.write_text('[practice]\nname = "Elm Street Practice"\n')
    binds = {volume: KEPT, **secrets, listening: f"/run/postgresql/{listening.name}", settings: "/etc/syncd/syncd.toml"}
    return {
        name: Container(roots[one["build"]["target"]], binds, one["environment"]) for name, one in of_syncd().items()
    }


def test_what_is_in_it(roots: Roots) -> None:
    """No compiler, no pip and no package lists; the program's own user owns its home and nothing else."""
    root = roots["syncd"]
    places = (root / "usr/bin", root / "opt/syncd/bin")
    assert [name for name in ("gcc", "pip", "pip3", "syncd") for place in places if (place / name).exists()] == [
        "syncd"
    ]
    assert not any((root / "var/lib/apt/lists").glob("*Packages*"))
    assert not any((root / "var/cache/apt/archives").glob("*.deb"))
    owned = {path.relative_to(root) for path in root.rglob("*") if path.lstat().st_uid == USER}
    assert owned
    assert {path.parts[:3] for path in owned} == {("var", "lib", "syncd")}
    shipped = sum(path.lstat().st_size for path in (root / "opt/syncd").rglob("*"))
    assert shipped < 160 * 2**20


def test_alone_on_sqlite(roots: Roots, volume: Path, folder: Path) -> None:
    """Without rights, in a root that cannot be written, it keeps all in the volume, answers its check and stops."""
    container = Container(roots["syncd"], {volume: KEPT})
    assert "revision" in container.say("init")
    with container.running(words(stages()["base"].last("CMD")), folder / "log") as running:
        assert running.becomes_healthy(), running.log.read_text()
        assert running.stop() == 0, running.log.read_text()
    assert {"syncd.db", "secret.key"} <= {path.name for path in volume.iterdir()}
    assert {path.stat().st_uid for path in volume.iterdir()} == {USER}


def test_one_that_does_not_answer(roots: Roots, volume: Path, folder: Path) -> None:
    """Is not healthy: the check is one that fails."""
    container = Container(roots["syncd"], {volume: KEPT}, {"SYNCD_WEB__LISTEN": ""})
    container.say("init")
    with container.running(["run"], folder / "log") as running:
        while b"started" not in running.log.read_bytes():
            assert running.process.poll() is None
        assert not running.is_healthy


def test_as_it_is_composed(composed: Mapping[str, Container], folder: Path) -> None:
    """init sets the database up; worker and web become healthy and stop; the backup image has PostgreSQL's tools."""
    commands = {name: one["command"] for name, one in of_syncd().items()}
    assert "postgresql://" in composed["init"].say(*commands["init"])
    for name in ("worker", "web"):
        with composed[name].running(commands[name], folder / name) as running:
            assert running.becomes_healthy(), running.log.read_text()
            assert running.stop() == 0, running.log.read_text()
    assert (composed["backup"].root / "usr/bin/pg_dump").exists()
    assert not (composed["web"].root / "usr/bin/pg_dump").exists()
