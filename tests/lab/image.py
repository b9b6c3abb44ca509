"""The lab's bootable images: Debian's installer kernel and a small initrd of busybox that phones home, for amd64,
arm64 and armhf.

Same packages, same bytes: nothing of time, order or owner gets into it. Kept in a cache folder under the name of
what went into it, so it is built once.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab import archive
from lab.processes import LabError

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class _Source:
    """What an image of one architecture is made of."""

    architecture: str
    busybox: Path
    modules: tuple[str, ...]
    kernel: str = "linux"  # its name in Debian's package

    @property
    def installer(self) -> Path:
        images = Path("/usr/lib/debian-installer/images/12")
        return images / self.architecture / "text" / "debian-installer" / self.architecture

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.busybox, self.installer / self.kernel, self.installer / "initrd.gz")


_FOREIGN = _HERE.parents[1] / "build" / "foreign"
_SOURCES = {
    "amd64": _Source("amd64", Path("/bin/busybox"), ("virtio_pci", "virtio_net", "e1000", "8139cp")),
    # Unpacked by deploy/setup, since another architecture's package does not install here.
    "arm64": _Source("arm64", _FOREIGN / "arm64/bin/busybox", ("virtio_pci", "virtio_net")),
    "armhf": _Source("armhf", _FOREIGN / "armhf/bin/busybox", ("virtio_pci", "virtio_net"), kernel="vmlinuz"),
}


def build_image(cache: Path, padding_mib: int = 0, architecture: str = "amd64") -> Path:
    """A folder with `linux` and `initrd.gz`, for `musterd image import`.

    padding_mib: incompressible bytes in the initrd, for tests that need its download to take a while.
    """
    source = _SOURCES[architecture]
    for needed in source.files:
        if not needed.exists():
            raise LabError(f"{needed} is missing: run `deploy/setup lab`")
    folder = cache / f"image-{_recipe_digest(source, padding_mib)}"
    if (folder / "initrd.gz").exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".image-", dir=cache))
    try:
        shutil.copyfile(source.installer / source.kernel, scratch / "linux")
        (scratch / "initrd.gz").write_bytes(_initrd(source, padding_mib))
        scratch.chmod(0o755)
        try:
            os.rename(scratch, folder)
        except OSError:  # another run was first: its bytes are the same
            if not (folder / "initrd.gz").exists():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _recipe_digest(source: _Source, padding_mib: int) -> str:
    digest = hashlib.sha256(str(padding_mib).encode())
    for file in (_HERE / "init.sh", _HERE / "udhcpc.sh", Path(__file__), _HERE / "archive.py", *source.files):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _initrd(source: _Source, padding_mib: int) -> bytes:
    modules = _modules_in_load_order(source)
    entries = [archive.directory(name) for name in ("bin", "dev", "lab", "proc", "run", "sys")]
    entries += [
        archive.file("bin/busybox", source.busybox.read_bytes(), 0o755),
        archive.symlink("bin/sh", "busybox"),
        archive.file("init", (_HERE / "init.sh").read_bytes(), 0o755),
        archive.file("lab/udhcpc.script", (_HERE / "udhcpc.sh").read_bytes(), 0o755),
        archive.file("lab/modules", "".join(f"{name}.ko\n" for name in modules).encode()),
    ]
    entries += [archive.file(f"lab/{name}.ko", data) for name, data in modules.items()]
    if padding_mib:
        noise = hashlib.shake_128(b"musterd lab").digest(padding_mib << 20)
        entries.append(archive.file("lab/padding", noise))
    return gzip.compress(archive.write(entries), compresslevel=1 if padding_mib else 9, mtime=0)


def _modules_in_load_order(source: _Source) -> dict[str, bytes]:
    """The wanted kernel modules and what they depend on, dependencies first, out of the installer's own initrd:
    it is of the same build as the kernel beside it. What is not found there is built into that kernel."""
    contents = gzip.decompress((source.installer / "initrd.gz").read_bytes())
    available = {
        entry.path.rsplit("/", 1)[1].removesuffix(".ko"): entry.data
        for entry in archive.read(contents)
        if entry.path.endswith(".ko")
    }
    ordered: dict[str, bytes] = {}

    def add(name: str) -> None:
        if name in ordered or name not in available:
            return
        listed = re.search(rb"\0depends=([^\0]*)\0", available[name])
        for dependency in listed[1].decode().split(",") if listed else []:
            add(dependency)
        ordered[name] = available[name]

    for name in source.modules:
        if name not in available:
            raise LabError(f"{source.installer}/initrd.gz has no module {name}")
        add(name)
    return ordered
