#!/usr/bin/env python3
"""How soon an empty configuration serves, and what the server takes while nobody asks: must be under 200 ms and 25 MB."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from statistics import median
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import Network  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.server import Server  # noqa: E402

STARTS = 5
START_LIMIT_MS, RSS_LIMIT_MB = 200, 25


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    assert found, status
    return int(found[1]) * 1024 / 1e6


def start_ms(server: Server) -> float:
    """From the start of the process to the first answer to GET /healthz, connection included."""
    begin = monotonic()
    server.launch()
    wait_until(server.healthy, 10, "it answers", interval=0.002)
    return (monotonic() - begin) * 1000


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    server = Server(lifetime, Network(lifetime), folder, binary)
    took: list[float] = []
    for _ in range(STARTS):
        took.append(start_ms(server))
        assert server.process
        rss = resident_mb(server.process.pid)
        checks.equal("it stops in order", server.stop(), 0)
    print(f"bench start-up to the first answer: {median(took):.0f} ms (median of {STARTS}; slowest {max(took):.0f} ms; limit {START_LIMIT_MS} ms)")
    print(f"bench idle resident memory: {rss:.1f} MB (limit {RSS_LIMIT_MB} MB)")
    checks.that(f"start-up under {START_LIMIT_MS} ms", median(took) < START_LIMIT_MS, f"{median(took):.0f} ms")
    checks.that(f"idle memory under {RSS_LIMIT_MB} MB", rss < RSS_LIMIT_MB, f"{rss:.1f} MB")


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
