"""Connecting a calendar, in words: kinds of account with guidance for each, and what a trial of one has shown."""

from collections.abc import Iterator
from typing import NamedTuple

from syncd.core.wording import counted
from syncd.services.sync.connecting import Stage, Trial


class AccountKind(NamedTuple):
    """A kind of account as people know it. ``instead``: this version cannot connect it, and what to do then.

    ``address`` is filled in for all accounts of the kind, or shows how one is written (``is_fixed`` False).
    """

    name: str
    brings: str
    lacks: str
    address: str = ""
    is_fixed: bool = False
    address_hint: str = ""
    login: str = "User name"
    password: str = "Password"  # noqa: S105 - the field's label
    steps: tuple[str, ...] = ()
    refused: str = ""
    instead: str = ""

    @property
    def is_connectable(self) -> bool:
        """Tell whether the wizard goes on with it."""
        return not self.instead


_BOTH_WAYS = "Sessions appear within a minute, and edits are noticed at the next look."
_ONLY_READ = "Sessions appear there, but edits are not noticed and nothing is put back."
_BY_MAIL = (
    "A provider without a connected calendar gets each session as an invitation by mail, which this calendar shows. "
    "They may also subscribe to the address of their feed, which they find under their account."
)

KINDS: dict[str, AccountKind] = {
    "icloud": AccountKind(
        "iCloud",
        _BOTH_WAYS,
        "Needs a password made for syncd alone; it ends when the Apple password is changed.",
        address="https://caldav.icloud.com/",
        is_fixed=True,
        login="Apple account (e-mail address)",
        password="App-specific password",  # noqa: S106
        steps=(
            "The provider signs in at account.apple.com, and opens “Sign-In and Security”.",
            "There they choose “App-Specific Passwords”, and make one called “syncd”.",
            "They give you the password that is shown: four groups of four letters.",
        ),
        refused="Apple takes only an app-specific password here, and ends all of them when the Apple password is "
        "changed: make a new one.",
    ),
    "fastmail": AccountKind(
        "Fastmail",
        _BOTH_WAYS,
        "Needs a password made for syncd alone.",
        address="https://caldav.fastmail.com/",
        is_fixed=True,
        login="Fastmail address",
        password="App password",  # noqa: S106
        steps=(
            "The provider opens Settings, “Privacy & Security”, “Manage app passwords and access”.",
            "There they make an app password with access to “Calendars (CalDAV)”.",
            "They give you the password that is shown.",
        ),
        refused="Fastmail takes only an app password with access to calendars: make a new one.",
    ),
    "nextcloud": AccountKind(
        "Nextcloud",
        _BOTH_WAYS,
        "With two-factor login it needs a password made for syncd alone.",
        address="https://cloud.example.com/remote.php/dav",
        address_hint="The server's address with /remote.php/dav at its end.",
        password="App password",  # noqa: S106
        steps=(
            "The provider opens their settings in Nextcloud, and there “Security”.",
            "Below “Devices & sessions” they make a new app password called “syncd”.",
            "They give you the user name and the password that are shown.",
        ),
        refused="Nextcloud takes the user name as its settings show it; with two-factor login only an app password.",
    ),
    "caldav": AccountKind(
        "Other CalDAV server",
        _BOTH_WAYS,
        "Radicale, Baïkal, SOGo, Zimbra, mailbox.org and others; what a server cannot do is found out by itself.",
        address="https://dav.example.com/",
        address_hint="The server's address, the account's, or that of one calendar. Whoever runs the server knows it.",
        refused="Check the user name, too: some servers want the whole e-mail address, others the part before the @.",
    ),
    "google": AccountKind(
        "Google Calendar",
        _ONLY_READ,
        "This version cannot write to it.",
        instead=f"This version does not connect Google calendars. {_BY_MAIL}",
    ),
    "microsoft": AccountKind(
        "Microsoft 365, Outlook, Exchange",
        _ONLY_READ,
        "This version cannot write to it.",
        instead=f"This version does not connect Microsoft calendars. {_BY_MAIL}",
    ),
    "published": AccountKind(
        "A published address (iCal link)",
        "Nothing: such an address can only be read, and is often hours late.",
        "Sessions cannot be written to it.",
        instead="Ask the provider for an account of the service behind that address, and connect that. "
        f"Where there is none: {_BY_MAIL[:1].lower()}{_BY_MAIL[1:]}",
    ),
}

_STAGES: dict[Stage, tuple[str, str]] = {
    Stage.ADDRESS: ("Address found, and allowed", "Address"),
    Stage.ENCRYPTION: ("Connection protected by a certificate that is trusted", "Certificate"),
    Stage.LOGIN: ("Signed in", "Sign-in"),
    Stage.CALENDARS: ("", "Calendars of the account"),
    Stage.WRITING: ("", "Leave to write"),
}


class Tried(NamedTuple):
    """A line of what was tried: ``mark`` is done, failed or not reached."""

    mark: str
    text: str


def tried(trial: Trial, url: str) -> Iterator[Tried]:
    """Yield what a trial has shown, a line each."""
    for stage, passed in trial.steps:
        done, name = _STAGES[stage]
        if passed is None:
            yield Tried("not reached", name)
        elif passed:
            yield Tried("done", _found(stage, trial, url) or done)
        else:
            yield Tried("failed", name)


def _found(stage: Stage, trial: Trial, url: str) -> str:
    number = len(trial.collections)
    match stage:
        case Stage.ENCRYPTION if url.startswith("http://"):
            return "Not protected: the server is this machine"
        case Stage.CALENDARS:
            return f"{counted(number, 'calendar')} there" if number else "No calendar there yet"
        case Stage.WRITING:
            writable = len(trial.writable)
            if not number:
                return "A new one can be tried"
            return "May write in all of them" if writable == number else f"May write in {writable} of them"
        case _:
            return ""
