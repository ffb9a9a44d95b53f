"""What the providers do in their calendar programs: the demo's plot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from syncd.core.scheduling.appointments import Appointment
from syncd.entrypoints.demo.apps import Event, accept, drag, drag_one, invite, remind, retitle
from syncd.entrypoints.demo.practice import Booked
from syncd.entrypoints.demo.server import App


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: who makes it, on which appointment, in words, and how. ``change`` None: the event is deleted."""

    who: int
    which: int
    words: str
    change: Callable[[Event], Event] | None

    def appointment(self, booked: Sequence[Booked]) -> Appointment:
        """Return the appointment that it is about."""
        return booked[self.who].appointments[self.which]

    def make(self, app: App, href: str) -> str | None:
        """Make it, over CalDAV, on what the program reads at that moment; return the ETag that it left, if any."""
        resource = app.read(href)
        if self.change is None:
            app.delete(resource)
            return None
        return app.write(resource, self.change(Event.of(resource.body)).body())


EDITS = (
    Edit(0, 2, "drags Monday 9:00 to Tuesday 9:00", lambda event: drag(event, timedelta(days=1))),
    Edit(0, 1, "drags the second Thursday of a series to Friday", lambda event: drag_one(event, 1, timedelta(days=1))),
    Edit(0, 4, "adds an alarm", lambda event: remind(event, 15)),
    Edit(1, 3, "deletes Monday 11:00", None),
    Edit(1, 5, "drags Wednesday 11:00 to 12:00", lambda event: drag(event, timedelta(hours=1))),
    Edit(1, 0, "accepts a series", accept),
    Edit(2, 9, "drags Wednesday 23:30 past midnight", lambda event: drag(event, timedelta(hours=1))),
    Edit(2, 6, "retitles an event", lambda event: retitle(event, "Intake, bring forms")),
    Edit(2, 7, "invites a colleague", lambda event: invite(event, "colleague@example.net")),
)
"""Three edits for each provider, of which some matter and some are theirs to make."""
