"""Who may do what: the table of the docstring, row by row, and what "own" means."""

import re

import pytest

from syncd.core.access import permissions
from syncd.core.access.permissions import NotPermittedError, Permission, may, require
from syncd.core.access.principal import Channel, Principal, Role, local_administrator, part_of_syncd

ROWS = re.findall(r"^\| (\w+) +\| (.+) \|$", permissions.__doc__ or "", re.MULTILINE)
HEADING, TABLE = ROWS[0], ROWS[1:]
ROLES = [Role(cell.strip()) for cell in HEADING[1].split("|")]
CELLS = [
    (Permission(act), role, cell.strip())
    for act, cells in TABLE
    for role, cell in zip(ROLES, cells.split("|"), strict=True)
]


def somebody(role: Role) -> Principal:
    return Principal(name="somebody", role=role, channel=Channel.WEB, provider_id="prv-own", client_id="cli-own")


def test_table_is_whole() -> None:
    """Every act and every role has its cell."""
    assert {(act, role) for act, role, _ in CELLS} == {(act, role) for act in Permission for role in Role}


@pytest.mark.parametrize(("act", "role", "cell"), CELLS)
def test_cell(act: Permission, role: Role, cell: str) -> None:
    """The docstring's table is what the code does, for one's own things and for another's."""
    own = may(somebody(role), act, provider_id="prv-own", client_id="cli-own")
    others = may(somebody(role), act, provider_id="prv-other", client_id="cli-other")
    nobodys = may(somebody(role), act)
    assert (own, others, nobodys) == {
        "all": (True, True, True),
        "own": (True, False, False),
        "–": (False, False, False),
    }[cell]


def test_provider_without_a_record_owns_nothing() -> None:
    """An account that belongs to no provider owns nobody's things, least of all those of no provider."""
    stranger = Principal(name="x", role=Role.PROVIDER, channel=Channel.WEB)
    assert not may(stranger, Permission.READ, provider_id=None)


def test_refusal_says_whom_to_ask() -> None:
    """A refusal names the role and the way on."""
    with pytest.raises(NotPermittedError, match=r"reviewer.*Ask an admin"):
        require(somebody(Role.REVIEWER), Permission.BOOK)


def test_commands_act_as_the_local_administrator() -> None:
    """Who can run commands on the machine may do everything, under the login's name."""
    admin = local_administrator("dana")
    assert (admin.name, all(may(admin, act) for act in Permission)) == ("cli:dana", True)


def test_syncd_attests_nothing() -> None:
    """No part of syncd gives a person's word."""
    assert not may(part_of_syncd("claim-audit"), Permission.ATTEST_CLAIM, provider_id="prv-own")
