"""All that is known of one publication in one cycle: what the decision is made from."""

from dataclasses import dataclass, field

from syncd.core.events.desired import Desired
from syncd.core.events.snapshot import Snapshot
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Provider
from syncd.core.sync.decision import Unreadable
from syncd.core.sync.drift import Drift, DriftAction
from syncd.core.sync.publication import Publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What stands at a publication's href now: the bytes, the etag, and what they mean."""

    etag: str | None
    body: bytes = field(repr=False)
    snapshot: Snapshot | Unreadable
    schedule_tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Another resource that reads like a copy of ours. It is looked at for this cycle alone and never stored."""

    href: str
    etag: str | None
    body: bytes = field(repr=False)
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """All that is known of one publication in this cycle.

    ``sessions`` are the appointments that it stands for, by start. ``observed`` None: proved absent or never published.
    ``seen``: it was looked at in this cycle; otherwise ``observed`` is what we last left there. ``body`` is
    ``desired`` as it would be written over what stands there, and ``desired_snapshot`` its meaning. ``restyled``:
    settings have changed how events look since it was last brought up to date. ``open_drift`` awaits a decision;
    ``reverted`` holds the fingerprints of this publication's edits that were lately put right. ``decided`` is what a
    person has decided about the open drift. ``filed`` are the ids of those sessions whose claims are filed. ``others``
    are resources elsewhere that read like copies of this one.
    """

    publication: Publication
    provider: Provider
    sessions: tuple[Appointment, ...]
    desired: Desired | None
    desired_snapshot: Snapshot | None
    published_snapshot: Snapshot | None
    observed: Observed | None
    body: bytes = field(default=b"", repr=False)
    seen: bool = True
    restyled: bool = False
    open_drift: Drift | None = None
    reverted: tuple[str, ...] = ()
    decided: DriftAction | None = None
    filed: frozenset[str] = frozenset()
    others: tuple[Stranger, ...] = ()

    @property
    def copies(self) -> tuple[Stranger, ...]:
        """The copies that are surely ours: by UID, by our private reference, or by the reference in our own text.

        Only these may ever be removed; one that merely reads alike is a person's to judge.
        """
        return tuple(other for other in self.others if self._is_surely_ours(other.snapshot))

    @property
    def has_news(self) -> bool:
        """Tell whether the publication's own row has to be brought up to date."""
        return self.publication.dirty or self.publication.intent is not None or self.restyled

    def _is_surely_ours(self, other: Snapshot) -> bool:
        reference = self.publication.source.id
        first = other.first
        return other.uid == self.publication.uid or first.reference == reference or reference in first.description
