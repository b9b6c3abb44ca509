#!/usr/bin/env python3
"""What deploy/demo runs: one diskless machine boots in a lab, and its stages are shown live until it is up."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep, time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_view import BootView  # noqa: E402
from lab.checks import CACHE, default_binary  # noqa: E402
from lab.lifetime import Interrupted, Lifetime  # noqa: E402
from lab.machine import Firmware, Machine  # noqa: E402
from lab.network import LAN_ADDRESS, SERVER_ADDRESS  # noqa: E402
from lab.processes import LabError, Process  # noqa: E402
from lab.server import HTTP_PORT  # noqa: E402
from lab.world import World  # noqa: E402

NAME, MAC = "demo", "52:54:00:de:00:01"
FIRMWARE = {Firmware.BIOS: "SeaBIOS with an iPXE ROM", Firmware.UEFI: "UEFI (OVMF) by its own PXE"}
_FIRST_PORT = 8080
_TAIL = 15  # lines of each log that are shown when the boot stopped


class Stopped(Exception):
    """The machine did not come up; says where and why."""


def seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+)(s|m|h|)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time: write 90s or 5m")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def free_port() -> int:
    """The next free TCP port on loopback, from 8080 on."""
    for port in range(_FIRST_PORT, _FIRST_PORT + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise LabError(f"no port from {_FIRST_PORT} on is free on 127.0.0.1")


def open_page(lifetime: Lifetime, world: World, folder: Path) -> str:
    """Makes musterd's web page reachable from this computer, and from nowhere else; returns its address."""
    port = free_port()
    inner = f"ip netns exec {world.network.boot} socat STDIO TCP\\:{SERVER_ADDRESS}\\:{HTTP_PORT}"
    Process(lifetime, "page", ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", f"EXEC:{inner}"],
            folder / "page.log")
    token = world.server.data / "token"
    fragment = f"#token={token.read_text().strip()}" if token.exists() else ""
    return f"http://127.0.0.1:{port}/{fragment}"


def watch(world: World, machine: Machine, view: BootView, timeout: float) -> None:
    """Shows stages as they come; returns when it is up. Raises Stopped."""
    end = monotonic() + timeout
    while True:
        host = world.server.host(NAME)
        view.show(host)
        if host["stage"] == "up":
            return
        if host["condition"] == "failed":
            raise Stopped(f"the machine failed: {host['reason']}")
        if not machine.process.running():
            raise Stopped(f"the machine switched itself off (QEMU ended with {machine.process.exit_code()})")
        if not world.server.running():
            raise Stopped("musterd ended")
        if monotonic() > end:
            raise Stopped(f"not up within {timeout:.0f} s")
        sleep(0.2)


def show_logs(world: World, machine: Machine) -> None:
    texts = {"machine's console": machine.serial(), "musterd's log": read(world.server.log),
             "LAN DHCP server's log": read(world.lan.log)}
    for name, text in texts.items():
        print(f"\n--- the end of the {name}", *text.splitlines()[-_TAIL:], sep="\n")


def read(log: Path) -> str:
    return log.read_bytes().decode("utf-8", "replace")


def demonstrate(lifetime: Lifetime, options: argparse.Namespace, folder: Path) -> None:
    firmware: Firmware = options.firmware
    print("making the lab …", flush=True)
    world = World(lifetime, folder, default_binary().resolve(), arguments=["lab.stay"] if options.keep else [])
    world.add_host(NAME, MAC)
    world.server.start()
    page = open_page(lifetime, world, folder)
    print(f"""
  network    a bridge in namespaces of this computer, not connected to anything else
  LAN DHCP   dnsmasq on {LAN_ADDRESS}: gives the leases and knows nothing of booting
  musterd    on {SERVER_ADDRESS}; page {page}
  machine    {NAME}, {MAC}, no disk, {FIRMWARE[firmware]}
""")
    view = BootView(power_on=time())
    machine = world.power_on(NAME, MAC, firmware)
    try:
        watch(world, machine, view, options.timeout)
    except Stopped as stopped:
        view.clear()
        print(f"\nstopped {view.last()}: {stopped}")
        show_logs(world, machine)
        raise
    view.clear()
    took = view.seconds_to("up")
    print(f"\n{NAME} is up, {took:.1f} s after power-on.", flush=True)
    tell_where_to_look(world, machine, page, options.keep)
    if options.keep:
        print("\nIt all stays until Ctrl-C.", flush=True)
        while world.server.running():
            sleep(0.5)
        raise Stopped("musterd ended")


def tell_where_to_look(world: World, machine: Machine, page: str, keep: bool) -> None:
    root = Path.cwd()
    binary = default_binary()
    command = binary.relative_to(root) if binary.is_relative_to(root) else binary
    if keep:
        print(f"""
  page       {page}
  commands   c={world.server.configuration}
             {command} host show {NAME} --config $c
             {command} events --config $c
             {command} image list --config $c""")
    else:
        print("\n  `deploy/demo --keep` leaves machine, server and page running, to look around.")
    logs = (world.server.log, machine.serial_log, world.lan.log)
    print("  logs       " + "\n             ".join(str(log) for log in logs))


def options_from(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy/demo", description=__doc__)
    parser.add_argument("--firmware", type=Firmware, choices=list(FIRMWARE), default=Firmware.UEFI,
                        metavar="bios|uefi")
    parser.add_argument("--keep", action="store_true", help="leave all running until Ctrl-C")
    parser.add_argument("--timeout", type=seconds, default=300.0, metavar="5m", help="for the machine to come up")
    parser.add_argument("--only-check-words", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(words)


def remove_older_demos() -> None:
    for old in CACHE.glob("demo-*"):
        pid = old.name.split("-")[1]
        if not Path("/proc", pid).exists():
            shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    options = options_from(sys.argv[1:])
    if options.only_check_words:
        return 0
    CACHE.mkdir(parents=True, exist_ok=True)
    remove_older_demos()
    folder = Path(tempfile.mkdtemp(prefix=f"demo-{os.getpid()}-", dir=CACHE))
    folder.chmod(0o755)
    try:
        with Lifetime() as lifetime:
            demonstrate(lifetime, options, folder)
    except Stopped:
        return 1
    except LabError as error:
        print(f"\ndeploy/demo: {error}\nlogs: {folder}", file=sys.stderr)
        return 1
    except Interrupted as interrupted:
        print("\ncleaned up")
        return interrupted.code if isinstance(interrupted.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
