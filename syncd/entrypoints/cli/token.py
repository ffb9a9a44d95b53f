"""Commands about API tokens."""

from typing import Annotated

import typer

from syncd.core.access.accounts import TokenScope
from syncd.entrypoints.cli.frame import Output, Run, command, lines
from syncd.entrypoints.cli.tables import facts, stacked, table
from syncd.presentation.documents.people import token_document

app = typer.Typer(no_args_is_help=True, help="Tokens by which programs use the API.")

_COLUMNS = ("id", "user", "scope", "last4", "expires_at", "revoked_at", "used_at", "note")


@command(app, "create")
def create(
    run: Run,
    user: Annotated[str, typer.Option("--user", metavar="REF", help="Whose rights it has: id or e-mail address.")],
    scope: Annotated[str, typer.Option("--scope", help="read, write, claims or metrics.")],
    days: Annotated[int, typer.Option(help="For how many days it is good, 1 to 366.")] = 90,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> Output:
    """Make a token and print it: it is shown this once. It never opens more than its user's role allows.

    **Example**

        syncd token create --user ana@example.com --scope claims --note "billing, before a claim is filed"
    """
    from syncd.services.access.tokens import create_token

    issued = create_token(run.system.store, user, _scope(scope), run.principal, run.now, days=days, note=note)
    with run.system.store.reading() as tx:
        shown = token_document(issued.token, tx.users.get(issued.token.user_id))
    told = lines(["", "The token, shown this once:", f"  {issued.text}"])
    return Output(shown | {"token": issued.text}, stacked(facts(shown), told))


@command(app, "list")
def list_all(
    run: Run, user: Annotated[str | None, typer.Option("--user", metavar="REF", help="Only this user's.")] = None
) -> Output:
    """List the tokens, newest first. Of each only the last four characters are known."""
    from syncd.services.access.tokens import list_tokens

    rows = [token_document(token, owner) for token, owner in list_tokens(run.system.store, run.principal, user)]
    return Output({"tokens": rows}, table(rows, _COLUMNS, empty="No token yet. See: syncd token create --help"))


@command(app, "revoke")
def revoke(run: Run, token: Annotated[str, typer.Argument(metavar="ID", help="The token's id.")]) -> Output:
    """Let a token open nothing any more."""
    from syncd.services.access.tokens import revoke_token

    revoked = revoke_token(run.system.store, token, run.principal, run.now)
    with run.system.store.reading() as tx:
        shown = token_document(revoked, tx.users.get(revoked.user_id))
    return Output(shown, facts(shown))


def _scope(text: str) -> TokenScope:
    from syncd.core.errors import InvalidValueError

    try:
        return TokenScope(text)
    except ValueError:
        raise InvalidValueError(f"{text!r} is no scope. Give {', '.join(TokenScope)}.", scope=text) from None
