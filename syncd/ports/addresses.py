"""Addresses on the web: which hosts are this machine, so that what is sent there passes no network."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_in_the_clear(url: str) -> bool:
    """Tell whether what is sent to a URL can be read on its way: plain HTTP to another machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and not is_loopback(parts.hostname or "")
    except ValueError:
        return False
