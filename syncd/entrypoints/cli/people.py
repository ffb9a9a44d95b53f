"""Commands about providers and clients."""

from typing import Annotated

import typer

from syncd.core.scheduling.people import Client, Provider
from syncd.entrypoints.cli.frame import Output, Run, command
from syncd.entrypoints.cli.tables import facts, table

provider_app = typer.Typer(no_args_is_help=True, help="The people who hold sessions and keep a calendar.")
client_app = typer.Typer(no_args_is_help=True, help="The people who come to sessions.")

Name = Annotated[str, typer.Option("--name", help="Full name.")]
Email = Annotated[str, typer.Option("--email", help="E-mail address; serves as a reference too.")]
Language = Annotated[
    str | None, typer.Option("--language", metavar="TAG", help="How mails write times: en-US with AM and PM, or de.")
]


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
    language: Language = None,
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
        language=language,
    )
    document = _provider(provider)
    return Output(document, facts(document))


@command(provider_app, "list")
def list_providers(run: Run) -> Output:
    """List the providers by name."""
    from syncd.services.scheduling.people import list_providers as providers

    rows = [_provider(provider) for provider in providers(run.system.store)]
    empty = "No provider yet. See: syncd provider add --help"
    return Output({"providers": rows}, table(rows, ("id", "name", "email", "timezone"), empty=empty))


@command(client_app, "add")
def add_client(
    run: Run,
    name: Name,
    email: Email,
    timezone: Annotated[str | None, typer.Option(help="IANA time zone; default: the provider's.")] = None,
    language: Language = None,
) -> Output:
    """Add a client.

    **Example**

        syncd client add --name "Robin Roe" --email robin@example.org
    """
    from syncd.services.scheduling.people import add_client as add

    client = add(run.system.store, run.now, run.actor, name=name, email=email, timezone=timezone, language=language)
    document = _client(client)
    return Output(document, facts(document))


@command(client_app, "list")
def list_clients(run: Run) -> Output:
    """List the clients by name."""
    from syncd.services.scheduling.people import list_clients as clients

    rows = [_client(client) for client in clients(run.system.store)]
    empty = "No client yet. See: syncd client add --help"
    return Output({"clients": rows}, table(rows, ("id", "name", "email", "timezone"), empty=empty))


def _provider(provider: Provider) -> dict[str, str | int | None]:
    from syncd.core.scheduling.money import written

    return {
        "id": provider.id,
        "name": provider.name,
        "email": provider.email,
        "timezone": provider.timezone,
        "booking_url": provider.booking_url,
        "late_notice_hours": provider.late_notice_hours,
        "late_fee": written(provider.late_fee) if provider.late_fee else None,
        "language": provider.language,
    }


def _client(client: Client) -> dict[str, str | None]:
    return {
        "id": client.id,
        "name": client.name,
        "email": client.email,
        "timezone": client.timezone,
        "language": client.language,
    }
