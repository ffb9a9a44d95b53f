"""How a scripted server differs from a well-behaved one: each quirk was seen on a real server, and is data here."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto


class UnknownToken(Enum):
    """What a sync-collection report with a token of another life is answered with."""

    REFUSED = auto()
    EVERYTHING = auto()
    NOTHING = auto()
    ECHOED = auto()


class Multiget(Enum):
    """What a multiget makes of an absent href; or of any."""

    TELLS_ABSENT = auto()
    LEAVES_OUT_ABSENT = auto()
    REFUSES_WHOLE = auto()
    UNSUPPORTED = auto()


class Auth(Enum):
    BASIC = "Basic"
    DIGEST = "Digest"
    BEARER = "Bearer"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A status, and the precondition code in its body, if it gives one."""

    status: int
    condition: str | None = None


INVALID_TOKEN = Refusal(status=403, condition="D:valid-sync-token")
UID_CONFLICT = Refusal(status=409, condition="C:no-uid-conflict")


@dataclass(frozen=True, kw_only=True)
class Quirks:
    """The defaults are the RFCs' own ways."""

    auth: Auth = Auth.BASIC
    answers_strangers_at_root: bool = False
    root_redirects_to: str | None = None
    well_known_redirects_to: str | None = "/principal/"
    home_on: str = ""
    more_homes: tuple[str, ...] = ()
    tells_owners: bool = True
    shared_by_others: frozenset[str] = frozenset()
    challenges: tuple[str, ...] = ()
    lists_scheduling_boxes: bool = False
    lists_files_beside_calendars: bool = False
    escapes_hrefs: bool = False
    makes_no_calendars: bool = False

    etag_on_put: bool = True
    counter_etags: bool = False
    schedule_tags: bool = False
    rewrites: Callable[[bytes], bytes] | None = None
    redacts: Callable[[bytes], bytes] | None = None
    heeds_preconditions: bool = True
    existing_on_create: int = 412
    absent_on_delete: int = 404
    uid_conflict: Refusal = UID_CONFLICT
    refuses_bodies: Refusal | None = None
    max_resource_size: int | None = None
    hidden_names: frozenset[str] = frozenset()
    fails_on: frozenset[str] = frozenset()
    failure: int = 500
    spoils_multiget: bool = False
    put_answer: tuple[int, str, bytes] | None = None
    renames: str | None = None
    tells_location: bool = False
    uid_once_an_account: bool = False
    refuses_people: Refusal | None = None
    spoils_xml: Callable[[bytes], bytes] | None = None
    encodes: str | None = None

    sync: Refusal | None = None
    shows_token: bool = True
    invalid_token: Refusal = INVALID_TOKEN
    unknown_token: UnknownToken = UnknownToken.REFUSED
    page_size: int | None = None
    repeats_itself: bool = False
    forgets_changes: bool = False
    tells_of_itself: bool = True
    gone_inside_207: bool = False
    has_ctag: bool = True
    lists_at_most: int | None = None
    multiget: Multiget = Multiget.TELLS_ABSENT
    multiget_at_most: int | None = None
    queries: bool = True
    read_only: bool = False
