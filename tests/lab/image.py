"""The lab's bootable image: Debian's installer kernel and a small initrd of busybox that phones home.

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
from pathlib import Path

from lab import archive
from lab.processes import LabError

_INSTALLER = Path("/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64")
_BUSYBOX = Path("/bin/busybox")
_WANTED_MODULES = ("virtio_pci", "virtio_net", "e1000", "8139cp")
_HERE = Path(__file__).parent


def build_image(cache: Path, padding_mib: int = 0) -> Path:
    """A folder with `linux` and `initrd.gz`, for `musterd image import`.

    padding_mib: incompressible bytes in the initrd, for tests that need its download to take a while.
    """
    for needed in (_INSTALLER / "linux", _INSTALLER / "initrd.gz", _BUSYBOX):
        if not needed.exists():
            raise LabError(f"{needed} is missing: run `deploy/setup lab`")
    folder = cache / f"image-{_recipe_digest(padding_mib)}"
    if (folder / "initrd.gz").exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".image-", dir=cache))
    try:
        shutil.copyfile(_INSTALLER / "linux", scratch / "linux")
        (scratch / "initrd.gz").write_bytes(_initrd(padding_mib))
        scratch.chmod(0o755)
        try:
            os.rename(scratch, folder)
        except OSError:  # another run was first: its bytes are the same
            if not (folder / "initrd.gz").exists():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _recipe_digest(padding_mib: int) -> str:
    digest = hashlib.sha256(str(padding_mib).encode())
    for source in (_HERE / "init.sh", _HERE / "udhcpc.sh", Path(__file__), _HERE / "archive.py", _BUSYBOX,
                   _INSTALLER / "linux", _INSTALLER / "initrd.gz"):
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _initrd(padding_mib: int) -> bytes:
    modules = _modules_in_load_order()
    entries = [archive.directory(name) for name in ("bin", "dev", "lab", "proc", "run", "sys")]
    entries += [
        archive.file("bin/busybox", _BUSYBOX.read_bytes(), 0o755),
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


def _modules_in_load_order() -> dict[str, bytes]:
    """The wanted kernel modules and what they depend on, dependencies first, out of the installer's own initrd:
    it is of the same build as the kernel beside it. What is not found there is built into that kernel."""
    contents = gzip.decompress((_INSTALLER / "initrd.gz").read_bytes())
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

    for name in _WANTED_MODULES:
        if name not in available:
            raise LabError(f"{_INSTALLER}/initrd.gz has no module {name}")
        add(name)
    return ordered
