"""What a cycle does about one resource, as data: one class for each word of `syncd.core.sync.decision.Act`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, assert_never

from syncd.core.events.findings import Comparison, Finding
from syncd.core.sync.decision import Act
from syncd.core.sync.drift import Drift
from syncd.core.sync.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do about one resource. ``closes``: an open drift that this settles, and how it ends."""

    act: ClassVar[Act]
    resource: Resource
    closes: Drift | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(Action):
    """Write ``body`` for the first time."""

    act = Act.CREATE
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(Action):
    """Write ``body``: what the practice or its settings changed; the provider's own fields stay."""

    act = Act.UPDATE
    body: bytes = field(repr=False)
    changes: Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(Action):
    """Delete what should not stand there any more."""

    act = Act.DELETE


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt(Action):
    """Record what stands there as published: no write."""

    act = Act.ADOPT
    benign: Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget(Action):
    """Watch the publication no longer: it stands nowhere and should not."""

    act = Act.FORGET


@dataclass(frozen=True, slots=True, kw_only=True)
class Revert(Action):
    """Put an edit right: write ``body`` back or again, or with None delete what should be gone.

    ``ignored`` texts stay as they are.
    """

    act = Act.REVERT
    drift: Drift
    body: bytes | None = field(repr=False)
    ignored: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Action):
    """An edit that is left as it is. ``body``: what is written around it meanwhile, None: nothing.

    ``overruled`` is the record of what that write puts right, because the practice changed those fields too;
    ``afterwards`` the edit's own record as it will be found then, None: as it is.
    """

    body: bytes | None = field(default=None, repr=False)
    overruled: Drift | None = None
    afterwards: Drift | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Held):
    """Hold an edit for a person's decision."""

    act = Act.FLAG
    drift: Drift


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Held):
    """Leave an edit until its decision has come, or until ``until``, when it will be put right.

    ``drift`` is its record where that is new or another now.
    """

    act = Act.WAIT
    drift: Drift | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore(Held):
    """Keep the provider's words and record that they differ."""

    act = Act.IGNORE
    drift: Drift
    ignored: tuple[Finding, ...]


AnyAction = Create | Update | Delete | Adopt | Forget | Revert | Flag | Wait | Ignore


def drift_in(action: AnyAction) -> Drift | None:
    """Return the drift that an action records."""
    return action.drift if isinstance(action, Revert | Flag | Wait | Ignore) else None


def writes(action: AnyAction) -> bool:
    """Tell whether an action writes into the calendar, or will once the time it waits for has come."""
    match action:
        case Create() | Update() | Delete() | Revert():
            return True
        case Wait() if action.until is not None:
            return True
        case Adopt() | Forget():
            return False
        case Flag() | Wait() | Ignore():
            return action.body is not None
        case _:
            assert_never(action)


def body_of(action: AnyAction) -> bytes | None:
    """Return what an action writes, None where it writes nothing."""
    return None if isinstance(action, Delete | Adopt | Forget) else action.body
