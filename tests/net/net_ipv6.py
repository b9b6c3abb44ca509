#!/usr/bin/env python3
"""HTTP and TFTP over IPv6, beside IPv4 and where a host has no IPv6: loaders and scripts, from the address asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import LAN_PREFIX, SERVER_ADDRESS, Network, inside  # noqa: E402
from lab.processes import enter_network_namespace, run, wait_until  # noqa: E402
from lab.server import HTTP_PORT  # noqa: E402
from lab.world import World  # noqa: E402

SERVER6 = f"{LAN_PREFIX}5"
CLIENT6 = f"{LAN_PREFIX}a"
MAC = "52:54:00:66:00:01"
LOADER = "snponly.efi"


def link_local(namespace: str, device: str) -> str:
    def words() -> list[str]:
        return run("ip", "-6", "address", "show", "dev", device, "scope", "link", namespace=namespace).split()

    wait_until(lambda: "tentative" not in words(), 10, f"{device} is alone with its link-local address")
    return words()[words().index("inet6") + 1].partition("/")[0]


def fetch(network: Network, *command: str, text: str = "") -> str:
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=30, check=False,
        preexec_fn=lambda: enter_network_namespace(network.pxe))
    return done.stdout + done.stderr


def over_ipv6(checks: Checks, world: World, folder: Path) -> None:
    network, server = world.network, world.server
    loader = (folder / "loaders" / LOADER).read_bytes()

    def whole(name: str) -> bool:
        target = folder / name
        return target.exists() and target.read_bytes() == loader

    said = fetch(network, "curl", "-6", "-sS", "-o", str(folder / "curl"),
                 f"http://[{SERVER6}]:{HTTP_PORT}/boot/loader/{LOADER}")
    checks.that("curl -6 gets a loader by HTTP", whole("curl"), said)
    said = fetch(network, "tftp", "-6", "-m", "binary", SERVER6, text=f"get {LOADER} {folder}/hpa\nquit\n")
    checks.that("tftp -6 gets it by TFTP", whole("hpa"), said)
    said = fetch(network, "atftp", "--option", "blksize 65464", "--option", "windowsize 16", "-g", "-r", LOADER,
                 "-l", str(folder / "atftp"), SERVER6)
    checks.that("atftp gets it in windows", whole("atftp"), said)
    local, own = link_local(network.boot, "eth0"), link_local(network.pxe, "eth1")
    said = fetch(network, "tftp", "-6", "-m", "binary", f"{local}%eth1", text=f"get {LOADER} {folder}/local\nquit\n")
    checks.that("and from the link-local address", whole("local"), said)

    url = f"http://[{SERVER6}]:{HTTP_PORT}/boot/"
    script = fetch(network, "curl", "-6", "-sS", f"{url}script?mac={MAC}&arch=amd64")
    checks.that("a script over HTTP names us by our IPv6 address",
                script.startswith("#!ipxe") and url in script, script)
    name = f"boot/script?mac={MAC.replace(':', '-')}&arch=amd64"  # tftp takes what is before a colon for a host
    fetch(network, "tftp", "-6", "-m", "binary", SERVER6, text=f"get {name} {folder}/script\nquit\n")
    by_tftp = (folder / "script").read_text() if (folder / "script").exists() else ""
    checks.that("and so does one over TFTP", by_tftp.startswith("#!ipxe") and url in by_tftp, by_tftp)
    kernel = next((word for word in script.split() if word.startswith(url) and word.endswith("/kernel")), "")
    size = fetch(network, "curl", "-6", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", kernel)
    checks.that("what it names is served", size.startswith("200 ") and int(size.split()[1]) > 1_000_000, size)

    loaders = [event for event in server.events() if event.get("file") == LOADER]
    addresses = {str(event.get("address")) for event in loaders}
    checks.that("events name the clients plainly",
                addresses == {CLIENT6, own} and len(loaders) == 4, loaders)
    fetch(network, "curl", "-4", "-sS", "-o", str(folder / "four"),
          f"http://{SERVER_ADDRESS}:{HTTP_PORT}/boot/loader/{LOADER}")
    fetch(network, "atftp", "--option", "blksize 65464", "-g", "-r", LOADER, "-l", str(folder / "four-tftp"),
          SERVER_ADDRESS)
    checks.that("IPv4 is served beside it, by HTTP and TFTP", whole("four") and whole("four-tftp"))
    last = [str(event.get("address")) for event in server.events() if event.get("file") == LOADER][-2:]
    checks.equal("and its clients have no ::ffff: before their address", last, ["10.55.0.10", "10.55.0.10"])
    fragments = run("nft", "list", "counter", "inet", "watch", "fragments", namespace=network.pxe)
    sizes = [event["details"].get("blksize") for event in server.events() if event.get("file") == LOADER]
    checks.that("blocks fit an Ethernet frame", "1448" in sizes and sizes[-1] == "1468", sizes)
    checks.that("no block came in fragments, though 65464 bytes were asked for", "packets 0 " in fragments, fragments)


def watch_fragments(network: Network) -> None:
    """Counts what comes to the clients in pieces, before the kernel puts it together (priority -400)."""
    for rule in ("add table inet watch", "add counter inet watch fragments",
                 "add chain inet watch in { type filter hook prerouting priority -500; }",
                 "add rule inet watch in exthdr frag exists counter name fragments",
                 "add rule inet watch in ip frag-off & 0x3fff != 0 counter name fragments"):
        run("nft", rule, namespace=network.pxe)


def without_ipv6(checks: Checks, world: World, folder: Path) -> None:
    with inside(world.network.boot):
        Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
    world.server.start()
    checks.that("without IPv6 it starts", world.server.running())
    target = folder / "alone"
    fetch(world.network, "curl", "-sS", "-o", str(target), f"tftp://{SERVER_ADDRESS}/{LOADER}")
    checks.that("and serves TFTP over IPv4", target.read_bytes() == (folder / "loaders" / LOADER).read_bytes())
    checks.equal("and HTTP", world.server.get(f"/boot/loader/{LOADER}")[0], 200)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host("six", MAC)
    for namespace, device, address in ((world.network.boot, "eth0", SERVER6), (world.network.pxe, "eth1", CLIENT6)):
        run("ip", "-6", "address", "add", f"{address}/64", "dev", device, "nodad", namespace=namespace)
    watch_fragments(world.network)
    world.server.start()
    over_ipv6(checks, world, folder)
    checks.equal("it stops in order", world.server.stop(), 0)
    without_ipv6(checks, world, folder)
    checks.equal("it stops in order there too", world.server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
