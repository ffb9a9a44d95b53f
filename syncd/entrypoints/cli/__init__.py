"""The command line: one module per noun, each command thin: parse, call a service, show what came back."""


def main() -> None:
    """Run the command that the process's arguments name and exit as the interface contract says."""
    import os
    import sys

    # Nobody plugs into our settings, and looking for who might reads the metadata of every installed distribution.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    from syncd.entrypoints.cli.app import run

    for stream in (sys.stdout, sys.stderr):  # a sign that a terminal's encoding has not is told by its number
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    raise SystemExit(run())
