"""What the template of alert mails is given: plain words and times, worked out here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from syncd.core.reporting.alerts import TEST, Urgency
from syncd.core.sync.publishing import Practice
from syncd.core.wording import counted, day_and_time, duration

MOST_SHOWN = 20
"""So many conditions of a kind stand in a mail; the others are counted."""


def alert_words(content: Mapping[str, Any], practice: Practice, zone: tzinfo = UTC) -> dict[str, Any]:
    """Return the values for a notice's content; times are given in ``zone``."""
    at = datetime.fromisoformat(content["at"])
    groups = {name: content[name] for name in ("new", "again", "over")}
    shown = {name: [_shown(one, name, at, zone) for one in found[:MOST_SHOWN]] for name, found in groups.items()}
    return {
        "practice": practice,
        "headline": headline(groups),
        "is_critical": any(_is_critical(one, name) for name, found in groups.items() for one in found),
        "lasts": any(one["code"] != TEST for one in (*groups["new"], *groups["again"])),
        "is_several": sum(map(len, groups.values())) > 1,
        "groups": [
            {"name": name, "conditions": shown[name], "more": max(len(found) - MOST_SHOWN, 0)}
            for name, found in groups.items()
            if found
        ],
    }


def headline(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return in one line what a notice is about: one condition by its name, several by their number."""
    new, again, over = groups["new"], groups["again"], groups["over"]
    if len(new) + len(again) + len(over) == 1:
        (one,) = (*new, *again, *over)
        way = "" if new else "Still: " if again else "Over: "
        return f"{way}{title_of(one['code'])}"
    parts = [
        f"{counted(len(new), 'new alert')}" if new else "",
        f"{len(again)} still there" if again else "",
        f"{len(over)} over" if over else "",
    ]
    return ", ".join(filter(None, parts))


def title_of(code: str) -> str:
    """Return what a kind of alert is called where people read it."""
    return _TITLES.get(code, code.replace("_", " ").capitalize())


def _shown(one: Mapping[str, Any], group: str, at: datetime, zone: tzinfo) -> dict[str, Any]:
    since = datetime.fromisoformat(one["since"])
    until = datetime.fromisoformat(one["until"]) if one["until"] else None
    lasted = (until or at) - since
    return {
        **one,
        "title": title_of(one["code"]),
        "is_critical": _is_critical(one, group),
        "since": _moment(since, zone),
        "until": _moment(until, zone) if until else "",
        "lasted": duration(lasted) if until or lasted >= _WORTH_SAYING else "",
    }


def _is_critical(one: Mapping[str, Any], group: str) -> bool:
    return bool(one["severity"] == Urgency.CRITICAL) and group != "over"


def _moment(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return f"{day_and_time(local)} {local:%Z}"


_WORTH_SAYING = timedelta(minutes=5)
_TITLES = {
    TEST: "A test of alerts",
    "drift_open": "An edit waits for a decision",
    "drifts_open": "More edits wait for a decision",
    "calendar_unproven": "A calendar is not known to be right",
    "calendar_login_refused": "A calendar refuses the login",
    "calendar_read_only": "A calendar cannot be written to",
    "calendar_vanished": "A calendar has vanished",
    "calendar_emptied": "A calendar was emptied and waits",
    "calendar_recreated": "A calendar was made anew and waits",
    "calendar_mass_change": "Too much was changed in a calendar: it waits",
    "calendar_partial_answer": "A calendar's server gives half answers",
    "calendar_restored": "A calendar waits after a restored backup",
    "messages_failed": "Mail was put aside",
    "address_bounces": "Mail comes back from an address",
    "mail_late": "Mail does not leave",
    "claims_held": "Claims are held for long",
    "work_late": "Work is late",
    "work_failing": "Work fails",
    "alerts_undelivered": "Alerts do not arrive",
    "disk_full": "A disk is nearly full",
    "clock_jump": "A clock jumped",
    "certificate_expiring": "A certificate expires soon",
    "backup_old": "The newest backup is too old",
}
