"""The Dockerfile as data: its stages, each with its instructions in their order."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Stage:
    """One stage of the build."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        """Return what stands behind each instruction of that kind."""
        return [rest for one, rest in self.instructions if one == word]

    def last(self, word: str) -> str:
        return self.all(word)[-1]

    @property
    def environment(self) -> dict[str, str]:
        pairs = [pair.partition("=") for rest in self.all("ENV") for pair in shlex.split(rest)]
        return {name: value for name, _, value in pairs}


def stages() -> dict[str, Stage]:
    """Return the stages of the tree's Dockerfile by name, in their order."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    found: dict[str, Stage] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found[name] = Stage(name, base)
        else:
            next(reversed(found.values())).instructions.append((word, rest.strip()))
    return found


def words(text: str) -> list[str]:
    """Return an instruction in its exec form as the arguments that it gives."""
    listed = json.loads(text[text.index("[") :])
    assert isinstance(listed, list)
    return [str(word) for word in listed]
