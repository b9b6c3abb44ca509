#!/usr/bin/env python3
"""Imports from a hostile HTTP server, imports that are killed at any moment, a full disk, two imports at once: nothing
half-done is ever seen, and what was fetched is gone on with."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from support.hostile_http import HostileServer  # noqa: E402

INSTALLER = Path("/usr/lib/debian-installer/images/12/amd64/text")
KILLS = 3  # of each source
MOST_TRIES = 30  # some imports are done before they are killed
SEED = 20261121


@dataclass
class Answer:
    code: int
    output: str
    errors: str
    seconds: float


class Musterd:
    """The command with a data folder of its own."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary, self.data = binary, folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "musterd.toml"
        self.config.write_text(f'data_dir = "{self.data}"\n')

    def words(self, *words: str) -> list[str]:
        return [str(self.binary), *words, "--config", str(self.config)]

    def ask(self, *words: str, timeout: float = 120) -> Answer:
        begin = time.monotonic()
        done = subprocess.run(self.words(*words), capture_output=True, text=True, timeout=timeout)
        return Answer(done.returncode, done.stdout, done.stderr, time.monotonic() - begin)

    def fetch(self, source: str, name: str = "x", *more: str) -> Answer:
        return self.ask("image", "import", source, "--name", name, "--timeout", "1s", *more)

    def names(self) -> dict[str, str]:
        return {image["name"]: image["digest"] for image in json.loads(self.ask("image", "list", "--json").output)}

    def left(self, part: str) -> list[str]:
        """Files below images/<part>."""
        place = self.data / "images" / part
        return [str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()] if place.exists() else []


def ignored(folder: str, names: list[str]) -> list[str]:
    """Hundreds of small files of the boot loaders' say nothing here."""
    return [name for name in names if name in ("x86_64-efi", "boot-screens")]


