"""Who holds sessions, who comes to them, and on whose behalf something is done."""

from dataclasses import dataclass
from enum import StrEnum

from syncd.core.scheduling.money import Money


class Party(StrEnum):
    """On whose behalf something is done."""

    PROVIDER = "provider"
    CLIENT = "client"
    ADMIN = "admin"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One who holds sessions and keeps a calendar. ``timezone`` is an IANA name.

    ``late_notice_hours``: within so many hours of the start only the provider and the practice may change an
    appointment, None: as the practice's rules say. ``late_fee``: what the provider's account says a client owes for a
    late cancellation, None: nothing was set. ``active``: may be booked. ``language`` is a BCP 47 tag, by which mails
    write times.
    """

    id: str
    name: str
    email: str
    timezone: str
    booking_url: str | None = None
    late_notice_hours: int | None = None
    late_fee: Money | None = None
    active: bool = True
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One who comes to sessions. ``timezone`` is an IANA name; None: the provider's.

    ``active``: may be booked. ``language``: as a provider's.
    """

    id: str
    name: str
    email: str
    timezone: str | None = None
    active: bool = True
    language: str | None = None
