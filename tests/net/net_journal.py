#!/usr/bin/env python3
"""The journal's bad days: a full disk, two servers on one data_dir, a damaged log, a damaged database, an import where
something is already. Each has a clear answer, and machines go on booting wherever a server can run at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS, Network  # noqa: E402
from lab.processes import Process, run, wait_until  # noqa: E402
from lab.pxe_client import Firmwares, machine_address  # noqa: E402
from lab.server import HTTP_PORT, Server  # noqa: E402
from lab.small_image import write_small_image  # noqa: E402

URL = f"http://{SERVER_ADDRESS}:{HTTP_PORT}"
MAC = pxe.address_text(machine_address(1))
DISK_KIB = 2048
CURE = "musterd journal export"


def curl(network: Network, path: str, *words: str) -> tuple[int, str]:
    text, _, code = run("curl", "-sS", "-w", "\n%{http_code}", *words, URL + path, namespace=network.pxe).rpartition("\n")
    return int(code), text


def start_boot(network: Network) -> str:
    """The id of a boot that began."""
    return curl(network, f"/boot/script?mac={MAC}&arch=amd64")[1].partition("musterd.boot=")[2][:26]


def fill(file: Path) -> None:
    """Takes all room that the disk has."""
    with file.open("wb", buffering=0) as rubbish:
        for size in (1 << 16, 1 << 12):
            try:
                while True:
                    rubbish.write(b"x" * size)
            except OSError:
                continue


def full_disk(checks: Checks, lifetime: Lifetime, network: Network, folder: Path, binary: Path) -> None:
    server = Server(lifetime, network, folder, binary)
    lifetime.at_end("small disk", lambda: subprocess.run(["umount", "--lazy", server.data], capture_output=True, check=False))
    run("mount", "-t", "tmpfs", "-o", f"size={DISK_KIB}k", "musterd-test", server.data)
    server.add_profile("demo", "demo")
    server.add_host("n1", MAC, "demo")
    server.import_image(write_small_image(folder / "image", 1 << 16, 1 << 17), "demo")
    server.start()
    checks.equal("healthz says ok", server.get("/healthz"), (200, b"ok\n"))
    rubbish = server.data / "rubbish"
    fill(rubbish)
    boots = []
    for _ in range(400):  # until the log needs room that is not there
        boots.append(start_boot(network))
        if b"degraded" in server.get("/healthz")[1]:
            break
    status, text = server.get("/healthz")
    checks.that("a full disk: healthz says so, and is no reason for a restart", status == 200 and b"full" in text, text)
    metrics = server.get("/metrics")[1].decode()
    checks.that("metrics say so", "musterd_journal_failing 1" in metrics, metrics[-300:])
    with Firmwares(network) as firmwares:
        client = firmwares.client(pxe.Kind.BIOS_IPXE, machine_address(1))
        firmwares.discover(client)
        firmwares.listen(3, lambda: bool(client.offers_from(SERVER_ADDRESS)))
        checks.that("a full disk: a host is offered its loader", bool(client.offers_from(SERVER_ADDRESS)))
    boot = start_boot(network)
    boots.append(boot)
    checks.equal("a full disk: a boot begins", len(boot), 26)
    for file in ("kernel", "initrd", "overlay"):
        checks.equal(f"a full disk: {file} is served", curl(network, f"/boot/{boot}/{file}", "-o", "/dev/null")[0], 200)
    for attempt in ("first", "second"):
        status, text = curl(network, f"/boot/{boot}/up", "-d", "hostname=n")
        checks.that(f"a full disk: the {attempt} `up` is no receipt, but an invitation to say it again",
                    status == 503 and "not yet kept" in text, f"{status} {text}")
    checks.equal("a full disk: the roll knows that it is up", server.host("n1")["stage"], "up")
    rubbish.unlink()
    wait_until(lambda: server.get("/healthz")[1] == b"ok\n", 10, "it recovers by itself")
    checks.equal("room again: `up` has its receipt", curl(network, f"/boot/{boot}/up", "-d", "hostname=n")[0], 200)
    before = server.events()
    server.kill()
    checks.that("the log said when it began and ended", all(
        words in server.log.read_text() for words in ("journal cannot be written", "journal is written again")))
    server.start()
    checks.equal("every event is there after a kill", server.events()[: len(before)], before)
    kinds = [event["kind"] for event in before]
    checks.that("the alarm is two events", kinds.count("journal_failing") == 1 and kinds.count("journal_recovered") == 1)
    kept = [event["boot"] for event in before if event["kind"] == "boot_started"]
    checks.equal("every boot that began is there once, in order", kept, boots)
    server.stop()


def two_servers(checks: Checks, lifetime: Lifetime, server: Server, folder: Path) -> None:
    server.start()
    second = Process(lifetime, "second", [server.binary, "serve", "--config", server.configuration], folder / "second.log")
    checks.equal("a second server on the same data_dir ends with 1", second.wait(20), 1)
    checks.that("and says who is there", "in use by another musterd" in second.output(), second.output())
    refused = server.ask("journal", "import", str(folder / "musterd.toml"))
    checks.that("an import beside a running server is refused", refused.code == 1 and "in use" in refused.errors, refused)
    exported = server.ask("journal", "export", str(folder / "events.jsonl"))
    checks.equal("an export beside it is not", exported.code, 0)
    checks.equal("the first goes on", server.get("/healthz")[0], 200)
    server.stop()
    refused = server.ask("journal", "import", str(folder / "events.jsonl"))
    checks.that("an import over a journal is refused", refused.code == 1 and "has events already" in refused.errors, refused)
    checks.equal("a journal that is whole is said to be", server.ask("journal", "check").code, 0)


def damaged(checks: Checks, lifetime: Lifetime, network: Network, server: Server, folder: Path) -> None:
    server.start()
    for _ in range(20):
        start_boot(network)
    server.kill()
    log = server.data / "state.db-wal"
    data = bytearray(log.read_bytes())
    frame = 24 + 4096
    at = 32 + frame * ((len(data) - 32) // frame // 2) + 200
    data[at] ^= 0x10
    log.write_bytes(data)
    server.start()
    assert server.process
    said = server.process.output()
    copies = list(server.data.glob("state.db-wal.damaged-*"))
    checks.that("a damaged log is said, with where it is kept", "is damaged at byte" in said and len(copies) == 1
                and str(copies[0]) in said, said[:500])
    checks.equal("what is kept is what was there", copies[0].read_bytes() if copies else b"", bytes(data))
    for _ in range(400):
        start_boot(network)
    server.stop()

    file = server.data / "state.db"
    pages = bytearray(file.read_bytes())
    before = len(server.must("journal", "export").output.splitlines())
    run("python3", "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('UPDATE kept_roll_at SET "
        "version = 0'); c.commit(); c.execute('PRAGMA wal_checkpoint(TRUNCATE)')", file)
    pages = bytearray(file.read_bytes())
    root = pages.find(b"CREATE TABLE event")
    assert root > 0
    middle = len(pages) // 4096 // 2 * 4096
    pages[middle : middle + 4096] = b"\xa5" * 4096
    file.write_bytes(pages)
    process = server.launch()
    ended = False
    try:
        ended = process.wait(8) == 1
    except subprocess.TimeoutExpired:
        server.stop()
    said = process.output()
    checks.that("a damaged database: the start names the cure, or does without what is damaged",
                CURE in said if ended else "ready in" in said, said[-500:])
    checked = server.ask("journal", "check")
    checks.that("`journal check` finds the damage and names the cure", checked.code == 1 and CURE in checked.errors, checked)
    saved = folder / "saved.jsonl"
    exported = server.ask("journal", "export", str(saved))
    checks.that("`journal export` saves the rest and tells what not", bool(exported.errors) or exported.code == 0, exported)
    for part in server.data.glob("state.db*"):
        part.rename(folder / part.name)
    server.must("journal", "import", str(saved))
    server.start()
    after = len(server.events())
    checks.that("and with it the server starts", before // 2 < after, f"{after} of {before} events")
    checks.equal("and serves", len(start_boot(network)), 26)
    server.stop()


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    network = Network(lifetime)
    full_disk(checks, lifetime, network, folder / "full", binary)
    server = Server(lifetime, network, folder, binary)
    server.add_profile("demo", "demo")
    server.add_host("n1", MAC, "demo")
    server.import_image(write_small_image(folder / "image", 1 << 16, 1 << 17), "demo")
    two_servers(checks, lifetime, server, folder)
    damaged(checks, lifetime, network, server, folder)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
