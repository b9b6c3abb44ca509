#!/usr/bin/env python3
"""musterd runs without root: with no capability but CAP_NET_BIND_SERVICE it serves DHCP, TFTP, HTTP and its CLI."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe, tftp_client  # noqa: E402
from lab.checks import CACHE, Checks, run_program  # noqa: E402
from lab.image import build_image  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS, Network  # noqa: E402
from lab.pxe_client import PROBE_MAC, Firmwares  # noqa: E402
from lab.server import Server  # noqa: E402

NOBODY = 65534
# Changing the user clears the kernel's death signal, so setpriv sets it again: nothing may outlive the run.
_ONLY = "-all,+net_bind_service"
WRAPPER = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", f"--bounding-set={_ONLY}",
           f"--inh-caps={_ONLY}", f"--ambient-caps={_ONLY}", "--no-new-privs", "--pdeathsig=KILL")


def place_for_everyone(lifetime: Lifetime, binary: Path) -> tuple[Path, Path]:
    """A folder outside of anyone's home, and a copy of the binary in it: a clone may lie where only its owner sees."""
    place = Path(tempfile.mkdtemp(prefix="musterd-", dir="/tmp"))
    lifetime.at_end(f"folder {place}", lambda: shutil.rmtree(place, ignore_errors=True))
    place.chmod(0o755)
    return place, Path(shutil.copy(binary, place / "musterd"))


def give_to_nobody(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def capabilities(pid: int) -> tuple[str, int]:
    """User and effective capabilities of a process."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return status["Uid"].split()[1], int(status["CapEff"], 16)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    network = Network(lifetime)
    place, copy = place_for_everyone(lifetime, binary)
    server = Server(lifetime, network, place, copy, wrapper=WRAPPER)
    server.log = folder / "musterd.log"
    server.add_profile("demo", "demo")
    server.import_image(build_image(CACHE), "demo")
    server.add_host("probe", pxe.address_text(PROBE_MAC), "demo")
    give_to_nobody(server.data)
    server.start()
    assert server.process
    checks.equal("it is nobody, with CAP_NET_BIND_SERVICE and no other", capabilities(server.process.pid),
                 (str(NOBODY), 1 << 10))
    with Firmwares(network) as machines:
        checks.that("it makes offers", machines.answered(SERVER_ADDRESS))
    answer = tftp_client.ask(network, tftp_client.read_request(b"undionly.kpxe"))
    checks.that("it serves loaders", answer is not None and answer.opcode is tftp_client.Opcode.DATA, answer)
    checks.equal("root's CLI reaches it", server.host("probe")["name"], "probe")
    checks.equal("it stops in order when asked", server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
