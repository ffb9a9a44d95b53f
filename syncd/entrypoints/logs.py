"""Logs: structlog to standard error, JSON unless a person watches; the same form for the libraries' own records."""

import logging
import sys
from typing import TYPE_CHECKING, Any

import structlog
from structlog.typing import Processor

from syncd.presentation.layout import clean

if TYPE_CHECKING:
    from syncd.settings.sections import LoggingSection

_TALKATIVE = ("caldav", "niquests", "requests", "urllib3", "apscheduler", "sqlalchemy", "alembic")
"""Libraries whose debug records hold bodies, headers or statements: never below WARNING, whatever is asked for."""


def configure(logging_section: "LoggingSection", *, debug: bool = False, quiet: bool = False) -> None:
    """Send all records to standard error in the form that the settings ask for.

    ``quiet``: for a command that a person waits for, only warnings. ``debug`` overrides both.
    """
    level = (
        logging.DEBUG if debug else logging.WARNING if quiet else logging.getLevelName(logging_section.level.upper())
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(logging_section.format)],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _renderer(form: str) -> Processor:
    if form == "json" or (form == "auto" and not sys.stderr.isatty()):
        return structlog.processors.JSONRenderer()  # escapes whatever a terminal might obey
    console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return lambda logger, name, record: console(logger, name, {key: _clean(value) for key, value in record.items()})


def _clean(value: Any) -> Any:
    """Return a value without control characters in its texts: a server's words may hold a terminal's commands."""
    match value:
        case str():
            return clean(value)
        case list() | tuple():
            return [_clean(one) for one in value]
        case dict():
            return {key: _clean(one) for key, one in value.items()}
        case _:
            return value
