#!/usr/bin/env python3
"""musterd doctor finds what stops a boot on real networks, names who does it, and says what to type."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lan import LanDhcpServer  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import LAN_ADDRESS, SERVER_ADDRESS, Network  # noqa: E402
from lab.processes import Process, enter_network_namespace, run, wait_until  # noqa: E402
from lab.server import Answer, Server  # noqa: E402

LISTEN = "1500ms"
PROXY_ADDRESS = "10.55.0.77"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
          "--no-new-privs", "--pdeathsig=KILL")


class Examined:
    """What doctor said, once."""

    def __init__(self, answer: Answer) -> None:
        self.code = answer.code
        self.report = answer.json()
        self.findings: list[dict[str, object]] = self.report["findings"]

    def ids(self, *severities: str) -> list[str]:
        return [str(one["id"]) for one in self.findings if one["severity"] in severities]

    def text_of(self, identifier: str) -> str:
        """All that it says under this id."""
        parts = []
        for one in self.findings:
            if one["id"] == identifier:
                cure = one["cure"]
                assert isinstance(cure, list)
                parts += [str(one["seen"]), str(one["why"]), *map(str, cure)]
        return "\n".join(parts)


class Lab:
    def __init__(self, checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
        self.checks, self.lifetime, self.folder, self.binary = checks, lifetime, folder, binary
        self.network = Network(lifetime)
        self.server = Server(lifetime, self.network, folder, binary)
        self.server.add_profile("demo", "demo")
        self.server.add_host("r640", "52:54:00:00:00:01", "demo")
        self.lan: LanDhcpServer | None = None

    def serve_lan(self, *options: str) -> None:
        """The LAN's DHCP server, with these options of dnsmasq's in place of those that it had."""
        if self.lan:
            self.lan.process.stop()
        self.lan = LanDhcpServer(self.lifetime, self.network, self.folder, options=options)

    def ask(self, *words: str, namespace: str = "", wrapper: Sequence[str] = ()) -> Answer:
        """From musterd's own host, or from another: then without its configuration."""
        here = namespace in ("", self.network.boot)
        command = [*wrapper, str(self.binary), "doctor", "--timeout", LISTEN, *words]
        command += ["--config", str(self.server.configuration)] if here else []
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
            preexec_fn=lambda: enter_network_namespace(namespace or self.network.boot),
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def examine(self, *words: str, namespace: str = "", wrapper: Sequence[str] = ()) -> Examined:
        return Examined(self.ask("--json", *words, namespace=namespace, wrapper=wrapper))

    def examine_from_outside(self) -> Examined:
        return self.examine("--server", SERVER_ADDRESS, namespace=self.network.pxe)

    def finds(self, what: str, seen: Examined, identifier: str, severity: str, *words: str) -> None:
        """That finding, with all these words in it; exit code 1 only with a problem."""
        self.checks.that(f"{what}: {severity} {identifier}", identifier in seen.ids(severity), seen.findings)
        text = seen.text_of(identifier)
        missing = [word for word in words if word not in text]
        self.checks.that(f"{what}: names {', '.join(words)}", not missing, f"without {missing}: {text}")
        problems = bool(seen.ids("problem"))
        self.checks.equal(f"{what}: exit code and ok", (seen.code, seen.report["ok"]), (int(problems), not problems))

    def nothing_else(self, what: str, seen: Examined, *allowed: str) -> None:
        others = [one for one in seen.ids("problem", "warning") if one not in allowed]
        self.checks.equal(f"{what}: nothing else is found", others, [])


def clean(lab: Lab) -> None:
    events = len(lab.server.events())
    started = monotonic()
    seen = lab.examine()
    took = monotonic() - started
    lab.nothing_else("a clean LAN", seen, "configuration-warnings")  # the image is not imported
    lab.checks.equal("a clean LAN: exit code", seen.code, 0)
    wanted = {"configuration", "server", "interface", "ports", "loaders", "lan-dhcp", "offers", "tftp", "http"}
    lab.checks.that("a clean LAN: every check is told", wanted <= set(seen.ids("ok")), seen.ids("ok"))
    for offered in ("undionly.kpxe to BIOS PXE", "snponly.efi to UEFI PXE", "/boot/loader/snponly.efi to UEFI HTTP"):
        lab.checks.that(f"a clean LAN: our offer of {offered}", offered in seen.text_of("offers"), seen.findings)
    lab.checks.that("a clean LAN: who leases", LAN_ADDRESS in seen.text_of("lan-dhcp"), seen.findings)
    lab.checks.that("a clean LAN: done when the time to listen is over", took < 4, took)

    outside = lab.examine_from_outside()
    lab.nothing_else("from another machine", outside)
    lab.checks.equal("from another machine: exit code", outside.code, 0)
    wanted = {"offers", "boot-port", "tftp", "http", "lan-dhcp"}
    lab.checks.that("from another machine: every check is told", wanted <= set(outside.ids("ok")), outside.findings)
    lab.checks.that("from another machine: 4011 names the loader", "snponly.efi" in outside.text_of("boot-port"))

    lab.checks.equal("musterd notes nothing of it", len(lab.server.events()), events)
    assert lab.lan
    lab.checks.equal("no lease was taken", lab.lan.leases(), [])
    text = lab.ask()
    lab.checks.that("for people: one line for each check, and a summary",
                    text.code == 0 and "\nok       offers " in text.output and "\n0 problems" in text.output, text)


