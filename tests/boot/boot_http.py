#!/usr/bin/env python3
"""A diskless machine boots end to end by UEFI HTTP Boot: OVMF with PXE switched off. Nothing comes by TFTP."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import one_machine  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.machine import Firmware  # noqa: E402
from lab.world import World  # noqa: E402

LOADER = "snponly.efi"


def without_tftp(checks: Checks, world: World) -> None:
    events = world.server.events()
    sent = [(event["file"], event["details"]["protocol"]) for event in events if event["kind"] == "file_sent"]
    checks.that("the loader came by HTTP", (LOADER, "http") in sent, sent)
    by_tftp = [event for event in events if event.get("details", {}).get("protocol") == "tftp"]
    checks.equal("nothing came by TFTP", by_tftp, [])
    clients = [event["details"].get("client") for event in events if event["kind"] == "dhcp_offer"]
    checks.that("it asked as an HTTP Boot client, then as iPXE", clients[:1] == ["HTTP Boot"] and "iPXE" in clients,
                clients)
    asked = {event["kind"] for event in events if event["kind"] == "dhcp_ack"}
    checks.that("it had no need of port 4011", not asked, asked)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", one_machine(Firmware.UEFI_HTTP, timeout=180, after=without_tftp)))
