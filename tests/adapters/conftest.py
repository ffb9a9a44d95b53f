"""What the tests of the calendar adapters may ask for."""

from collections.abc import Iterator

import pytest

from tests.adapters.stages import Theatre


@pytest.fixture
def stage() -> Iterator[Theatre]:
    theatre = Theatre()
    with theatre.clean_up:
        yield theatre
