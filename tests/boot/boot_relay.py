#!/usr/bin/env python3
"""A diskless machine in another subnet boots end to end: a relay (dnsmasq) hands its requests to the LAN's DHCP server
and to musterd, and all else goes through the router."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.boot_checks import boots  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.machine import Firmware  # noqa: E402
from lab.network import FAR_BRIDGE, FAR_NETWORK  # noqa: E402
from lab.relay import Relay  # noqa: E402
from lab.world import World  # noqa: E402

# EDK2 asks again on port 4011, through the router; iPXE's ROM does not.
MACHINES = (("far-bios", "52:54:00:00:03:01", Firmware.BIOS), ("far-uefi", "52:54:00:00:03:02", Firmware.UEFI))


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary, configuration=f'[dhcp]\nrelays = ["{FAR_NETWORK}"]\n')
    world.network.add_far_subnet()
    Relay(lifetime, world.network, folder)
    for name, mac, _ in MACHINES:
        world.add_host(name, mac)
    world.server.start()
    for name, mac, firmware in MACHINES:
        if boots(checks, world, world.power_on(name, mac, firmware, bridge=FAR_BRIDGE), timeout=150):
            lease = world.lan_lease(mac)
            checks.that("it is in the far subnet", lease is not None and lease.address.startswith("10.56.0."), lease)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
