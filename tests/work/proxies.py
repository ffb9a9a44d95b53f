"""A proxy before a database that can stop to forward, as a network does that is cut."""

import selectors
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class UnixProxy:
    """Forwards from a socket of its own, in ``folder``, to PostgreSQL's socket at ``target``; while cut, nothing."""

    def __init__(self, target: Path, folder: Path) -> None:
        self._target = str(target)
        folder.mkdir(parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(folder / target.name))
        self._listener.listen(64)
        self._goes = threading.Event()
        self._goes.set()
        self._stopped = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped = True
        self._goes.set()
        self._listener.close()

    def cut(self) -> None:
        """Forward nothing any more; nobody is told."""
        self._goes.clear()

    def mend(self) -> None:
        """Forward again, what came meanwhile too."""
        self._goes.set()

    def _accept(self) -> None:
        while not self._stopped:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        self._goes.wait()
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with client, server, selectors.DefaultSelector() as selector:
            server.connect(self._target)
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while not self._stopped:
                for key, _ in selector.select(0.5):
                    self._goes.wait()
                    try:
                        data = key.fileobj.recv(65536)  # type: ignore[union-attr]  # both are sockets
                        if not data:
                            return
                        key.data.sendall(data)
                    except OSError:
                        return
