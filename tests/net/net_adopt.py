#!/usr/bin/env python3
"""A machine that nobody knows is noted with what it said, adopted by a command, and booted; explain tells its story."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.pxe_client import Firmwares, machine_address  # noqa: E402
from lab.server import Server  # noqa: E402
from lab.world import World  # noqa: E402

STRANGER = machine_address(7)
MAC = pxe.address_text(STRANGER)
OTHER = pxe.address_text(machine_address(8))
OLD = '# the rack in the cellar\n[[host]]\nname = "first"   # the oldest\nmac = ["52:54:00:10:00:01"]\nprofile = "demo"'


def unknown(checks: Checks, server: Server) -> None:
    machines = server.must("host", "list", "--unknown", "--json").json()
    checks.equal("the machine is listed as unknown", [machine["mac"] for machine in machines], [MAC])
    details = machines[0]["details"] if machines else {}
    told = (details.get("client"), details.get("arch"), details.get("interface"))
    checks.equal("with what it said", told, ("UEFI PXE", "amd64", "eth0"))
    checks.that("and why it is not served", "no host has MAC" in machines[0]["reason"], machines)
    table = server.must("host", "list", "--unknown").output
    checks.that("in a table too", MAC in table and "UEFI PXE" in table, table)
    story = server.must("explain", MAC).output
    checks.that("explain of its MAC says why", "not served: no host has MAC" in story, story)
    checks.equal("explain of who was never seen", server.ask("explain", OTHER).code, 1)


def refusals(checks: Checks, server: Server, file: Path) -> None:
    for what, words, said in (
        ("a name that is taken", (MAC, "--name", "first", "--profile", "demo"), 'the name "first" is taken'),
        ("a profile that there is not", (MAC, "--name", "second", "--profile", "dmeo"), 'did you mean "demo"?'),
        ("a name that is none", (MAC, "--name", "a b", "--profile", "demo"), "is not a host name"),
        ("a name that would be more TOML", (MAC, "--name", "a\"\n[[host]]\nname = \"b", "--profile", "demo"), "is not a host name"),
        ("a MAC that is none", ("nonsense", "--name", "second", "--profile", "demo"), "not a MAC"),
        ("a MAC that is taken", ("52:54:00:10:00:01", "--name", "second", "--profile", "demo"), "is taken by host"),
    ):
        refused = server.ask("host", "adopt", *words, "--file", file.name)
        checks.that(f"adopting with {what} is refused in words", refused.code == 1 and said in refused.errors, refused)
    outside = server.ask("host", "adopt", MAC, "--name", "second", "--profile", "demo", "--file", "../x.toml")
    checks.that("a file outside of the folder is refused", outside.code == 1 and not (file.parent.parent / "x.toml").exists(), outside)
    checks.equal("and the file stays as it was", file.read_text(), OLD)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    server = world.server
    file = server.folder / "hosts.d" / "rack.toml"
    file.write_text(OLD)
    server.start()
    with Firmwares(world.network) as machines:
        client = machines.client(pxe.Kind.UEFI_X64, STRANGER)
        machines.discover(client)
        machines.listen(1)
        checks.equal("a stranger gets no offer", len(client.offers_from(SERVER_ADDRESS)), 0)
        wait_until(lambda: server.must("host", "list", "--unknown", "--json").json() != [], 5, "the stranger is noted")
        unknown(checks, server)
        refusals(checks, server, file)
        adopted = server.must("host", "adopt", MAC, "--name", "second", "--profile", "demo", "--file", file.name, "--json").json()
        checks.equal("adopt says where it wrote", adopted, {"host": "second", "file": str(file)})
        text = file.read_text()
        checks.that("comments and order of the file are kept", text.startswith(OLD + "\n\n[[host]]"), text)
        wait_until(lambda: server.ask("host", "show", "second").code == 0, 5, "the server has taken it up")
        checks.equal("it is unknown no more", server.must("host", "list", "--unknown", "--json").json(), [])
        machines.discover(client)
        machines.listen(5, lambda: bool(client.offers_from(SERVER_ADDRESS)))
        checks.equal("now it gets its offer", len(client.offers_from(SERVER_ADDRESS)), 1)
    server.get(f"/boot/script?mac={MAC}&arch=amd64")
    lines = server.must("explain", "second").output.splitlines()
    checks.that("explain tells the last boot in order", [line.split()[0] for line in lines[1::2]] and "told to fetch" in lines[1], lines)
    kinds = [event["kind"] for event in server.must("explain", MAC, "--json").json()]
    checks.equal("by MAC the same, as JSON", kinds, ["dhcp_offer", "boot_started"])
    new = server.ask("host", "adopt", OTHER, "--name", "third", "--profile", "demo")
    made = server.folder / "hosts.d" / "adopted.toml"
    checks.that("without --file it goes to adopted.toml", new.code == 0 and made.exists(), new)
    checks.equal("check is content with all of it", server.ask("check").code, 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
