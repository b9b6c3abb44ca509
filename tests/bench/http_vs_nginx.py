"""Throughput and processor time of musterd's HTTP beside nginx, in one run on loopback.

    http_vs_nginx.py [SERVER]

Both serve one 256 MiB file from the page cache, each with one thread that sends, to 1, 16 and 128 clients that throw the
bytes away in the kernel. Rounds alternate between the servers; the best of each counts, because whatever else runs here
can only make one slower. SERVER is a program that serves `FOLDER` and prints its port (default: musterd_bench_http,
built into build/bench). Measuring takes under 50 s.
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

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MUSTERD_BENCH_BUILD", ROOT / "build" / "bench"))
FILE_SIZE = 256 << 20
CLIENTS = (1, 16, 128)
ROUNDS = 4
SECONDS = 1.8
# The printed ratios are the result. A check fails only on what noise cannot make: two cores also run the clients, and
# samples of either server were seen to vary twofold when something else ran.
LEAST_SPEED = 0.5
MOST_CPU = 2.0
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


def measure(server, clients):
    """Throughput in GiB/s, and the server's processor seconds for each GiB."""
    pid, port = server
    before = cpu_seconds(pid)
    sink = [BUILD / "musterd_bench_sink", str(port), "/file", str(clients), str(SECONDS)]
    done = subprocess.run(sink, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        sys.exit(f"FAIL {clients} clients are served: {done.stderr.strip()}")
    sent, seconds, _files = done.stdout.split()
    gib = int(sent) / 2**30
    return gib / float(seconds), (cpu_seconds(pid) - before) / gib


def compare(nginx, ours, clients):
    best = {"nginx": [0.0, 1e9], "musterd": [0.0, 1e9]}
    for _ in range(ROUNDS):
        for name, server in (("nginx", nginx), ("musterd", ours)):
            speed, cpu = measure(server, clients)
            best[name] = [max(best[name][0], speed), min(best[name][1], cpu)]
    for name, (speed, cpu) in best.items():
        print(f"bench http {clients} clients, {name}: {speed:.2f} GiB/s, {cpu:.3f} CPU s/GiB")
    speed = best["musterd"][0] / best["nginx"][0]
    cpu = best["musterd"][1] / best["nginx"][1]
    print(f"bench http {clients} clients, musterd/nginx: throughput {speed:.2f}, CPU {cpu:.2f}")
    print(f"{'ok' if speed >= LEAST_SPEED else 'FAIL'} http to {clients} clients is not far behind nginx ({speed:.2f})")
    print(f"{'ok' if cpu <= MOST_CPU else 'FAIL'} http to {clients} clients does not cost far more than nginx ({cpu:.2f})")
    return speed >= LEAST_SPEED and cpu <= MOST_CPU


def main():
    build()
    print(f"bench load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    server = sys.argv[1] if len(sys.argv) > 1 else BUILD / "musterd_bench_http"
    with tempfile.TemporaryDirectory(prefix="musterd-bench-") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        files = folder / "files"
        files.mkdir()
        (files / "file").write_bytes(os.urandom(1 << 20) * (FILE_SIZE >> 20))
        port = free_port()
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, files=files))
        nginx = stack.enter_context(running(["nginx", "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]))
        ours = stack.enter_context(running([server, files], stdout=subprocess.PIPE, text=True))
        our_port = int(ours.stdout.readline())
        wait_for(port)
        good = [compare((nginx.pid, port), (ours.pid, our_port), clients) for clients in CLIENTS]
    sys.exit(0 if all(good) else 1)


main()
