#!/usr/bin/env python3
"""TFTP of musterd beside dnsmasq, tftpd-hpa and atftpd: one run, one veth, one client, the same file.

    tftp_vs_peers.py

One transfer with blocks of 512 and 1468 bytes, alone and in windows of 16 and 64 where the peer has them; 200
transfers at once; 1000 at once, where failures are what is asked; and musterd's other ways to send. Rounds alternate between the
servers; the best of each counts, because whatever else runs here can only make one slower. Processor time is
the server's and its children's, and with it what the kernel did in their name: sending over a veth is also
receiving on its other side. Fails only when musterd is not half as fast as the best of the peers, or a
transfer of it fails: the ratios are what this is for.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import CACHE, ROOT, Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import remove_leftovers  # noqa: E402
from lab.processes import LabError, Process, run, wait_until  # noqa: E402

BUILD = Path(os.environ.get("MUSTERD_BENCH_BUILD", ROOT / "build" / "bench"))
ADDRESS = "10.56.0.1"
MIB = 1 << 20
TICK = os.sysconf("SC_CLK_TCK")
ROUNDS = 3
LEAST_OF_BEST = 0.5


@dataclass(frozen=True)
class Load:
    """What is asked of each server."""

    name: str
    blksize: int
    windowsize: int
    mebibytes: int
    count: int = 1
    rounds: int = ROUNDS
    seconds: float = 12


@dataclass
class Result:
    """What came of it, the best over rounds."""

    speed: float = 0.0  # MB/s
    cpu: float = 1e9  # s per GiB
    first: float = 0.0  # s, of the round that was fastest
    last: float = 0.0
    failed: int = 0
    windowsize: int = 1

    def take(self, other: Result) -> None:
        if other.speed > self.speed:
            self.speed, self.first, self.last = other.speed, other.first, other.last
        self.cpu = min(self.cpu, other.cpu)
        self.failed += other.failed
        self.windowsize = other.windowsize


SINGLE = (
    Load("blksize 512", 512, 1, 12),
    Load("blksize 1468", 1468, 1, 24),
    Load("blksize 1468 windowsize 16", 1468, 16, 64),
    Load("blksize 1468 windowsize 64", 1468, 64, 64),
)
MANY = (
    Load("200 at once, blksize 1468", 1468, 1, 1, count=200, rounds=2, seconds=15),
    Load("200 at once, blksize 1468 windowsize 16", 1468, 16, 1, count=200, rounds=2, seconds=15),
)
THOUSAND = Load("1000 at once, blksize 1468 windowsize 16", 1468, 16, 1, count=1000, rounds=1, seconds=15)


@dataclass(frozen=True)
class Peer:
    """One server, on port 69 of ADDRESS: one runs at a time."""

    name: str
    command: Sequence[str | Path]
    windows: bool = True  # knows RFC 7440
    forks: bool = False  # a process for each transfer, whose time nobody waits for


def build(folder: Path) -> None:
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    configure = ["cmake", "-S", ROOT / "tests" / "bench", "-B", BUILD, "-G", "Ninja", *launcher]
    targets = ["cmake", "--build", BUILD, "-j", "2", "--target", "musterd_bench_tftp", "musterd_bench_tftp_sink"]
    with (folder / "build.log").open("w") as log:
        for command in (configure, targets):
            if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False).returncode != 0:
                raise LabError(f"the benchmark does not build, see {log.name}")


def tftpd_hpa() -> Path | None:
    """The program out of its package: Debian lets only one of it and atftpd be installed."""
    cache = CACHE / "peers"
    program = cache / "tftpd-hpa" / "usr" / "sbin" / "in.tftpd"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            if not list(cache.glob("tftpd-hpa_*.deb")):
                subprocess.run(["apt-get", "download", "-qq", "tftpd-hpa"], cwd=cache, capture_output=True, timeout=60)
            for package in cache.glob("tftpd-hpa_*.deb"):
                subprocess.run(["dpkg-deb", "-x", package, cache / "tftpd-hpa"], capture_output=True, timeout=30)
    return program if program.exists() else None


class Bench:
    def __init__(self, checks: Checks, lifetime: Lifetime, folder: Path) -> None:
        self.checks = checks
        self.lifetime = lifetime
        self.folder = folder
        self.files = folder / "files"
        self.make_files()
        self.make_network()

    def make_files(self) -> None:
        self.files.mkdir()
        random = os.urandom(MIB)
        for load in (*SINGLE, *MANY, THOUSAND):
            (self.files / f"{load.mebibytes}").write_bytes(random * load.mebibytes)
        for path in (self.files, *self.files.iterdir()):
            path.chmod(0o755)

    def make_network(self) -> None:
        """Two namespaces and a veth, named as the lab's are, so that what a killed run left is removed by the next."""
        remove_leftovers()
        self.server, self.client = (f"mus-{os.getpid()}-{part}" for part in ("boot", "pxe"))
        for namespace in (self.server, self.client):
            self.lifetime.at_end(
                f"namespace {namespace}",
                lambda name=namespace: subprocess.run(["ip", "netns", "delete", name], capture_output=True, timeout=20),
            )
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "link", "add", "eth0", "netns", self.server, "type", "veth", "peer", "name", "eth0",
            "netns", self.client)
        for namespace, address in ((self.server, ADDRESS), (self.client, "10.56.0.2")):
            run("ip", "-n", namespace, "address", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", namespace, "link", "set", "eth0", "up")

    def peers(self) -> list[Peer]:
        ours = BUILD / "musterd_bench_tftp"
        found = [Peer("musterd", [ours, self.files])]
        if shutil.which("dnsmasq"):
            found.append(Peer("dnsmasq", [
                "dnsmasq", "--conf-file=/dev/null", "--no-daemon", "--port=0", "--user=root", "--enable-tftp",
                f"--tftp-root={self.files}", "--tftp-max=2000", f"--listen-address={ADDRESS}", "--bind-interfaces"],
                windows=False))
        hpa = tftpd_hpa()
        if hpa:
            found.append(Peer("tftpd-hpa", [
                hpa, "--foreground", "--address", f"{ADDRESS}:69", "--user", "root", "--secure", self.files],
                windows=False, forks=True))
        atftpd = shutil.which("atftpd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if atftpd:
            found.append(Peer("atftpd", [
                atftpd, "--daemon", "--no-fork", "--user", "root.root", "--bind-address", ADDRESS,
                "--maxthread", "2000", "--verbose=0", "--logfile", self.folder / "atftpd-own.log", self.files]))
        for name in ("dnsmasq", "tftpd-hpa", "atftpd"):
            if all(peer.name != name for peer in found):
                print(f"bench tftp: {name} is not here")
        return found

    @contextlib.contextmanager
    def running(self, peer: Peer) -> Iterator[int]:
        process = Process(self.lifetime, peer.name, peer.command, self.folder / f"{peer.name}.log", self.server)
        try:
            sockets = Path(f"/proc/{process.pid}/net/udp")
            listens = lambda: not process.running() or ":0045 " in sockets.read_text()  # noqa: E731
            wait_until(listens, 10, f"{peer.name} listens", interval=0.01)
            yield process.pid
        finally:
            process.stop()

    def measure(self, peer: Peer, load: Load, pid: int) -> Result:
        before = cpu_seconds(pid)
        length = load.mebibytes * MIB
        command = (
            BUILD / "musterd_bench_tftp_sink", ADDRESS, str(load.mebibytes), str(length), str(load.blksize),
            str(load.windowsize), str(load.count), str(load.seconds))
        interval = 0.02 if load.count == 1 else 0.1
        children = watched_children(pid, interval) if peer.forks else contextlib.nullcontext({})
        with children as seen:
            words = run(*command, namespace=self.client, timeout=load.seconds + 20).split()
        size, first, last, failed = int(words[0]), float(words[1]), float(words[2]), int(words[3])
        cpu = (cpu_seconds(pid) - before + sum(seen.values())) / max(size / 2**30, 1e-9)
        return Result(size / last / 1e6, cpu, first, last, failed, int(words[6]))

    def compare(self, peers: list[Peer], load: Load) -> dict[str, Result]:
        results: dict[str, Result] = {}
        for _ in range(load.rounds):
            for peer in peers:
                if load.count == 1 and load.windowsize > 1 and not peer.windows:
                    continue  # measured without a window already
                with self.running(peer) as pid:
                    result = self.measure(peer, load, pid)
                results.setdefault(peer.name, Result()).take(result)
        return results

    def report(self, load: Load, results: dict[str, Result]) -> None:
        for name, result in results.items():
            window = f" (window {result.windowsize})" if result.windowsize != load.windowsize else ""
            spread = f", first {result.first:.2f} s, last {result.last:.2f} s" if load.count > 1 else ""
            failed = f", {result.failed} failed" if load.count > 1 or result.failed else ""
            print(f"bench tftp {load.name}, {name}{window}: {result.speed:.0f} MB/s, {result.cpu:.2f} CPU s/GiB"
                  f"{spread}{failed}", flush=True)
        ours = results["musterd"]
        peers = {name: result for name, result in results.items() if name != "musterd" and not result.failed}
        if peers:
            ratios = ", ".join(f"{name} {ours.speed / result.speed:.2f}, CPU {ours.cpu / max(result.cpu, 1e-9):.2f}"
                               for name, result in peers.items())
            print(f"bench tftp {load.name}, musterd's throughput over {ratios}", flush=True)
            best = ours.speed / max(result.speed for result in peers.values())
            self.checks.that(f"tftp {load.name} keeps up with the best peer ({best:.2f})", best >= LEAST_OF_BEST)
        self.checks.equal(f"tftp {load.name}: transfers of musterd that failed", ours.failed, 0)


def cpu_seconds(pid: int) -> float:
    """utime and stime, of children that were waited for too: fields 14 to 17 of proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICK


@contextlib.contextmanager
def watched_children(pid: int, interval: float) -> Iterator[dict[int, float]]:
    """The time of children that nobody waits for, so that it is lost when they end: as last seen, each interval.

    In nanoseconds (schedstat), because many take less than one tick.
    """
    seen: dict[int, float] = {}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(interval):
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                with contextlib.suppress(OSError):
                    seen[int(child)] = int(Path(f"/proc/{child}/schedstat").read_text().split()[0]) / 1e9

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def story(checks: Checks, lifetime: Lifetime, folder: Path, _binary: Path) -> None:
    build(folder)
    bench = Bench(checks, lifetime, folder)
    peers = bench.peers()
    for load in (*SINGLE, *MANY):
        bench.report(load, bench.compare(peers, load))
    bench.report(THOUSAND, bench.compare(peers, THOUSAND))
    ours = peers[0]
    ways = [Peer("single port", [*ours.command, "single-port"]), Peer("sendmmsg", [*ours.command, "plain"])]
    for load in (SINGLE[2], MANY[1], THOUSAND):
        for name, result in bench.compare(ways, load).items():
            print(f"bench tftp {load.name}, musterd by {name}: {result.speed:.0f} MB/s, {result.cpu:.2f} CPU s/GiB")
            checks.equal(f"tftp {load.name} by {name}: transfers that failed", result.failed, 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
