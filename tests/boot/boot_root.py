#!/usr/bin/env python3
"""Machines without a disk run Debian with systemd and cloud-init by the built-in profile `ubuntu`: the initrd fetches
the root over HTTP, as a squashfs or as an ISO in the shape of Ubuntu's, out of which kernel and initrd come too.
cloud-init takes its seed, and what profile and host add to it is on the machine when it phones home."""

from __future__ import annotations

import email
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import CACHE, Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware, Machine  # noqa: E402
from lab.network import CLIENT_ADDRESS  # noqa: E402
from lab.processes import run, wait_until  # noqa: E402
from lab.root import build_root, root_iso  # noqa: E402
from lab.world import World  # noqa: E402

NAME, MAC = "worker", "52:54:00:00:0d:01"
LIVE, LIVE_MAC = "live", "52:54:00:00:0d:03"
PLAIN, PLAIN_MAC = "plain", "52:54:00:00:0d:02"  # a host to whose seed nobody adds anything
# What YAML, a shell, iPXE or a template could take for theirs.
MOTTO = """it's "quoted" ${x} $(reboot) `reboot`; ]] {{no}} # \\ end: - é"""

# The report waits for cloud-init, so cloud-init must not wait for it.
PROFILE_PART = """#cloud-config
locale: C.UTF-8
users: [{name: lab}]
no_ssh_fingerprints: true
write_files:
  - path: /etc/lab-motto
    content: {{vars.motto | yaml}}
  - path: /usr/local/sbin/lab-report
    permissions: "0755"
    content: |
      #!/bin/sh
      say() { printf 'LAB: %s\\n' "$*" >/dev/console; }
      status=$(cloud-init status --wait | tr -d '.\\n')
      say "$status"
      say "hostname $(hostname), static $(cat /etc/hostname)"
      say "root is $(findmnt -n -o FSTYPE /), medium $(findmnt -n -o FSTYPE /cdrom || echo none)"
      say "instance $(cat /var/lib/cloud/data/instance-id)"
      say "profile says $(cat /etc/lab-motto)"
      say "host says $(cat /etc/lab-host)"
      grep -E 'WARN|ERROR' /var/log/cloud-init.log >/dev/console
      say "failed units $(systemctl --failed --no-legend --plain | cut -d' ' -f1 | tr '\\n' ' ')"
      say "report ends"
      systemctl poweroff --force
runcmd:
  - [systemd-run, --no-block, --unit=lab-report, /usr/local/sbin/lab-report]
"""
HOST_PART = """#!/bin/sh
printf '%s\\n' {{vars.motto | shell}} >/etc/lab-host
"""
NETWORK = """version: 2
ethernets:
  lan:
    match: {macaddress: "{{host.mac}}"}
    dhcp4: true
    dhcp-identifier: mac
"""


def configure(world: World, image: Path) -> None:
    server = world.server
    server.import_image(image, "root")
    server.import_image(root_iso(image, world.folder / "live.iso"), "live")
    (server.folder / "profiles.d" / "root.toml").write_text(
        '[profile.root]\ninherits = "ubuntu"\nimage = "root"\nargs = ["console=ttyS0"]\n'
        '[profile.worker]\ninherits = "root"\nuser_data = "worker.yaml"\nnetwork_config = "network.yaml"\n'
        '[profile.live]\ninherits = "worker"\nimage = "live"\n')
    (server.folder / "profiles.d" / "worker.yaml").write_text(PROFILE_PART)
    (server.folder / "profiles.d" / "network.yaml").write_text(NETWORK)
    (server.folder / "hosts.d" / "worker.sh").write_text(HOST_PART)
    motto = json.dumps(MOTTO)  # a TOML string too
    for name, mac in ((NAME, MAC), (LIVE, LIVE_MAC)):
        world.add_host(name, mac, f'user_data = "worker.sh"\nvars = {{ motto = {motto} }}\n', profile=name)
    world.add_host(PLAIN, PLAIN_MAC, profile="root")