def archive(extra: bytes = b"") -> bytes:
    """Debian's netboot tarball, with the links that it has, but for the loaders' modules."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        tar.add(INSTALLER, arcname=".", filter=lambda member: None if ignored("", [Path(member.name).name]) else member)
        if extra:
            member = tarfile.TarInfo("./extra")
            member.size = len(extra)
            tar.addfile(member, io.BytesIO(extra))
    return out.getvalue()


def urls(checks: Checks, musterd: Musterd, body: bytes) -> None:
    server = HostileServer(body)
    manners = server.manners
    digest = hashlib.sha256(body).hexdigest()
    good = musterd.fetch(server.url("plain/netboot.tar.gz?token=secret"), "good", "--sha256", digest)
    checks.equal("a netboot tarball is imported from a URL", good.code, 0)
    shown = json.loads(musterd.ask("image", "show", "good", "--json").output)
    checks.equal("it is Debian's", (shown["kind"], shown["arch"]), ("debian", "amd64"))
    checks.equal("its source is written down without what may be secret", shown["source"], server.url("plain/netboot.tar.gz"))
    checks.equal("the download is gone", musterd.left("downloads"), [])

    wrong = musterd.fetch(server.url("plain/x"), "wrong", "--sha256", "0" * 64)
    checks.that("another SHA-256 is refused with both", wrong.code == 1 and digest in wrong.errors and "0" * 64 in wrong.errors, wrong)
    checks.equal("and it is gone too", musterd.left("downloads"), [])

    manners.seen.clear()
    cut = musterd.fetch(server.url("cut/x"), "cut")
    ranges = [seen.range for seen in manners.seen]
    checks.that("a server that hangs up is asked for the rest", cut.code == 0 and len(ranges) == 3 and ranges[0] == "" and ranges[1] == f"bytes={len(body) // 3 + 1}-", (cut, ranges))
    checks.that("unless the file changed", all(seen.if_range == '"v1"' for seen in manners.seen[1:]), manners.seen)

    dying = musterd.fetch(server.url("dying/x"), "dying")
    checks.that("a server that dies: says how much is kept", dying.code == 1 and "the server answers 503" in dying.errors and "are kept" in dying.errors, dying)
    checks.that("no name leads to it", "dying" not in musterd.names())
    manners.dead = False
    manners.seen.clear()
    healed = musterd.fetch(server.url("dying/x"), "dying")
    checks.that("the next import goes on from there", healed.code == 0 and manners.seen[0].range == f"bytes={len(body) // 2}-", (healed, manners.seen))

    for way, what, words in (
        ("stall", "a server that stalls", "sends nothing any more"),
        ("mute", "a server that never answers", "sends nothing any more"),
        ("lie", "a server that announces more than it sends", "bytes remaining to read"),
        ("wrongrange", "a server that answers another range", "another range than was asked for"),
        ("loop", "a server that redirects in a loop", "Maximum (5) redirects followed"),
        ("file", "a server that redirects to a file", "Protocol \"file\""),
        ("nothing", "a file that is not there", "the server answers 404"),
    ):
        said = musterd.fetch(server.url(f"{way}/x"), "bad")
        checks.that(f"{what}: one clear line, exit code 1", said.code == 1 and words in said.errors and len(said.errors.splitlines()) == 1, said)
    checks.that("none of them has a name", "bad" not in musterd.names())

    changing = musterd.fetch(server.url("changing/x"), "changing")
    checks.equal("a file that changes between two attempts is fetched anew", changing.code, 0)
    hops = musterd.fetch(server.url("hop/3/x"), "hops")
    checks.equal("three redirections are followed", hops.code, 0)
    refused = musterd.fetch("http://127.0.0.1:1/x", "refused")
    checks.that("nobody there: a clear line", refused.code == 1 and "connect to" in refused.errors and len(refused.errors.splitlines()) == 1, refused)
    digests = {musterd.names()[name] for name in ("good", "cut", "dying", "changing", "hops")}
    checks.equal("all ways led to the same image", len(digests), 1)
    checks.equal("the spool is empty", musterd.left("spool"), [])
    server.stop()


def iso(folder: Path, content: Path) -> Path:
    made = folder / "small.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", str(made), str(content)], check=True, capture_output=True)
    return made


def killed(checks: Checks, musterd: Musterd, what: str, source: str, old: Path, dice: random.Random) -> None:
    """Kills imports of `source` at random moments. The last step of one may just be done: the name leads to the whole new
    image then."""
    timed = musterd.fetch(source, "timing")
    checks.equal(f"{what} is imported", timed.code, 0)
    died = wrong = 0
    longest = timed.seconds
    for _ in range(MOST_TRIES):
        if died == KILLS:
            break
        musterd.fetch(str(old), "victim")
        before = musterd.names()
        process = subprocess.Popen(musterd.words("image", "import", source, "--name", "victim"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0, longest))
        process.kill()
        survived = process.wait() == 0
        died += not survived
        # What is in the store already is not copied again, so later imports are quicker than the first.
        longest *= 0.7 if survived else 1
        after = musterd.names()
        whole = after in (before, before | {"victim": before["timing"]})
        wrong += not whole or musterd.ask("image", "verify", "victim").code != 0
    checks.that(f"{what}, killed {died} times: each time the name leads to a whole image", died == KILLS and wrong == 0, (died, wrong))


def gone_on_with(checks: Checks, musterd: Musterd, server: HostileServer) -> None:
    source = server.url("plain/y")
    downloads = musterd.data / "images" / "downloads"
    others = set(downloads.rglob("data"))  # what was killed before
    process = subprocess.Popen(musterd.words("image", "import", source, "--name", "after"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parts = lambda: set(downloads.rglob("data")) - others  # noqa: E731
    wait_until(lambda: any(path.stat().st_size > 1 << 20 for path in parts()), 30, "a part is fetched", interval=0.01)
    process.kill()
    process.wait()
    server.manners.seen.clear()
    after = musterd.fetch(source, "after")
    resumed = server.manners.seen[0].range.startswith("bytes=")
    checks.that("a download that was killed is gone on with", after.code == 0 and resumed, (after, server.manners.seen))


def kills(checks: Checks, musterd: Musterd, folder: Path, body: bytes) -> None:
    dice = random.Random(SEED)
    server = HostileServer(body)
    server.manners.slow = 0.01
    plain = folder / "folder"
    shutil.copytree(INSTALLER, plain, ignore=ignored)
    (plain / "filler").write_bytes(dice.randbytes(8 << 20))
    packed = folder / "netboot.tar.gz"
    packed.write_bytes(archive(b"another"))
    sources = {"a folder": str(plain), "an archive": str(packed), "an ISO": str(iso(folder, plain)), "a URL": server.url("plain/x")}
    for what, source in sources.items():
        killed(checks, musterd, what, source, folder.parent / "old", dice)
    gone_on_with(checks, musterd, server)
    musterd.fetch(sources["a URL"], "last")
    checks.equal("what the killed ones left in the spool is gone", musterd.left("spool"), [])
    checks.equal("and of the downloads too", musterd.left("downloads"), [])
    server.stop()


def full_disk(checks: Checks, binary: Path, folder: Path, source: Path) -> None:
    """A file system of 24 MB, mounted where only this process sees it."""
    musterd = Musterd(binary, folder)
    musterd.data.mkdir()
    script = (
        f"mount -t tmpfs -o size=24m none {musterd.data} && "
        f"{' '.join(musterd.words('image', 'import', str(source), '--name', 'big'))}; echo code $?; "
        f"find {musterd.data} -type f"
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=120)
    checks.that("a full disk: says so and what to do", "No space left on device; make room there" in done.stderr, done)
    checks.equal("a full disk: exit code 1, and no file is left", done.stdout.split(), ["code", "1"])


def at_once(checks: Checks, musterd: Musterd, one: Path, other: Path) -> None:
    both = [subprocess.Popen(musterd.words("image", "import", str(source), "--name", "twin"), stdout=subprocess.DEVNULL) for source in (one, other)]
    checks.equal("two imports of one name at once both end well", [process.wait(120) for process in both], [0, 0])
    history = (musterd.data / "images" / "names" / "twin").read_text().splitlines()
    checks.equal("both are in its history", len(history), 2)
    checks.equal("what the name leads to is whole", musterd.ask("image", "verify", "twin").code, 0)
    checks.equal("and can be rolled back", musterd.ask("image", "rollback", "twin").code, 0)
    bad = musterd.fetch(str(one), "two\nlines")
    checks.that("a name with a newline is refused", bad.code == 1 and "is not an image name" in bad.errors, bad)


def story(checks: Checks, _: Lifetime, folder: Path, binary: Path) -> None:
    body = archive()
    old = folder / "old"
    old.mkdir()
    installer = INSTALLER / "debian-installer" / "amd64"
    for name in ("linux", "initrd.gz"):
        shutil.copy(installer / name, old / name)
    urls(checks, Musterd(binary, folder / "urls"), body)
    (folder / "kills").mkdir()
    kills(checks, Musterd(binary, folder / "kills"), folder / "kills", body)
    full_disk(checks, binary, folder / "full", old)
    at_once(checks, Musterd(binary, folder / "twins"), old, folder / "kills" / "folder")


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
