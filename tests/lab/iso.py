"""ISOs in the shape of Ubuntu's live ones, by xorriso."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Mapping
from pathlib import Path

from lab.processes import LabError, run


def make_iso(files: Mapping[str, Path], iso: Path, *options: str | Path) -> Path:
    """files: paths in the ISO, and what stands there. options: more words for xorriso."""
    if not shutil.which("xorriso"):
        raise LabError("xorriso is missing: run `deploy/setup test`")
    maps = [word for place, file in files.items() for word in ("-map", file, f"/{place}")]
    run("xorriso", "-report_about", "WARNING", "-outdev", iso, "-volid", "musterd lab", *maps, *options, timeout=200)
    return iso


def iso_of_image(image: Path, architecture: str, folder: Path) -> Path:
    """The lab's kernel and initrd where casper has them; an arm64 kernel in gzip, as in Ubuntu's ISO for arm64."""
    kernel = image / "linux"
    if architecture == "arm64":
        packed = folder / "vmlinuz.gz"
        packed.write_bytes(gzip.compress(kernel.read_bytes(), compresslevel=1, mtime=0))
        kernel = packed
    return make_iso({"casper/vmlinuz": kernel, "casper/initrd": image / "initrd.gz"}, folder / "lab.iso")