def lan_with_boot_options(lab: Lab) -> None:
    lab.serve_lan("--dhcp-boot=evil.kpxe")
    seen = lab.examine()
    routeros = '/ip dhcp-server network set [find address=10.55.0.0/24] !next-server boot-file-name=""'
    lab.finds("dhcp-boot", seen, "lan-boot-file", "problem", LAN_ADDRESS, "evil.kpxe", routeros, "dhcp-boot=evil.kpxe",
              '"boot-file-name": "evil.kpxe"', "OPNsense")
    lab.nothing_else("dhcp-boot", seen, "lan-boot-file", "configuration-warnings")

    lab.serve_lan("--dhcp-boot=tag:pxe,other.efi,,10.55.0.9", "--dhcp-vendorclass=set:pxe,PXEClient")
    lab.finds("dhcp-boot for PXE only", lab.examine(), "lan-boot-file", "problem", "other.efi to BIOS PXE", "10.55.0.9",
              "dhcp-boot=other.efi,,10.55.0.9", '"next-server": "10.55.0.9"')

    lab.serve_lan("--dhcp-option-force=60,PXEClient")
    lab.finds("option 60", lab.examine(), "lan-option-60", "problem", LAN_ADDRESS, "PXE-E55",
              "dhcp-option=60,PXEClient", "/ip dhcp-server option remove [find code=60]", "vendor-class-identifier")

    lab.serve_lan("--dhcp-option-force=43,01:02:03:04")
    lab.finds("option 43", lab.examine(), "lan-option-43", "warning", LAN_ADDRESS, "01020304", "code=43",
              "vendor-encapsulated-options")

    lab.serve_lan("--dhcp-boot=,,10.55.0.9")
    lab.finds("next-server alone", lab.examine(), "lan-next-server", "warning", LAN_ADDRESS, "10.55.0.9",
              "dhcp-boot=,,10.55.0.9", "!next-server")

    lab.serve_lan(f"--dhcp-boot=,,{SERVER_ADDRESS}")
    lab.nothing_else("next-server that is ours", lab.examine(), "configuration-warnings")


def secure_boot(lab: Lab) -> None:
    """A host that signed GRUB boots, with a lease of the LAN's server."""
    host = lab.server.folder / "hosts.d" / "r640.toml"
    written = host.read_text()
    host.write_text(written + 'secure_boot = "on"\n')
    lab.serve_lan()
    lab.finds("Secure Boot and a LAN server that names itself", lab.examine(), "secure-boot-server", "problem", "r640",
              LAN_ADDRESS, f"next-server={SERVER_ADDRESS}", f"dhcp-boot=,,{SERVER_ADDRESS}")
    lab.serve_lan(f"--dhcp-boot=,,{SERVER_ADDRESS}")
    seen = lab.examine()
    lab.checks.equal("Secure Boot and a LAN server that names us", seen.ids("problem"), [])
    host.write_text(written)


def second_proxy(lab: Lab) -> None:
    lab.serve_lan()
    run("ip", "-n", lab.network.pxe, "address", "add", f"{PROXY_ADDRESS}/24", "dev", "eth0")
    proxy = Process(
        lab.lifetime, "proxy",
        ["dnsmasq", "--conf-file=/dev/null", "--no-daemon", "--port=0", "--interface=eth0", "--bind-interfaces",
         "--user=root", "--pid-file=", "--dhcp-range=10.55.0.0,proxy,255.255.255.0",
         "--pxe-service=x86PC,Boot,other", "--pxe-service=x86-64_EFI,Boot,other.efi"],
        lab.folder / "proxy.log", lab.network.pxe)
    wait_until(lambda: "sockets bound" in proxy.output() or not proxy.running(), 10, "the proxy listens")
    lab.finds("a second proxy", lab.examine(), "second-proxy", "problem", PROXY_ADDRESS, "dhcp-range=…,proxy",
              "pxe-service=…")
    proxy.stop()
    run("ip", "-n", lab.network.pxe, "address", "del", f"{PROXY_ADDRESS}/24", "dev", "eth0")


