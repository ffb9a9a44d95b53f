"""What monitors ask: whether the process lives, and whether it can work."""

from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from syncd.services.reporting.check import Probe, run

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz() -> dict[str, bool]:
    """Answer while the process lives; asks nothing of the database."""
    return {"ok": True}


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """Tell whether it can work: 200, or 503 with what is wrong and how to mend it."""
    probes: Iterable[Probe] = request.app.state.readiness()
    checks = [{"name": one.name, "ok": one.ok, "message": one.message} for one in run(probes)]
    ready = all(check["ok"] for check in checks)
    return JSONResponse({"ready": ready, "checks": checks}, status_code=200 if ready else 503)
