#!/usr/bin/env python3
"""How long imports take beside `sha256sum` of the same bytes and `cp` of them, in the same run: at most 1.2 times as
long; and the memory that they take, at 4 GiB too: under 64 MB."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402

ROUNDS = 3
MEBIBYTES = 1024
TIMES_LIMIT, MEMORY_LIMIT_MB = 1.2, 64
INSTALLER = Path("/usr/lib/debian-installer/images/12")


def noise(path: Path, mebibytes: int) -> None:
    """Bytes without a pattern, the same MiB over and over."""
    block = os.urandom(1 << 20)
    with path.open("wb") as file:
        for _ in range(mebibytes):
            file.write(block)


def installer(architecture: str) -> Path:
    return INSTALLER / architecture / "text" / "debian-installer" / architecture


def seconds(words: list[str]) -> tuple[float, float]:
    """Of a command that must end well: how long it took, and its memory in MB."""
    begin = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return took, usage.ru_maxrss * 1024 / 1e6


def bfb(path: Path, filler: bytes) -> None:
    """A bundle for BlueField-2 (bluefield.md 1.1): firmware, arguments, a kernel and an initramfs that is most of it."""
    parts = [
        (1, 1, b"bl2 of BlueField-2"),
        (59, 0, b"console=hvc0 initrd=initramfs"),
        (62, 0, (installer("arm64") / "linux").read_bytes()),
        (63, 0, (installer("arm64") / "initrd.gz").read_bytes() + filler),
    ]
    following = sum(1 << number for number, _, _ in parts)
    with path.open("wb") as file:
        for number, version, content in parts:
            following &= ~(1 << number)
            padded = content + bytes(-len(content) % 8)
            word = 0x13026642 | 1 << 32 | 2 << 36 | version << 48 | 3 << 52 | number << 56
            file.write(struct.pack("<QIIQ", word, len(content), zlib.crc32(padded), following) + padded)


def casper_iso(path: Path, folder: Path, filler: Path) -> None:
    casper = folder / "casper"
    casper.mkdir(parents=True)
    shutil.copy(installer("amd64") / "linux", casper / "vmlinuz")
    shutil.copy(installer("amd64") / "initrd.gz", casper / "initrd")
    layer = casper / "ubuntu-server-minimal.squashfs"
    with layer.open("wb") as file:
        file.write(b"hsqs")
        with filler.open("rb") as rest:
            shutil.copyfileobj(rest, file, 1 << 20)
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-iso-level", "3", "-o", path, folder], check=True, capture_output=True)
    shutil.rmtree(folder)


def sources(folder: Path) -> dict[str, tuple[Path, Path]]:
    """What is imported, and a file of as many bytes for sha256sum and cp."""
    plain = folder / "plain"
    plain.mkdir()
    for name in ("linux", "initrd.gz"):
        shutil.copy(installer("amd64") / name, plain / name)
    filler = plain / "root.squashfs"
    noise(filler, MEBIBYTES)
    iso, bundle, archive = folder / "u.iso", folder / "b.bfb", folder / "plain.tar"
    casper_iso(iso, folder / "casper", filler)
    bfb(bundle, filler.read_bytes()[: 900 << 20])
    subprocess.run(["tar", "-C", plain, "-cf", archive, "."], check=True)
    return {"folder": (plain, filler), "iso": (iso, iso), "bfb": (bundle, bundle), "tar": (archive, archive)}


def story(checks: Checks, _: Lifetime, folder: Path, binary: Path) -> None:
    config = folder / "musterd.toml"
    data = folder / "data"
    config.write_text(f'data_dir = "{data}"\n')

    def take(source: Path) -> tuple[float, float]:
        shutil.rmtree(data, ignore_errors=True)
        return seconds([str(binary), "image", "import", str(source), "--name", "x", "--config", str(config)])

    for what, (source, same_bytes) in sources(folder).items():
        ratios, memory = [], 0.0
        for _ in range(ROUNDS):
            digest, _ = seconds(["sha256sum", str(same_bytes)])
            copy, _ = seconds(["cp", str(same_bytes), str(folder / "copy")])
            (folder / "copy").unlink()
            took, memory = take(source)
            ratios.append(took / (digest + copy))
        print(f"bench import {what}: {took:.1f} s for {same_bytes.stat().st_size / 1e6:.0f} MB, sha256sum {digest:.1f} s, cp {copy:.1f} s: {median(ratios):.2f} of both (limit {TIMES_LIMIT}), {memory:.0f} MB")
        checks.that(f"import of a {what} takes at most {TIMES_LIMIT} times as long as sha256sum and cp", median(ratios) <= TIMES_LIMIT, ratios)
        checks.that(f"import of a {what} takes under {MEMORY_LIMIT_MB} MB", memory < MEMORY_LIMIT_MB, memory)
    filler = folder / "plain" / "root.squashfs"
    filler.unlink()
    with filler.open("wb") as file:
        file.truncate(4 << 30)
    took, memory = take(folder / "plain")
    print(f"bench import of 4 GiB: {took:.1f} s, {memory:.0f} MB (limit {MEMORY_LIMIT_MB} MB)")
    checks.that(f"an import of 4 GiB takes under {MEMORY_LIMIT_MB} MB", memory < MEMORY_LIMIT_MB, memory)
    shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
