"""Addresses: origins, and hrefs as decoded absolute paths."""

from typing import NamedTuple, Self
from urllib.parse import quote, unquote, urljoin, urlsplit

from syncd.ports.remote.errors import NotACalendarError

_PORTS = {"http": 80, "https": 443}
_UNESCAPED = "/~!$&'()*+,;=:@"  # RFC 3986 section 3.3: what a path may hold as it is
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


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
        return self.scheme == "https" or self.host in _LOOPBACK

    def url(self, href: str) -> str:
        """Return the absolute URL of an href."""
        return f"{self.scheme}://{self.netloc}{escape(href)}"


def href_of(url: str) -> str:
    """Return the href of a URL, or of an href as a server spells it (absolute or a whole URL), decoded."""
    return unquote(urlsplit(url).path) or "/"


def escape(href: str) -> str:
    """Return a decoded href as it goes into a request line."""
    return quote(href, safe=_UNESCAPED)


def joined(base: str, location: str) -> str:
    """Return where a Location header or an href, relative or absolute, leads from ``base``."""
    return urljoin(base, location)


def as_collection(href: str) -> str:
    """Return the href with the slash that a collection's ends in (RFC 4918 section 5.2)."""
    return href if href.endswith("/") else f"{href}/"
