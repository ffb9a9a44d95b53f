"""What the tests of the calendar adapters may ask for."""

from collections.abc import Iterator

import pytest

from tests.adapters.scripted_calendars import ScriptedCalendars


@pytest.fixture
def stage() -> Iterator[ScriptedCalendars]:
    theatre = ScriptedCalendars()
    with theatre.clean_up:
        yield theatre
