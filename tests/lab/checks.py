"""What a test program prints: one line for each check, `ok   …` or `FAIL …`; tests/run counts these lines."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from lab.lifetime import Lifetime
from lab.processes import LabError

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "lab"


class Checks:
    def __init__(self) -> None:
        self.failed = 0
        self.passed = 0

    def that(self, what: str, holds: bool, seen: object = "") -> bool:
        """One check. `seen` is what there was instead, shown when it fails."""
        if holds:
            self.passed += 1
            print(f"ok   {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL {what}" + (f": {seen}" if seen != "" else ""), flush=True)
        return holds

    def equal(self, what: str, seen: object, wanted: object) -> bool:
        return self.that(what, seen == wanted, f"{seen!r}, wanted {wanted!r}")


Story = Callable[[Checks, Lifetime, Path, Path], None]


def run_program(description: str, story: Story) -> int:
    """The main of every test program: story(checks, lifetime, folder for this run, musterd's binary). Exit code 0/1.

    The folder with all logs goes when everything passed and stays, named, when something failed.
    """
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("--binary", type=Path, default=default_binary(), help="musterd (default: %(default)s)")
    binary: Path = arguments.parse_args().binary
    checks = Checks()
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{Path(sys.argv[0]).stem}-", dir=CACHE))
    folder.chmod(0o755)  # musterd without root must reach its data in there
    try:
        with Lifetime() as lifetime:
            story(checks, lifetime, folder, binary.resolve())
    except LabError as error:
        checks.that("the lab works", False, error)
    except Exception:  # noqa: BLE001: a test program that breaks is a failed check, with its trace
        traceback.print_exc(file=sys.stdout)
        checks.that("the program runs to its end", False, "see the trace above")
    if not checks.passed and not checks.failed:
        checks.that("something was checked", False)
    if checks.failed:
        _show_logs(folder)
        print(f"logs: {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def default_binary() -> Path:
    named = os.environ.get("MUSTERD")
    return Path(named) if named else ROOT / "build" / "release" / "musterd"


def _show_logs(folder: Path, lines: int = 25) -> None:
    for log in sorted((*folder.glob("*.log"), *folder.glob("*.serial"), *folder.glob("*.qemu"))):
        tail = log.read_bytes().decode("utf-8", "replace").splitlines()[-lines:]
        if tail:
            print(f"--- {log.name}", *tail, sep="\n")
