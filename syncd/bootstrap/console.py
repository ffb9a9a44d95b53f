"""The parts that only the console has: what people typed is opened within bounds, what they filled in is kept."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.adapters.caldav import CalDavServers
    from syncd.bootstrap.system import System
    from syncd.services.access.unsent import UnsentForms
    from syncd.services.messaging.resetting import ResetMails

LONGEST_TRIAL_SECONDS = 30.0


def trial_servers(system: "System") -> "CalDavServers":
    """Return servers for one trial; whoever asked closes them.

    All requests end within 30 seconds, and none goes into a private network that the settings do not name.
    """
    return system.new_servers(LONGEST_TRIAL_SECONDS)


def reset_mails(system: "System") -> "ResetMails":
    """Return what sends links by which a forgotten password is replaced."""
    from syncd.adapters.wording import TemplateWords
    from syncd.services.messaging.resetting import ResetMails

    return ResetMails(
        store=system.store,
        mailer=system.mailer,
        words=TemplateWords(system.settings.mail.templates),
        practice=system.settings.practice.practice(),
        console=system.console,
    )


def unsent_forms(system: "System") -> "UnsentForms":
    """Return what keeps half-filled forms, sealed."""
    from syncd.services.access.unsent import UnsentForms

    return UnsentForms(system.store, system.vault)
