#!/usr/bin/env python3
"""What `image list` and `image show` tell of each kind of image: a folder, a NixOS result, a netboot tarball, a live
ISO, the same ISO as a disk, a BFB, a disk image and an EFI program; as text and as JSON."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.bfb import bfb_of_image  # noqa: E402
from lab.checks import CACHE, Checks, run_program  # noqa: E402
from lab.disk import efi_program, make_disk  # noqa: E402
from lab.image import build_image  # noqa: E402
from lab.iso import make_iso  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import Network  # noqa: E402
from lab.server import Server  # noqa: E402
from lab.tarball import tarball_of_image  # noqa: E402

INIT = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-nixos-system-lab-25.11/init"


@dataclass(frozen=True)
class Case:
    name: str
    source: Path
    kind: str
    arch: str
    roles: dict[str, str]  # by path
    args: str = ""
    words: Sequence[str] = ()  # more of the command
    shown: Sequence[str] = ()  # more of what the text says


def nixos(folder: Path, image: Path) -> Path:
    result = folder / "result"
    result.mkdir()
    shutil.copyfile(image / "linux", result / "bzImage")
    shutil.copyfile(image / "initrd.gz", result / "initrd")
    (result / "netboot.ipxe").write_text(
        f"#!ipxe\nkernel bzImage init={INIT} initrd=initrd loglevel=4 ${{cmdline}}\ninitrd initrd\nboot\n")
    return result


def cases(folder: Path) -> list[Case]:
    amd64, arm64 = build_image(CACHE), build_image(CACHE, architecture="arm64")
    squashfs = folder / "root.squashfs"
    squashfs.write_bytes(b"hsqs" + bytes(5000))
    iso = make_iso({"casper/vmlinuz": amd64 / "linux", "casper/initrd": amd64 / "initrd.gz",
                    "casper/filesystem.squashfs": squashfs}, folder / "live.iso")
    disk = make_disk(folder / "firmware.disk", "amd64")
    pair = {"linux": "kernel", "initrd.gz": "initrd"}
    padded = build_image(CACHE, padding_mib=52)  # a NixOS initrd of less has lost its store, and is refused
    return [
        Case("plain", amd64, "linux", "amd64", pair),
        Case("nix", nixos(folder, padded), "nixos", "amd64", {"bzImage": "kernel", "initrd": "initrd"},
             f"init={INIT} loglevel=4"),
        Case("netboot", tarball_of_image(amd64, "amd64", folder), "ubuntu-netboot", "amd64",
             {"amd64/linux": "kernel", "amd64/initrd": "initrd"}, "iso-url=http://releases.invalid/server.iso ip=dhcp"),
        Case("live", iso, "ubuntu", "amd64",
             {"casper/vmlinuz": "kernel", "casper/initrd": "initrd", "live.iso": "root"},
             shown=("casper/vmlinuz (in live.iso)",)),
        Case("whole", iso, "disk", "", {"live.iso": "disk"}, words=("--disk",)),
        Case("dpu", bfb_of_image(arm64, "arm64", folder), "bfb", "arm64", {"Image": "kernel", "initramfs": "initrd"},
             "console=hvc0 console=ttyAMA0", shown=("BF2_UEFI", "4.9.0-lab", "FIRMWARE")),
        Case("rescue", disk, "disk", "", {"firmware.img": "disk"}),
        Case("tool", efi_program(folder, "arm64"), "efi", "arm64", {"boot.efi": "loader"}),
    ]


def check_case(checks: Checks, server: Server, case: Case) -> None:
    server.must("image", "import", str(case.source), "--name", case.name, *case.words, timeout=60)
    image = server.must("image", "show", case.name, "--json").json()
    roles = {image[role]: role for role in ("kernel", "root", "loader", "disk") if image.get(role)}
    roles |= {path: "initrd" for path in image.get("initrds", [])}
    seen = (image["kind"], image["arch"], roles, " ".join(image["args"]))
    checks.equal(f"{case.name}: kind, architecture, roles and arguments", seen,
                 (case.kind, case.arch, case.roles, case.args))
    sizes = {file["path"]: file["size"] for file in image["files"]}
    checks.that(f"{case.name}: what has a role is among its files, with a size", all(sizes.get(path) for path in roles),
                sizes)
    text = server.must("image", "show", case.name).output
    rows = [line.split() for line in text.splitlines()]
    for path, role in case.roles.items():
        checks.that(f"{case.name}: the text says that {path} is the {role}",
                    any(row[:1] == [path] and role in row for row in rows), text)
    for words in (image["digest"], str(case.source), *case.shown):
        checks.that(f"{case.name}: the text has {words[:40]}", words in text, text)
    checks.equal(f"{case.name}: image verify", server.ask("image", "verify", case.name, timeout=60).code, 0)


def check_list(checks: Checks, server: Server, all_cases: list[Case]) -> None:
    listed = {image["name"]: (image["kind"], image["arch"]) for image in server.must("image", "list", "--json").json()}
    checks.equal("image list --json has them all", listed, {case.name: (case.kind, case.arch) for case in all_cases})
    lines = server.must("image", "list").output.splitlines()
    checks.equal("the table has a head and a row for each, by name", [line.split()[0] for line in lines],
                 ["IMAGE", *sorted(case.name for case in all_cases)])
    column = lines[0].index("KIND")
    kinds = {line.split()[0]: line[column:].split()[0] for line in lines[1:]}
    checks.equal("with its kind under KIND", kinds, {case.name: case.kind for case in all_cases})


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    server = Server(lifetime, Network(lifetime), folder, binary)
    all_cases = cases(folder)
    for case in all_cases:
        check_case(checks, server, case)
    check_list(checks, server, all_cases)
    nothing = make_iso({"readme": folder / "root.squashfs"}, folder / "nothing.iso")
    refused = server.ask("image", "import", str(nothing), "--name", "nothing")
    checks.that("an ISO with nothing that we know is refused, and how to take it all the same is said",
                refused.code == 1 and "--disk" in refused.errors, refused)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
