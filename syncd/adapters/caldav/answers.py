"""What a server said to one request: its status, headers and body, decoded within the limit that was set for it."""

import http.client
import zlib
from http import HTTPStatus
from typing import NamedTuple

from syncd.ports.remote.errors import PartialAnswerError

_GZIP, _RAW = 16 + zlib.MAX_WBITS, -zlib.MAX_WBITS
_ZLIB_HEADER = 0x0F, 0x08  # RFC 1950 section 2.2: the low half of the first byte says "deflate"
_PAGE = (b"<!doctype html", b"<html")


class HttpAnswer(NamedTuple):
    """What a server said. ``cut``: the body was longer than asked for, and is not whole."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    cut: bool = False

    @property
    def is_success(self) -> bool:
        """Tell a 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_redirect(self) -> bool:
        """Tell a 3xx that points elsewhere; a 304 answers a question that nobody asks."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST and not self.is_unmodified

    @property
    def is_unmodified(self) -> bool:
        """Tell a 304: no request of ours has a precondition that it could answer."""
        return self.status == HTTPStatus.NOT_MODIFIED

    @property
    def is_server_error(self) -> bool:
        """Tell a 5xx."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def is_failure(self) -> bool:
        """Tell a server that could not do what it knows how to do: a 5xx that says nothing of what it holds."""
        knows = self.status not in {HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.INSUFFICIENT_STORAGE}
        return self.is_server_error and knows

    @property
    def is_page(self) -> bool:
        """Tell a page for people (a portal's, a login's), which says nothing of a calendar."""
        media = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return media in {"text/html", "application/xhtml+xml"} or self.body[:512].lstrip().lower().startswith(_PAGE)


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo the encodings that a server applied without being asked (RFC 9110 section 8.4), up to ``limit`` bytes.

    Raises `PartialAnswerError` for one that is unknown or broken: then nothing was read.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in {"", "identity"}:
            continue
        try:
            body = _inflated(body, name, limit)
        except (zlib.error, KeyError):
            raise PartialAnswerError("The server's answer is in an encoding that was not asked for") from None
    return body


def _inflated(body: bytes, name: str, limit: int) -> bytes:
    is_zlib = bool(body) and body[0] & _ZLIB_HEADER[0] == _ZLIB_HEADER[1]
    window = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS if is_zlib else _RAW}[name]
    stream = zlib.decompressobj(window)
    found = stream.decompress(body, limit + 1)
    if not stream.eof and len(found) <= limit:
        raise PartialAnswerError("The server broke off in the middle of its answer")
    return found
