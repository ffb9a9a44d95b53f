"""What changes while a page is open: numbers and the last changes, as server-sent events, and the same by polling.

One look every two seconds is shared by all listeners; none of them has a thread. A stream ends after some minutes, so
that whoever was signed out meanwhile gets no other. Being told is no use of the session: it ends all the same.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from time import monotonic
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from syncd.bootstrap import System
from syncd.core.errors import SyncdError
from syncd.entrypoints.web.visitor import SomeVisitor, system_of
from syncd.presentation.trail import told

router = APIRouter(include_in_schema=False)

LOOK_EVERY: Final = 2.0
MOST_LISTENERS: Final = 200
_LONGEST_STREAM = 300.0
_STILL_THERE_EVERY = 15.0
_CHANGES = 12


class Live:
    """What is told, by whose things it is about (None: everybody's); looked up when somebody asks, at most so often.

    For one event loop. ``looks`` counts how often the database was asked.
    """

    def __init__(self, system: System, every: float = LOOK_EVERY) -> None:
        """Nothing is known and nobody listens yet."""
        self.every = every
        self.listeners = 0
        self.looks = 0
        self.stopping = False
        self._system = system
        self._known: dict[str | None, tuple[float, str]] = {}
        self._looking = asyncio.Lock()

    async def said(self, scope: str | None) -> str:
        """Return what is so now, as a JSON text; a look that is not two seconds old is shared."""
        async with self._looking:
            known = self._known.get(scope)
            if known is None or monotonic() - known[0] >= self.every:
                self.looks += 1
                known = (monotonic(), await run_in_threadpool(_look, self._system, scope))
                self._known[scope] = known
        return known[1]

    async def stream(self, scope: str | None) -> AsyncGenerator[str, None]:
        """Yield events as long as somebody listens: one at once, then one for each change."""
        last, ends_at, heard_at = "", monotonic() + _LONGEST_STREAM, monotonic()
        self.listeners += 1
        try:
            while not self.stopping and monotonic() < ends_at:
                try:
                    now_said = await self.said(scope)
                except SyncdError:
                    return  # the database is away; the browser comes again by itself
                if now_said != last:
                    last, heard_at = now_said, monotonic()
                    yield f"data: {now_said}\n\n"
                elif monotonic() - heard_at >= _STILL_THERE_EVERY:
                    heard_at = monotonic()
                    yield ":\n\n"
                await asyncio.sleep(self.every)
        finally:
            self.listeners -= 1


def _look(system: System, scope: str | None) -> str:
    """Return what waits and what happened lately; names no client."""
    with system.store.reading() as tx:
        waiting = tx.lists.waiting(scope)
        lately = [told(one.link.record, one.provider, one.start) for one in tx.lists.lately(_CHANGES, scope)]
    changes = [{"at": one.at.isoformat(), "text": one.text, "who": one.who, "href": one.href} for one in lately]
    return json.dumps({"waiting": waiting._asdict(), "changes": changes})


@router.get("/live")
async def live(request: Request, visitor: SomeVisitor) -> Response:
    """Tell what changes, until the browser goes; where too many listen, 204: then it asks now and then."""
    board = live_of(request)
    if board.listeners >= MOST_LISTENERS:
        return Response(status_code=204)
    headers = {"X-Accel-Buffering": "no"}  # nginx would hold back what is not much
    return StreamingResponse(board.stream(visitor.scope), media_type="text/event-stream", headers=headers)


@router.get("/live.json")
async def live_now(request: Request, visitor: SomeVisitor) -> Response:
    """Tell the same once."""
    return Response(await live_of(request).said(visitor.scope), media_type="application/json")


def live_of(request: Request) -> Live:
    """Return the application's own; made by the first who asks, in its event loop."""
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = Live(system_of(request))
    found: Live = state.live
    return found
