"""What Prometheus asks."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from syncd.adapters.prometheus import exposition
from syncd.core.access.accounts import TokenScope
from syncd.entrypoints.web.visitor import Now, TheSystem, bearer_text, comes_from_this_machine
from syncd.services.access.tokens import bearer
from syncd.services.reporting.numbers import numbers

router = APIRouter(include_in_schema=False)

_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/metrics")
def metrics(request: Request, system: TheSystem, now: Now) -> Response:
    """Answer a scrape from this machine, or one that carries a token with the scope ``metrics``."""
    text = bearer_text(request)
    if text is not None or not comes_from_this_machine(request):
        bearer(system.store, text or "", TokenScope.METRICS, now)
    found = exposition(numbers(system.store, now, system.objectives), system.store.connections())
    return Response(found, headers={"Content-Type": _FORMAT})
