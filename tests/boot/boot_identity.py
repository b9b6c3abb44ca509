#!/usr/bin/env python3
"""A diskless machine is who its host is, at each boot: name, machine id, SSH host key, node password and secrets come
with its boot, the same again after a power cycle and after a restart of musterd, and are nowhere else."""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import MAC, boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware, Machine  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.world import World  # noqa: E402

NAME = "keeper"
SECRET, FROM_COMMAND = "hunter2-'\"$(reboot)${x}", "of a command"
PROFILE = """[profile.keeper]
inherits = "linux"
image = "demo"
identity = true
args = ["console=ttyS0"]
secrets.token = { command = ["cat", "token"] }
"""
PRIVATE = ("node-password", "ssh_host_ed25519_key", "secrets/wifi", "secrets/token")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def shown(machine: Machine) -> dict[str, str]:
    """What the machine said of itself, by name."""
    said = [line.split(" ", 1) for line in machine.markers()]
    return {words[0]: words[1] for words in said if words[0] in ("machine-id", *PRIVATE) and len(words) == 2}


def rendered(world: World) -> dict[str, str]:
    """The files of the overlay as the server's own socket shows them."""
    text = world.server.must("render", NAME, "--what", "overlay", "--secrets").output
    parts = re.split(r"^==> \.initrd-secrets/run/musterd/(\S+) <==\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    profiles = world.server.folder / "profiles.d"
    (profiles / "keeper.toml").write_text(PROFILE)
    for file, text in ((profiles / "token", FROM_COMMAND), (world.server.folder / "hosts.d" / "wifi", SECRET)):
        file.write_text(text + "\n")
        file.chmod(0o600)
    world.add_host(NAME, MAC, keys='secrets.wifi = { file = "wifi" }\n', profile="keeper")
    world.server.start()

    seen = []
    for boot in ("first", "second"):
        machine = world.power_on(NAME, MAC, Firmware.BIOS)
        wait_until(lambda: world.server.host(NAME)["stage"] != "up", 90, "its firmware is heard")
        if not boots(checks, world, machine, timeout=150):
            return
        seen.append(shown(machine))
        machine.power_off()
        machine.serial_log.unlink()
        if boot == "first":
            checks.equal("musterd stops in order", world.server.stop(), 0)
            world.server.start()
    wanted = {"secrets/wifi": SECRET, "secrets/token": FROM_COMMAND}
    for name, text in wanted.items():
        checks.equal(f"{name} came whole, and for root only", seen[0].get(name), f"600 {digest(text + chr(10))}")
    checks.equal("it was told all of itself", sorted(seen[0]), sorted(("machine-id", *PRIVATE)))
    checks.equal("the second boot, of another run of musterd, finds the same", seen[1], seen[0])
    files = rendered(world)
    checks.equal("its machine id is what render shows", seen[0].get("machine-id"), files["machine-id"].strip())
    for name in ("node-password", "ssh_host_ed25519_key"):
        checks.equal(f"{name} is what render shows", seen[0].get(name), f"600 {digest(files[name])}")

    check_hidden(checks, world, [SECRET, FROM_COMMAND, files["node-password"].strip(),
                                 files["ssh_host_ed25519_key"].splitlines()[3]])


def check_hidden(checks: Checks, world: World, secrets: list[str]) -> None:
    assert world.server.process
    places = {"the log": world.server.process.output()}
    for file in sorted(world.server.data.glob("state.db*")):
        places[f"the journal's {file.name}"] = file.read_bytes().decode("utf-8", "replace")
    for command in (("host", "show", NAME, "--json"), ("explain", NAME, "--json"), ("events", "--json"), ("diff",),
                    ("render", NAME), ("render", NAME, "--what", "grub"), ("render", NAME, "--what", "overlay")):
        places["musterd " + " ".join(command)] = world.server.must(*command).output
    for place, text in places.items():
        checks.equal(f"no secret is in {place}", [secret for secret in secrets if secret in text], [])


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
