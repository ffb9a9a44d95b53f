"""The secret address of a provider's feed: shown after the password, made anew, taken away."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from syncd.bootstrap import System
from syncd.core.access.permissions import Permission
from syncd.core.errors import NotFoundError, SyncdError
from syncd.core.scheduling.people import Provider
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.pages import gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.presentation.documents.feeds import feed_document
from syncd.presentation.wording import for_pages

router = APIRouter(include_in_schema=False)


@router.get("/account/feed")
def feed(request: Request, system: TheSystem, visitor: SomeVisitor, provider: str = "") -> Response:
    """Show whether a feed has an address, and how one subscribes. ``provider``: whose, for an admin."""
    return _shown(request, system, _whose(system, visitor, provider))


@router.post("/account/feed", dependencies=[OwnForm])
def change(
    request: Request, system: TheSystem, visitor: SomeVisitor, provider: str = "", act: Annotated[str, Form()] = ""
) -> Response:
    """Show the address, make a new one, or take it away."""
    whose = _whose(system, visitor, provider)
    visitor.require_proof()
    feeds, by = system.feed_addresses, visitor.principal
    try:
        if whose is None:
            raise NotFoundError
        if act == "revoke":
            feeds.revoke(whose.id, by, visitor.now)
            told = "Taken away: nothing is served at the old address any more."
            return gone_to(request, f"/account/feed?provider={whose.id}", told)
        made = (feeds.rotate if act == "rotate" else feeds.show)(whose.id, by, visitor.now)
    except SyncdError as error:
        return _shown(request, system, whose, error=error)
    url = str(feed_document(made, system.settings.web.address)["url"])
    return _shown(request, system, whose, url=url)


def _whose(system: System, visitor: Visitor, provider: str) -> Provider | None:
    """Return whose feed it is: a provider's own; for an admin the one that is named, None where none is."""
    wanted = visitor.principal.provider_id or provider
    visitor.require(Permission.SHARE_CALENDAR, wanted or None)
    if not wanted:
        return None
    with system.store.reading() as tx:
        return tx.providers.get(wanted)


def _shown(
    request: Request, system: System, whose: Provider | None, *, url: str = "", error: SyncdError | None = None
) -> Response:
    with system.store.reading() as tx:
        values: dict[str, Any] = {
            "whose": whose,
            "feed": tx.feeds.of_provider(whose.id) if whose else None,
            "providers": [] if whose else [one for one in tx.providers.list() if one.active],
            "url": url,
            "is_local": not system.settings.web.base_url,
            "refresh": system.settings.feeds.refresh_minutes,
        }
    problem = for_pages(error.message) if error else ""
    return page(request, "account_feed.html", status=status_of(error) if error else 200, problem=problem, **values)
