"""The parts behind the API: answers that are kept for requests that are sent once more, and webhooks."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.bootstrap.system import System
    from syncd.services.access.answers import Answers
    from syncd.services.reporting.webhooks import HookSender


def answers(system: "System") -> "Answers":
    """Return what keeps answers. Raises `VaultError` when there is no key."""
    from syncd.services.access.answers import Answers

    return Answers(system.store, system.vault)


def hook_sender(system: "System") -> "HookSender":
    """Return what brings events to the programs that the settings name."""
    from syncd.adapters.alerting import HttpWebhook
    from syncd.services.reporting.webhooks import HookSender
    from syncd.settings.values import revealed

    section, guard = system.settings.webhooks, system.alerting.guard
    webhooks = {
        one.name: HttpWebhook(
            revealed(one.url), revealed(one.secret or section.secret), ca_file=section.ca_file, guard=guard
        )
        for one in section.to
    }
    return HookSender(webhooks, system.settings.practice.name)
