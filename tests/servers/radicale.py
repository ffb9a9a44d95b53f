"""Radicale in a process of its own."""

from tests.servers.base import ServerProcess


class Radicale(ServerProcess):
    """Asks for a login; the account's home is made at its first request."""

    def arguments(self) -> list[str]:
        users = self.folder / "users"
        users.write_text(f"{self.username}:{self.password}\n")
        return [
            "radicale",
            "--config", "",
            "--server-hosts", f"127.0.0.1:{self.port}",
            "--auth-type", "htpasswd",
            "--auth-htpasswd-filename", str(users),
            "--auth-htpasswd-encryption", "plain",
            "--auth-delay", "0",
            "--storage-filesystem-folder", str(self.folder / "collections"),
            "--logging-level", "warning",
        ]  # fmt: skip
