"""Netboot tarballs: the lab's kernel and initrd as Ubuntu packs its own."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

_LINE = "iso-url=http://releases.invalid/server.iso ip=dhcp ---"
_GRUB = f'menuentry "Install Ubuntu Server" {{\n\tlinux linux {_LINE}\n\tinitrd initrd\n}}\n'
_PXELINUX = f"DEFAULT install\nLABEL install\n  KERNEL linux\n  INITRD initrd\n  APPEND root=/dev/ram0 {_LINE}\n"


def tarball_of_image(image: Path, architecture: str, folder: Path) -> Path:
    """ubuntu-VERSION-netboot-ARCH.tar.gz, without its loaders."""
    path = folder / f"ubuntu-lab-netboot-{architecture}.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(image / "linux", f"./{architecture}/linux")
        archive.add(image / "initrd.gz", f"./{architecture}/initrd")
        for name, text in (("grub/grub.cfg", _GRUB), ("pxelinux.cfg/default", _PXELINUX)):
            entry = tarfile.TarInfo(f"./{architecture}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path
