#!/usr/bin/env python3
"""Every command against a running server: what it prints, its JSON, its exit code; reload; kill -9 and the journal."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.server import HTTP_PORT, Server  # noqa: E402
from lab.world import World  # noqa: E402

NAME, MAC = "r640", "52:54:00:aa:00:01"
HOST_KEYS = ["name", "macs", "profile", "image", "stage", "condition", "reason", "since", "boot"]
IMAGE_KEYS = ["name", "digest", "kind", "arch", "imported", "files"]
DONE, FAILED, WRONG_USAGE, TIMED_OUT = 0, 1, 2, 3


def post(world: World, path: str, body: str) -> int:
    connection = http.client.HTTPConnection(SERVER_ADDRESS, HTTP_PORT)
    connection.sock = world.network.connect(HTTP_PORT, timeout=5)
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


def without_server(checks: Checks, server: Server) -> None:
    answer = server.ask("host", "list")
    checks.equal("host list without a server: exit code", answer.code, FAILED)
    checks.that("it says where it looked and what to do", "musterd.sock" in answer.errors and "musterd serve" in answer.errors, answer.errors)
    for words in ((), ("nonsense",), ("host",), ("wait", NAME), ("image", "import"), ("host", "list", "--nonsense")):
        code = server.ask(*words).code if words else server.ask("--bad").code
        checks.equal(f"musterd {' '.join(words) or '--bad'}: exit code of wrong usage", code, WRONG_USAGE)


def images(checks: Checks, world: World) -> None:
    server = world.server
    listed = server.must("image", "list", "--json").json()
    checks.equal("image list --json names the image", [image["name"] for image in listed], ["demo"])
    checks.equal("an image has the keys of the contract first", list(listed[0])[: len(IMAGE_KEYS)], IMAGE_KEYS)
    digest = listed[0]["digest"]
    for reference in ("demo", f"demo@{digest[:8]}", digest):
        checks.equal(f"image show {reference[:14]}…", server.must("image", "show", reference, "--json").json()["digest"], digest)
    checks.equal("image verify", server.ask("image", "verify", "demo").code, DONE)
    checks.equal("an image that is not there", server.ask("image", "show", "nothing").code, FAILED)
    again = server.must("image", "import", str(world.image), "--name", "demo")
    checks.that("importing the same again changes nothing", again.output.startswith("unchanged demo@"), again.output)
    empty = world.folder / "empty"
    empty.mkdir()
    refused = server.ask("image", "import", str(empty), "--name", "empty")
    checks.that("a folder without a kernel is refused in words", refused.code == FAILED and "kernel" in refused.errors, refused)


def history(checks: Checks, world: World) -> None:
    """A name that led to two images goes back and forth; what nobody wants any more can go, what a profile boots cannot."""
    server = world.server
    digest = server.must("image", "show", "demo", "--json").json()["digest"]
    (world.image / "README").write_text("second version\n")
    second = server.must("image", "import", str(world.image), "--name", "demo", "--json").json()["digest"]
    checks.that("another content is another image", second != digest, second)
    checks.equal("image rollback", server.must("image", "rollback", "demo", "--json").json()["digest"], digest)
    checks.equal("the name leads back", server.must("image", "show", "demo", "--json").json()["digest"], digest)
    wanted = server.ask("image", "remove", "demo")
    checks.that("an image that a profile boots stays", wanted.code == FAILED and 'profile "demo" boots demo' in wanted.errors, wanted)
    removed = server.must("image", "remove", f"demo@{second[:12]}", "--json").json()
    checks.equal("one image of a history is removed, with the file that only it had", (removed["images"], removed["files"]), (1, 1))
    checks.equal("there is nothing to roll back to then", server.ask("image", "rollback", "demo").code, FAILED)
    checks.equal("what is left is whole", server.ask("image", "verify", "demo").code, DONE)
    (world.image / "README").unlink()


def a_boot(checks: Checks, world: World) -> str:
    server = world.server
    shown = server.host(NAME)
    checks.equal("a host has the keys of the contract", list(shown), HOST_KEYS)
    checks.equal("a host that was not seen", (shown["stage"], shown["boot"], shown["macs"]), ("none", None, [MAC]))
    checks.equal("wait gives up with", server.ask("wait", NAME, "--until", "up", "--timeout", "300ms").code, TIMED_OUT)
    checks.equal("wait for a stage that is none", server.ask("wait", NAME, "--until", "upp").code, WRONG_USAGE)
    checks.equal("wait for a host that is none", server.ask("wait", "nobody", "--until", "up").code, FAILED)
    checks.equal("show a host that is none", server.ask("host", "show", "nobody").code, FAILED)

    rendered = server.must("render", NAME).output
    status, script = server.get(f"/boot/script?mac={MAC}&arch=amd64")
    same = rendered.replace("0" * 26, server.host(NAME)["boot"]["id"]) == script.decode()
    checks.that("render shows exactly what is served, but for the boot id", same, rendered)
    checks.equal("render of a host that is none", server.ask("render", "nobody").code, FAILED)
    checks.equal("the script is served", status, 200)
    boot = server.host(NAME)["boot"]["id"]
    checks.that("its URLs carry the boot id", f"/boot/{boot}/kernel".encode() in script, script)
    checks.equal("the kernel is served", server.get(f"/boot/{boot}/kernel", timeout=20)[0], 200)
    server.must("wait", NAME, "--until", "kernel", "--timeout", "10s")
    checks.equal("up is taken", post(world, f"/boot/{boot}/up", '{"hostname":"r640"}'), 200)
    checks.equal("wait --until up", server.ask("wait", NAME, "--until", "up", "--timeout", "10s").code, DONE)
    checks.equal("an older stage was reached too", server.ask("wait", NAME, "--until", "kernel").code, DONE)
    table = server.must("host", "list").output
    checks.that("host list is a table", table.splitlines()[1].split()[:3] == [NAME, "up", "ok"], table)
    checks.equal("host list --json", [host["stage"] for host in server.must("host", "list", "--json").json()], ["up"])
    return str(boot)


def events(checks: Checks, server: Server, boot: str) -> None:
    seen = server.events()
    kinds = [event["kind"] for event in seen]
    checks.equal("the events of the boot", [kind for kind in kinds if kind != "server_started"], ["boot_started", "file_sent", "up"])
    checks.equal("ids count on", [event["id"] for event in seen], list(range(1, len(seen) + 1)))
    checks.that("each event of the boot carries its id", all(e["boot"] == boot for e in seen if e["kind"] != "server_started"), seen)
    only = server.must("events", "--json", "--host", NAME, "--after", "2").output.splitlines()
    checks.that("events of one host after an id", only and all(json.loads(line)["id"] > 2 for line in only), only)


def restart(checks: Checks, server: Server) -> None:
    before, host = server.events(), server.host(NAME)
    server.kill()
    server.start()
    after = server.events()
    checks.equal("after kill -9 every event is there, once", after[: len(before)], before)
    checks.equal("and the same roll", server.host(NAME), host)


def late(checks: Checks, server: Server) -> None:
    """A boot that stops on its way: late, with the reason, until it goes on."""
    (server.folder / "profiles.d" / "hasty.toml").write_text(
        '[profile.hasty]\ninherits = "linux"\nimage = "demo"\ndeadlines = { kernel = "1s" }\n')
    server.add_host("slow", "52:54:00:aa:00:03", "hasty")
    wait_until(lambda: server.ask("host", "show", "slow").code == DONE, 5, "the new host is on the roll")
    checks.equal("its script is served", server.get("/boot/script?mac=52:54:00:aa:00:03&arch=amd64")[0], 200)
    wait_until(lambda: server.host("slow")["condition"] == "late", 10, "the host is late")
    shown = server.host("slow")
    checks.that("a late host says what is awaited", "it has its script and fetched nothing; kernel is awaited" in shown["reason"], shown)
    table = server.must("host", "list").output
    checks.that("so does the table", any("late" in line and "kernel is awaited" in line for line in table.splitlines()), table)
    server.get(f"/boot/{shown['boot']['id']}/kernel", timeout=20)
    wait_until(lambda: server.host("slow")["condition"] == "ok", 10, "it goes on, and is late no more")
    checks.equal("one event tells of it", [e["kind"] for e in server.events() if e.get("host") == "slow"],
                 ["boot_started", "host_late", "file_sent"])
    (server.folder / "hosts.d" / "slow.toml").unlink()
    wait_until(lambda: len(server.must("host", "list", "--json").json()) == 1, 5, "the host is gone again")


def diff(checks: Checks, world: World) -> None:
    """A configuration that is not served yet, against the server that runs."""
    server = world.server
    checks.equal("diff of what is served", server.must("diff").output, "no host would be served anything else\n")
    other = server.folder / "other"
    shutil.copytree(server.folder / "hosts.d", other / "hosts.d")
    shutil.copytree(server.folder / "profiles.d", other / "profiles.d")
    (other / "musterd.toml").write_text(server.configuration.read_text())
    profile = other / "profiles.d" / "demo.toml"
    profile.write_text(profile.read_text() + '"args+" = ["gpu=v100"]\n')
    (other / "hosts.d" / "new.toml").write_text('[[host]]\nname = "new"\nmac = "52:54:00:aa:00:09"\nprofile = "demo"\n')
    pending = ("diff", "--config", str(other / "musterd.toml"))
    shown = subprocess.run([str(server.binary), *pending], capture_output=True, text=True, check=False)
    lines = shown.stdout.splitlines()
    checks.that("diff names the host that comes", "+ host new" in lines, shown)
    gone = [line for line in lines if line.startswith("-kernel") and "gpu=v100" not in line]
    come = [line for line in lines if line.startswith("+kernel") and "gpu=v100" in line]
    checks.that("and the line that changes, before and after", len(gone) == len(come) == 1 and f"{NAME}: script" in lines, lines)
    as_json = json.loads(subprocess.run([str(server.binary), *pending, "--json"], capture_output=True, text=True, check=False).stdout)
    checks.equal("as JSON by host", (as_json["new"], list(as_json[NAME])), ("added", ["script"]))
    profile.write_text("[profile.demo]\nimage = 1\n")
    broken = subprocess.run([str(server.binary), *pending], capture_output=True, text=True, check=False)
    checks.that("a bad configuration is told instead", broken.returncode == FAILED and "demo.toml:2:9" in broken.stderr, broken)


def site_key(checks: Checks, server: Server) -> None:
    kept = server.data / "site.key"
    checks.equal("the site's key is made at the start, and private", kept.stat().st_mode & 0o777, 0o600)
    copy = server.folder / "copy.key"
    server.must("key", "backup", str(copy))
    checks.equal("key backup copies it", (copy.read_text(), copy.stat().st_mode & 0o777), (kept.read_text(), 0o600))
    checks.equal("key backup prints it", server.must("key", "backup").output, kept.read_text())
    checks.equal("key restore of the same", server.must("key", "restore", str(copy), "--json").json()["changed"], False)
    other = "ab" * 32 + "\n"
    copy.write_text(other)
    refused = server.ask("key", "restore", str(copy))
    checks.that("key restore of another is refused in words", refused.code == FAILED and "--force" in refused.errors, refused)
    server.must("key", "restore", str(copy), "--force")
    checks.equal("key restore --force", kept.read_text(), other)
    copy.write_text("nonsense")
    checks.equal("key restore of no key", server.ask("key", "restore", str(copy), "--force").code, FAILED)
    checks.equal("leaves the old one", kept.read_text(), other)


def reload(checks: Checks, server: Server) -> None:
    assert server.process
    server.add_host("second", "52:54:00:aa:00:02", "demo")
    wait_until(lambda: len(server.must("host", "list", "--json").json()) == 2, 5, "the new host is on the roll")
    output = server.process.output
    before = output().count("reload: 2 hosts")
    os.kill(server.process.pid, signal.SIGHUP)
    wait_until(lambda: output().count("reload: 2 hosts") > before, 5, "SIGHUP is heard")
    checks.that("SIGHUP reads the configuration again", True)
    bad = server.folder / "hosts.d" / "bad.toml"
    bad.write_text('[[host]]\nname = "third"\nmca = "x"\n')
    checked = server.ask("check")
    checks.that("check names file, line and cure", checked.code == FAILED and "bad.toml:3:1" in checked.errors and '"mac"' in checked.errors, checked)
    problems = server.ask("check", "--json").json()
    checks.that("check --json lists the problems", not problems["ok"] and problems["problems"][0]["line"] in (1, 3), problems)
    os.kill(server.process.pid, signal.SIGHUP)
    assert server.process
    process = server.process
    wait_until(lambda: "all stays as it was" in process.output(), 5, "the bad file is reported")
    bad.unlink()
    checks.equal("a bad file changes nothing", len(server.must("host", "list", "--json").json()), 2)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host(NAME, MAC)
    without_server(checks, world.server)
    checks.equal("check of a good configuration", world.server.ask("check").code, DONE)
    world.server.start()
    second = world.server.ask("serve")
    checks.that("a second server on the same data is refused in words",
                second.code == FAILED and "in use by another musterd" in second.errors, second)
    images(checks, world)
    history(checks, world)
    boot = a_boot(checks, world)
    events(checks, world.server, boot)
    restart(checks, world.server)
    diff(checks, world)
    site_key(checks, world.server)
    late(checks, world.server)
    reload(checks, world.server)
    checks.equal("it stops in order", world.server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
