"""The first page: is anything wrong, and what next?"""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem
from syncd.presentation.documents.standing import status_document
from syncd.services.reporting.status import status

router = APIRouter(include_in_schema=False)


@router.get("/")
def board(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """Show how all stands."""
    found = status(system.store, visitor.now, system.objectives)
    return page(request, "board.html", status_now=status_document(found, visitor.now))
