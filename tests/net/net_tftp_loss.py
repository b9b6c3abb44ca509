#!/usr/bin/env python3
"""TFTP over a link that loses 5 % each way: real clients get the whole file, with less than 1.5 times of it sent.

Both sides lose what comes in: a sender whose own datagram is dropped is told so (EPERM) and would give up. The server's
interface counts what was sent, headers included, and cuts what its kernel sends as one packet of many datagrams (UDP
segmentation offload), which a veth would carry, and nftables drop, whole.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import CLIENT_ADDRESS, SERVER_ADDRESS, Network  # noqa: E402
from lab.processes import enter_network_namespace, run  # noqa: E402
from lab.server import Server  # noqa: E402

MOST = 1.5
LOSS = 5  # per cent
PATIENCE = 90  # seconds for each transfer: atftp has nothing but its 5 s when an ACK of it is lost twice
BLKSIZE = 1468  # an Ethernet frame


def lose(network: Network) -> None:
    for namespace in (network.boot, network.pxe):
        run("nft", "add table inet loss", namespace=namespace)
        run("nft", "add chain inet loss input { type filter hook input priority 0; }", namespace=namespace)
        run("nft", f"add rule inet loss input meta l4proto udp numgen random mod 100 < {LOSS} counter drop",
            namespace=namespace)


def dropped(network: Network) -> int:
    listings = [run("nft", "list table inet loss", namespace=place).split() for place in (network.boot, network.pxe)]
    return sum(int(words[i + 1]) for words in listings for i, word in enumerate(words) if word == "packets")


def fetch(network: Network, command: list[str], text: str) -> tuple[int, str]:
    """Exit code and what it said; -1 when it did not end."""
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=PATIENCE, check=False,
            preexec_fn=lambda: enter_network_namespace(network.pxe))
    except subprocess.TimeoutExpired:
        return -1, f"not within {PATIENCE} s"
    return done.returncode, (done.stderr + done.stdout)[-300:]


def tftp_hpa(target: Path, name: str) -> tuple[list[str], str]:
    return ["tftp", "-m", "binary", SERVER_ADDRESS], f"get {name} {target}\nquit\n"


def atftp(target: Path, name: str, windowsize: int) -> tuple[list[str], str]:
    options = ["--option", f"blksize {BLKSIZE}", "--option", f"windowsize {windowsize}"]
    return ["atftp", *options, "-g", "-r", name, "-l", str(target), SERVER_ADDRESS], ""


def curl(target: Path, name: str) -> tuple[list[str], str]:
    return ["curl", "-sS", "--tftp-blksize", str(BLKSIZE), "-o", str(target), f"tftp://{SERVER_ADDRESS}/{name}"], ""


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    network = Network(lifetime)
    run("ip", "link", "set", "dev", "eth0", "gso_max_segs", "1", namespace=network.boot)
    server = Server(lifetime, network, folder, binary)
    small, medium, large = os.urandom(700_001), os.urandom(4_000_000), os.urandom(16_000_000)
    for name, content in (("small", small), ("medium", medium), ("large", large)):
        (folder / "loaders" / name).write_bytes(content)
    server.start()
    lose(network)
    transfers = [
        ("tftp-hpa, blocks of 512", *tftp_hpa(folder / "got-hpa", "small"), folder / "got-hpa", small),
        ("curl", *curl(folder / "got-curl", "small"), folder / "got-curl", small),
        ("atftp", *atftp(folder / "got-atftp", "small", 1), folder / "got-atftp", small),
        ("atftp, windowsize 16", *atftp(folder / "got-16", "medium", 16), folder / "got-16", medium),
        ("atftp, windowsize 64", *atftp(folder / "got-64", "large", 64), folder / "got-64", large),
    ]
    for what, command, text, target, content in transfers:
        sent, lost, began = server.sent_bytes(), dropped(network), time.monotonic()
        code, said = fetch(network, command, text)
        took = time.monotonic() - began
        ratio = (server.sent_bytes() - sent) / len(content)
        whole = target.exists() and target.read_bytes() == content
        checks.that(f"{what}: the whole file in spite of {LOSS} % loss", whole and code == 0, f"{code} {said}")
        checks.that(f"{what}: less than {MOST} times the file sent", 0 < ratio < MOST, f"{ratio:.2f}")
        checks.that(f"{what}: there were losses", dropped(network) > lost)
        print(f"     {what}: {took:.1f} s, {ratio:.2f} times the file on the wire")
    checks.equal("the server stops in order", server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
