"""What each role may do, as one table; services ask it, edges do not.

| act                  | admin | reviewer | provider | client | system |
|----------------------|-------|----------|----------|--------|--------|
| read                 | all   | all      | own      | own    | all    |
| read_practice        | all   | all      | –        | –      | all    |
| book                 | all   | –        | –        | own    | all    |
| change_appointment   | all   | –        | own      | own    | all    |
| record_outcome       | all   | –        | own      | –      | all    |
| decide_drift         | all   | –        | own      | –      | all    |
| connect_calendar     | all   | –        | own      | –      | all    |
| mend_calendar        | all   | –        | own      | –      | all    |
| share_calendar       | all   | –        | own      | –      | –      |
| set_hours            | all   | –        | own      | –      | –      |
| manage_calendar      | all   | –        | –        | –      | all    |
| attest_claim         | all   | –        | own      | –      | –      |
| manage_claims        | all   | –        | –        | –      | all    |
| manage_people        | all   | –        | –        | –      | –      |
| manage_messages      | all   | –        | –        | –      | all    |
| manage_system        | all   | –        | –        | –      | all    |

``record_outcome``: say that a session took place, or that its client did not come. ``read_practice``: the report, the
audit trail, settings. ``mend_calendar``: pause it, give its new password. ``share_calendar``: show, change or
revoke the secret address of its feed. ``set_hours``: a provider's working hours and time off.
``manage_calendar``: resume it for all events, set its mode, remove it.
"""

from enum import StrEnum
from typing import Final

from syncd.core.access.principal import Principal, Role
from syncd.core.errors import RefusalError


class NotPermittedError(RefusalError):
    """The account may not do that."""

    code = "not_permitted"


class Permission(StrEnum):
    """What somebody may be permitted to do, as the table's rows have it."""

    READ = "read"
    READ_PRACTICE = "read_practice"
    BOOK = "book"
    CHANGE_APPOINTMENT = "change_appointment"
    RECORD_OUTCOME = "record_outcome"
    DECIDE_DRIFT = "decide_drift"
    CONNECT_CALENDAR = "connect_calendar"
    MEND_CALENDAR = "mend_calendar"
    SHARE_CALENDAR = "share_calendar"
    SET_HOURS = "set_hours"
    MANAGE_CALENDAR = "manage_calendar"
    ATTEST_CLAIM = "attest_claim"
    MANAGE_CLAIMS = "manage_claims"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_MESSAGES = "manage_messages"
    MANAGE_SYSTEM = "manage_system"


_ALL: Final = frozenset(Permission)
_OVER_EVERYTHING: Final[dict[Role, frozenset[Permission]]] = {
    Role.ADMIN: _ALL,
    Role.REVIEWER: frozenset({Permission.READ, Permission.READ_PRACTICE}),
    Role.PROVIDER: frozenset(),
    Role.CLIENT: frozenset(),
    Role.SYSTEM: _ALL
    - {Permission.ATTEST_CLAIM, Permission.MANAGE_PEOPLE, Permission.SHARE_CALENDAR, Permission.SET_HOURS},
}
_OVER_ONES_OWN: Final[dict[Role, frozenset[Permission]]] = {
    Role.PROVIDER: frozenset(
        {
            Permission.READ,
            Permission.CHANGE_APPOINTMENT,
            Permission.RECORD_OUTCOME,
            Permission.DECIDE_DRIFT,
            Permission.CONNECT_CALENDAR,
            Permission.MEND_CALENDAR,
            Permission.SHARE_CALENDAR,
            Permission.SET_HOURS,
            Permission.ATTEST_CLAIM,
        }
    ),
    Role.CLIENT: frozenset({Permission.READ, Permission.BOOK, Permission.CHANGE_APPOINTMENT}),
}


def may(principal: Principal, act: Permission, *, provider_id: str | None = None, client_id: str | None = None) -> bool:
    """Tell whether ``principal`` may do that to a thing of this provider and client; None: it is nobody's own."""
    if act in _OVER_EVERYTHING[principal.role]:
        return True
    if act not in _OVER_ONES_OWN.get(principal.role, frozenset()):
        return False
    own, owner = (
        (principal.provider_id, provider_id) if principal.role is Role.PROVIDER else (principal.client_id, client_id)
    )
    return own is not None and own == owner


def require(
    principal: Principal, act: Permission, *, provider_id: str | None = None, client_id: str | None = None
) -> None:
    """Raise `NotPermittedError` unless `may` says yes."""
    if not may(principal, act, provider_id=provider_id, client_id=client_id):
        raise NotPermittedError(
            f"Your account ({principal.role}) may not do that. Ask an admin.", act=str(act), role=str(principal.role)
        )
