"""What somebody has answered so far on the way to a connected calendar. The password stays on the server, sealed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, NamedTuple, Self

from syncd.bootstrap import System
from syncd.bootstrap.console import unsent_forms
from syncd.core.sync.calendars import CalendarMode, Privacy
from syncd.entrypoints.web.visitor import Visitor
from syncd.ports.remote.values import Account, Collection
from syncd.services.sync.calendars import DEFAULT_NAME, NewCalendar

_PURPOSE = "calendar"


class Step(StrEnum):
    """The pages on the way, in their order; each is an address under /calendars/new."""

    PROVIDER = "provider"
    KIND = "kind"
    LOGIN = "login"
    CALENDAR = "calendar"
    KEEPING = "keeping"
    CHECK = "check"


NAMES = {
    Step.PROVIDER: "Provider",
    Step.KIND: "Kind of account",
    Step.LOGIN: "Address and login",
    Step.CALENDAR: "Which calendar",
    Step.KEEPING: "How it is kept",
    Step.CHECK: "Check",
}


class Place(NamedTuple):
    """A step as the list of steps shows it. ``href`` "": it cannot be opened yet."""

    name: str
    href: str
    done: bool
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers. ``answered`` names the steps that are done; ``tried`` is what the trial has shown, in words.

    ``found`` are the account's calendars, ``collection`` the address of the chosen one; "": ``name`` is made there.
    ``calendar`` is the id of what was connected in the end.
    """

    answered: tuple[str, ...] = ()
    provider: str = ""
    kind: str = ""
    url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    tried: tuple[tuple[str, str], ...] = ()
    found: tuple[Mapping[str, Any], ...] = ()
    collection: str = ""
    name: str = DEFAULT_NAME
    mode: str = str(CalendarMode.NORMAL)
    privacy: str = ""
    agreed: bool = False
    plain: bool = False
    calendar: str = ""

    @classmethod
    def of(cls, system: System, visitor: Visitor) -> Self:
        """Return what the visitor has answered in this browser."""
        kept = unsent_forms(system).of(visitor.session.id, _PURPOSE, visitor.now)
        known = {one.name for one in fields(cls)}
        values: dict[str, Any] = {name: value for name, value in kept.items() if name in known}
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**values | lists)

    def keep(self, system: System, visitor: Visitor) -> None:
        """Keep them for half an hour."""
        unsent_forms(system).keep(visitor.session.id, _PURPOSE, asdict(self), visitor.now)

    def having(self, step: Step, **answers: Any) -> "Answers":
        """Return these with the answers of one step."""
        done = {*self.answered, str(step)}
        return replace(self, answered=tuple(str(one) for one in Step if str(one) in done), **answers)

    def without(self, *steps: Step) -> "Answers":
        """Return these with some steps to be answered again."""
        return replace(self, answered=tuple(one for one in self.answered if one not in steps))

    def missing_before(self, step: Step) -> Step | None:
        """Return the first step before ``step`` that is not answered."""
        order = list(Step)
        return next((one for one in order[: order.index(step)] if one not in self.answered), None)

    def places(self, here: Step) -> list[Place]:
        """Return the steps as a list shows them."""
        return [
            Place(
                NAMES[one],
                f"/calendars/new/{one}" if self.missing_before(one) is None and one is not here else "",
                one in self.answered,
                one is here,
            )
            for one in Step
        ]

    @property
    def account(self) -> Account:
        """The account, at the chosen calendar's address where one was chosen."""
        return Account(self.collection or self.url, self.username, self.password)

    @property
    def collections(self) -> list[Collection]:
        """The account's calendars."""
        return [Collection(**one) for one in self.found]

    @property
    def fingerprint(self) -> str:
        """What changes with every answer but the password: a check that was looked at says which answers it meant."""
        shown = {name: value for name, value in asdict(self).items() if name != "password"}
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]

    def new_calendar(self) -> NewCalendar:
        """Return what is to be connected."""
        return NewCalendar(
            provider=self.provider,
            url=self.account.url,
            username=self.username,
            password=self.password,
            name=self.name,
            plain_events=self.plain,
            mode=CalendarMode(self.mode),
            privacy=Privacy(self.privacy) if self.privacy else None,
        )