def no_lan_server(lab: Lab) -> None:
    assert lab.lan
    lab.lan.process.stop()
    seen = lab.examine()
    lab.finds("no LAN server", seen, "no-lan-dhcp", "problem", "eth0", "/ip dhcp-server print")
    lab.checks.that("no LAN server: our offers are seen all the same", "offers" in seen.ids("ok"), seen.findings)
    lab.serve_lan()


def filtered(lab: Lab, *rules: str) -> None:
    """musterd's host drops what these rules of nftables match."""
    boot = lab.network.boot
    run("nft", "add table inet filter", namespace=boot)
    for chain in ("input", "output"):
        run("nft", f"add chain inet filter {chain} {{ type filter hook {chain} priority 0; }}", namespace=boot)
    for rule in rules:
        run("nft", f"add rule inet filter {rule}", namespace=boot)


def unfiltered(lab: Lab) -> None:
    run("nft", "delete table inet filter", namespace=lab.network.boot)


def firewalls(lab: Lab) -> None:
    cases: list[tuple[str, str, str, tuple[str, ...]]] = [
        ("4011 dropped", "input udp dport 4011 drop", "boot-port-unanswered",
         (f"{SERVER_ADDRESS}:4011", "udp dport { 4011 } accept")),
        ("TFTP dropped", "input udp dport 69 drop", "tftp-unanswered", (SERVER_ADDRESS, "udp dport { 69 } accept")),
        ("HTTP dropped", "input tcp dport 8080 drop", "http-unanswered",
         (SERVER_ADDRESS, "tcp dport { 8080 } accept", "ufw allow 8080/tcp")),
        ("offers dropped", "output udp sport 67 drop", "offer-not-seen",
         (f"an offer of {LAN_ADDRESS} is seen", f"none of {SERVER_ADDRESS}", "trusted=yes", "ip dhcp snooping trust")),
    ]
    for what, rule, identifier, words in cases:
        filtered(lab, rule)
        seen = lab.examine_from_outside()
        lab.finds(what, seen, identifier, "problem", *words)
        lab.nothing_else(what, seen, identifier)
        if rule.startswith("input"):
            typed = next(line for line in seen.text_of(identifier).splitlines() if line.startswith("  nft insert"))
            run(*typed.split(maxsplit=1), namespace=lab.network.boot)
            cured = lab.examine_from_outside()
            lab.checks.equal(f"{what}: cured by the line that doctor says", (cured.code, cured.ids("problem")), (0, []))
        unfiltered(lab)
    filtered(lab, "input ip saddr 10.55.0.10 drop", "input udp dport 67 drop")
    lab.finds("all dropped", lab.examine_from_outside(), "server-unreachable", "problem", SERVER_ADDRESS, "ping")
    unfiltered(lab)


def stopped(lab: Lab) -> None:
    lab.server.stop()
    seen = lab.examine()
    lab.finds("musterd stopped", seen, "server-not-running", "problem", "musterd serve --config")
    lab.nothing_else("musterd stopped", seen, "server-not-running", "configuration-warnings")
    outside = lab.examine_from_outside()
    lab.finds("stopped, from outside", outside, "server-unreachable", "problem", SERVER_ADDRESS)


_HOLD = """
import socket, sys, time
held = socket.socket(socket.AF_INET, socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM)
held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(sys.argv[1] == "tcp"))
held.bind(("0.0.0.0", int(sys.argv[2])))
if sys.argv[1] == "tcp":
    held.listen()
print("held", flush=True)
time.sleep(600)
"""


def taken_ports(lab: Lab) -> None:
    for protocol, port in (("udp", 69), ("udp", 67), ("udp", 4011), ("tcp", 8080)):
        holder = Process(lab.lifetime, "holder", [sys.executable, "-c", _HOLD, protocol, str(port)],
                         lab.folder / f"holder-{port}.log", lab.network.boot)
        wait_until(lambda held=holder: "held" in held.output(), 10, "the port is held")  # type: ignore[misc]
        seen = lab.examine()
        lab.finds(f"{protocol} port {port} taken", seen, "port-taken", "problem", f"{protocol.upper()} port {port}",
                  f"process {holder.pid}", f"kill {holder.pid}")
        lab.nothing_else(f"{protocol} port {port} taken", seen, "port-taken", "server-not-running",
                         "configuration-warnings")
        holder.stop()


def port_taken_from_a_running_server(lab: Lab) -> None:
    holder = Process(lab.lifetime, "holder", [sys.executable, "-c", _HOLD, "udp", "67"], lab.folder / "holder.log",
                     lab.network.boot)
    wait_until(lambda: "held" in holder.output(), 10, "the port is held")
    lab.server.start()
    seen = lab.examine()
    lab.finds("port 67 taken while musterd runs", seen, "port-taken", "problem", "UDP port 67", f"process {holder.pid}")
    lab.finds("port 67 taken while musterd runs", seen, "no-own-offer", "problem", "eth0")
    holder.stop()
    wait_until(lambda: "offers" in lab.examine().ids("ok"), 15, "musterd serves again")


