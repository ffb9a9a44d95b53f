"""Who acts: a person with a role, or syncd itself, and through what."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the practice.

    A reviewer reads everything and changes nothing; a provider and a client have a say about their own things only.
    """

    ADMIN = "admin"
    REVIEWER = "reviewer"
    PROVIDER = "provider"
    CLIENT = "client"
    SYSTEM = "system"


class Channel(StrEnum):
    """Through what somebody acts."""

    COMMAND_LINE = "command line"
    WEB = "web"
    API = "api"
    LINK = "link"
    MAIL = "mail"
    DAEMON = "daemon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who acts, as every service takes it.

    ``name`` is what stands on record: a login name, a user's name, or the part of syncd that acts by itself.
    ``provider_id`` and ``client_id`` say whose things are a provider's or a client's own.
    """

    name: str
    role: Role
    channel: Channel
    provider_id: str | None = None
    client_id: str | None = None


def local_administrator(login: str | None = None) -> Principal:
    """Return who types commands on the machine: its login, where it has one, is on record."""
    return Principal(name=f"cli:{login}" if login else "cli", role=Role.ADMIN, channel=Channel.COMMAND_LINE)


def part_of_syncd(name: str) -> Principal:
    """Return syncd itself, acting by a rule or a clock: ``name`` says which part of it."""
    return Principal(name=name, role=Role.SYSTEM, channel=Channel.DAEMON)


POLICY = part_of_syncd("policy")
"""Who settles a drift that no person decided."""
