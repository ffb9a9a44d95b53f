"""The parts by which people connect calendars in the console: addresses that they typed are opened within bounds."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.adapters.caldav import CalDavServers
    from syncd.bootstrap.system import System
    from syncd.services.access.unsent import UnsentForms

LONGEST_TRIAL_SECONDS = 30.0


def trial_servers(system: "System") -> "CalDavServers":
    """Return servers for one trial; whoever asked closes them.

    All requests end within 30 seconds, and none goes into a private network that the settings do not name.
    """
    from syncd.adapters.caldav import Bounds

    bounds = Bounds(LONGEST_TRIAL_SECONDS, system.settings.connecting.private_networks)
    return system.new_servers(bounds)


def unsent_forms(system: "System") -> "UnsentForms":
    """Return what keeps half-filled forms, sealed."""
    from syncd.services.access.unsent import UnsentForms

    return UnsentForms(system.store, system.vault)
