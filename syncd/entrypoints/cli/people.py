"""Commands about providers and clients."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.entrypoints.cli.frame import Listing, Output, Row, Run, command, list_command
from syncd.entrypoints.cli.tables import Column, facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncd.core.scheduling.people import Client, Provider
    from syncd.ports.store.transaction import Transaction

provider_app = typer.Typer(no_args_is_help=True, help="The people who hold sessions and keep a calendar.")
client_app = typer.Typer(no_args_is_help=True, help="The people who come to sessions.")

COLUMNS = (Column("id"), Column("name"), Column("email"), Column("timezone"))

Name = Annotated[str, typer.Option("--name", help="Full name.")]
Email = Annotated[str, typer.Option("--email", help="E-mail address; serves as a reference too.")]


@command(provider_app, "add")
def add_provider(
    run: Run,
    name: Name,
    email: Email,
    timezone: Annotated[str, typer.Option(help="IANA time zone in which times without an offset are read.")],
    booking_url: Annotated[str | None, typer.Option(help="Where clients book another time.")] = None,
    late_notice_hours: Annotated[
        int | None, typer.Option(help="Hours before a session that stop a client; default: the practice's.")
    ] = None,
    late_fee: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="What a client's late cancellation costs: 75.00 USD")
    ] = None,
) -> Output:
    """Add a provider.

    **Example**

        syncd provider add --name "Dana Doe" --email dana@example.com --timezone America/New_York
    """
    from syncd.core.scheduling.money import parse_money
    from syncd.services.scheduling.people import add_provider as add

    provider = add(
        run.system.store,
        run.now,
        run.actor,
        name=name,
        email=email,
        timezone=timezone,
        booking_url=booking_url,
        late_notice_hours=late_notice_hours,
        late_fee=parse_money(late_fee) if late_fee else None,
    )
    document = _provider(provider)
    return Output(document, facts(document))


@list_command(provider_app)
def list_providers(_run: Run) -> Listing:
    """List the providers by name."""
    from syncd.services.pages import following

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        for provider in following(tx.providers.list(), after):
            document = _provider(provider)
            yield Row(provider.id, document, partial(dict, document))

    return Listing("providers", rows, COLUMNS, "No provider yet. See: syncd provider add --help")


@command(client_app, "add")
def add_client(
    run: Run,
    name: Name,
    email: Email,
    timezone: Annotated[str | None, typer.Option(help="IANA time zone; default: the provider's.")] = None,
) -> Output:
    """Add a client.

    **Example**

        syncd client add --name "Robin Roe" --email robin@example.org
    """
    from syncd.services.scheduling.people import add_client as add

    document = _client(add(run.system.store, run.now, run.actor, name=name, email=email, timezone=timezone))
    return Output(document, facts(document))


@list_command(client_app)
def list_clients(_run: Run) -> Listing:
    """List the clients by name."""
    from syncd.services.pages import following

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        for client in following(tx.clients.list(), after):
            document = _client(client)
            yield Row(client.id, document, partial(dict, document))

    return Listing("clients", rows, COLUMNS, "No client yet. See: syncd client add --help")


def _provider(provider: "Provider") -> dict[str, str | int | None]:
    from syncd.core.scheduling.money import written

    return {
        "id": provider.id,
        "name": provider.name,
        "email": provider.email,
        "timezone": provider.timezone,
        "booking_url": provider.booking_url,
        "late_notice_hours": provider.late_notice_hours,
        "late_fee": written(provider.late_fee) if provider.late_fee else None,
    }


def _client(client: "Client") -> dict[str, str | None]:
    return {"id": client.id, "name": client.name, "email": client.email, "timezone": client.timezone}
