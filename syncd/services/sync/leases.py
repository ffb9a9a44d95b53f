"""Who works a calendar: a lease names its process, so that a dead one's is given back at once and not when it ends."""

import os
import socket
from pathlib import Path
from secrets import token_hex

from syncd.ports.store.transaction import Store


def new_owner() -> str:
    """Return a name for one piece of work of this process: its host, process, that one's start, and a number."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}:{token_hex(4)}"


def free_abandoned(store: Store) -> None:
    """Give back the calendars whose worker is dead. Of one on another host nobody knows: its lease runs out."""
    with store.reading() as tx:
        abandoned = {calendar: owner for calendar, owner in tx.calendars.leases().items() if is_dead(owner)}
    if abandoned:
        with store.transaction() as tx:
            for calendar, owner in abandoned.items():
                tx.calendars.release(calendar, owner)


def is_dead(owner: str) -> bool:
    """Tell whether the process that ``owner`` names was on this host and is no more. In doubt it lives."""
    host, _, rest = owner.partition(":")
    if host != socket.gethostname() or rest.count(":") != 2:
        return False
    pid, started, _ = rest.split(":")
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """Return when a process started, by which it is told from a later one under the same number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""  # not Linux, or not ours to see
    # The command's name, in parentheses, may hold anything; the start is the 20th field after it (proc(5)).
    return stat.rpartition(")")[2].split()[19]
