"""Appointments: how they stand, what happened to them, and what may be asked."""

from typing import Annotated, Any, Literal

from pydantic import Field

from syncd.core.scheduling.appointments import AppointmentStatus, Scope
from syncd.entrypoints.web.api.shapes import (
    AppointmentId,
    ClientId,
    DateText,
    MomentText,
    Next,
    ProviderId,
    Shape,
    changes_example,
    example,
)
from syncd.entrypoints.web.api.shapes.drifts import Drift
from syncd.entrypoints.web.api.values import LEFT_OUT, Changes, Given, Moment, Note, Number, Ref, Text, Truth

Minutes = Annotated[Number, Field(ge=1, le=1440, examples=[50])]
Place = Annotated[str, Field(max_length=200, examples=["Room 2"])]
OnBehalf = Annotated[
    Literal["provider", "client", "admin"] | None,
    Field(description="on whose behalf; left out: the caller's own. Clients have a notice period."),
]

EXAMPLE: dict[str, Any] = {
    "id": "apt-7m2k9qf3x1",
    "uid": "3b7c2f0e-6d5a-4a53-9d1e-5f1f2f8b9c10",
    "provider": "prv-4h8d2n6c1w",
    "client": "cli-9b3t5r7k2m",
    "start": "2026-12-01T10:00:00-05:00",
    "end": "2026-12-01T10:50:00-05:00",
    "minutes": 50,
    "timezone": "America/New_York",
    "date_of_service": "2026-12-01",
    "status": "booked",
    "location": "Room 2",
    "sequence": 0,
    "series": None,
    "recurrence_id": None,
    "version": 1,
}


class Appointment(Shape):
    """A session of a provider with a client. ``start`` and ``end`` have the offset of ``timezone``."""

    model_config = example(**EXAMPLE)

    id: AppointmentId
    uid: str
    provider: ProviderId
    client: ClientId
    start: MomentText
    end: MomentText
    minutes: int
    timezone: str
    date_of_service: DateText
    status: AppointmentStatus
    location: str
    sequence: int
    series: str | None
    recurrence_id: MomentText | None
    version: Annotated[int, Field(description="what its ETag says")]


class Appointments(Shape):
    """A part of the list of appointments."""

    appointments: list[Appointment]
    next: Next


class Fee(Shape):
    """A late-cancellation fee that was due, in the smallest unit of its currency."""

    minor: int
    currency: str
    waived: bool
    decided_by: str


class Cancellation(Shape):
    """Why an appointment was cancelled."""

    reason: str
    note: str
    message: str
    by: str
    at: MomentText
    fee: Fee | None


class HistoryLine(Shape):
    """One thing that happened to an appointment."""

    at: MomentText
    kind: str
    by: str
    actor: str
    before: dict[str, Any]
    after: dict[str, Any]
    note: str
    sentence: str


class AppointmentStory(Appointment):
    """An appointment with what happened to it, oldest first, and the edits of it in the provider's calendar."""

    model_config = example(**EXAMPLE, cancellation=None, history=[], drifts=[])

    cancellation: Cancellation | None
    history: list[HistoryLine]
    drifts: list[Drift]


class Repeats(Shape):
    """How far a series goes: ``sessions`` and ``last`` are null for one without an end."""

    rule: str
    sessions: int | None
    last: MomentText | None
    booked: int
    booked_until: MomentText


class BookedAppointment(Appointment):
    """What was booked: of a series its first appointment."""

    model_config = example(**EXAMPLE, repeats=None)

    repeats: Repeats | None


class CancelledAppointment(Appointment):
    """What was cancelled, with the notice that the client got."""

    cancellation: Cancellation | None
    notice_hours: float


class Reason(Shape):
    """A reason for which an appointment may be cancelled."""

    code: str
    label: str
    note_required: bool
    offers_reschedule: bool


class Reasons(Shape):
    """All reasons."""

    reasons: list[Reason]


class RevokedLinks(Shape):
    """Until when the links in mails about an appointment are void."""

    appointment: AppointmentId
    revoked_until: MomentText


class NewAppointment(Given):
    """What is to be booked. Times without an offset are in the provider's zone."""

    model_config = example(
        provider="dana@example.com", client="robin@example.org", start="2026-12-01T10:00", minutes=50, location="Room 2"
    )

    provider: Ref
    client: Ref
    start: Moment
    minutes: Minutes
    timezone: Annotated[str | None, Field(max_length=60)] = None
    location: Place = ""
    repeat: Annotated[str | None, Field(max_length=500, examples=["FREQ=WEEKLY;COUNT=10"])] = None
    allow_overlap: Truth = False


class Rescheduling(Changes):
    """Another time, length or place; times without an offset are in the appointment's zone."""

    model_config = changes_example(start="2026-12-02T11:00")

    start: Moment = Field(default=LEFT_OUT)
    minutes: Minutes = Field(default=LEFT_OUT)
    location: Place = Field(default=LEFT_OUT)
    scope: Scope = Scope.THIS
    by: OnBehalf = None
    allow_overlap: Truth = False


class Cancelling(Given):
    """Why an appointment is cancelled; ``message`` goes to the client, ``note`` does not."""

    model_config = example(reason="provider_ill", message="Let us find another day.")

    reason: Annotated[str, Field(max_length=60, description="see /reasons")]
    note: Note = ""
    message: Note = ""
    scope: Scope = Scope.THIS
    by: OnBehalf = None
    waive_fee: Truth = False


class Outcome(Given):
    """What somebody knows about how a session went."""

    note: Text = ""
