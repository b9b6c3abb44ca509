#!/usr/bin/env python3
"""A file of hosts with thirty mistakes gets thirty messages from `musterd check`, all at once, each with line, column,
the line itself with a caret under it, and what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402

MISTAKES = Path(__file__).resolve().parent / "mistakes"


def story(checks: Checks, _lifetime: Lifetime, folder: Path, binary: Path) -> None:
    tree = folder / "mistakes"
    shutil.copytree(MISTAKES, tree)
    command = [binary, "check", "--config", tree / "musterd.toml"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    checks.equal("musterd check ends with 1", said.returncode, 1)
    text = said.stderr.replace(f"{tree}/", "")
    messages = re.findall(r"^(\S+):(\d+):(\d+): error: (.+)\n    (.*)\n    ([ \t]*)\^$", text, re.MULTILINE)
    checks.equal("thirty messages, each with its place, line and caret", len(messages), 30)
    lines = (tree / "hosts.d" / "hosts.toml").read_text().splitlines()
    for file, line, column, message, shown, before in messages:
        good = file == "hosts.d/hosts.toml" and shown == lines[int(line) - 1] and len(before) == int(column) - 1
        checks.that(f"line {line}, column {column}: {message}", good, (file, shown, before))
    wanted = (MISTAKES / "expected").read_text()
    checks.that("they are word for word as written down", text == wanted, text)
    as_json = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=False).stdout)
    checks.equal("as JSON they are thirty, too", (as_json["ok"], len(as_json["problems"])), (False, 30))


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
