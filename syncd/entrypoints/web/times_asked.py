"""Times that people type in: read by the clock of a zone, with what to do about those that are no single moment."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Depends, Form, Query

from syncd.core.errors import AmbiguousTimeError, InvalidValueError, NonexistentTimeError, SyncdError
from syncd.core.times import exact_local, is_ambiguous
from syncd.presentation import moments
from syncd.presentation.wording import for_pages
from syncd.services.scheduling.foreseeing import Clash


class Which(NamedTuple):
    """One of two moments at which the clocks show the same time."""

    value: str
    label: str


class Instead(NamedTuple):
    """A time to take in place of one that the clocks skip."""

    date: str
    start: str
    label: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a form could not be carried out, and what may be chosen to mend it."""

    text: str = ""
    which: tuple[Which, ...] = ()
    instead: Instead | None = None
    clashes: tuple[Clash, ...] = ()
    may_overlap: bool = False


NO_TROUBLE = Trouble()


@dataclass(frozen=True, slots=True)
class AskedTime:
    """The fields of a form about a session. ``which``: the first or the second of two moments, where it matters."""

    date: str = ""
    start: str = ""
    minutes: str = ""
    place: str = ""
    which: str = ""
    overlap: str = ""

    def length(self) -> int:
        """Return the minutes. Raises `InvalidValueError`."""
        if not self.minutes.strip().isdecimal():
            raise InvalidValueError("The length is a number of minutes, such as 50.")
        return int(self.minutes)

    def moment(self, tz: ZoneInfo) -> datetime:
        """Return the start in that zone.

        Raises `InvalidValueError`, `NonexistentTimeError`, and `AmbiguousTimeError` unless it was said which is meant.
        """
        try:
            wall = datetime.combine(date.fromisoformat(self.date), time.fromisoformat(self.start))
        except ValueError as error:
            raise InvalidValueError("Give a date such as 2026-12-01 and a time such as 10:00.") from error
        local = wall.replace(tzinfo=tz, fold=int(self.which == "second"))
        if self.which in {"first", "second"} and is_ambiguous(local):
            return local
        return exact_local(wall.replace(tzinfo=None), tz)


def by_form(
    date: Annotated[str, Form()] = "",
    start: Annotated[str, Form()] = "",
    minutes: Annotated[str, Form()] = "",
    place: Annotated[str, Form()] = "",
    which: Annotated[str, Form()] = "",
    overlap: Annotated[str, Form()] = "",
) -> AskedTime:
    """Return what a form gives."""
    return AskedTime(date.strip(), start.strip(), minutes.strip(), place.strip(), which, overlap)


def by_address(
    date: Annotated[str, Query()] = "",
    start: Annotated[str, Query()] = "",
    minutes: Annotated[str, Query()] = "",
    place: Annotated[str | None, Query()] = None,
    which: Annotated[str, Query()] = "",
    overlap: Annotated[str, Query()] = "",
) -> AskedTime:
    """Return what an address gives; a place that it does not name is "\\0"."""
    return AskedTime(date.strip(), start.strip(), minutes.strip(), "\0" if place is None else place, which, overlap)


ByForm = Annotated[AskedTime, Depends(by_form)]
ByAddress = Annotated[AskedTime, Depends(by_address)]


def trouble_of(error: SyncdError, tz: ZoneInfo) -> Trouble:
    """Return what a page says of a refusal, and offers to mend it."""
    match error:
        case AmbiguousTimeError() if "choices" in error.details:
            both = [datetime.fromisoformat(text).astimezone(tz) for text in error.details["choices"]]
            names = [f"{moment:%H:%M} {moments.letters(moment)}" for moment in both]
            which = (Which("first", f"{names[0]}, the first"), Which("second", f"{names[1]}, the second"))
            return Trouble("The clocks show that time twice that night. Choose which one is meant.", which)
        case NonexistentTimeError():
            after = datetime.fromisoformat(error.details["suggestion"]).astimezone(tz)
            label = moments.when(after)
            instead = Instead(f"{after:%Y-%m-%d}", f"{after:%H:%M}", label)
            return Trouble(f"The clocks skip that time that night. Did you mean {label}?", instead=instead)
        case _:
            return Trouble(for_pages(error.message))
