#!/usr/bin/env python3
"""A journal of a million events, 100,000 of them of one host: how soon the server is there, and how soon it answers.

`musterd journal import` makes the journal. The start that follows has no kept roll and reads all; the next must take
under half a second. What a page or a CLI asks of a host's history must be answered in under 50 ms.
"""

from __future__ import annotations

import datetime
import http.client
import json
import sys
from pathlib import Path
from statistics import median
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS  # noqa: E402
from lab.server import HTTP_PORT, Server  # noqa: E402
from lab.wire import Wire  # noqa: E402

EVENTS, OF_ONE, OTHERS = 1_000_000, 100_000, 1_000
LIMIT_MS, START_LIMIT_MS, ASKED = 50, 500, 9
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BOOT = ("dhcp_offer", "boot_started", "kernel", "initrd", "overlay", "up")
BEGIN = datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC) if hasattr(datetime, "UTC") else \
    datetime.datetime(2026, 11, 20, tzinfo=datetime.timezone.utc)


def boot_id(number: int) -> str:
    text = ""
    for _ in range(12):
        number, digit = divmod(number, 32)
        text = ALPHABET[digit] + text
    return "01KB" + "0" * 10 + text


def line(identity: int, host: str, step: int, boot: int) -> str:
    what = BOOT[step]
    time = (BEGIN + datetime.timedelta(milliseconds=identity * 80)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    event: dict[str, object] = {"id": identity, "time": time, "kind": what, "mac": "52:54:00:00:00:01", "host": host}
    if what != "dhcp_offer":
        event["boot"] = boot_id(boot)
    if what in ("kernel", "initrd", "overlay"):
        event |= {"kind": "file_sent", "address": "10.55.0.100", "file": what, "sent": 8_000_000, "size": 8_000_000,
                  "details": {"milliseconds": "80", "protocol": "http"}}
    return json.dumps(event)


def write_journal(file: Path) -> None:
    """Every tenth event is of the busy host, the others of many; each goes from boot to boot."""
    steps: dict[str, int] = {}
    with file.open("w") as lines:
        for identity in range(1, EVENTS + 1):
            host = "busy" if identity % (EVENTS // OF_ONE) == 0 else f"n{identity * 7919 % OTHERS}"
            step = steps.get(host, 0)
            steps[host] = step + 1
            number = 0 if host == "busy" else int(host[1:]) + 1
            lines.write(line(identity, host, step % len(BOOT), (step // len(BOOT) + 1) * 2048 + number) + "\n")


def start_ms(server: Server) -> float:
    begin = monotonic()
    server.start(timeout=120)
    return (monotonic() - begin) * 1000


def answer_ms(server: Server, network: Wire, path: str) -> tuple[float, int]:
    """The median time of some requests, and how many things were answered."""
    token = (server.data / "token").read_text().strip()
    took, things = [], 0
    for _ in range(ASKED):
        connection = http.client.HTTPConnection(SERVER_ADDRESS, HTTP_PORT)
        connection.sock = network.connect(HTTP_PORT)
        begin = monotonic()
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        body = connection.getresponse().read()
        took.append((monotonic() - begin) * 1000)
        connection.close()
        things = len(json.loads(body))
    return median(took), things


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    network = Wire(lifetime)
    server = Server(lifetime, network, folder, binary)
    server.add_profile("none", "none")
    server.add_host("busy", "52:54:00:00:00:01", "hold")
    journal = folder / "events.jsonl"
    write_journal(journal)
    begin = monotonic()
    server.must("journal", "import", str(journal), timeout=300)
    imported = monotonic() - begin
    size = (server.data / "state.db").stat().st_size / 1e6
    print(f"bench journal import: {EVENTS / imported:,.0f} events/s, {size:.0f} MB for {EVENTS:,} events", flush=True)
    first = start_ms(server)
    server.kill()
    again = start_ms(server)
    print(f"bench start with {EVENTS:,} events: {again:.0f} ms to the first answer (limit {START_LIMIT_MS} ms); "
          f"{first:.0f} ms where no roll is kept", flush=True)
    checks.that(f"a start with {EVENTS:,} events takes under {START_LIMIT_MS} ms", again < START_LIMIT_MS, f"{again:.0f} ms")
    begin = monotonic()
    server.must("journal", "export", str(folder / "out.jsonl"), timeout=300)
    print(f"bench journal export, the server running: {EVENTS / (monotonic() - begin):,.0f} events/s", flush=True)
    same = (folder / "out.jsonl").read_text().count("\n")
    checks.that("an export has every event", same >= EVENTS, same)
    for what, path, least in (("boots of a host", "/api/v1/boots?host=busy", 4), ("a host", "/api/v1/hosts/busy", 1),
                              ("its last boot, explained", "/api/v1/explain/busy", 1),
                              ("its first 1,000 events", "/api/v1/events?host=busy&after=0", 1000),
                              ("1,000 from the middle", f"/api/v1/events?host=busy&after={EVENTS // 2}", 1000),
                              ("1,000 of all hosts", f"/api/v1/events?after={EVENTS // 2}", 1000)):
        took, things = answer_ms(server, network, path)
        print(f"bench history of {OF_ONE:,} events, {what}: {took:.1f} ms (limit {LIMIT_MS} ms)", flush=True)
        checks.that(f"{what}: answered in under {LIMIT_MS} ms", took < LIMIT_MS and things >= least, f"{took:.1f} ms, {things}")


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
