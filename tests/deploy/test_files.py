"""The Dockerfile and the compose file name only what is there: files, stages, commands, ports, paths, settings."""

import re
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.db.vault import new_key
from syncd.bootstrap import System
from syncd.entrypoints.web.app import create_app, create_monitored
from syncd.settings import Settings, load
from tests.deploy.compose import PATH, composed, of_syncd
from tests.deploy.dockerfile import ROOT, stages, words
from tests.entrypoints.command import Shell, shell

__all__ = ["shell"]

IMAGE = stages()["base"]
SERVICES = sorted(of_syncd())
SECRETS = Path("/run/secrets")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SYNCD_CONFIG", raising=False)


def settings_under(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in environment.items():
        if name.startswith("SYNCD_"):
            monkeypatch.setenv(name, value)
    return load()


def port_of(listen: str) -> int:
    return int(listen.rpartition(":")[2])


def checked_port() -> int:
    (port,) = re.findall(r"C\('127\.0\.0\.1', (\d+),", IMAGE.last("HEALTHCHECK"))
    return int(port)


class TestDockerfile:
    def test_stages(self) -> None:
        """What is built by default is the last stage, the plain program; what builds is not shipped."""
        assert list(stages()) == ["build", "base", "backup", "syncd"]
        assert stages()["syncd"].base == "base"
        assert stages()["syncd"].instructions == []

    def test_files(self) -> None:
        """Each file that the build copies is in the tree, and is not kept out of the build's context."""
        copied = [one for rest in stages()["build"].all("COPY") for one in rest.split()[:-1]]
        kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        assert copied
        assert all((ROOT / one).exists() for one in copied)
        assert set(copied) <= kept
        (copy,) = IMAGE.all("COPY")
        assert copy == "--from=build /opt/syncd /opt/syncd"

    def test_commands(self, shell: Shell) -> None:
        """What is started by default are commands that there are."""
        assert words(IMAGE.last("ENTRYPOINT")) == ["syncd"]
        for name in ("base", "backup"):
            assert shell.run(*words(stages()[name].last("CMD")), "--help").code == 0

    @pytest.mark.parametrize("name", ["base", "backup"])
    def test_user(self, name: str) -> None:
        """It runs as the user that was made, who has no rights."""
        assert int(stages()[name].last("USER")) > 0
        assert f"--uid {stages()[name].last('USER')} " in IMAGE.last("RUN")

    def test_health(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The check asks for a path that is served, on the port that is listened on, and exposed."""
        settings = settings_under(IMAGE.environment, monkeypatch)
        assert settings.web.listen == f"0.0.0.0:{checked_port()}"
        assert IMAGE.last("EXPOSE") == str(checked_port())
        (asked,) = re.findall(r"'GET', '(/\w+)'", IMAGE.last("HEALTHCHECK"))
        for app in (create_app(System(settings)), create_monitored(System(settings))):
            assert asked in paths_of(app)

    def test_what_is_kept(self) -> None:
        """What the program writes where nothing is configured lies in the volume."""
        settings, home = Settings(), Path(IMAGE.last("WORKDIR"))
        written = [settings.security.key_file, settings.mail.folder, settings.backup.folder]
        written.append(Path(settings.database.url.removeprefix("sqlite:///")))
        assert all((home / path).is_relative_to(IMAGE.last("VOLUME")) for path in written)


def paths_of(app: Any) -> set[str]:
    return {getattr(route, "path", "") for route in walk(app.routes)}


def walk(routes: Any) -> Any:
    for route in routes:
        yield route
        yield from walk(getattr(getattr(route, "original_router", None), "routes", ()))


def filled(service: dict[str, Any], folder: Path) -> dict[str, str]:
    """Return a service's environment with secrets that are there."""
    for name, text in (("database_url", "postgresql://syncd:x@postgres/syncd"), ("key", new_key())):
        (folder / name).write_text(text)
    (folder / "syncd.toml").write_text("")
    environment = {
        name: str(value).replace(str(SECRETS), str(folder)) for name, value in service["environment"].items()
    }
    return {**environment, "SYNCD_CONFIG": str(folder / "syncd.toml")}


class TestCompose:
    def test_services(self) -> None:
        """PostgreSQL, what sets it up, workers, the web part and backups."""
        assert SERVICES == ["backup", "init", "web", "worker"]
        assert set(composed()["services"]) == {*SERVICES, "postgres"}

    @pytest.mark.parametrize("name", SERVICES)
    def test_commands_and_stages(self, name: str, shell: Shell) -> None:
        """Each runs a command that there is, of a stage that there is, in an image of that stage's own."""
        service = of_syncd()[name]
        assert shell.run(*service["command"], "--help").code == 0
        assert service["build"]["target"] in stages()
        assert (PATH.parent / service["build"]["context"] / "Dockerfile").resolve() == ROOT / "Dockerfile"
        assert service["image"] == {"syncd": "syncd", "backup": "syncd-backup"}[service["build"]["target"]]

    @pytest.mark.parametrize("name", SERVICES)
    def test_settings(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its variables are settings with allowed values; what only a secret says comes from a secret it is given."""
        service = of_syncd()[name]
        settings = settings_under(filled(service, tmp_path), monkeypatch)
        assert (settings.engine, settings.database.url.partition("@")[2]) == ("procrastinate", "postgres/syncd")
        assert settings.security.key_file.read_text()
        named = {Path(value).name for value in service["environment"].values() if value.startswith(str(SECRETS))}
        assert named == set(service["secrets"])

    @pytest.mark.parametrize("name", SERVICES)
    def test_it_is_contained(self, name: str) -> None:
        """Each runs as the image's user, in a root that cannot be written, without rights."""
        service = of_syncd()[name]
        assert (service["user"], service["read_only"], service["cap_drop"]) == (IMAGE.last("USER"), True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        volume, configuration = service["volumes"]
        assert volume["target"] == IMAGE.last("VOLUME")
        assert configuration["target"] == service["environment"]["SYNCD_CONFIG"]

    def test_ports(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is published, on loopback, is what the web part listens on; a worker answers the image's check."""
        (published,) = of_syncd()["web"]["ports"]
        assert published == f"127.0.0.1:{checked_port()}:{checked_port()}"
        settings = settings_under(filled(of_syncd()["worker"], tmp_path), monkeypatch)
        assert port_of(settings.worker.listen) == checked_port()

    def test_what_it_refers_to(self) -> None:
        """Volumes, secrets and services that are named are declared; secrets lie where git does not look."""
        document = composed()
        for service in document["services"].values():
            named = {one["source"] for one in service["volumes"] if one["type"] == "volume"}
            assert named <= set(document["volumes"])
            assert set(service["secrets"]) <= set(document["secrets"])
            assert set(service.get("depends_on", {})) <= set(document["services"])
        assert {Path(one["file"]).parent for one in document["secrets"].values()} == {Path("secrets")}
        assert "/config/secrets/" in (ROOT / ".gitignore").read_text().splitlines()

    def test_databases_tools(self) -> None:
        """The backup image's pg_dump is of the server's version: both are Debian's of one release."""
        release = stages()["backup"].base and stages()["base"].base.partition(":")[2].partition("-")[0]
        assert composed()["services"]["postgres"]["image"] == f"postgres:15-{release}"
        assert "postgresql-client" in stages()["backup"].last("RUN")
