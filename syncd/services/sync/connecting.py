"""Before a calendar is connected: trying the account step by step, and what would be published. Changes nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from syncd.core.errors import SyncdError
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.ports.remote.access import CalendarServers
from syncd.ports.remote.errors import (
    AddressRefusedError,
    ForbiddenError,
    LoginRefusedError,
    NotTrustedError,
    UnavailableError,
)
from syncd.ports.remote.values import Account, Collection
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Transaction


class Stage(StrEnum):
    """What is tried, in this order."""

    ADDRESS = "address"
    ENCRYPTION = "encryption"
    LOGIN = "login"
    CALENDARS = "calendars"
    WRITING = "writing"


class Step(NamedTuple):
    """One stage of a trial. ``passed`` None: it was not reached."""

    stage: Stage
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Trial:
    """How an account was found. ``error`` is what stopped the trial."""

    steps: tuple[Step, ...]
    collections: tuple[Collection, ...] = ()
    error: SyncdError | None = None

    @property
    def passed(self) -> bool:
        """Tell whether a calendar can be chosen there, or made."""
        return self.error is None

    @property
    def writable(self) -> tuple[Collection, ...]:
        """The calendars that may be chosen: all that are not said to be for reading alone."""
        return tuple(one for one in self.collections if one.writable is not False)


def try_account(servers: CalendarServers, account: Account) -> Trial:
    """Look what an account holds, and say how far that went."""
    try:
        found = tuple(servers.collections(account))
    except SyncdError as error:
        return Trial(tuple(_steps(_stopped_at(error))), error=error)
    # An account without any calendar is fine: one is made there. One in which nothing may be written is not.
    trial = Trial(tuple(_steps(None)), found)
    if found and not trial.writable:
        refusal = ForbiddenError("This account may read these calendars, and write in none of them.")
        return Trial(tuple(_steps(Stage.WRITING)), found, refusal)
    return trial


def _steps(stopped_at: Stage | None) -> Iterator[Step]:
    passed: bool | None = True
    for stage in Stage:
        if stage is stopped_at:
            yield Step(stage, False)
            passed = None
        else:
            yield Step(stage, passed)


def _stopped_at(error: SyncdError) -> Stage:
    """Return the stage that an error belongs to."""
    match error:
        case NotTrustedError():
            return Stage.ENCRYPTION
        case AddressRefusedError():
            return Stage.ADDRESS
        case UnavailableError():
            return Stage.CALENDARS if "status" in error.details else Stage.ADDRESS
        case LoginRefusedError():
            return Stage.LOGIN
        case _:
            return Stage.CALENDARS


def sessions_ahead(tx: Transaction, provider_id: str, now: datetime) -> int:
    """Return how many booked sessions of a provider a new calendar is to show."""
    booked = AppointmentQuery(provider_id=provider_id, status=AppointmentStatus.BOOKED, starts_from=now)
    return len(tx.appointments.list(booked))


def already_connected(tx: Transaction, urls: Iterable[str]) -> Mapping[str, str]:
    """Return those of some calendars' addresses at which syncd publishes already, each with that provider's name."""
    wanted = set(urls)
    found = {one.url: one.provider_id for one in tx.calendars.list(None) if one.url in wanted}
    return {url: tx.providers.get(provider_id).name for url, provider_id in found.items()}
