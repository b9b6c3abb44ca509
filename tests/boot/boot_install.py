#!/usr/bin/env python3
"""Debian's installer, as its package has it, boots by the built-in profile `debian-install`, takes its answers from
musterd and says that it begins; after that the machine is not installed again until a person wants it. A second host,
with answers of its own, shows what the installer sees: name, network card, and the host's identity."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Card, Firmware  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.world import World  # noqa: E402

INSTALLER = Path("/usr/lib/debian-installer/images/12/amd64/text")
STORE, STORE_MAC = "store", "52:54:00:00:0e:01"
SHOW, SHOW_MAC = "show", "52:54:00:00:0e:02"
STRANGER = Card("52:54:00:00:0e:ff")
SSH_KEY = "ssh-ed25519 AAAA it's \"me\"; $(reboot) ${x} \\"

# One report of all, through the very door that a failing installer uses.
ANSWERS = r"""d-i preseed/early_command string \
  own=/.initrd-secrets/run/musterd; \
  card=$(ip -o -4 addr show scope global | while read -r _ name _; do cat /sys/class/net/$name/address; done); \
  wget -q -O /dev/null --post-data="{{vars.word | preseed}} $(cat /etc/hostname) $card $(cat $own/machine-id)" {{boot.url}}/failed
"""


def configure(world: World) -> None:
    server = world.server
    server.must("image", "import", str(INSTALLER), "--name", "bookworm-installer", timeout=60)
    (server.folder / "profiles.d" / "install.toml").write_text(
        '[profile.install]\ninherits = "debian-install"\nimage = "bookworm-installer"\nargs = ["console=ttyS0", "netcfg/get_nameservers=10.55.0.1"]\n'
        f"vars = {{ ssh_keys = ['''{SSH_KEY}'''] }}\n")
    (server.folder / "hosts.d" / "show.cfg").write_text(ANSWERS)
    world.add_host(STORE, STORE_MAC, profile="install")
    world.add_host(SHOW, SHOW_MAC, 'preseed = "show.cfg"\nvars = { word = "seen" }\n', profile="install")


def check_answers(checks: Checks, world: World) -> None:
    """Debian's own reader takes them, and the shell the commands in them."""
    answers = world.server.must("render", STORE, "--what", "preseed").output
    read = subprocess.run(["debconf-set-selections", "--checkonly"], input=answers, capture_output=True, text=True,
                          timeout=20, check=False)
    checks.that("debconf-set-selections takes the answers", read.returncode == 0 and not read.stderr, read.stderr)
    lines = answers.replace("\\\n", "").splitlines()
    commands = [line.split(" string ", 1)[1] for line in lines if "_command string" in line]
    checks.equal("there are three commands in them", len(commands), 3)
    for command in commands:
        parsed = subprocess.run(["dash", "-n"], input=command, capture_output=True, text=True, timeout=20, check=False)
        checks.that("a shell can read the command", parsed.returncode == 0, (command, parsed.stderr))


def check_installs_once(checks: Checks, world: World) -> None:
    server = world.server
    host = server.host(STORE)
    checks.that("it is known to be installing", host["installation"]["mac"] == STORE_MAC
                and host["installation"]["ended"] is None, host["installation"])
    sent = [event["file"] for event in server.events()
            if event["kind"] == "file_sent" and event.get("boot") == host["boot"]["id"]]
    checks.that("it fetched its answers before", "seed/preseed" in sent, sent)
    held = server.must("render", STORE).output
    checks.that("it is not installed again", "never said that it was done" in held and "/kernel" not in held, held)
    server.kill()
    server.start()
    checks.equal("nor after kill -9 of musterd", server.must("render", STORE).output, held)
    checks.equal("until a person wants it", server.ask("host", "reinstall", STORE).code, 0)
    checks.that("then it is", "/seed/preseed" in server.must("render", STORE).output)
    checks.equal("a host whose profile installs nothing cannot be", server.ask("host", "reinstall", "nobody").code, 1)


def check_show(checks: Checks, world: World) -> None:
    server = world.server
    wait_until(lambda: server.host(SHOW)["condition"] == "failed", 300, f"{SHOW} reports")
    overlay = server.must("render", SHOW, "--what", "overlay").output
    machine_id = overlay.split("machine-id <==\n")[1].splitlines()[0]
    checks.equal("the installer has the host's name, the card that booted, and the machine id",
                 server.host(SHOW)["reason"].split(), ["seen", SHOW, SHOW_MAC, machine_id])


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    configure(world)
    world.server.start()
    check_answers(checks, world)
    store = world.power_on(STORE, STORE_MAC, Firmware.BIOS)
    show = world.power_on(SHOW, SHOW_MAC, Firmware.BIOS, other_cards=[STRANGER])
    waited = world.server.ask("wait", STORE, "--until", "installing", "--timeout", "400s", timeout=410)
    if checks.that("Debian's installer says that it begins", waited.code == 0, (waited, store.serial()[-3000:])):
        check_installs_once(checks, world)
    check_show(checks, world)
    for machine in (store, show):
        machine.power_off()


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
