#!/usr/bin/env python3
"""HTTPS beside HTTP, and what a large download hears when too many are under way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS  # noqa: E402
from lab.processes import Process, enter_network_namespace, wait_until  # noqa: E402
from lab.server import HTTP_PORT  # noqa: E402
from lab.world import World  # noqa: E402

MAC = "52:54:00:77:00:01"
LOADER = "snponly.efi"
PADDING_MIB = 40  # with it the initrd counts as large
PLAIN = f"http://{SERVER_ADDRESS}:{HTTP_PORT}"
SECURE = f"https://{SERVER_ADDRESS}:8443"


def make_certificate(folder: Path, name: str) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName=IP:{SERVER_ADDRESS}"],
        check=True, capture_output=True)


class Client:
    """curl in the namespace of the machines."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder

    def words(self, *arguments: str, certificate: str = "tls") -> list[str]:
        return ["curl", "-sS", "--max-time", "30", "--cacert", str(self.folder / f"{certificate}.crt"), *arguments]

    def curl(self, *arguments: str, certificate: str = "tls") -> str:
        done = subprocess.run(
            self.words(*arguments, certificate=certificate), capture_output=True, text=True, timeout=60, check=False,
            preexec_fn=lambda: enter_network_namespace(self.world.network.pxe))
        return done.stdout + done.stderr


def the_same_routes(checks: Checks, client: Client) -> None:
    loader = (client.folder / "loaders" / LOADER).read_bytes()
    saved = client.folder / "saved"
    said = client.curl("-o", str(saved), f"{SECURE}/boot/loader/{LOADER}")
    checks.that("a loader comes by HTTPS", saved.exists() and saved.read_bytes() == loader, said)
    script = client.curl(f"{SECURE}/boot/script?mac={MAC}&arch=amd64")
    checks.that("a script names the plain port", script.startswith("#!ipxe") and f"{PLAIN}/boot/" in script, script)
    checks.that("and nothing that a loader without TLS could not fetch", "https:" not in script, script)
    token = (client.world.server.data / "token").read_text().strip()
    hosts = client.curl("-H", f"Authorization: Bearer {token}", f"{SECURE}/api/v1/hosts")
    checks.that("the API answers by HTTPS", '"name":"r640"' in hosts, hosts)
    checks.that("HTTP is served beside it", client.curl(f"{PLAIN}/healthz").strip() != "", "")


def a_new_certificate(checks: Checks, client: Client) -> None:
    make_certificate(client.folder, "new")
    for ending in ("crt", "key"):
        (client.folder / f"new.{ending}").with_name(f"tls.{ending}").write_bytes(
            (client.folder / f"new.{ending}").read_bytes())
    said = client.curl("-o", "/dev/null", "-w", "%{http_code}", f"{SECURE}/healthz", certificate="new")
    checks.equal("a certificate that was replaced is served without a restart", said, "200")


def too_many(checks: Checks, lifetime: Lifetime, client: Client) -> None:
    script = client.curl(f"{PLAIN}/boot/script?mac={MAC}&arch=amd64")
    initrd = next(word for word in script.split() if word.endswith("/initrd"))
    slow = client.words("--limit-rate", "100k", "-o", "/dev/null", initrd)
    before = client.world.server.sent_bytes()
    first = Process(lifetime, "slow", slow, client.folder / "slow.log", client.world.network.pxe)
    wait_until(lambda: client.world.server.sent_bytes() > before + 100_000, 20, "the first download runs")
    refused = client.curl("-D", "-", initrd)
    checks.that("a second large download is told to come back",
                "503 Service Unavailable" in refused and "Retry-After: " in refused and "ask again in" in refused, refused)
    kernel = client.curl("-o", "/dev/null", "-w", "%{http_code}", initrd.replace("/initrd", "/kernel"))
    checks.equal("a kernel is not", kernel, "200")
    grub = client.curl("-A", "GRUB 2.06", "-o", "/dev/null", "-w", "%{http_code}", initrd)
    checks.equal("nor is GRUB, which would not come back", grub, "200")
    reasons = [str(event.get("reason")) for event in client.world.server.events() if event.get("file") == "initrd"]
    checks.that("an event says why", any(reason.startswith("refused with 503") for reason in reasons), reasons)
    first.stop()
    again = client.curl("--retry", "10", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", initrd)
    checks.that("and when the first is over, it is served", again.startswith("200 ") and int(again.split()[1]) > 32 << 20, again)


def bad_files(checks: Checks, client: Client) -> None:
    (client.folder / "tls.key").write_text("nonsense")
    said = client.world.server.ask("check")
    checks.that("musterd check names a key that is none", said.code == 1 and "tls.key holds no private key" in said.errors,
                said.errors)
    client.world.server.stop()
    process = client.world.server.launch()
    wait_until(lambda: not process.running(), 20, "musterd ends")
    checks.that("and the start fails by it", process.exit_code() == 1 and "tls.key" in process.output(), process.output())


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    make_certificate(folder, "tls")
    world = World(lifetime, folder, binary, padding_mib=PADDING_MIB,
                  configuration='max_downloads = 1\n[api]\ntls_cert = "tls.crt"\ntls_key = "tls.key"\n')
    world.add_host("r640", MAC)
    world.server.start()
    client = Client(world, folder)
    the_same_routes(checks, client)
    too_many(checks, lifetime, client)
    a_new_certificate(checks, client)
    bad_files(checks, client)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
