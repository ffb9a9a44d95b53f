"""What every route of the API has in common: HEAD and OPTIONS, problem details, requests that are sent once more."""

from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from syncd.bootstrap.api import answers
from syncd.core.access.accounts import TokenScope
from syncd.core.errors import InvalidValueError, SyncdError
from syncd.entrypoints.web.api.caller import caller_of
from syncd.entrypoints.web.api.failures import is_worth_keeping, refusal
from syncd.entrypoints.web.problems import unexpected
from syncd.entrypoints.web.visitor import now_of, system_of
from syncd.ports.errors import StoreUnavailableError
from syncd.services.access.answers import Answered, Answers
from syncd.services.access.secrets import digest_of

PREFIX = "/api/v1"
KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
MOST_KEY = 255
_KEPT_HEADERS = ("content-type", "etag", "location", "retry-after")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_METHODS: defaultdict[str, set[str]] = defaultdict(set)
"""Which methods each address takes."""


class ApiRoute(APIRoute):
    """A route of the API."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Take what FastAPI takes."""
        super().__init__(path, endpoint, **options)
        self._own = frozenset(self.methods or ())
        _METHODS[self.path_format] |= self._own

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HEAD as GET (the server sends no body), OPTIONS by what the address takes, and refuse the rest."""
        method, taken = scope["method"], _METHODS[self.path_format]
        if method == "HEAD" and "GET" in self._own:
            await super().handle({**scope, "method": "GET"}, receive, send)
        elif method in self._own:
            await super().handle(scope, receive, send)
        elif method == "OPTIONS":
            await Response(status_code=204, headers={"Allow": _allowed(taken)})(scope, receive, send)
        else:
            raise HTTPException(405, headers={"Allow": _allowed(taken)})

    def get_route_handler(self) -> Handler:
        """Return what answers a request: errors as problem details, and a key's request once."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                if request.method == "POST" and KEY_HEADER in request.headers:
                    return await _once(request, handle)
                return await handle(request)
            except SyncdError as error:
                return refusal(request, error)
            except (HTTPException, RequestValidationError):
                raise
            except Exception as error:  # noqa: BLE001 - answered here, it carries the headers of every other answer
                return unexpected(request, error)

        return handler


def _allowed(methods: set[str]) -> str:
    return ", ".join(sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}))


def router(subject: str) -> APIRouter:
    """Return a router for the routes of one subject."""
    return APIRouter(
        prefix=PREFIX, tags=[subject], route_class=ApiRoute, generate_unique_id_function=lambda route: route.name
    )


async def _once(request: Request, handle: Handler) -> Response:
    """Carry a request out, unless the same one was carried out before under its key."""
    key = request.headers[KEY_HEADER]
    if not key.isprintable() or not 1 <= len(key) <= MOST_KEY:
        raise InvalidValueError(f"{KEY_HEADER} is 1 to {MOST_KEY} printable characters, such as a UUID.")
    sender = await run_in_threadpool(_sender, request)
    kept, sent = answers(system_of(request)), _told(request, await request.body())
    before = await run_in_threadpool(kept.begin, sender, key, sent, now_of(request))
    if before is not None:
        return Response(before.body, before.status, {**before.headers, REPLAYED_HEADER: "true"})
    return await _carried_out(request, handle, kept, sender, key)


async def _carried_out(request: Request, handle: Handler, kept: Answers, sender: str, key: str) -> Response:
    """Carry a request out and keep its answer; what had no effect is forgotten, what broke off is known as that."""
    try:
        response = await handle(request)
    except SyncdError as error:
        if isinstance(error, StoreUnavailableError):  # it may have gone between the change and the word that it is made
            raise
        response = refusal(request, error)
        if not is_worth_keeping(error):
            await run_in_threadpool(kept.forget, sender, key)
            return response
    except (HTTPException, RequestValidationError):  # the request could not be read
        await run_in_threadpool(kept.forget, sender, key)
        raise
    except Exception:
        await run_in_threadpool(kept.broke_off, sender, key)
        raise
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    answered = Answered(response.status_code, headers, bytes(response.body).decode())
    await run_in_threadpool(kept.keep, sender, key, answered)
    return response


def _sender(request: Request) -> str:
    return caller_of(request, TokenScope.WRITE, TokenScope.CLAIMS, TokenScope.READ).sender


def _told(request: Request, body: bytes) -> str:
    """Return all of a request by which it is told from another."""
    condition, kind = (request.headers.get(name, "") for name in ("If-Match", "Content-Type"))
    asked = f"{request.url.path}?{request.url.query}"
    return digest_of("\n".join([request.method, asked, condition, kind, body.hex()]))
