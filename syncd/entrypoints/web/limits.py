"""How much a request may send."""

from syncd.entrypoints.web.headers import App, Message, Receive, Scope, Send

MOST_BYTES = 256 * 1024

_REFUSAL = (
    b'{"type":"about:blank","title":"Too large","status":413,"code":"too_large",'
    b'"detail":"That is more than can be sent at once. Nothing was changed.","details":{}}'
)


class BodyLimit:
    """Refuses a body of more than ``most`` bytes, by its announced length and by what arrives."""

    def __init__(self, app: App, *, most: int = MOST_BYTES) -> None:
        """Wrap an ASGI application."""
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body first, as far as the limit; answer 413 or pass it on."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
            if len(body) > self._most:
                await _refuse(send)
                return
        handed_over = False

        async def whole() -> Message:
            nonlocal handed_over
            if handed_over:
                return await receive()
            handed_over = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, whole, send)


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _REFUSAL})
