"""Tests that need a program which pip cannot bring: they say which Debian package has it where it is not there."""

import os
import shutil
from pathlib import Path

import pytest

_EVERYWHERE = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def needs(program: str, package: str) -> pytest.MarkDecorator:
    """Skip a test where ``program`` is not installed. `.ci/run` installs what is asked for here, and lets none skip."""
    absent = shutil.which(program, path=_EVERYWHERE) is None
    return pytest.mark.skipif(absent, reason=f"needs {program}. On Debian: apt-get install {package}")


def is_root_of_its_own() -> bool:
    """Tell whether this process may mount what it likes, as it must to enter a root."""
    return os.geteuid() == 0 and Path("/proc/self/ns/mnt").exists()
