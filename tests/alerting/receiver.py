"""A real HTTP server on loopback that takes alerts and pings as it is told to."""

import json
import ssl
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self


class Request(NamedTuple):
    """What came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Answers 200, or what comes first in ``answers``, or to a GET in ``pongs``: a status, "drop" or "drip" (for ever).

    Use as a context.
    """

    answers: deque[int | str] = field(default_factory=deque)
    pongs: deque[int | str] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        receiver = self
        self._closing = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                receiver.answer(self)

            do_POST = do_GET  # noqa: N815 - the library's name

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/secret-path?a=1"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length", 0))
        body = handler.rfile.read(length)
        self.requests.append(Request(handler.command, handler.path, dict(handler.headers), body))
        answers = self.pongs if handler.command == "GET" else self.answers
        how = answers.popleft() if answers else 200
        if how == "drop":
            handler.close_connection = True
            return
        if how == "drip":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            while not self._closing.wait(0.05):
                handler.wfile.write(b"a")
            return
        handler.send_response(int(how))
        if int(how) // 100 == 3:
            handler.send_header("Location", "https://elsewhere.example/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
