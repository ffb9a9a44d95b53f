"""``python -m syncd`` is ``syncd``."""

from syncd.entrypoints.cli import main

main()
