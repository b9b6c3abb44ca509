#!/usr/bin/env python3
"""deploy/loaders: every loader is gathered, what is missing is said with what it costs, a second run gives the same
bytes, and kill -9 in the middle leaves no half of a file."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import ROOT, Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402

COMMAND = ROOT / "deploy" / "loaders"
IPXE = {"undionly.kpxe", "ipxe.pxe", "snponly.efi", "ipxe.efi"}
SECURE = {"shimx64.efi", "grubx64.efi", "shimaa64.efi", "grubaa64.efi"}
MADE = {f"grub{suffix}-musterd.efi" for suffix in ("ia32", "x64", "arm", "aa64")}
NOT_IN_DEBIAN = {f"grub{suffix}-musterd.efi" for suffix in ("riscv64", "loong64")}
OLD = b"as it was before\n"


def gather(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, folder], env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if file.is_file()}


def in_manifest(folder: Path) -> dict[str, str]:
    lines = (folder / "manifest").read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def said_missing(errors: str) -> set[str]:
    lines = [line.removeprefix("deploy/loaders: no ").split(":")[0] for line in errors.splitlines()]
    return {name for line in lines for name in line.split()}


def check_all(checks: Checks, folder: Path) -> None:
    done = gather(folder)
    checks.equal("it ends with 0", (done.returncode, done.stdout), (0, ""))
    found = digests(folder)
    manifest = found.pop("manifest", "")
    checks.equal("every loader is there and nothing else", set(found) - NOT_IN_DEBIAN, IPXE | SECURE | MADE)
    checks.equal("the manifest names every file with its SHA-256", in_manifest(folder), found)
    checks.equal("what is missing is said", said_missing(done.stderr), NOT_IN_DEBIAN - set(found))
    again = gather(folder)
    checks.equal("a second run gives the same bytes", (again.returncode, digests(folder)),
                 (0, {**found, "manifest": manifest}))
    names = sorted(entry.name for entry in folder.iterdir())
    checks.equal("it leaves nothing else behind", names, sorted([*found, "manifest"]))
    marked = [name for name in MADE if (folder / name).read_bytes().count(b"@musterd-server@" + b"_" * 48) != 1]
    checks.equal("each GRUB of ours has one place for musterd's address", marked, [])


def check_without_packages(checks: Checks, folder: Path) -> None:
    folder.mkdir()
    (folder / "mine.efi").write_bytes(OLD)
    done = gather(folder, FOREIGN=str(folder / "none"))
    there = set(digests(folder)) - {"manifest", "mine.efi"}
    checks.that("iPXE alone is enough", done.returncode == 0 and there >= IPXE, done)
    checks.equal("all that is missing is said", said_missing(done.stderr), (SECURE | MADE | NOT_IN_DEBIAN) - there)
    if not SECURE & there:  # this computer may have Debian's shim installed
        checks.that("the cost is said", "no Secure Boot on amd64" in done.stderr, done.stderr)
    checks.that("other files are kept", (folder / "mine.efi").read_bytes() == OLD)
    before = digests(folder)
    done = gather(folder, IPXE_DIR=str(folder / "none"))
    checks.equal("without iPXE it fails and changes nothing", (done.returncode, digests(folder)), (1, before))
    checks.that("and says what to install", "apt-get install ipxe" in done.stderr, done.stderr)


def check_kill(checks: Checks, folder: Path, whole: dict[str, str]) -> None:
    """Ends the run at times spread over its duration; every file must be as before or as after, whole."""
    begun = monotonic()
    gather(folder)
    duration = monotonic() - begun
    old = hashlib.sha256(OLD).hexdigest()
    seen: set[bool] = set()
    torn: list[str] = []
    for step in range(24):
        for name in whole:
            (folder / name).write_bytes(OLD)
        child = subprocess.Popen([COMMAND, folder], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
        sleep(duration * step / 20)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        now = digests(folder)
        torn += [f"{name} after {step}/20" for name, digest in now.items() if digest not in (old, whole[name])]
        seen |= {digest == old for digest in now.values()}
    checks.equal("killed at 24 moments, each file is whole", torn, [])
    checks.equal("some kills came before the end, some after", seen, {True, False})
    gather(folder)
    checks.equal("the next run heals it", digests(folder), whole)
    checks.equal("and takes away what the killed ones left", list(folder.glob(".*")), [])


def story(checks: Checks, _lifetime: Lifetime, folder: Path, _binary: Path) -> None:
    check_all(checks, folder / "all")
    check_without_packages(checks, folder / "bare")
    check_kill(checks, folder / "killed", digests(folder / "all"))


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
