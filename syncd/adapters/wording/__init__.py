"""The words of mails: Jinja2 templates. ``mail/`` holds one text and one HTML file per party and kind of message.

A practice's own folder comes first, file by file: what it does not hold is taken from here.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateError,
    select_autoescape,
)

from syncd.ports.mail import Letter, WordingError

_BLANK = re.compile(r"\n{3,}")
_SUBJECT = "Subject:"


class TemplateWords:
    """Writes letters from templates; ``folder`` holds those that take the place of the shipped ones."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read nothing yet."""
        own = [FileSystemLoader(folder)] if folder else []
        self._environment = Environment(
            loader=ChoiceLoader([*own, PackageLoader("syncd.adapters.wording", "mail")]),
            autoescape=select_autoescape(enabled_extensions=("html.j2",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def write(self, party: str, kind: str, values: Mapping[str, Any]) -> Letter:
        """Return the letter to ``party`` about ``kind``.

        The text template's first line gives the subject. Raises `WordingError` naming the template that is wrong.
        """
        text = self._render(f"{party}/{kind}.txt.j2", values)
        subject, _, body = text.partition("\n")
        if not subject.startswith(_SUBJECT):
            raise WordingError(f"{party}/{kind}.txt.j2 has to begin with a line such as: {_SUBJECT} Your appointment")
        html = self._render(f"{party}/{kind}.html.j2", values)
        return Letter(" ".join(subject.removeprefix(_SUBJECT).split()), _tidied(body), html)

    def _render(self, name: str, values: Mapping[str, Any]) -> str:
        try:
            return self._environment.get_template(name).render(values)
        except (TemplateError, OSError, UnicodeDecodeError) as error:
            raise WordingError(f"The mail template {name} is wrong: {error}", template=name) from error


def _tidied(text: str) -> str:
    """Return the text without the gaps that left-out parts leave behind."""
    return _BLANK.sub("\n\n", text).strip() + "\n"