def check_schema(checks: Checks, world: World, image: Path) -> None:
    """cloud-init's own checkers, those of the root, take what musterd would serve."""
    tree = world.folder / "tree"
    run("unsquashfs", "-quiet", "-no-progress", "-dest", tree, image / "root.squashfs", timeout=60)
    (tree / "lab").mkdir()

    def accepted(what: str, text: str, *command: str) -> None:
        (tree / "lab" / "document").write_text(text)
        done = subprocess.run(["chroot", str(tree), *command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False)
        checks.that(f"cloud-init accepts {what}", done.returncode == 0, (done.stdout, done.stderr, text))

    def rendered(host: str, document: str) -> str:
        return world.server.must("render", host, "--what", document).output

    accepted("user-data that nobody adds to", rendered(PLAIN, "user-data"), "cloud-init", "schema", "--config-file",
             "/lab/document")
    message = email.message_from_bytes(rendered(NAME, "user-data").encode())  # as cloud-init reads it
    parts = [(part.get_content_type(), part.get_payload(decode=True).decode()) for part in message.get_payload()]
    checks.equal("user-data of profile and host has our part, the profile's and the host's",
                 [kind for kind, _ in parts], ["text/cloud-config", "text/cloud-config", "text/x-shellscript"])
    for kind, text in parts[:2]:
        accepted(f"a part of user-data ({kind})", text, "cloud-init", "schema", "--config-file", "/lab/document")
    accepted("network-config", rendered(NAME, "network-config"), "cloud-init", "devel", "net-convert",
             "--network-data=/lab/document", "--kind=yaml", "--directory=/lab/out", "--distro=debian",
             "--output-kind=netplan")


def check_other_reader(checks: Checks, world: World) -> None:
    """Somebody else on the LAN asks for what a person wrote for this boot."""
    boot = world.server.host(NAME)["boot"]["id"]
    status, body = world.server.get(f"/boot/{boot}/seed/user-data")
    checks.that("another machine is refused the user-data", status == 403 and b"lab-motto" not in body, (status, body))
    wait_until(lambda: any(event["kind"] == "file_refused" for event in world.server.events()), 5, "the refusal is an event")
    refused = next(event for event in world.server.events() if event["kind"] == "file_refused")
    checks.equal("and that is an event", (refused["host"], refused["address"], refused["file"]),
                 (NAME, CLIENT_ADDRESS, "seed/user-data"))
    checks.equal("what nobody wrote may be read", world.server.get(f"/boot/{boot}/seed/meta-data")[0], 200)


def check_guest(checks: Checks, machine: Machine, boot: str, medium: str) -> None:
    name = machine.name
    said = machine.markers()
    for wanted in ("status: done", f"hostname {name}, static {name}", f"root is overlay, medium {medium}",
                   f"instance {name}-{boot}",
                   f"profile says {MOTTO}", f"host says {MOTTO}", "failed units"):
        checks.that(f"{name} says: {wanted}", wanted in [line.strip() for line in said], said)


def check_events(checks: Checks, world: World, host: dict[str, Any]) -> None:
    name, boot = host["name"], host["boot"]
    order = ("firmware", "script", "kernel", "initrd", "root", "system", "up")
    times = [boot["stages"].get(stage) for stage in order]
    checks.that(f"the boot had the stages {' '.join(order)}, in that order", None not in times and times == sorted(times),
                boot["stages"])
    sent = [event["file"] for event in world.server.events()
            if event["kind"] == "file_sent" and event.get("boot") == boot["id"] and event["address"] != CLIENT_ADDRESS]
    # cloud-init 22.4, which is the root's, does not look for network-config there.
    wanted = {"kernel", "initrd", "overlay", "root", "seed/meta-data", "seed/user-data", "seed/vendor-data"}
    checks.that("each file and document was fetched once", sorted(file for file in sent if file != "seed/network-config")
                == sorted(wanted), sent)
    up = next(event for event in world.server.events() if event["kind"] == "up" and event["host"] == name)
    checks.equal("cloud-init's phone_home said who it is", (up["details"].get("hostname"), up["details"].get("instance_id")),
                 (name, f"{name}-{boot['id']}"))


def check_machine(checks: Checks, world: World, machine: Machine, medium: str) -> None:
    name = machine.name
    waited = world.server.ask("wait", name, "--until", "up", "--timeout", "500s", timeout=510)
    if not checks.that(f"{name} comes up", waited.code == 0, waited):
        return
    host = world.server.host(name)
    wait_until(lambda: "report ends" in machine.markers() or not machine.process.running(), 200, f"{name} reports")
    check_guest(checks, machine, host["boot"]["id"], medium)
    check_events(checks, world, host)
    checks.equal("it powered off by itself", machine.process.wait(60), 0)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    image = build_root(CACHE)
    world = World(lifetime, folder, binary)
    configure(world, image)
    world.server.start()
    worker = world.power_on(NAME, MAC, Firmware.BIOS, memory_mib=1536)
    check_schema(checks, world, image)
    world.server.must("wait", NAME, "--until", "script", "--timeout", "60s", timeout=70)
    check_other_reader(checks, world)
    check_machine(checks, world, worker, "none")
    check_machine(checks, world, world.power_on(LIVE, LIVE_MAC, Firmware.UEFI, memory_mib=1536), "iso9660")


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
