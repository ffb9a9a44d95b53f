"""Every route of the API, as the application takes them."""

from fastapi import APIRouter

from syncd.entrypoints.web.api import (
    accounts,
    appointments,
    calendars,
    claims,
    drifts,
    messages,
    people,
    practice,
    upkeep,
)

router = APIRouter()
for _module in (appointments, people, calendars, drifts, claims, messages, practice, upkeep, accounts):
    router.include_router(_module.routes)
