"""Who has work: a name for this process, by which its death can be proved on the same machine.

A process number proves nothing by itself, nor with the host's name: two containers may share both. So the name holds
what the kernel tells apart: its boot, the namespace in which the number counts, and when the process started. Of what
runs on another kernel, or in another namespace, nobody here can know; its leases end by their time.
"""

import os
import socket
from functools import cache
from pathlib import Path
from secrets import token_hex

_FIELDS = 5


def process_owner() -> str:
    """Return the name of this process: host, place, number, start, and something random."""
    return _owner_of(os.getpid())


@cache
def _owner_of(pid: int) -> str:
    return f"{socket.gethostname()}/{_place()}/{pid}/{_started(pid)}/{token_hex(4)}"


def is_dead(owner: str) -> bool:
    """Tell whether the process that ``owner`` names is known to be no more. In doubt it lives."""
    fields = owner.split("/")
    if len(fields) != _FIELDS or not _place() or fields[1] != _place():
        return False
    pid, started = int(fields[2]), fields[3]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return bool(started) and _started(pid) != started


@cache
def _place() -> str:
    """Return what tells this kernel and this namespace of process numbers from all others; empty where none can."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process started, by which it is told from a later one under the same number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""  # not Linux, or not ours to see
    # The command's name, in parentheses, may hold anything; the start is the 20th field after it (proc(5)).
    return stat.rpartition(")")[2].split()[19]
