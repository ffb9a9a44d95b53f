"""What serves clients by the links in their mails, and the hours that it goes by."""

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.bootstrap.system import System
    from syncd.services.messaging.visits import Visits
    from syncd.services.scheduling.hours import WorkingHours
    from syncd.services.scheduling.slots import Slots


def working_hours(system: "System") -> "WorkingHours":
    """Return what sets and shows when providers work."""
    from syncd.services.scheduling.hours import WorkingHours

    return WorkingHours(system.store, system.settings.slots.rules().hours)


def slots(system: "System") -> "Slots":
    """Return what finds free times."""
    from syncd.services.scheduling.slots import Slots

    return Slots(system.settings.slots.rules(), system.settings.booking.rules())


def visits(system: "System") -> "Visits":
    """Return what serves the holders of links. Raises `VaultError` when there is no key that signs these."""
    from syncd.services.messaging.visits import Visits

    settings = system.settings
    return Visits(
        store=system.store,
        key=system.link_key,
        practice=settings.practice.practice(),
        booking=settings.booking.rules(),
        slots=slots(system),
        valid=timedelta(days=settings.links.days),
    )
