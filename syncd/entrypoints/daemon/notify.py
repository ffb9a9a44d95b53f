"""What systemd wants to hear from a service of Type=notify (sd_notify(3)): a datagram on a socket that it names."""

import os
import socket
from contextlib import suppress


def notify(*assignments: str) -> None:
    """Tell systemd, if it started us; never a reason to fail."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # A leading @ stands for the NUL byte of Linux's abstract socket names.
    target = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto("\n".join(assignments).encode(), target)


def watchdog_interval() -> float | None:
    """Return how many seconds may pass between two signs of life, with a margin; None when nobody watches."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 1_000_000 / 2