def loaders(lab: Lab) -> None:
    folder = lab.folder / "loaders"
    loader = folder / "undionly.kpxe"
    good = loader.read_bytes()
    loader.unlink()
    seen = lab.examine()
    lab.finds("a loader is gone", seen, "loader-missing", "problem", "undionly.kpxe", "x86 BIOS",
              f"deploy/loaders {folder}")
    lab.finds("a loader is gone", seen, "offer-partial", "warning", "BIOS PXE")
    loader.write_bytes(good[:-1] + bytes((good[-1] ^ 1,)))
    seen = lab.examine()
    lab.finds("a loader is corrupt", seen, "loader-corrupt", "problem", "undionly.kpxe", "SHA-256",
              f"deploy/loaders {folder}")
    loader.write_bytes(good)
    manifest = (folder / "manifest").read_bytes()
    (folder / "manifest").unlink()
    lab.finds("no manifest", lab.examine(), "loaders-unlisted", "warning", "undionly.kpxe")
    (folder / "manifest").write_bytes(manifest)


def interfaces(lab: Lab) -> None:
    def link(*words: str) -> None:
        run("ip", *words, namespace=lab.network.boot)

    link("link", "set", "eth0", "down")
    lab.finds("interface down", lab.examine(), "interface-down", "problem", "eth0", "ip link set eth0 up")
    link("link", "set", "eth0", "up")
    link("address", "del", f"{SERVER_ADDRESS}/24", "dev", "eth0")
    lab.finds("interface without address", lab.examine(), "interface-no-address", "problem", "eth0", "ip address add")
    link("address", "add", f"{SERVER_ADDRESS}/24", "brd", "+", "dev", "eth0")
    lab.finds("interface absent", lab.examine("--interface", "eth7"), "interface-absent", "problem", "eth7")
    wait_until(lambda: "offers" in lab.examine().ids("ok"), 15, "eth0 is served again")


def bad_configuration(lab: Lab) -> None:
    good = lab.server.configuration.read_text()
    lab.server.configuration.write_text(good + "\nnonsense = 1\n")
    lab.finds("a configuration with errors", lab.examine(), "configuration-errors", "problem", "nonsense",
              "musterd check --config")
    lab.server.configuration.write_text(good)


def unprivileged(lab: Lab) -> None:
    place = Path(tempfile.mkdtemp(prefix="musterd-", dir="/tmp"))
    lab.lifetime.at_end(f"folder {place}", lambda: shutil.rmtree(place, ignore_errors=True))
    place.chmod(0o755)
    binary, lab.binary = lab.binary, Path(shutil.copy(lab.binary, place / "musterd"))
    seen = lab.examine(wrapper=NOBODY)
    lab.finds("without root", seen, "not-checked", "warning", "sudo musterd doctor", "eth0")
    lab.nothing_else("without root", seen, "not-checked", "configuration-warnings")
    lab.checks.that("without root: the rest is checked", {"loaders", "tftp", "http"} <= set(seen.ids("ok")),
                    seen.findings)
    outside = lab.examine("--server", SERVER_ADDRESS, namespace=lab.network.pxe, wrapper=NOBODY)
    lab.finds("without root, from outside", outside, "not-checked", "warning", "sudo musterd doctor")
    lab.checks.that("without root, from outside: the rest is checked",
                    {"boot-port", "tftp", "http"} <= set(outside.ids("ok")), outside.findings)
    lab.binary = binary


def client_port_taken(lab: Lab) -> None:
    holder = Process(lab.lifetime, "client", [sys.executable, "-c", _HOLD, "udp", "68"], lab.folder / "client.log",
                     lab.network.pxe)
    wait_until(lambda: "held" in holder.output(), 10, "port 68 is held")
    seen = lab.examine_from_outside()
    lab.finds("port 68 taken", seen, "not-checked", "warning", f"process {holder.pid}", "ss -lunp 'sport = :68'")
    holder.stop()


def usage(lab: Lab) -> None:
    for words in (("--server", "nonsense"), ("--timeout", "soon"), ("--frobnicate",)):
        lab.checks.equal(f"{' '.join(words)}: wrong usage", lab.ask(*words).code, 2)
    lab.checks.that("--help says that warnings do not fail", "warnings do not" in lab.ask("--help").output)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    lab = Lab(checks, lifetime, folder, binary)
    lab.serve_lan()
    lab.server.start()
    parts: list[Callable[[Lab], None]] = [
        clean, lan_with_boot_options, secure_boot, second_proxy, no_lan_server, firewalls, loaders, interfaces,
        bad_configuration, unprivileged, client_port_taken, usage, stopped, taken_ports, port_taken_from_a_running_server]
    for part in parts:
        part(lab)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
