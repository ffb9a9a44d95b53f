"""Commands about feeds: providers' calendars at secret addresses."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.entrypoints.cli.frame import Output, Run, command, lines
from syncd.entrypoints.cli.tables import facts, stacked

if TYPE_CHECKING:
    from syncd.services.feeds.addresses import Address

app = typer.Typer(
    no_args_is_help=True,
    help="Providers' calendars at secret addresses, to subscribe to. Whoever has an address reads what is there.",
)

Provider = Annotated[str, typer.Option("--provider", metavar="REF", help="Whose feed: id or e-mail address.")]


@command(app, "show")
def show(run: Run, provider: Provider) -> Output:
    """Show the address of a provider's feed; the first time it is made.

    Calendar apps look there when they like, some once a day: what is urgent goes by mail as well.

    **Example**

        syncd feed show --provider dana@example.com
    """
    return _answer(run, run.system.feed_addresses.show(provider, run.principal, run.now))


@command(app, "rotate")
def rotate(run: Run, provider: Provider) -> Output:
    """Make a new address; the old one opens nothing from now on. For when somebody has it who should not.

    Calendar apps that subscribed keep what they have read, and have to be given the new address.
    """
    return _answer(run, run.system.feed_addresses.rotate(provider, run.principal, run.now))


@command(app, "revoke")
def revoke(run: Run, provider: Provider) -> Output:
    """Take the address away: nothing is served there any more, until a new one is made with `syncd feed rotate`."""
    return _answer(run, run.system.feed_addresses.revoke(provider, run.principal, run.now))


def _answer(run: Run, address: "Address") -> Output:
    from syncd.presentation.documents.feeds import feed_document

    document: dict[str, Any] = feed_document(address, run.settings.web.address)
    if document["url"] is None:
        return Output(document, stacked(facts(document), lines(["Nothing is served for this provider any more."])))
    told = ["", "Keep it like a password. In a calendar app: subscribe to a calendar from its address."]
    if not run.settings.web.base_url:
        told.append("It can be reached on this machine only: set web.base_url once a proxy serves it to others.")
    return Output(document, stacked(facts(document), lines(told)))
