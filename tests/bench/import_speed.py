#!/usr/bin/env python3
"""How long imports take beside `sha256sum` of the same bytes and `cp` of them, in the same run: at most 1.2 times as
long; and the memory that they take, for 4 GiB too: under 64 MB."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import bfb  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.iso import make_iso  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.processes import LabError  # noqa: E402

ROUNDS = 3
MEBIBYTES, LARGE_MEBIBYTES = 512, 4096 - 64  # a squashfs of 4 GiB and more is another matter
TIMES_LIMIT, MEMORY_LIMIT_MB = 1.2, 64
INSTALLER = Path("/usr/lib/debian-installer/images/12")


@dataclass(frozen=True)
class Took:
    seconds: float
    memory_mb: float


def installer(architecture: str) -> Path:
    return INSTALLER / architecture / "text" / "debian-installer" / architecture


def noise(path: Path, mebibytes: int, head: bytes = b"") -> Path:
    """Bytes without a pattern, none of its MiB like another."""
    block = bytearray(hashlib.shake_128(b"musterd lab").digest(1 << 20))
    with path.open("wb") as file:
        file.write(head)
        for number in range(mebibytes):
            block[:8] = number.to_bytes(8, "little")
            file.write(block)
    return path


def run(words: list[str], log: Path) -> Took:
    """A command that must end well. Its memory is no less than that of this program when it starts it (execve(2) leaves
    ru_maxrss), so this one must be small."""
    begin = time.monotonic()
    with log.open("wb") as errors:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise LabError(f"{words}: {log.read_text()}")
    return Took(took, usage.ru_maxrss * 1024 / 1e6)


def make_bundle(path: Path, root: Path) -> None:
    path.write_bytes(bfb.write_bfb([
        bfb.Part(bfb.BL2, 1, b"bl2 of BlueField-2"), bfb.Part(bfb.BOOT_ARGS, 0, b"console=hvc0 initrd=initramfs"),
        bfb.Part(bfb.KERNEL, 0, (installer("arm64") / "linux").read_bytes()),
        bfb.Part(bfb.INITRAMFS, 0, (installer("arm64") / "initrd.gz").read_bytes() + root.read_bytes())]))


def sources(folder: Path) -> dict[str, tuple[Path, Path]]:
    """What is imported, and a file of as many bytes for sha256sum and cp."""
    plain = folder / "plain"
    plain.mkdir()
    for name in ("linux", "initrd.gz"):
        shutil.copy(installer("amd64") / name, plain / name)
    root = noise(plain / "root.squashfs", MEBIBYTES, b"hsqs")
    iso = make_iso({"casper/vmlinuz": plain / "linux", "casper/initrd": plain / "initrd.gz",
                    "casper/filesystem.squashfs": root}, folder / "live.iso")
    bundle = folder / "bundle.bfb"
    maker = multiprocessing.get_context("fork").Process(target=make_bundle, args=(bundle, root))  # a large one
    maker.start()
    maker.join()
    archive = folder / "plain.tar"
    subprocess.run(["tar", "-C", plain, "-cf", archive, "."], check=True)
    return {"folder": (plain, root), "live ISO": (iso, iso), "BFB": (bundle, bundle), "tar": (archive, archive)}


def story(checks: Checks, _: Lifetime, folder: Path, binary: Path) -> None:
    config, data, copy, log = folder / "musterd.toml", folder / "data", folder / "copy", folder / "import.log"
    config.write_text(f'data_dir = "{data}"\n')

    def take(source: Path) -> Took:
        shutil.rmtree(data, ignore_errors=True)
        return run([str(binary), "image", "import", str(source), "--name", "x", "--config", str(config)], log)

    def compare(what: str, source: Path, same_bytes: Path) -> None:
        ratios: list[float] = []
        for _ in range(ROUNDS):
            digest = run(["sha256sum", str(same_bytes)], log)
            copied = run(["cp", str(same_bytes), str(copy)], log)
            copy.unlink()
            took = take(source)
            ratios.append(took.seconds / (digest.seconds + copied.seconds))
        size = same_bytes.stat().st_size / 1e6
        print(f"bench import of a {what}, {size:.0f} MB: {took.seconds:.2f} s, {took.memory_mb:.0f} MB; "
              f"sha256sum {digest.seconds:.2f} s, cp {copied.seconds:.2f} s: {median(ratios):.2f} of both "
              f"(limit {TIMES_LIMIT})")
        checks.that(f"import of a {what} takes at most {TIMES_LIMIT} times as long as sha256sum and cp",
                    median(ratios) <= TIMES_LIMIT, ratios)
        checks.that(f"import of a {what} takes under {MEMORY_LIMIT_MB} MB", took.memory_mb < MEMORY_LIMIT_MB, took)

    for what, (source, same_bytes) in sources(folder).items():
        compare(what, source, same_bytes)
    noise(folder / "plain" / "root.squashfs", LARGE_MEBIBYTES, b"hsqs")
    took = take(folder / "plain")
    print(f"bench import of {LARGE_MEBIBYTES / 1024:.1f} GiB: {took.seconds:.1f} s, {took.memory_mb:.0f} MB "
          f"(limit {MEMORY_LIMIT_MB} MB)")
    checks.that(f"an import of 4 GiB takes under {MEMORY_LIMIT_MB} MB", took.memory_mb < MEMORY_LIMIT_MB, took)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
