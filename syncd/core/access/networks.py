"""Where an address that somebody typed may lead: what a network address is, and who may go there.

Never the text is judged (``2130706433`` and ``0x7f.1`` are loopback, too): what the resolver makes of it, all of it,
just before the connection. What an IPv6 address carries inside it (mapped, compatible, translated, NAT64, 6to4, Teredo)
is judged as well.

| place | typed on a page or sent to the API | typed at the command line |
| --- | --- | --- |
| public | goes | goes |
| private, loopback, carrier | refused | goes, with a warning |
| link-local, metadata, reserved | refused | refused |
| in ``allowed_networks``, or all allowed | goes | goes |
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from syncd.core.errors import InvalidValueError, SyncdError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class ForbiddenAddressError(SyncdError):
    """That address leads where none that is entered may lead."""

    code = "forbidden_address"


class Place(StrEnum):
    """What a network address is, the worst last."""

    PUBLIC = "public"
    CARRIER = "carrier"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    RESERVED = "reserved"
    LINK_LOCAL = "link-local"
    METADATA = "metadata"

    @property
    def rank(self) -> int:
        """Where it stands, 0 for the most harmless."""
        return list(Place).index(self)


_INSIDE = frozenset({Place.CARRIER, Place.PRIVATE, Place.LOOPBACK})
"""Where a practice with a server of its own may have it."""


def _networks(place: Place, *texts: str) -> list[tuple[Network, Place]]:
    return [(ip_network(text), place) for text in texts]


_SPECIAL: list[tuple[Network, Place]] = [
    # Clouds keep the credentials of a machine at these addresses; 168.63.129.16 is Azure's, the fd00 ones are AWS's.
    *_networks(Place.METADATA, "169.254.169.254/32", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32"),
    *_networks(Place.METADATA, "169.254.170.2/32", "169.254.170.23/32", "fd00:ec2::/32", "fd20:ce::254/128"),
    *_networks(Place.LINK_LOCAL, "169.254.0.0/16", "fe80::/10"),
    *_networks(Place.LOOPBACK, "127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128"),
    *_networks(Place.PRIVATE, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    *_networks(Place.CARRIER, "100.64.0.0/10"),
    *_networks(Place.RESERVED, "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *_networks(Place.RESERVED, "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4", "64:ff9b:1::/48", "100::/64"),
    *_networks(Place.RESERVED, "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "ff00::/8"),
]
"""The first that fits says what an address is (IANA's registries of special-purpose addresses, and the clouds')."""

_GLOBAL_V6 = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")


def place_of(text: str) -> Place:
    """Return what a numeric address is; what is no address at all is reserved."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return Place.RESERVED
    places = [_own_place(address), *(_own_place(one) for one in _carried(address))]
    if isinstance(address, IPv6Address) and _is_wrapping(address):
        places = places[1:] or [Place.RESERVED]
    return max(places, key=lambda place: place.rank)


def _own_place(address: Address) -> Place:
    for network, place in _SPECIAL:
        if address.version == network.version and address in network:
            return place
    return Place.PUBLIC if address.version == 4 or address in _GLOBAL_V6 else Place.RESERVED


def _is_wrapping(address: IPv6Address) -> bool:
    """Tell whether an address is nothing but an IPv4 address in other clothes."""
    is_plain = int(address) > 1  # :: and ::1 are addresses of their own
    return is_plain and (
        address.ipv4_mapped is not None or address in _TRANSLATED or address in _NAT64 or address in _COMPATIBLE
    )


def _carried(address: Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, IPv4Address):
        return []
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    found = [last] if _is_wrapping(address) or address in _LOCAL_NAT64 else []
    found += [address.sixtofour] if address.sixtofour is not None else []
    found += list(address.teredo) if address.teredo is not None else []
    return found


@dataclass(frozen=True, slots=True)
class Guard:
    """Says where a connection may go.

    ``networks`` and ``names`` are allowed whatever they are; ``allows_all``: everything is. ``from_inside``: whoever
    runs the machine typed the address.
    """

    networks: tuple[Network, ...] = ()
    names: frozenset[str] = frozenset()
    allows_all: bool = False
    from_inside: bool = False

    def check(self, host: str, addresses: Iterable[str]) -> None:
        """Raise `ForbiddenAddressError` unless every address that ``host`` leads to may be connected to.

        To be asked with the very addresses that are then connected to: a name may lead elsewhere a moment later.
        """
        for text in addresses:
            place = place_of(text)
            if not self._lets(host, text, place):
                raise ForbiddenAddressError(self._words(host, place), host=host, place=str(place))

    def warning(self, host: str, addresses: Iterable[str]) -> str:
        """Return what to tell who typed an address that leads into a network of their own; "" where it does not."""
        inside = [place for text in addresses if (place := place_of(text)) in _INSIDE]
        if not inside or self.allows_all or host.casefold() in self.names:
            return ""
        return f"{host} is in a {max(inside, key=lambda one: one.rank)} network. Make sure that it is yours."

    def _lets(self, host: str, text: str, place: Place) -> bool:
        if place is Place.PUBLIC or self.allows_all or host.casefold().rstrip(".") in self.names:
            return True
        if self._is_listed(text):
            return True
        return self.from_inside and place in _INSIDE

    def _is_listed(self, text: str) -> bool:
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return False
        every = [address, *_carried(address)]
        return any(one.version == network.version and one in network for network in self.networks for one in every)

    def _words(self, host: str, place: Place) -> str:
        return (
            f"{host} leads to a {place} address, where no address that is entered may lead. If it is meant, have the "
            "network or the name put into security.allowed_networks."
        )


OPEN = Guard(allows_all=True)
"""Lets everything pass: for what no person typed."""


def guard_of(allowed: Iterable[str] = (), *, allows_all: bool = False) -> Guard:
    """Return the guard that settings describe. Raises `InvalidValueError` for what is neither network nor name."""
    networks, names = list[Network](), set[str]()
    for text in allowed:
        try:
            networks.append(ip_network(text.strip(), strict=False))
        except ValueError:
            names.add(_name(text))
    return Guard(tuple(networks), frozenset(names), allows_all)


def _name(text: str) -> str:
    name = text.strip().casefold().rstrip(".")
    is_name = name and not name[-1].isdigit() and all(char.isalnum() or char in "-." for char in name)
    if not is_name:
        raise InvalidValueError(f"{text!r} is neither a network such as 10.1.0.0/16 nor a host name.")
    return name
