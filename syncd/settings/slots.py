"""The settings of the times that clients may choose."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from syncd.core.errors import InvalidValueError
from syncd.core.scheduling.hours import parse_hours, written_hours
from syncd.settings.values import Section

if TYPE_CHECKING:  # rules that only some commands need: what makes them imports them
    from syncd.core.scheduling.slots import SlotRules


def _hours(text: str) -> str:
    try:
        return written_hours(parse_hours(text))
    except InvalidValueError as error:
        raise ValueError(error.message) from error


class SlotsSection(Section):
    """Which free times clients may choose by the link in their mail."""

    hours: Annotated[str, AfterValidator(_hours)] = Field(
        default="Mon-Fri 09:00-17:00", description="working hours of providers who have none of their own"
    )
    step_minutes: int = Field(default=30, ge=5, le=240, description="minutes between two starts that are offered")
    lead_hours: float | None = Field(
        default=None, ge=0, le=720, description="hours ahead that a time is at least; left out: the late-notice hours"
    )
    horizon_days: int = Field(default=28, ge=1, le=366, description="days ahead that a time is at most")

    def rules(self) -> "SlotRules":
        """Return them as the use cases take them."""
        from syncd.core.scheduling.slots import SlotRules

        return SlotRules(
            hours=parse_hours(self.hours),
            step=timedelta(minutes=self.step_minutes),
            lead=None if self.lead_hours is None else timedelta(hours=self.lead_hours),
            horizon=timedelta(days=self.horizon_days),
        )
