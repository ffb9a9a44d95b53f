"""Files and folders that settings name, looked at when the settings are read, so that a wrong path is told by its name.

Nothing is made here, and what may be made later need not be there yet.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator


def _readable_file(path: Path) -> Path:
    if not _looked_at(path.exists):
        raise ValueError("there is no such file")
    if not path.is_file() or not os.access(path, os.R_OK):
        raise ValueError("it cannot be read as a file")
    return path


def _folder(path: Path) -> Path:
    if not _looked_at(path.exists):
        raise ValueError("there is no such folder")
    if not path.is_dir() or not os.access(path, os.R_OK | os.X_OK):
        raise ValueError("it cannot be read as a folder")
    return path


def _folder_to_be(path: Path) -> Path:
    if _looked_at(path.exists) and not path.is_dir():
        raise ValueError("a file of that name stands in the way of the folder")
    return _can_be(path)


def file_to_be(path: Path) -> Path:
    """Return the path of a file that is there or can be made; raise `ValueError` that says what stands in its way."""
    if _looked_at(path.is_dir):
        raise ValueError("it must be a file, and a folder stands there")
    return _can_be(path)


def _can_be(path: Path) -> Path:
    """Raise `ValueError` unless the folder above ``path``, or the first that there is, is one."""
    above = next((one for one in path.absolute().parents if _looked_at(one.exists)), None)
    if above is None or not above.is_dir():
        raise ValueError(f"{above} is no folder, so nothing can be kept in it")
    return path


def _looked_at(look: Callable[[], bool]) -> bool:
    try:
        return look()
    except (OSError, ValueError) as error:  # ValueError: a path holds a NUL
        why = error.strerror if isinstance(error, OSError) else "no path holds such a character"
        raise ValueError(f"it cannot be looked at: {why}") from error


ReadableFile = Annotated[Path, AfterValidator(_readable_file)]
Folder = Annotated[Path, AfterValidator(_folder)]
FolderToBe = Annotated[Path, AfterValidator(_folder_to_be)]
FileToBe = Annotated[Path, AfterValidator(file_to_be)]


def readable_by_all(path: Path) -> bool:
    """Tell whether every user of this machine can read the file: it lets them, and so do all folders above it."""
    try:
        open_folders = all(above.stat().st_mode & 0o001 for above in path.resolve().parents)
        return open_folders and bool(path.stat().st_mode & 0o004)
    except OSError:
        return False
