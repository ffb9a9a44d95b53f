"""What becomes of a plan in a calendar in which nothing may be written: all is found and recorded, nothing is done.

What is withheld stays to be done: publications stay dirty, and an edit that would be put right is an open drift with
the action ``revert``, which the policy judges anew once the calendar's mode allows it.
"""

from dataclasses import dataclass, replace

from syncd.core.errors import RefusalError
from syncd.core.events.findings import Severity
from syncd.core.sync.actions import AnyAction, Create, Ignore, Update, drift_in, writes
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.decision import Act
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.publication import Publication
from syncd.core.sync.resource import Resource
from syncd.ports.remote.values import Receipt
from syncd.services.sync.reconcile.apply import Executor
from syncd.services.sync.reconcile.outcome import as_observed, looked_at, put_drift
from syncd.services.work.fencing import FencedRemote

NOT_PUT_RIGHT = "It was not put right: nothing is written in a calendar of the mode report_only."


class WriteWithheldError(RefusalError):
    """Nothing is written in a calendar of the mode report_only. To go on: syncd calendar set ID --mode normal"""

    code = "report_only"


def check_writes(calendar: Calendar) -> None:
    """Raise `WriteWithheldError` where nothing may be written in that calendar."""
    if not calendar.mode.writes:
        raise WriteWithheldError(
            f"Nothing is written in {calendar.id}, which is {calendar.mode}. To have it written: "
            f"syncd calendar set {calendar.id} --mode normal",
            calendar=calendar.id,
            mode=calendar.mode,
        )


@dataclass(frozen=True, slots=True)
class UnwrittenRemote(FencedRemote):
    """A `Remote` that refuses every write, whoever asks for it: the last word after everything that asks before."""

    def create(self, href: str, body: bytes) -> Receipt:
        """Raise `WriteWithheldError`."""
        raise WriteWithheldError(href=href, size=len(body))

    def replace(self, href: str, body: bytes, etag: str | None, schedule_tag: str | None = None) -> Receipt:
        """Raise `WriteWithheldError`."""
        raise WriteWithheldError(href=href, size=len(body), etag=etag, schedule_tag=schedule_tag)

    def remove(self, href: str, etag: str | None) -> None:
        """Raise `WriteWithheldError`."""
        raise WriteWithheldError(href=href, etag=etag)


@dataclass(frozen=True, slots=True)
class Withholder(Executor):
    """An executor that writes nothing in the calendar, and in the store all that was found there."""

    def apply(self, action: AnyAction) -> tuple[Drift, ...]:
        """Record what is known by one action; return the drifts that this recorded, as they stand now."""
        if not writes(action):
            return Executor.apply(self, action)
        if isinstance(action, Ignore):
            return self._keep_words(action)
        drift = drift_in(action)
        return self._close_what_is_over(action) if drift is None else self._leave(action, drift)

    def _close_what_is_over(self, action: AnyAction) -> tuple[Drift, ...]:
        """Close the drift of an edit that stands there no longer; what is to be written stays to be written."""
        if action.closes is not None:
            with self.store.transaction() as tx:
                tx.publications.save(_as_it_was(action.resource, self))
                self._close(tx, action.closes, DriftStatus.SUPERSEDED)
        return ()

    def _leave(self, action: AnyAction, found: Drift) -> tuple[Drift, ...]:
        """Record an edit that is left as it is, unless it is on record just so."""
        resource, known = action.resource, action.resource.open_drift
        is_known = known is not None and known.id == found.id
        note = known.note if known is not None and is_known else found.note
        if action.act is not Act.FLAG and not is_known:
            note = NOT_PUT_RIGHT
        drift = replace(found, due_at=None, note=note)
        if drift == known:
            return ()
        with self.store.transaction() as tx:
            tx.publications.save(_as_it_was(resource, self))
            self._close(tx, action.closes, DriftStatus.SUPERSEDED)
            put_drift(tx, drift, resource)
            self._record(tx, Act.FLAG if action.act is Act.FLAG else Act.WAIT, resource, drift)
        return (drift,)

    def _keep_words(self, action: Ignore) -> tuple[Drift, ...]:
        """Record the provider's words as theirs; what the practice changed beside them stays to be written."""
        drift = self._settled(action.drift, self._how_ignored)
        with self.store.transaction() as tx:
            kept = as_observed(action.resource, self.now, action.ignored)
            tx.publications.save(replace(kept, done=kept.wanted - 1))
            self._close(tx, action.closes, DriftStatus.SUPERSEDED)
            put_drift(tx, drift, action.resource)
            self._record(tx, Act.IGNORE, action.resource, drift)
        return (drift,)


def differs_in_time(action: AnyAction) -> bool:
    """Tell whether an action that is withheld leaves another time there than the record's, or an event too many.

    One that never stood there shows nobody a wrong time, and other words tell nothing of when a session takes place.
    """
    match action:
        case Create():
            return False
        case Update():
            return action.changes.severity not in {None, Severity.CONTENT}
        case _:
            return writes(action)


def _as_it_was(resource: Resource, executor: Executor) -> Publication:
    """Return the publication as seen there, with all that is to be written left to be written."""
    seen = looked_at(resource, executor.now)
    return replace(seen, done=resource.publication.done, intent=resource.publication.intent)
