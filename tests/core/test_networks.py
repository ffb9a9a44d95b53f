"""The table of forbidden addresses: each spelling is judged by where it leads."""

import socket
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.access.networks import ForbiddenAddressError, Guard, Place, guard_of, place_of
from syncd.core.errors import InvalidValueError

FORBIDDEN = {
    "127.0.0.1": Place.LOOPBACK,
    "127.8.8.8": Place.LOOPBACK,
    "0.0.0.0": Place.LOOPBACK,
    "::1": Place.LOOPBACK,
    "::": Place.LOOPBACK,
    "::ffff:127.0.0.1": Place.LOOPBACK,
    "::127.0.0.1": Place.LOOPBACK,
    "::ffff:0:127.0.0.1": Place.LOOPBACK,
    "64:ff9b::7f00:1": Place.LOOPBACK,
    "10.0.0.1": Place.PRIVATE,
    "172.16.0.1": Place.PRIVATE,
    "172.31.255.255": Place.PRIVATE,
    "192.168.1.1": Place.PRIVATE,
    "fd00::1": Place.PRIVATE,
    "fc00::1": Place.PRIVATE,
    "fec0::1": Place.PRIVATE,
    "::ffff:10.0.0.1": Place.PRIVATE,
    "64:ff9b::a00:1": Place.PRIVATE,
    "100.64.0.1": Place.CARRIER,
    "100.127.255.255": Place.CARRIER,
    "169.254.0.1": Place.LINK_LOCAL,
    "fe80::1": Place.LINK_LOCAL,
    "fe80::1%eth0": Place.LINK_LOCAL,
    "169.254.169.254": Place.METADATA,
    "::ffff:169.254.169.254": Place.METADATA,
    "64:ff9b::a9fe:a9fe": Place.METADATA,
    "168.63.129.16": Place.METADATA,
    "100.100.100.200": Place.METADATA,
    "fd00:ec2::254": Place.METADATA,
    "2002:7f00:1::": Place.LOOPBACK,
    "2002:a00:1::": Place.PRIVATE,
    "2002:a9fe:a9fe::": Place.METADATA,
    "2001:0:7f00:1::1": Place.RESERVED,
    "64:ff9b:1::1": Place.RESERVED,
    "192.0.0.8": Place.RESERVED,
    "192.0.2.1": Place.RESERVED,
    "198.18.0.1": Place.RESERVED,
    "203.0.113.1": Place.RESERVED,
    "224.0.0.1": Place.RESERVED,
    "239.255.255.255": Place.RESERVED,
    "255.255.255.255": Place.RESERVED,
    "ff02::1": Place.RESERVED,
    "ff0e::1": Place.RESERVED,
    "2001:db8::1": Place.RESERVED,
    "3fff::1": Place.RESERVED,
    "5f00::1": Place.RESERVED,
    "4000::1": Place.RESERVED,
    "no address": Place.RESERVED,
}
"""Addresses that no page and no API may open, what each is, and thereby who else may."""

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "2002:808:808::", "::ffff:8.8.8.8", "64:ff9b::808:808"]

SPELLINGS = ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "0", "127.0.0.1", "::ffff:7f00:1"]
"""All of them are loopback, or lead there."""


@pytest.mark.parametrize(("address", "place"), FORBIDDEN.items())
def test_each_forbidden_address(address: str, place: Place) -> None:
    """What a page or the API sent is refused there, in words that say what it is."""
    assert place_of(address) is place
    with pytest.raises(ForbiddenAddressError, match=f"a {place} address"):
        Guard().check("cal.example.com", [address])


@pytest.mark.parametrize(("address", "place"), FORBIDDEN.items())
def test_at_the_command_line(address: str, place: Place) -> None:
    """Networks of the practice's own are a warning, the machine's own and the cloud's are refused."""
    typed = Guard(from_inside=True)
    if place in {Place.PRIVATE, Place.LOOPBACK, Place.CARRIER}:
        typed.check("cal.example.com", [address])
        assert f"in a {place} network" in typed.warning("cal.example.com", [address])
    else:
        with pytest.raises(ForbiddenAddressError):
            typed.check("cal.example.com", [address])


@pytest.mark.parametrize("address", PUBLIC)
def test_each_public_address(address: str) -> None:
    """It may be opened by whoever may connect a calendar."""
    Guard().check("cal.example.com", [address])
    assert Guard().warning("cal.example.com", [address]) == ""


@pytest.mark.parametrize("text", SPELLINGS)
def test_spellings(text: str) -> None:
    """The text is never judged: what the resolver makes of it is."""
    found = [str(where[0]) for *_, where in socket.getaddrinfo(text, 443, type=socket.SOCK_STREAM)]
    with pytest.raises(ForbiddenAddressError):
        Guard().check(text, found)


def test_all_addresses_of_a_name() -> None:
    """One that leads inside is enough to refuse the name."""
    with pytest.raises(ForbiddenAddressError):
        Guard().check("cal.example.com", ["93.184.216.34", "10.0.0.1"])


class TestAllowed:
    def test_networks(self) -> None:
        """What the settings name goes, and nothing beside it; in whatever clothes."""
        guard = guard_of(["10.1.0.0/16", "169.254.169.254"])
        guard.check("cal.example.com", ["10.1.2.3", "::ffff:10.1.2.3", "169.254.169.254"])
        with pytest.raises(ForbiddenAddressError):
            guard.check("cal.example.com", ["10.2.0.1"])

    def test_names(self) -> None:
        """A host name goes wherever it leads."""
        guard = guard_of(["Cal.Example.internal"])
        guard.check("cal.example.internal", ["10.0.0.1"])
        with pytest.raises(ForbiddenAddressError):
            guard.check("dav.example.internal", ["10.0.0.1"])

    def test_everything(self) -> None:
        """A practice that trusts its network says so."""
        guard_of(allows_all=True).check("localhost", list(FORBIDDEN))

    @pytest.mark.parametrize("text", ["", "10.0.0.0/33", "300.1.1.1", "a b", "http://cal.example.com"])
    def test_what_is_neither(self, text: str) -> None:
        """It is refused, rather than taken for a name that lets nothing pass."""
        with pytest.raises(InvalidValueError):
            guard_of([text])


@given(st.ip_addresses(v=4))
def test_no_clothes_make_an_address_better(address: object) -> None:
    """An IPv4 address inside an IPv6 one is at least as forbidden as by itself."""
    plain = place_of(str(address))
    for clothes in (f"::ffff:{address}", f"64:ff9b::{address}", f"::ffff:0:{address}"):
        assert place_of(clothes).rank >= plain.rank
    assert replace(Guard(), from_inside=True) == Guard(from_inside=True)
