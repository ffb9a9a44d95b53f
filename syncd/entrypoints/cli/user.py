"""Commands about users of the console."""

from typing import Annotated

import typer

from syncd.core.access.accounts import User
from syncd.core.access.principal import Role
from syncd.entrypoints.cli.frame import Output, Run, command, lines
from syncd.entrypoints.cli.tables import facts, stacked, table
from syncd.presentation.documents.people import user_document

app = typer.Typer(no_args_is_help=True, help="The people who may sign in to the console.")

_COLUMNS = ("id", "name", "email", "role", "active", "last_seen_at")


@command(app, "add")
def add(
    run: Run,
    name: Annotated[str, typer.Option("--name", help="Full name, as it stands on record beside decisions.")],
    email: Annotated[str, typer.Option("--email", help="E-mail address; one signs in with it.")],
    role: Annotated[str, typer.Option("--role", help="admin, reviewer (reads everything) or provider (own things).")],
) -> Output:
    """Add a user and print the link by which they choose a password. It is good for 24 hours and one use.

    A provider's account needs the address under which the provider is on record.

    **Example**

        syncd user add --name "Ana Admin" --email ana@example.com --role admin
    """
    from syncd.services.access.users import NewUser, add_user

    invited = add_user(run.system.store, NewUser(name=name, email=email, role=_role(role)), run.principal, run.now)
    return _with_link(run, invited.user, invited.secret)


@command(app, "invite")
def invite(run: Run, user: Annotated[str, typer.Argument(metavar="REF", help="Id or e-mail address.")]) -> Output:
    """Print a new link by which a user chooses a password; earlier links no longer count."""
    from syncd.services.access.users import invite_again

    invited = invite_again(run.system.store, user, run.principal, run.now)
    return _with_link(run, invited.user, invited.secret)


@command(app, "list")
def list_all(run: Run) -> Output:
    """List the users by name."""
    from syncd.services.access.users import list_users

    rows = [user_document(user) for user in list_users(run.system.store, run.principal)]
    empty = "No one can sign in yet. See: syncd user add --help"
    return Output({"users": rows}, table(rows, _COLUMNS, empty=empty))


@command(app, "deactivate")
def deactivate(run: Run, user: Annotated[str, typer.Argument(metavar="REF", help="Id or e-mail address.")]) -> Output:
    """Let a user sign in no more. Their sessions end and their tokens are revoked at once."""
    from syncd.services.access.users import deactivate_user

    shown = user_document(deactivate_user(run.system.store, user, run.principal, run.now))
    return Output(shown, facts(shown))


def _with_link(run: Run, user: User, secret: str) -> Output:
    url = f"{run.settings.web.address}/welcome/{secret}"
    shown = user_document(user) | {"url": url}
    told = lines(["", f"{user.name} chooses a password here, within 24 hours and once:", f"  {url}"])
    return Output(shown, stacked(facts(user_document(user)), told))


def _role(text: str) -> Role:
    from syncd.core.errors import InvalidValueError

    try:
        return Role(text)
    except ValueError:
        raise InvalidValueError(f"{text!r} is no role. Give admin, reviewer or provider.", role=text) from None
