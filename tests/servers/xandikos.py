"""Xandikos in a process of its own."""

from tests.servers.base import ServerProcess


class Xandikos(ServerProcess):
    """Takes any login: without TLS it asks for none."""

    home = "/provider/calendars/"

    def arguments(self) -> list[str]:
        return [
            "xandikos", "serve",
            "--directory", str(self.folder / "data"),
            "--state-dir", str(self.folder / "state"),
            "--current-user-principal", "/provider/",
            "--defaults",
            "--no-detect-systemd",
            "--listen-address", "127.0.0.1",
            "--port", str(self.port),
        ]  # fmt: skip
