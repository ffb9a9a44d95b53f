"""Addresses: origins, and hrefs as absolute paths in one spelling, decoded as far as that keeps their meaning."""

import re
from typing import NamedTuple, Self
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from syncd.ports.addresses import is_loopback
from syncd.ports.remote.errors import NotACalendarError

_PORTS = {"http": 80, "https": 443}
_UNESCAPED = "/~!$&'()*+,;=:@%"  # RFC 3986 section 3.3: what a path may hold as it is, and escapes
_WITH_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_LITERAL = re.compile(r"\[[0-9A-Fa-f:.]+(?:%25[^\]]*)?\](?::\d*)?$")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SENDABLE = re.compile(r"/[!-~]*")
_FIRST_BYTE, _LAST_BYTE = 0xDC80, 0xDCFF  # bytes that are no UTF-8, as "surrogateescape" gives them
_BLANK, _DELETE = 0x20, 0x7F
_MOST_SPELLINGS = 20_000


class Origin(NamedTuple):
    """A scheme, host and port: what credentials are for (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """Return a URL's origin. Raises `NotACalendarError` where it is no web address."""
        try:
            parts = urlsplit(url)
            port = parts.port
            href_of(url)
        except ValueError:
            raise NotACalendarError(f"Not a web address: {url!r}") from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise NotACalendarError(f"Not a web address: {url!r}; it should start with https://")
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme])

    @property
    def netloc(self) -> str:
        """The host, with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def keeps_secrets(self) -> bool:
        """Tell whether nobody on the way can read what is sent: TLS, or this machine."""
        return self.scheme == "https" or is_loopback(self.host)

    def url(self, href: str) -> str:
        """Return the absolute URL of an href."""
        return f"{self.scheme}://{self.netloc}{escape(href)}"


def href_of(url: str) -> str:
    """Return the href of a URL, or of an href as a server spells it, in the one spelling in which hrefs are compared.

    Escapes are decoded, but for those that mean something else when they are: of a slash, a percent sign, a control
    character, and of bytes that are no UTF-8. A path that begins with two slashes is a path, not a host. Raises
    ValueError where it cannot be read.
    """
    return _ESCAPES.sub(_decoded, spelled_path(url)) or "/"


def spelled_path(url: str) -> str:
    """Return the path of a URL or href as the server spells it."""
    if found := _WITH_ORIGIN.match(url):
        if found[1].startswith("[") and not _LITERAL.match(found[1]):
            raise ValueError("no address of a host")
        url = url[found.end() :]
    return url.partition("#")[0].partition("?")[0] or "/"


def _decoded(run: re.Match[str]) -> str:
    text = unquote_to_bytes(run[0]).decode(errors="surrogateescape")
    return "".join(map(_kept, text))


def _kept(character: str) -> str:
    code = ord(character)
    if _FIRST_BYTE <= code <= _LAST_BYTE:
        return f"%{code - _FIRST_BYTE + 0x80:02X}"
    is_special = character in "/%" or code < _BLANK or code == _DELETE
    return f"%{code:02X}" if is_special else character


def escape(href: str) -> str:
    """Return an href as it goes into a request line; escapes that it has stay."""
    return quote(_LONE_PERCENT.sub("%25", href), safe=_UNESCAPED)


def joined(base: str, location: str) -> str:
    """Return where a Location header or an href, relative or absolute, leads from ``base``.

    Raises ValueError where it cannot be read.
    """
    if location.startswith("//") and _names_no_host(location, base):
        return urljoin(base, "/") + location.removeprefix("/")
    return urljoin(base, location)


def _names_no_host(location: str, base: str) -> bool:
    """Tell whether two slashes begin a path: what follows is neither the host that was asked nor the name of one."""
    named = location[2:].partition("/")[0].partition(":")[0].lower()
    return named != (urlsplit(base).hostname or "") and "." not in named


def as_collection(href: str) -> str:
    """Return the href with the slash that a collection's ends in (RFC 4918 section 5.2)."""
    return href if href.endswith("/") else f"{href}/"


class Spellings:
    """How servers spell hrefs, where that is not how `escape` does: requests use the server's own spelling.

    Threads may share it. It holds so many and then begins anew, since a spelling is only a courtesy.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Origin, str], str] = {}

    def learn(self, origin: Origin, url: str) -> str:
        """Note how a URL or href is spelled; return its href. Raises ValueError where it cannot be read."""
        href, spelled = href_of(url), spelled_path(url)
        if spelled != escape(href) and _SENDABLE.fullmatch(spelled):
            if len(self._known) >= _MOST_SPELLINGS:
                self._known.clear()
            self._known[origin, href] = spelled
        return href

    def of(self, origin: Origin, href: str) -> str:
        """Return an href as it goes into a request: of a resource in a known collection, as that is spelled."""
        known = self._known
        if not known:
            return escape(href)
        if whole := known.get((origin, href)):
            return whole
        folder, slash, name = href.rpartition("/")
        spelled = known.get((origin, folder + slash))
        return spelled + escape(name) if spelled else escape(href)
