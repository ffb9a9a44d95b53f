"""Users of the console, and tokens for programs."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from syncd.core.access.accounts import ApiToken
from syncd.core.access.permissions import Permission
from syncd.core.access.principal import Role
from syncd.entrypoints.web.api.answering import shown
from syncd.entrypoints.web.api.caller import Caller, Reader, Writer
from syncd.entrypoints.web.api.route import PREFIX, router
from syncd.entrypoints.web.api.shapes import people as shapes
from syncd.entrypoints.web.api.values import ID, REF, Given
from syncd.presentation.documents.people import token_document, user_document
from syncd.services.access.tokens import create_token, list_tokens, revoke_token
from syncd.services.access.users import Invited, NewUser, deactivate_user, invite_again, list_users
from syncd.services.access.users import add_user as add

routes = router("accounts")


class OfUser(Given):
    """Whose tokens."""

    user: Annotated[str | None, Field(max_length=320, description="only this user's")] = None


@routes.get("/users", response_model=shapes.Users)
def list_all_users(caller: Reader) -> Response:
    """List the users by name."""
    return shown({"users": [user_document(user) for user in list_users(caller.system.store, caller.principal)]})


@routes.post("/users", response_model=shapes.InvitedUser, status_code=201)
def add_user(caller: Writer, new: shapes.NewUser) -> Response:
    """Add a user, and show the link by which they choose a password."""
    _check(caller)
    wanted = NewUser(name=new.name, email=new.email, role=Role(new.role))
    return _invited(caller, add(caller.system.store, wanted, caller.principal, caller.now), 201)


@routes.post("/users/{ref}/invite", response_model=shapes.InvitedUser)
def invite_user(caller: Writer, ref: REF) -> Response:
    """Show a new link by which a user chooses a password; earlier links no longer count."""
    _check(caller)
    return _invited(caller, invite_again(caller.system.store, ref, caller.principal, caller.now))


@routes.post("/users/{ref}/deactivate", response_model=shapes.User)
def deactivate_account(caller: Writer, ref: REF) -> Response:
    """Let a user sign in no more; their sessions end and their tokens are revoked."""
    _check(caller)
    return shown(user_document(deactivate_user(caller.system.store, ref, caller.principal, caller.now)))


@routes.get("/tokens", response_model=shapes.Tokens)
def list_all_tokens(caller: Reader, asked: Annotated[OfUser, Query()]) -> Response:
    """List the tokens, the newest first."""
    found = list_tokens(caller.system.store, caller.principal, asked.user)
    return shown({"tokens": [token_document(token, owner) for token, owner in found]})


@routes.post("/tokens", response_model=shapes.IssuedToken, status_code=201)
def make_token(caller: Writer, new: shapes.NewToken) -> Response:
    """Make a token, and show its text this once."""
    _check(caller)
    store, by, now = caller.system.store, caller.principal, caller.now
    issued = create_token(store, new.user, new.scope, by, now, days=new.days, note=new.note)
    document = _token(caller, issued.token) | {"token": issued.text}
    return shown(document, 201, location=f"{PREFIX}/tokens/{issued.token.id}")


@routes.delete("/tokens/{token_id}", response_model=shapes.Token)
def revoke_api_token(caller: Writer, token_id: ID) -> Response:
    """Let a token open nothing any more."""
    _check(caller)
    return shown(_token(caller, revoke_token(caller.system.store, token_id, caller.principal, caller.now)))


def _check(caller: Caller) -> None:
    caller.require(Permission.MANAGE_PEOPLE)
    caller.require_fresh()


def _token(caller: Caller, token: ApiToken) -> dict[str, object]:
    with caller.system.store.reading() as tx:
        return token_document(token, tx.users.get(token.user_id))


def _invited(caller: Caller, invited: Invited, status: int = 200) -> Response:
    url = f"{caller.system.settings.web.address}/welcome/{invited.secret}"
    return shown(user_document(invited.user) | {"url": url}, status)
