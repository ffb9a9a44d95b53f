"""Who a mail is written to, in whose words, and whether an invitation is theirs to have."""

from syncd.core.messaging.content import Facts
from syncd.core.scheduling.people import Client, Party, Provider
from syncd.core.sync.calendars import CalendarKind, Privacy
from syncd.core.sync.publishing import Practice, Publishable, initials
from syncd.ports.store.transaction import Transaction


def address(provider: Provider, client: Client, party: Party, practice: Practice) -> Facts:
    """Return who is written to, and in whose words: a provider reads of the client what an event's title may tell."""
    to_client = party is Party.CLIENT
    return Facts(
        recipient=client.name if to_client else provider.name,
        counterpart=provider.name if to_client else seen_by_provider(client, practice),
        timezone=(to_client and client.timezone) or provider.timezone,
        language=(client.language if to_client else provider.language) or practice.language,
        provider_email=provider.email,
        booking_url=provider.booking_url or "",
    )


def seen_by_provider(client: Client, practice: Practice) -> str:
    """Return how a provider reads of a client, as the practice's privacy has it."""
    shown = {Privacy.INITIALS: initials(client.name), Privacy.NAME: client.name}
    return shown.get(practice.privacy) or "a client"


def is_written_to(tx: Transaction, provider_id: str, without: str = "") -> bool:
    """Tell whether syncd writes into a calendar of the provider, other than the one with the id ``without``."""
    kinds = {one.kind for one in tx.calendars.list(provider_id) if one.id != without}
    return bool(kinds - {CalendarKind.FEED})


def is_one_person(item: Publishable) -> bool:
    """Tell whether client and provider have one address: then they are written to as the client."""
    return item.client.email.casefold() == item.provider.email.casefold()
