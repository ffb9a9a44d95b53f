"""Addresses on the web: which hosts are this machine, and which networks are nobody else's business."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_open_to(address: str, allowed: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Tell whether an IP address is a public one, or in a network of ``allowed``: no way into the practice's own."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return (found.is_global and not found.is_multicast) or any(found in network for network in allowed)


def is_in_the_clear(url: str) -> bool:
    """Tell whether what is sent to a URL can be read on its way: plain HTTP to another machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and not is_loopback(parts.hostname or "")
    except ValueError:
        return False
