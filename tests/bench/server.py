"""The benchmark's server: scripted, in a process of its own, with calendars of the sizes that were asked for."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.adapters.events import an_event
from tests.servers.scripted import Scripted


@contextmanager
def serving(*sizes: int) -> Iterator[str]:
    """Start a server whose home has a calendar ``/home/N/`` of N events for each size, and give its URL."""
    command = [sys.executable, "-m", "tests.bench.server", *map(str, sizes)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()  # its end is the server's


def main() -> None:
    with Scripted() as server:
        for size in map(int, sys.argv[1:]):
            server.hand.make_collection(f"/home/{size}/", str(size))
            for number in range(size):
                server.dav.fill(f"/home/{size}/{number}.ics", an_event(f"{size}-{number}@example.com"))
        print(server.url, flush=True)  # noqa: T201 - the parent process reads it
        sys.stdin.read()


if __name__ == "__main__":
    main()
