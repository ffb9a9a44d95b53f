"""What is sent by a form: from our own pages, by the browser it was drawn for."""

import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request

from syncd.core.errors import RefusalError
from syncd.entrypoints.web.visitor import csrf_of, form_secret, session_secret, system_of
from syncd.services.access.secrets import new_secret


class ForeignFormError(RefusalError):
    """The form was not sent from a page of ours, or the page is too old. Load the page again and send it anew."""

    code = "foreign_form"


def own_form(request: Request, csrf: Annotated[str, Form()] = "") -> None:
    """Refuse what another site sends: by the browser's own word, and by the token that our page carried.

    Raises `ForeignFormError`. The word is Sec-Fetch-Site where the browser gives it, else Origin.
    """
    if not is_same_origin(request):
        raise ForeignFormError
    secret = session_secret(request) or form_secret(request)
    if not hmac.compare_digest(csrf.encode(), csrf_of(secret).encode()):
        raise ForeignFormError


def guests_form(request: Request, token: str, csrf: Annotated[str, Form()] = "") -> None:
    """Refuse what another site sends to a page that is opened by a token: `ForeignFormError`.

    No cookie is asked: the token is all the authority there is, and what binds the form is made of it.
    """
    if not is_same_origin(request) or not hmac.compare_digest(csrf.encode(), csrf_of(token).encode()):
        raise ForeignFormError


GuestsForm = Depends(guests_form)
"""The dependency of every route that takes a form of one who came by a token."""

OwnForm = Depends(own_form)
"""The dependency of every route that takes a form."""


def form_key() -> str:
    """Return a new key for a form: sent twice with the same key, it is carried out once."""
    return new_secret()


def own_path(address: str) -> str:
    """Return an address to go on to if it is a path of ours, else the first page: no link leads off the site."""
    parts = urlsplit(address)
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc
    return address if is_ours and "\\" not in address and address.isprintable() else "/"


def is_same_origin(request: Request) -> bool:
    """Tell whether a page of ours sends the request, by the browser's own word."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True  # no browser: a script of the user's own that read the form first, and has its token
    own = {f"{request.url.scheme}://{request.headers.get('host', '')}", system_of(request).settings.web.address}
    return origin in own
