"""The command line: one module per noun, each command thin: parse, call a service, show what came back."""


def main() -> None:
    """Run the command that the process's arguments name and exit as the interface contract says."""
    from syncd.entrypoints.cli.app import run

    raise SystemExit(run())
