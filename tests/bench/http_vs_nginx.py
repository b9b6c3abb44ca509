"""Throughput, processor time and fairness of musterd's HTTP beside nginx, in one run on loopback.

    http_vs_nginx.py [SERVER]

Both serve one 1 GiB file from memory, each with one thread that sends, to 1, 16, 128 and 512 clients that throw the bytes
away in the kernel. Rounds alternate between the servers; the best of each counts, because whatever else runs here can
only make one slower. The spread is how much the client that got most has over the one that got least. SERVER is a
program that serves `FOLDER` and prints its port (default: musterd_bench_http, built into build/bench). Measuring takes
under 75 s.
"""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MUSTERD_BENCH_BUILD", ROOT / "build" / "bench"))
FILE_SIZE = 1 << 30
CLIENTS = (1, 16, 128, 512)
ROUNDS = 4
SECONDS = 2.0
# The printed ratios are the result. A check fails only on what noise cannot make: two cores also run the clients, and
# samples of either server were seen to vary twofold when something else ran.
LEAST_SPEED = 0.5
MOST_CPU = 2.0
MOST_SPREAD = 4.0
MOST_MEMORY = 60  # MiB
TICK = os.sysconf("SC_CLK_TCK")

NGINX = """
daemon off; user root; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    sendfile on; tcp_nopush on; tcp_nodelay on; access_log off; keepalive_requests 1000000;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{ listen 127.0.0.1:{port} backlog=1024; root {files}; }}
}}
"""


def build():
    log = BUILD.with_suffix(".log")
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as output:
        launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        configure = ["cmake", "-S", ROOT / "tests" / "bench", "-B", BUILD, "-G", "Ninja", *launcher]
        for command in (configure, ["cmake", "--build", BUILD, "-j", "2"]):
            if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output).returncode != 0:
                sys.exit(f"FAIL the benchmark is built (see {log})")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    end = time.monotonic() + 10
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > end:
            sys.exit(f"FAIL a server listens on port {port}")
        time.sleep(0.01)


def processes(pid):
    """A process and its children."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_seconds(pid):
    """utime + stime, fields 14 and 15 of proc(5)."""
    total = 0
    for one in processes(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


@contextlib.contextmanager
def running(command, **options):
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


def resident(pid):
    """MiB of the process's memory, with what it shares: pages of the file are not in it."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


class Sample(typing.NamedTuple):
    speed: float  # GiB/s
    cpu: float  # seconds of the server for each GiB
    spread: float  # most bytes of a client by the least


def measure(server, clients):
    pid, port = server
    before = cpu_seconds(pid)
    sink = [BUILD / "musterd_bench_sink", str(port), "/file", str(clients), str(SECONDS)]
    done = subprocess.run(sink, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        sys.exit(f"FAIL {clients} clients are served: {done.stderr.strip()}")
    sent, seconds, _files, least, most = done.stdout.split()
    gib = int(sent) / 2**30
    return Sample(gib / float(seconds), (cpu_seconds(pid) - before) / gib, int(most) / max(int(least), 1))


def check(good, what):
    print(f"{'ok' if good else 'FAIL'} {what}")
    return good


def compare(nginx, ours, clients):
    rounds = {"nginx": [], "musterd": []}
    for _ in range(ROUNDS):
        for name, server in (("nginx", nginx), ("musterd", ours)):
            rounds[name].append(measure(server, clients))
    best = {
        name: Sample(max(s.speed for s in samples), min(s.cpu for s in samples), min(s.spread for s in samples))
        for name, samples in rounds.items()
    }
    for name, sample in best.items():
        print(
            f"bench http {clients} clients, {name}: {sample.speed:.2f} GiB/s, {sample.cpu:.3f} CPU s/GiB, "
            f"spread {sample.spread:.2f}"
        )
    speed = best["musterd"].speed / best["nginx"].speed
    cpu = best["musterd"].cpu / best["nginx"].cpu
    spread = best["musterd"].spread
    print(f"bench http {clients} clients, musterd/nginx: throughput {speed:.2f}, CPU {cpu:.2f}")
    return all(
        [
            check(speed >= LEAST_SPEED, f"http to {clients} clients is not far behind nginx ({speed:.2f})"),
            check(cpu <= MOST_CPU, f"http to {clients} clients does not cost far more than nginx ({cpu:.2f})"),
            check(spread <= MOST_SPREAD, f"http gives each of {clients} clients its share ({spread:.2f})"),
        ]
    )


def main():
    build()
    print(f"bench load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    server = sys.argv[1] if len(sys.argv) > 1 else BUILD / "musterd_bench_http"
    with tempfile.TemporaryDirectory(prefix="musterd-bench-") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        files = folder / "files"
        files.mkdir()
        block = os.urandom(1 << 20)
        with (files / "file").open("wb") as file:
            for _ in range(FILE_SIZE >> 20):
                file.write(block)
        port = free_port()
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, files=files))
        nginx = stack.enter_context(running(["nginx", "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]))
        ours = stack.enter_context(running([server, files], stdout=subprocess.PIPE, text=True))
        our_port = int(ours.stdout.readline())
        wait_for(port)
        good = [compare((nginx.pid, port), (ours.pid, our_port), clients) for clients in CLIENTS]
        memory = resident(ours.pid)
        print(f"bench http memory after {CLIENTS[-1]} clients: {memory:.1f} MiB")
        good.append(check(memory < MOST_MEMORY, f"http to {CLIENTS[-1]} clients fits into {MOST_MEMORY} MiB"))
    sys.exit(0 if all(good) else 1)


main()
