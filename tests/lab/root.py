"""The lab's diskless root: Debian with systemd and cloud-init as a squashfs, with its kernel, and an initrd of
initramfs-tools that fetches the root over HTTP (`root=squash:URL`) and lays a tmpfs over it (`overlayroot=tmpfs`, by
Debian's package of that name, which is Ubuntu's).

Made by mmdebstrap from the sources that this computer's own apt has: two minutes, once for each recipe.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab.iso import make_iso
from lab.processes import LabError, run

_RECIPE = Path(__file__).parent / "root"
_PACKAGES = ("systemd-sysv", "udev", "dbus", "cloud-init", "netplan.io", "linux-image-cloud-amd64",
             "initramfs-tools", "busybox", "overlayroot", "iproute2")
_UNWANTED = ("doc", "man", "locale", "info")
# Where each of the recipe's files goes; the package linux-image-… makes its initrd with them.
_INITRAMFS = {"fetch-root": "scripts/init-premount/fetch-root", "squash": "scripts/squash", "casper": "scripts/casper",
              "hook": "hooks/squash-root"}
_NOT_SERVED = ("boot", "var/lib/apt/lists", "var/cache/apt", "var/cache/debconf", "var/log", "etc/hostname",
               "etc/resolv.conf")


def build_root(cache: Path) -> Path:
    """A folder with `vmlinuz`, `initrd.img` and `root.squashfs`, for `musterd image import`."""
    folder = cache / f"root-{_recipe_digest()}"
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / "root.lock"):
        if folder.exists():
            return folder
        scratch = Path(tempfile.mkdtemp(prefix=".root-", dir=cache))
        try:
            scratch.chmod(0o755)
            _build(scratch / "tree", scratch / "made")
            os.rename(scratch / "made", folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return folder


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Two programs that want the same root at once: one makes it."""
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def root_iso(image: Path, iso: Path) -> Path:
    """The same as an ISO in the shape of Ubuntu's live ones."""
    return make_iso({"casper/vmlinuz": image / "vmlinuz", "casper/initrd": image / "initrd.img",
                     "casper/filesystem.squashfs": image / "root.squashfs"}, iso)


def _recipe_digest() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(_RECIPE.iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _build(tree: Path, made: Path) -> None:
    for program in ("mmdebstrap", "mksquashfs"):
        if not shutil.which(program):
            raise LabError(f"{program} is missing: run `deploy/setup lab`")
    hooks = [f"--essential-hook=mkdir -p $1/etc/initramfs-tools/{Path(place).parent} && "
             f"install -m 755 '{_RECIPE / name}' $1/etc/initramfs-tools/{place}" for name, place in _INITRAMFS.items()]
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", "--format=directory",
               f"--include={','.join(_PACKAGES)}", '--aptopt=Acquire::Languages "none"',
               '--aptopt=APT::Install-Recommends "false"', *_proxies(),
               *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in _UNWANTED), *hooks,
               "--customize-hook=chroot $1 systemctl enable systemd-networkd", "bookworm", str(tree), "-"]
    done = subprocess.run(command, input=_sources(), capture_output=True, text=True, timeout=560, check=False)
    if done.returncode != 0:
        raise LabError(f"mmdebstrap ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    made.mkdir()
    for pattern, name in (("vmlinuz-*", "vmlinuz"), ("initrd.img-*", "initrd.img")):
        shutil.copyfile(next((tree / "boot").glob(pattern)), made / name)
    for unwanted in _NOT_SERVED:
        place = tree / unwanted
        if place.is_dir():
            shutil.rmtree(place)
            place.mkdir()
        else:
            place.unlink(missing_ok=True)
    (tree / "etc" / "machine-id").write_text("")
    run("mksquashfs", tree, made / "root.squashfs", "-comp", "zstd", "-Xcompression-level", "3", "-noappend",
        "-no-progress", "-quiet", timeout=200)


def _sources() -> str:
    """Debian's package sources as apt has them here, a line each, whatever form they are written in."""
    lines = run("apt-get", "indextargets", "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)",
                "Created-By: Packages", "Origin: Debian", timeout=120).splitlines()
    if not lines:
        raise LabError("apt has no package lists of Debian: run `deploy/setup lab`, or apt-get update")
    return "".join(f"{line}\n" for line in dict.fromkeys(lines))


def _proxies() -> list[str]:
    known = run("apt-config", "dump", "--format", "%f=%v%n")
    pairs = (line.partition("=") for line in known.splitlines())
    return [f'--aptopt={name} "{value}"' for name, _, value in pairs
            if name.startswith("Acquire::http") and name.endswith("Proxy") and value]
