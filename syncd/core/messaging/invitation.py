"""What the parties' own calendar programs are asked to hold: the content of REQUEST and CANCEL (RFC 5546)."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from syncd.core.events.desired import Desired, Person, Session
from syncd.core.scheduling.appointments import Series
from syncd.core.scheduling.people import Party
from syncd.core.scheduling.series import deviates, given_instances
from syncd.core.sync.calendars import Privacy
from syncd.core.sync.publishing import CancelledEvents, Practice, Publishable, desired_of

CLIENTS_DESCRIPTION = (
    "This appointment is managed by {practice}. Please reschedule or cancel it there: "
    "a change made in this calendar does not reach your provider.\n"
    "Ref. {reference}"
)
"""What the event says in a client's calendar."""


def invitation(item: Publishable, practice: Practice, party: Party) -> Desired:
    """Return what the calendar of the client or the provider is to hold; nothing when its master is cancelled.

    It is always the full set with cancelled instances as EXDATEs, whatever the practice publishes over CalDAV: that is
    what every receiver of messages applies rightly.
    """
    asked = replace(practice, cancelled_events=CancelledEvents.REMOVE, plain_events=False)
    desired = desired_of(item, asked) or _cancelled(item, asked)
    if party is not Party.CLIENT:
        return desired
    worded = _client_wording(item, practice)
    return replace(
        desired,
        master=worded(desired.master),
        overrides=tuple(worded(session) for session in desired.overrides),
        attendee=Person(item.client.email, item.client.name),
    )


def _cancelled(item: Publishable, asked: Practice) -> Desired:
    """Return the event as cancelled, with every instance that was moved: there are receivers that leave it standing."""
    marked = desired_of(item, replace(asked, cancelled_events=CancelledEvents.MARK))
    if marked is None:
        raise ValueError("a cancelled event that stays, marked, is still an event")
    return replace(marked, master=replace(marked.master, cancelled=True), overrides=tuple(_moved(item, marked.master)))


def _moved(item: Publishable, master: Session) -> Iterator[Session]:
    if not isinstance(item.record, Series):
        return
    for one in given_instances(item.record, item.instances):
        if deviates(one, item.record):
            yield replace(
                master,
                start=one.start,
                minutes=one.minutes,
                location=one.location,
                recurrence_id=one.recurrence_id,
                cancelled=True,
            )


def _client_wording(item: Publishable, practice: Practice) -> Callable[[Session], Session]:
    """A client's event names the provider where the provider's names the client."""
    tells_nothing = practice.privacy in {Privacy.BUSY, Privacy.REFERENCE}
    title = "Appointment" if tells_nothing else f"Appointment with {item.provider.name}"
    text = CLIENTS_DESCRIPTION.replace("{practice}", practice.name).replace("{reference}", item.record.id)
    return lambda session: replace(session, summary=title, description=text)
