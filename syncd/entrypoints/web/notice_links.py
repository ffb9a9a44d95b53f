"""Pages to which the links in a provider's notice lead: "it was a mistake" and "I meant it". The link is all one needs.

A page of a link that is wrong, expired or used says so, and names nobody.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from syncd.core.access.principal import part_of_syncd
from syncd.core.messaging.links import PAGES, LinkError, Purpose
from syncd.core.scheduling.people import Party
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.visitor import Now, TheSystem
from syncd.services.claims.confirming import Confirming
from syncd.services.messaging.template_values import manner_of
from syncd.services.scheduling.changes import By

router = APIRouter(include_in_schema=False)

_PURPOSES = {address: purpose for purpose, address in PAGES.items()}


def _purpose(said: str) -> Purpose:
    try:
        return _PURPOSES[f"edit/{said}"]
    except KeyError as error:
        raise LinkError from error


def _confirming(system: TheSystem) -> Confirming:
    """Return what takes the answers; where mails have no links there are no pages for them either."""
    if not system.settings.pages_address:
        raise LinkError
    settings = system.settings
    return Confirming(system.store, system.link_key, settings.practice.practice(), settings.claims.rules())


ThePurpose = Annotated[Purpose, Depends(_purpose)]
TheConfirming = Annotated[Confirming, Depends(_confirming)]


@router.get("/edit/{said}/{token}")
def ask(request: Request, purpose: ThePurpose, confirming: TheConfirming, now: Now, token: str) -> Response:
    """Show what the link is about, and ask. Opening it changes nothing: mail scanners open links."""
    question = confirming.asked(token, purpose, now)
    facts = question.facts
    return page(
        request,
        "notice_link.html",
        meant=purpose is Purpose.ACCEPT_EDIT,
        counterpart=facts.counterpart,
        edits=facts.edits,
        session=manner_of(facts).slot(facts.session),
        is_over=question.is_over,
    )


@router.post("/edit/{said}/{token}", dependencies=[OwnForm])
def answer(
    request: Request, system: TheSystem, purpose: ThePurpose, confirming: TheConfirming, now: Now, token: str
) -> Response:
    """Put the answer on record; the link is used by it."""
    confirming.answer(token, purpose, system.terms(By(Party.PROVIDER, part_of_syncd("link")), now))
    return page(request, "notice_answered.html", meant=purpose is Purpose.ACCEPT_EDIT)
