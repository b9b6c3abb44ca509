#!/usr/bin/env python3
"""Twenty machines at once lose no offer, and the LAN's own DHCP server keeps its work: it leases, we never do."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import CLIENT_ADDRESS, LAN_ADDRESS, SERVER_ADDRESS  # noqa: E402
from lab.processes import LabError, run  # noqa: E402
from lab.pxe_client import Client, Firmwares, machine_address  # noqa: E402
from lab.world import World  # noqa: E402

MACHINES = 20
KINDS = (pxe.Kind.BIOS_ROM, pxe.Kind.BIOS_IPXE, pxe.Kind.UEFI_X64)
LOADERS = {pxe.Kind.BIOS_ROM: "undionly.kpxe", pxe.Kind.UEFI_X64: "snponly.efi"}
# Option 43 of a BIOS machine: discovery control says "take the file named here". UEFI gets none: old EDK2 drops it.
DIRECT = b"\x06\x01\x08"


def twenty_at_once(checks: Checks, machines: Firmwares) -> list[Client]:
    clients = [machines.client(KINDS[number % len(KINDS)]) for number in range(MACHINES)]
    machines.discover(*clients)
    machines.listen(5, lambda: all(client.offers_from(SERVER_ADDRESS) for client in clients))
    machines.listen(0.5)  # and what should not come after it
    counts = [len(client.offers_from(SERVER_ADDRESS)) for client in clients]
    checks.equal(f"{MACHINES} machines at once get one offer each", counts, [1] * MACHINES)
    return clients


def offers_are_right(checks: Checks, clients: list[Client]) -> None:
    for kind in KINDS:
        wrong = [problem for client in clients if client.kind is kind for problem in what_is_wrong(client)]
        checks.that(f"the offers to {kind.value} are right", not wrong, wrong[:3])


def what_is_wrong(client: Client) -> list[str]:
    offers = client.offers_from(SERVER_ADDRESS)
    if not offers:
        return ["no offer"]
    offer = offers[0]
    wanted_file = LOADERS.get(client.kind, f"http://{SERVER_ADDRESS}:8080/boot/script?")
    discovery = offer.options.get(43, b"")
    rules = {
        "from port 67": offer.source[1] == 67,
        "yiaddr 0, as a proxy's": offer.yiaddr == "0.0.0.0",
        "siaddr and option 54 are the server": offer.siaddr == offer.server == SERVER_ADDRESS,
        "option 60 is PXEClient": offer.options.get(60) == b"PXEClient",
        "option 97 comes back": offer.options.get(97) == b"\0" + pxe.guid_of(client.mac),
        "broadcast flag": bool(offer.flags & 0x8000),
        "ends in 255": offer.ended,
        "300 to 1472 bytes": 300 <= offer.size <= 1472,
        "no lease options": not {1, 3, 6, 51} & set(offer.options),
        "option 43": not discovery if client.kind is pxe.Kind.UEFI_X64 else discovery.startswith(DIRECT),
        "file": offer.file.startswith(wanted_file),
    }
    return [f"{rule}: {offer}" for rule, holds in rules.items() if not holds]


def boot_server_step(checks: Checks, machines: Firmwares, clients: list[Client]) -> None:
    client = next(client for client in clients if client.kind is pxe.Kind.UEFI_X64)
    answer = machines.ask_boot_server(client)
    if checks.that("EDK2's request to port 4011 is answered", answer is not None) and answer:
        checks.equal("it is an ACK from port 4011", (answer.kind, answer.source), (pxe.ACK, (SERVER_ADDRESS, 4011)))
        checks.equal("it names loader and server", (answer.file, answer.siaddr, 43 in answer.options),
                     (LOADERS[client.kind], SERVER_ADDRESS, False))
        checks.equal("it keeps xid and ciaddr", (answer.xid, answer.ciaddr), (client.xid, CLIENT_ADDRESS))


def plain_clients_are_left_alone(checks: Checks, machines: Firmwares) -> list[Client]:
    plain = machines.client(pxe.Kind.PLAIN)
    machines.discover(plain)
    machines.listen(4, lambda: bool(plain.replies))
    machines.listen(1)
    sources = [(reply.kind, reply.source[0]) for reply in plain.replies]
    checks.equal("a plain client gets one offer, the LAN server's", sources, [(pxe.OFFER, LAN_ADDRESS)])

    # What a machine broadcasts when it takes the LAN server's offer, gives it back, or only asks: not ours to answer.
    taking = pxe.option(54, bytes(map(int, LAN_ADDRESS.split("."))))
    others = []
    for message, more in ((pxe.REQUEST, taking), (4, taking), (7, taking), (8, b"")):
        client = machines.client(pxe.Kind.BIOS_IPXE)
        options = pxe.firmware_options(client.kind, pxe.guid_of(client.mac)) + more
        machines.send(pxe.request(message, client.mac, client.xid, options))
        others.append(client)
    machines.listen(1.5)
    ours = [reply for client in others for reply in client.replies if reply.source[0] == SERVER_ADDRESS]
    checks.that("REQUEST to another server, DECLINE, RELEASE and INFORM get nothing from us", not ours, ours)
    return [plain, *others]


def strangers_are_ignored(checks: Checks, machines: Firmwares) -> None:
    stranger = machines.client(pxe.Kind.BIOS_IPXE, bytes.fromhex("5254000000fe"))
    machines.discover(stranger)
    machines.listen(1.5)
    checks.equal("a machine that no host names gets no offer", len(stranger.offers_from(SERVER_ADDRESS)), 0)


def lease_works(checks: Checks, world: World) -> None:
    script = world.folder / "udhcpc.sh"
    script.write_text("#!/bin/sh\n[ \"$1\" = bound ] && echo \"bound $ip from $serverid\"\nexit 0\n")
    script.chmod(0o755)
    try:
        said = run("busybox", "udhcpc", "-i", "eth0", "-s", script, "-n", "-q", "-f", "-t", "5", "-T", "1",
                   namespace=world.network.pxe, timeout=20)
    except LabError as error:
        said = str(error)
    checks.that("busybox udhcpc gets its lease from the LAN server", f"from {LAN_ADDRESS}" in said, said)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    for number in range(1, 3 * MACHINES):
        world.add_host(f"m{number}", pxe.address_text(machine_address(number)))
    world.server.start()
    with Firmwares(world.network) as machines:
        clients = twenty_at_once(checks, machines)
        offers_are_right(checks, clients)
        boot_server_step(checks, machines, clients)
        clients += plain_clients_are_left_alone(checks, machines)
        strangers_are_ignored(checks, machines)
        refusals = [reply for client in clients for reply in client.replies
                    if reply.kind == pxe.NAK and reply.source[0] == SERVER_ADDRESS]
        checks.that("we never said NAK", not refusals, refusals)
    lease_works(checks, world)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
