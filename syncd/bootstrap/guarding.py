"""What to tell who typed an address at the command line."""

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from syncd.settings import Settings


def warning_about(settings: "Settings", url: str) -> str:
    """Return what a person should know of where an address leads; "" where it leads out, or nowhere."""
    try:
        host = urlsplit(url).hostname or ""
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM) if host else []
    except (OSError, ValueError):  # whoever connects says what is wrong with it
        return ""
    return settings.security.guard().warning(host, [str(where[0]) for *_, where in found])
