#!/usr/bin/env python3
"""musterd is killed with -9 a hundred times at random moments, while machines boot with real clients (tftp-hpa, curl):
what was told before a kill is in the journal after it, once; every boot that began goes on to its end in the same boot;
whoever follows the events misses none; the roll is the same after each start."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from time import monotonic, sleep
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS, Network  # noqa: E402
from lab.processes import LabError, run, wait_until  # noqa: E402
from lab.pxe_client import Firmwares, machine_address  # noqa: E402
from lab.server import HTTP_PORT, Server  # noqa: E402
from lab.small_image import write_small_image  # noqa: E402

KILLS = int(os.environ.get("MUSTERD_KILLS", "100"))
MACHINES = 3
LOADER = "undionly.kpxe"
URL = f"http://{SERVER_ADDRESS}:{HTTP_PORT}"
BETWEEN_KILLS = (0.05, 0.6)  # seconds that a server lives after it answers
LONGEST_STEP = 60  # seconds that one step of a boot may take with all its repetitions


class Machine(threading.Thread):
    """Boots again and again, each step by a real client, repeated until it is answered, as firmware does."""

    def __init__(self, network: Network, folder: Path, number: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.network, self.stop_asked = network, stop
        self.mac = machine_address(number)
        self.saved = folder / f"saved-{number}"
        self.boots: list[str] = []  # those whose script it got
        self.received: list[str] = []  # those whose `up` has a receipt
        self.refused: list[str] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stop_asked.is_set():
                self.boot_once()
        except BaseException as error:  # noqa: BLE001: told at the end
            self.error = error

    def boot_once(self) -> None:
        with Firmwares(self.network) as firmwares:
            client = firmwares.client(pxe.Kind.BIOS_ROM, self.mac)
            self.until("an offer", lambda: self.offered(firmwares, client))
        self.until("the loader", lambda: self.succeeds(["tftp", "-m", "binary", SERVER_ADDRESS, "-c", "get", LOADER,
                                                        str(self.saved)], limit=3) and self.saved.stat().st_size > 1000)
        boot = ""
        while not boot:
            script = self.curl(f"{URL}/boot/script?mac={pxe.address_text(self.mac)}&arch=amd64")
            boot = script.partition("musterd.boot=")[2][:26]
        self.boots.append(boot)
        for file in ("kernel", "initrd", "overlay"):
            self.until(file, lambda file=file: self.fetched(f"/boot/{boot}/{file}"))
        self.until("a receipt", lambda: self.fetched(f"/boot/{boot}/up", "-d", "hostname=n"))
        self.received.append(boot)

    def offered(self, firmwares: Firmwares, client: Any) -> bool:
        firmwares.discover(client)
        firmwares.listen(0.5, lambda: bool(client.offers_from(SERVER_ADDRESS)))
        return bool(client.offers_from(SERVER_ADDRESS))

    @staticmethod
    def until(what: str, succeeds: Any) -> None:
        end = monotonic() + LONGEST_STEP
        while not succeeds():
            if monotonic() > end:
                raise LabError(f"{what}: not within {LONGEST_STEP} s")
            sleep(0.02)

    def succeeds(self, command: list[str], limit: float) -> bool:
        try:
            run(*command, namespace=self.network.pxe, timeout=limit)
        except (LabError, subprocess.TimeoutExpired):
            return False
        return True

    def curl(self, *words: str) -> str:
        """What was answered with 200; else nothing."""
        command = ["curl", "-sS", "--max-time", "10", "-w", "\n%{http_code}", *words]
        try:
            text, _, code = run(*command, namespace=self.network.pxe, timeout=15).rpartition("\n")
        except (LabError, subprocess.TimeoutExpired):
            return ""
        if code in ("404", "410", "403"):
            self.refused.append(f"{code} {words[0]}")
        return text if code == "200" else ""

    def fetched(self, path: str, *more: str) -> bool:
        before = len(self.refused)
        got = self.curl(f"{URL}{path}", *more) if more else self.curl(f"{URL}{path}", "-o", str(self.saved), "-w", "ok\n%{http_code}")
        if len(self.refused) > before:
            raise LabError(self.refused[-1])
        return bool(got)


class Follower(threading.Thread):
    """Follows the events over every restart, as EventSource does, and keeps what it was told."""

    def __init__(self, network: Network, token: str) -> None:
        super().__init__(daemon=True)
        self.network, self.token = network, token
        self.told: list[dict[str, Any]] = []
        self.start()

    def run(self) -> None:
        while True:
            try:
                self.follow()
            except OSError:
                sleep(0.02)

    def follow(self) -> None:
        last = self.told[-1]["id"] if self.told else 0
        with self.network.connect(HTTP_PORT, timeout=30) as stream:
            stream.sendall(f"GET /api/v1/events?follow=true HTTP/1.1\r\nHost: s\r\nLast-Event-ID: {last}\r\n"
                           f"Authorization: Bearer {self.token}\r\n\r\n".encode())
            rest = b""
            while data := stream.recv(1 << 16):
                *lines, rest = (rest + data).split(b"\n")
                self.told += [json.loads(line[6:]) for line in lines if line.startswith(b"data: ")]


def roll(server: Server) -> Any:
    """What is known of every host."""
    return server.must("host", "list", "--json").json()


def kill_often(server: Server, machines: list[Machine]) -> None:
    chance = random.Random(9)
    for _ in range(KILLS):
        sleep(chance.uniform(*BETWEEN_KILLS))
        server.kill()
        server.launch()
        wait_until(lambda: server.healthy() or not server.running(), 30, "musterd answers again", interval=0.01)
        if not server.running():
            assert server.process
            raise LabError(f"musterd did not start again: {server.process.output().strip()[-500:]}")
        for machine in machines:
            if machine.error:
                raise LabError(f"a machine is stuck: {machine.error}")


def check_journal(checks: Checks, server: Server, machines: list[Machine], follower: Follower) -> None:
    lines = server.must("journal", "export").output.splitlines()
    events = {event["id"]: event for event in map(json.loads, lines)}
    checks.equal("each event is there once", len(events), len(lines))
    lost = [event for event in follower.told if events.get(event["id"]) != event]
    checks.that(f"{len(follower.told)} events that were told are in the journal as they were told", not lost, lost[:3])
    heard = [event["id"] for event in follower.told]
    checks.that("who follows heard every event, once and in order", heard == sorted(events),
                f"{len(heard)} of {len(events)}")
    of_kind = {kind: Counter(event["boot"] for event in events.values() if event["kind"] == kind)
               for kind in ("boot_started", "up")}
    began = [boot for machine in machines for boot in machine.boots]
    received = [boot for machine in machines for boot in machine.received]
    checks.that(f"{len(began)} scripts that were served are one boot each",
                all(of_kind["boot_started"][boot] == 1 for boot in began))
    checks.that(f"{len(received)} receipts are one event each", all(of_kind["up"][boot] == 1 for boot in received))
    checks.that("no boot came up twice", all(count == 1 for count in of_kind["up"].values()))
    for file in ("kernel", "initrd", "overlay"):
        whole = {event["boot"] for event in events.values()
                 if event["kind"] == "file_sent" and event["file"] == file and not event.get("reason")}
        # One whose last byte arrived as the server died was not told of; the next boots were.
        missing = [boot for boot in received if boot not in whole]
        checks.that(f"{file}: fetched whole in boots that came up, but for those of a kill", len(missing) <= KILLS, len(missing))


def check_rolls(checks: Checks, server: Server) -> None:
    before = roll(server)
    server.kill()
    server.start()
    checks.equal("the roll is the same after a start from what was kept", roll(server), before)
    server.stop()
    run("python3", "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("
        "'UPDATE kept_roll_at SET version = 0'); c.commit()", server.data / "state.db")
    server.start()
    checks.equal("and after one from all events", roll(server), before)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    network = Network(lifetime)
    server = Server(lifetime, network, folder, binary)
    server.add_profile("demo", "demo")
    for number in range(1, MACHINES + 1):
        server.add_host(f"n{number}", pxe.address_text(machine_address(number)), "demo")
    server.import_image(write_small_image(folder / "image"), "demo")
    server.start()
    follower = Follower(network, (server.data / "token").read_text().strip())
    stop = threading.Event()
    machines = [Machine(network, folder, number, stop) for number in range(1, MACHINES + 1)]
    for machine in machines:
        machine.start()
    begin = monotonic()
    kill_often(server, machines)
    print(f"{KILLS} kills in {monotonic() - begin:.0f} s")
    stop.set()
    for machine in machines:
        machine.join(LONGEST_STEP * 2)
    stuck = [str(machine.error) for machine in machines if machine.error or machine.is_alive()]
    checks.that("every boot that began went on to its end", not stuck, stuck)
    checks.that("each machine came up again and again", all(len(machine.received) >= min(KILLS // 20, 3) for machine in machines),
                [len(machine.received) for machine in machines])
    checks.equal("every boot came up", [machine.boots for machine in machines], [machine.received for machine in machines])
    last = max(event["id"] for event in server.events())
    wait_until(lambda: bool(follower.told) and follower.told[-1]["id"] >= last, 20, "the follower hears the last event")
    check_journal(checks, server, machines, follower)
    check_rolls(checks, server)
    checks.equal("it stops in order when asked", server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
