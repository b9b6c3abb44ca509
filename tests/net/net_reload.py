#!/usr/bin/env python3
"""The configuration is taken up when its files change, all of it or nothing, and a bad file is told of and changes
nothing."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.world import World  # noqa: E402

PATIENCE = 10


def names(world: World) -> set[str]:
    return {host["name"] for host in world.server.must("host", "list", "--json").json()}


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host("first", "52:54:00:00:00:01")
    world.server.start()
    assert world.server.process
    output = world.server.process.output
    hosts = world.server.folder / "hosts.d"

    began = monotonic()
    world.add_host("second", "52:54:00:00:00:02")
    wait_until(lambda: names(world) == {"first", "second"}, PATIENCE, "a new file is taken up")
    checks.that("a new host is there within three seconds", monotonic() - began < 3, f"{monotonic() - began:.1f} s")

    bad = hosts / "third.toml"
    bad.write_text('[[host]]\nname = "third"\nmac = "52:54:00:00:00:zz"\nprofile = "local"\n')
    wait_until(lambda: "all stays as it was" in output(), PATIENCE, "a bad file is refused")
    checks.that("the mistake is told with its place", "third.toml:3:7" in output(), output()[-600:])
    checks.equal("a bad file changes nothing, and stops no command", names(world), {"first", "second"})

    good = world.server.folder / "third.saving"
    good.write_text(bad.read_text().replace("zz", "03"))
    good.rename(bad)  # as editors save
    wait_until(lambda: "third" in names(world), PATIENCE, "a mended file is taken up")
    checks.that("a file that was mended and renamed into its place is taken up", True)

    (hosts / "second.toml").unlink()
    wait_until(lambda: names(world) == {"first", "third"}, PATIENCE, "a removed file is noticed")
    checks.that("a removed host is gone", True)

    before = output().count("all stays as it was")
    shutil.rmtree(hosts)
    wait_until(lambda: output().count("all stays as it was") > before, PATIENCE, "a missing folder is told of")
    checks.equal("the hosts of a folder that is missing stay", names(world), {"first", "third"})
    hosts.mkdir()
    world.add_host("fourth", "52:54:00:00:00:04")
    wait_until(lambda: names(world) == {"fourth"}, PATIENCE, "a file of a folder that came back is taken up")
    checks.that("a folder that went and came back is followed", True)
    checks.equal("it stops in order", world.server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
