"""The settings of webhooks: which programs elsewhere are told of what happens, and by which secret it is signed."""

from typing import TYPE_CHECKING, Annotated, Literal, Self, get_args

from pydantic import Field, SecretStr, model_validator

from syncd.settings.places import ReadableFile
from syncd.settings.values import Code, Section, WebAddress

if TYPE_CHECKING:
    from syncd.core.reporting.hooks import Subscription

Event = Literal["drift.opened", "drift.resolved", "claim.held", "claim.clear", "appointment.changed", "calendar.state"]
EVENTS: tuple[Event, ...] = get_args(Event)
Secret = Annotated[SecretStr, Field(min_length=16)]


class SubscriberSection(Section):
    """One program that is told."""

    name: Code = Field(description="how it is known in lists and logs")
    url: WebAddress = Field(description="address that takes events as signed JSON")
    secret: Secret | None = Field(default=None, description="what signs them; left out: webhooks.secret")
    events: tuple[Event, ...] = Field(default=EVENTS, description="what it is told of; left out: all")


class WebhooksSection(Section):
    """Which programs are told of what happens, as it happens."""

    secret: Secret | None = Field(
        default=None, description="what signs events for those that have no secret of their own; better a variable"
    )
    ca_file: ReadableFile | None = Field(default=None, description="certificates of a private authority (PEM)")
    to: tuple[SubscriberSection, ...] = Field(default=(), description="who is told, each with an address")

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        names = [one.name for one in self.to]
        if len(set(names)) != len(names):
            raise ValueError("two webhooks have the same name: give each a name of its own")
        unsigned = [one.name for one in self.to if one.secret is None and self.secret is None]
        if unsigned:
            raise ValueError(f"{unsigned[0]} needs a secret: give SYNCD_WEBHOOKS__SECRET at least 16 characters")
        return self

    def subscriptions(self) -> "tuple[Subscription, ...]":
        """Return who is told of what."""
        if not self.to:  # most commands load nothing for it
            return ()
        from syncd.core.reporting.hooks import HookEvent, Subscription

        return tuple(Subscription(name=one.name, events=frozenset(map(HookEvent, one.events))) for one in self.to)
