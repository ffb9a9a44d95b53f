"""Carries out a Dockerfile's instructions in a clean Debian root: what an engine would do, for want of one.

Needs root's rights, mmdebstrap and the mirrors of Debian and PyPI. The host lends its certificates and the settings of
pip and apt, so that the mirrors are reached as they are from the host; nothing of that stays in the root.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.deploy.dockerfile import ROOT, Stage

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
RELEASE = "bookworm"

_ENTER = r"""
set -eu
mount --bind "$ROOT" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
mount -t tmpfs tmpfs "$ROOT/tmp"
mount -t tmpfs tmpfs "$ROOT/run"
[ ! -e "$CERTIFICATES" ] || cp "$CERTIFICATES" "$ROOT/run/certificates.pem"
echo "$BINDS" | while read -r source target; do
    [ -n "$source" ] || continue
    mkdir -p "$ROOT$(dirname "$target")"
    if [ -d "$source" ]; then mkdir -p "$ROOT$target"; else : >> "$ROOT$target"; fi
    mount --bind "$source" "$ROOT$target"
done
[ -z "$CONTAINED" ] || mount -o remount,bind,ro "$ROOT"
[ -z "$CONTAINED" ] || ip link set lo up
cd /
exec chroot "$ROOT" ${PRIVILEGES:+/usr/bin/setpriv $PRIVILEGES} /usr/bin/env -i "$@"
"""

_IN_FOLDER = ["/bin/sh", "-c", 'cd "$0" && exec "$@"']
_UNPRIVILEGED = "--reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def new_root(folder: Path) -> Path:
    """Make a minimal Debian in ``folder`` and return it."""
    done = subprocess.run(
        ["mmdebstrap", "--variant=minbase", "--format=directory", RELEASE, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def copy_of(root: Path, folder: Path) -> Path:
    subprocess.run(["cp", "--archive", "--reflink=auto", str(root), str(folder)], check=True)
    return folder


def build(stage: Stage, root: Path, others: Mapping[str, Path]) -> None:
    """Carry out in ``root`` the instructions of a stage that change the image; ``others``: the stages before."""
    workdir = Path("/")
    for word, rest in stage.instructions:
        match word:
            case "RUN":
                say(root, ["/bin/sh", "-c", rest], workdir=str(workdir), environment=_of_the_host())
            case "WORKDIR":
                workdir = Path(rest)
                (root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "COPY":
                _copy(rest.split(), root, workdir, others)


def _copy(parts: Sequence[str], root: Path, workdir: Path, others: Mapping[str, Path]) -> None:
    tree = ROOT
    if parts[0].startswith("--from="):
        tree, parts = others[parts[0].removeprefix("--from=")], parts[1:]
    *sources, target = parts
    into = root / str(workdir / target).lstrip("/")
    for source in sources:
        found = tree / source.lstrip("/")
        if found.is_dir():
            shutil.copytree(found, into, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(found, into / found.name if target.endswith("/") else into)


def _of_the_host() -> dict[str, str]:
    """Return by what pip finds its mirror, with the certificates as they are named inside."""
    lent = {name: value for name, value in os.environ.items() if name.startswith("PIP_") and name != "PIP_FIND_LINKS"}
    return {"PATH": _PATH, **lent, **({"PIP_CERT": "/run/certificates.pem"} if CERTIFICATES.exists() else {})}


def say(root: Path, command: Sequence[str], **how: Any) -> str:
    """Run a command in the root and return what it wrote; see `call`. Fails where it fails, and says with what."""
    done = subprocess.run(
        call(command, **how), env=surroundings(root, **how), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


def call(command: Sequence[str], *, workdir: str, environment: Mapping[str, str], **how: Any) -> list[str]:
    """Return the arguments that run a command in a root, in a folder and with an environment there."""
    own_network = ["--net"] if how.get("contained") else []
    enter = ["unshare", "--mount", "--propagation=private", *own_network, "--pid", "--fork", "--kill-child"]
    variables = [f"{name}={value}" for name, value in environment.items()]
    return [*enter, "sh", "-c", _ENTER, "sh", *variables, *_IN_FOLDER, workdir, *command]


def surroundings(
    root: Path, *, contained: bool = False, binds: Mapping[Path, str] | None = None, **_: Any
) -> dict[str, str]:
    """Return what the entering shell needs to know.

    ``contained``: with a root that cannot be written, a network of its own, and neither rights nor a way to get any.
    """
    return {
        "PATH": _PATH,
        "ROOT": str(root),
        "CERTIFICATES": str(CERTIFICATES),
        "BINDS": "\n".join(f"{source} {target}" for source, target in (binds or {}).items()),
        "CONTAINED": "yes" if contained else "",
        "PRIVILEGES": _UNPRIVILEGED if contained else "",
    }
