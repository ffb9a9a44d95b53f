"""The manual page and the shells' completion, both made from the commands themselves, so that they are never old."""

import inspect
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from syncd import __version__
from syncd.entrypoints.cli.frame import Output, Run, command, lines

_COMMON = {"config", "as_json", "debug", "help"}
_OF_THE_SHELL = {"install_completion", "show_completion"}
_HEADING = re.compile(r"\*\*(.+)\*\*")

_HEAD = r""".\" Made by: syncd manual
.TH SYNCD 1 "" "syncd {version}" "User commands"
.SH NAME
syncd \- keeps a practice's appointments true in its providers' own calendars
.SH SYNOPSIS
.B syncd
.I COMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION
"""

_TAIL = r""".SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Refused or failed: nothing was changed unless the document says so.
.TP
.B 2
Wrong usage or configuration.
.TP
.B 3
There is drift, or a claim does not agree (where a command says so).
.SH ENVIRONMENT
.TP
.B SYNCD_CONFIG
The configuration file, where \fB\-\-config\fR names none.
.TP
.BI SYNCD_ SECTION __ KEY
A setting; it wins over the configuration file.
.TP
.BI SYNCD_ SECTION __ KEY _FILE
A file that holds the value of a setting.
.TP
.B CREDENTIALS_DIRECTORY
Set by systemd: each credential
.BI syncd. SECTION . KEY
in it is a setting, and \fBsyncd.key\fR the key that seals passwords.
.SH FILES
.TP
.I config/syncd.toml
The configuration, where none is named.
.TP
.I var/syncd.db\fR, \fIvar/secret.key\fR, \fIvar/mail/\fR, \fIvar/backups/
Where nothing else is configured: database, key, outgoing mail and backups.
"""


class Shell(StrEnum):
    """A shell whose completion there is."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    command(app, "manual")(manual)
    command(app, "completion")(completion)


def manual(run: Run) -> Output:  # noqa: ARG001 - every command gets one
    """Print the manual page, of which every command is a part: for man(1).

    **Example**

        syncd manual > /usr/local/share/man/man1/syncd.1
    """
    text = page()
    return Output({"manual": text}, lines([text]), text=text)


def completion(run: Run, shell: Annotated[Shell, typer.Argument(help="The shell that is to complete.")]) -> Output:  # noqa: ARG001 - every command gets one
    """Print what makes a shell complete commands and options.

    **Examples**

        syncd completion bash > /etc/bash_completion.d/syncd
        syncd completion zsh > /usr/local/share/zsh/site-functions/_syncd
        syncd completion fish > /etc/fish/completions/syncd.fish
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # lives there, unlisted

    text = get_completion_script(prog_name="syncd", complete_var="_SYNCD_COMPLETE", shell=str(shell)).strip() + "\n"
    if shell is Shell.ZSH:  # zsh reads the file at the first Tab, as the function that is to complete
        text += '\n[ "$funcstack[1]" != "_syncd" ] || _syncd_completion\n'
    return Output({"shell": str(shell), "script": text}, lines([text]), text=text)


_LONG_CHOICE = re.compile(r"<[^<>]{100,}>")


def page() -> str:
    """Return the manual page of all commands, in man(7)'s macros."""
    from syncd.entrypoints.cli.app import COMMANDS, application

    root: Any = typer.main.get_command(application())
    context = typer.Context(root, info_name="syncd")
    parts = [_HEAD.replace("{version}", __version__), *_prose(root.help), ".SH OPTIONS\n"]
    options = [one for one in root.params if one.name not in _OF_THE_SHELL]
    parts += [r"Every command takes \fB\-\-config\fR, \fB\-\-json\fR and \fB\-\-debug\fR.", "\n"]
    parts += [line for one in options for line in _option(one, context)]
    parts += [".SH COMMANDS\n"]
    for name in COMMANDS:
        parts += _described(root.load(name), name, context)
    return "".join([*parts, _TAIL])


def _described(one: Any, name: str, above: typer.Context) -> Iterator[str]:
    """Yield a command's part, or those of a group's commands."""
    context = typer.Context(one, info_name=name, parent=above)
    if verbs := getattr(one, "commands", None):
        for verb, inner in verbs.items():
            yield from _described(inner, verb, context)
        return
    usage = " ".join(piece for piece in one.collect_usage_pieces(context) if piece != "[OPTIONS]")
    yield f".SS {_quoted(f'{context.command_path} {usage}'.strip())}\n"
    yield from _prose(one.help)
    for parameter in one.params:
        if parameter.name not in _COMMON:
            yield from _option(parameter, context)


def _option(parameter: Any, context: typer.Context) -> Iterator[str]:
    record = parameter.get_help_record(context)
    if record is not None:
        given, told = record
        given = _LONG_CHOICE.sub("", given).strip()  # no line holds it, and the help names each
        yield f".TP\n.B {_escaped(given)}\n{_line(' '.join(told.split()))}\n"


def _prose(help_text: str | None) -> Iterator[str]:
    """Yield a help text: paragraphs, headings in bold, and what is indented as it stands."""
    for block in inspect.cleandoc(help_text or "").replace("\b", "").replace("\f", "").split("\n\n"):
        rows = block.strip("\n").splitlines()
        if not rows:
            continue
        if all(row.startswith("    ") for row in rows):
            yield ".PP\n.RS 4\n.nf\n" + "".join(f"{_line(row.strip())}\n" for row in rows) + ".fi\n.RE\n"
        elif heading := _HEADING.fullmatch(rows[0]) or re.fullmatch(r"(Examples?)", rows[0]):
            yield f".PP\n.B {_escaped(heading[1])}\n"
        else:
            yield ".PP\n" + "".join(f"{_line(row.strip())}\n" for row in rows)


def _line(text: str) -> str:
    """Return a line of text that no macro is read from; what stands in backticks is bold."""
    shown = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", _escaped(text))
    return rf"\&{shown}" if shown.startswith((".", "'")) else shown


def _escaped(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-")


def _quoted(text: str) -> str:
    return '"{}"'.format(_escaped(text).replace('"', r"\(dq"))
