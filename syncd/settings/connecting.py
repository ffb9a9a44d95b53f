"""The settings of connecting calendars in the console."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import BeforeValidator, Field

from syncd.settings.values import Section


def _network(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError("give a network such as 10.20.0.0/16, or one address") from error


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


class ConnectingSection(Section):
    """Which addresses people may have opened when they connect a calendar in the console."""

    private_networks: tuple[Network, ...] = Field(
        default=(), description="private networks in which the console may connect calendars, such as 10.20.0.0/16"
    )
