"""The report's pages, from Jinja2 templates: self-contained, without script, for screens, telephones and paper."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from syncd.adapters.report import charts
from syncd.ports.mail import Letter

_DAY = 86_400


def report_page(report: Mapping[str, Any]) -> str:
    """Return the report as one HTML page that needs nothing beside it."""
    return _environment().get_template("report.html.j2").render(report=report)


def report_digest(report: Mapping[str, Any]) -> Letter:
    """Return the report's sums and what waits for a person as a mail, without charts: mail programs drop them."""
    totals = report["totals"]
    return Letter(
        subject=f"Drift digest: {totals['drifts']} drifts, {totals['held_claims']} claims held",
        text=_environment().get_template("digest.txt.j2").render(report=report),
        html=_environment().get_template("digest.html.j2").render(report=report),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("syncd.adapters.report"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": _moment, "length": _length, "words": _words}
    environment.globals |= {"rows": charts.rows, "columns": charts.columns, "chart_width": charts.WIDTH}
    return environment


def _moment(text: str | None) -> str:
    """Return a moment as a person reads it, to the minute and in UTC."""
    if text is None:
        return "–"
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _length(seconds: int | None) -> str:
    """Return a span of time in its two largest units."""
    if seconds is None:
        return "–"
    units = (("d", _DAY), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count or (name == "s" and not parts):
            parts.append(f"{count} {name}")
        elif parts:
            break
    return " ".join(parts[:2])


def _words(code: str | None) -> str:
    return (code or "–").replace("_", " ")
