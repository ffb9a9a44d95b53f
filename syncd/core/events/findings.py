"""The words for what an edit is: kinds, severities, findings (the interface contract's vocabulary)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """A material difference: about fields that the practice owns."""

    MOVED = "moved"
    RESIZED = "resized"
    DELETED = "deleted"
    CANCELLED = "cancelled"
    TITLE = "title"
    LOCATION = "location"
    DESCRIPTION = "description"
    RECURRENCE = "recurrence"
    INSTANCE_MOVED = "instance_moved"
    INSTANCE_RESIZED = "instance_resized"
    INSTANCE_DELETED = "instance_deleted"
    ALL_DAY = "all_day"
    TIMEZONE_SHIFT = "timezone_shift"
    ATTENDEES = "attendees"
    SPLIT = "split"
    DUPLICATE = "duplicate"
    DECLINED = "declined"
    COUNTERED = "countered"
    UNREADABLE = "unreadable"


class Benign(StrEnum):
    """A difference that is no drift: about fields that the provider owns, or that programs rewrite."""

    ALARM = "alarm"
    PARTSTAT = "partstat"
    CATEGORIES = "categories"
    COLOR = "color"
    TRANSPARENCY = "transparency"
    CLASS = "class"
    PRIORITY = "priority"
    ATTACHMENT = "attachment"
    COMMENT = "comment"
    PRIVATE_PROPERTY = "private_property"
    OTHER_PROPERTY = "other_property"
    TIMEZONE_SPELLING = "timezone_spelling"
    RULE_SPELLING = "rule_spelling"
    OVERRIDE_SPELLING = "override_spelling"
    BOOKKEEPING = "bookkeeping"


class Severity(StrEnum):
    """What a difference endangers, the gravest first; :attr:`rank` orders them."""

    CLAIM_DATE = "claim_date"
    TIME = "time"
    PRESENCE = "presence"
    CONTENT = "content"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


TEXT_KINDS = frozenset({Kind.TITLE, Kind.DESCRIPTION})
"""The only kinds that a policy may ignore and a person may dismiss as a wording of the provider's."""


START_FIELD = "DTSTART"
"""What a finding about when something begins names as its field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One material difference between what was published and what was observed.

    ``recurrence_id`` names the instance (its original start), None: the whole resource. ``published`` and ``observed``
    are the two values as a person reads them (times in ISO 8601 with offset); None: there was none.
    """

    kind: Kind
    severity: Severity
    field: str
    published: str | None
    observed: str | None
    recurrence_id: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The verdict on two snapshots of one resource. ``claim_date_changes``: an instance stands on a new local date."""

    findings: tuple[Finding, ...] = ()
    benign: tuple[Benign, ...] = ()
    claim_date_changes: bool = False

    @property
    def drift(self) -> bool:
        """Tell whether anything that the practice owns differs."""
        return bool(self.findings)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds found, each once, in the vocabulary's order."""
        found = {finding.kind for finding in self.findings}
        return tuple(kind for kind in Kind if kind in found)

    @property
    def severity(self) -> Severity | None:
        """The gravest severity, None when nothing differs."""
        return min((finding.severity for finding in self.findings), key=lambda s: s.rank, default=None)
