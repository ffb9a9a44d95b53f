"""The parts behind the API: answers that are kept for requests that are sent once more, and webhooks."""

import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syncd.core.errors import RefusalError

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

    section = system.settings.webhooks
    webhooks = {
        one.name: HttpWebhook(revealed(one.url), revealed(one.secret or section.secret), ca_file=section.ca_file)
        for one in section.to
    }
    return HookSender(webhooks, system.settings.practice.name)


class PrivateAddressError(RefusalError):
    """The address leads into a private network. Connect such a calendar with the command line: syncd calendar add."""

    code = "private_address"


def check_public(url: str) -> None:
    """Refuse an address that a caller typed and that leads into a private network, or to this machine.

    Raises `PrivateAddressError`. A name that cannot be resolved is left to whoever opens it.
    """
    try:
        parts = urlsplit(url)
        found = socket.getaddrinfo(parts.hostname or "", parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError):
        return
    for *_, place in found:
        address = ip_address(str(place[0]).partition("%")[0])
        if not address.is_global or address.is_multicast:
            raise PrivateAddressError
