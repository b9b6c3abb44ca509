#!/usr/bin/env python3
"""Includes only point down in the house (DESIGN.md): a room knows what it stands on, never who stands on it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lab.checks import ROOT, Checks  # noqa: E402

FLOORS = {
    "server/base": 0,
    "images": 1, "profiles": 1,
    "dhcp": 2, "tftp": 2, "http": 2,
    "server/boots": 3, "server/power": 3, "server/cluster": 3, "server/dpu": 3,
    "server/api": 4,
    "server/app": 5,
}
# Protocols know bytes and sockets and nothing of the product, so of the floors below only the ground.
ONLY_BASE = ("dhcp", "tftp", "http", "images")
SIDEWAYS = {("profiles", "images")}  # for images' value types
BAD_NAMES = {"util", "utils", "common", "helper", "helpers", "manager", "misc"}
_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def room_of(path: str) -> str | None:
    return next((room for room in FLOORS if path.startswith(f"{room}/")), None)


def why_not(source: str, target: str, noted: bool = False) -> str | None:
    """Why `source` must not include from `target`, None when it may. noted: source's main header names the target."""
    if source == target or target == "server/base" or (source, target) in SIDEWAYS:
        return None
    if source in ONLY_BASE:
        return f"{source} may stand on server/base only"
    if FLOORS[target] < FLOORS[source]:
        return None
    if FLOORS[target] == FLOORS[source] == 3:
        return None if noted else f"sideways, and {source}'s main header does not tell of {target}"
    return "up" if FLOORS[target] > FLOORS[source] else "sideways"


def sources() -> Iterator[Path]:
    for room in FLOORS:
        for suffix in ("hpp", "cpp"):
            yield from sorted((ROOT / room).rglob(f"*.{suffix}"))


def opening_comment(room: str) -> str:
    header = ROOT / room / f"{room.rsplit('/', 1)[-1]}.hpp"
    text = header.read_text() if header.exists() else ""
    return "\n".join(line for line in text.splitlines() if line.lstrip().startswith(("//", "*", "/*")))


def problems(file: Path) -> Iterator[str]:
    path = file.relative_to(ROOT).as_posix()
    room = room_of(path)
    assert room
    for included in _INCLUDE.findall(file.read_text()):
        target = room_of(included)
        if target is None or not (ROOT / included).exists():
            yield f'{path}: "{included}" is not a path from the root into a room'
        elif why := why_not(room, target, target in opening_comment(room)):
            yield f'{path}: "{included}": {why}'


def main() -> int:
    checks = Checks()
    up = [("dhcp", "server/boots"), ("server/base", "images"), ("images", "profiles"), ("http", "tftp"),
          ("server/boots", "server/api"), ("dhcp", "profiles"), ("server/boots", "server/power")]
    unseen = [arrow for arrow in up if why_not(*arrow) is None]
    checks.that("the rule refuses arrows up and sideways", not unseen, unseen)
    down = [("server/app", "dhcp"), ("server/api", "server/boots"), ("profiles", "images"), ("tftp", "server/base")]
    refused = [arrow for arrow in down if why_not(*arrow)]
    checks.that("the rule allows arrows down", not refused, refused)

    files = list(sources())
    checks.that("there are sources to look at", len(files) > 0)
    wrong = [problem for file in files for problem in problems(file)]
    checks.that(f"the includes of {len(files)} files point down", not wrong, "\n     ".join(["", *wrong]))
    names = [file.relative_to(ROOT).as_posix() for file in files
             if BAD_NAMES & {part.lower() for part in (file.stem, *file.relative_to(ROOT).parts[:-1])}]
    checks.that("no file or folder has a name that says nothing", not names, names)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
