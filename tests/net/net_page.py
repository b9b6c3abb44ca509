#!/usr/bin/env python3
"""The page in a real Chromium: the roll, a late host's reason, machines that nobody names, and the latest events."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe  # noqa: E402
from lab.browser import Browser  # noqa: E402
from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.pxe_client import Firmwares, machine_address  # noqa: E402
from lab.server import HTTP_PORT  # noqa: E402
from lab.world import World  # noqa: E402

MAC = "52:54:00:aa:00:01"
STRANGER = machine_address(7)


def prepare(world: World) -> None:
    """One host that is late, one that was never seen, one stranger."""
    server = world.server
    (server.folder / "profiles.d" / "hasty.toml").write_text(
        '[profile.hasty]\ninherits = "linux"\nimage = "demo"\ndeadlines = { kernel = "1s" }\n')
    server.add_host("slow", MAC, "hasty")
    server.add_host("quiet", "52:54:00:aa:00:02", "demo", 'vars = { note = "<script>document.title=1</script>" }\n')
    server.start()
    server.get(f"/boot/script?mac={MAC}&arch=amd64")
    with Firmwares(world.network) as machines:
        client = machines.client(pxe.Kind.UEFI_X64, STRANGER)
        machines.discover(client)
        wait_until(lambda: server.must("host", "list", "--unknown", "--json").json() != [], 5, "the stranger is noted")
    wait_until(lambda: server.host("slow")["condition"] == "late", 10, "the host is late")


def sign_in(checks: Checks, browser: Browser, url: str, token: str) -> None:
    browser.open(url)
    browser.wait_for("document.getElementById('link').textContent === 'a token is needed'")
    checks.that("without a token the page shows nothing of a host", "slow" not in browser.text(), browser.text())
    form = "document.getElementById('token')"
    browser.run(f"{form}.value = 'nonsense'; {form}.form.requestSubmit()")
    browser.wait_for("!document.getElementById('sign-in').hidden")
    checks.that("nor with a wrong one", "slow" not in browser.text(), browser.text())
    browser.run(f"{form}.value = '{token}'; {form}.form.requestSubmit()")
    browser.wait_for("document.getElementById('link').textContent === 'live'")
    checks.that("with the token it is live", True)


def shows(checks: Checks, browser: Browser) -> None:
    browser.wait_for("document.querySelectorAll('#hosts tr').length === 2")
    browser.wait_for("document.querySelectorAll('#machines tr').length === 1")
    text = browser.text()
    for what, words in (
        ("the late host and why", "it has its script and fetched nothing; kernel is awaited"),
        ("the host that was never seen", "not seen yet"),
        ("the machine that no host names", pxe.address_text(STRANGER)),
        ("how to adopt it", "musterd host adopt MAC"),
        ("the latest events", "host_late"),
    ):
        checks.that(f"the page shows {what}", words in text, text)


def follows(checks: Checks, world: World, browser: Browser) -> None:
    server = world.server
    boot = server.host("slow")["boot"]["id"]
    server.get(f"/boot/{boot}/kernel", timeout=20)
    browser.wait_for("document.querySelector('#hosts').innerText.includes('kernel') && !document.querySelector('.late')")
    checks.that("an event changes the page without being asked for", True)
    server.kill()
    browser.wait_for("document.getElementById('link').textContent.startsWith('connection lost')")
    server.start()
    browser.wait_for("document.getElementById('link').textContent === 'live'")
    checks.that("it says when the server is away, and goes on by itself", True)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    prepare(world)
    token = (world.server.data / "token").read_text().strip()
    url = f"http://{SERVER_ADDRESS}:{HTTP_PORT}/"
    browser = Browser(lifetime, folder, world.network.boot)
    sign_in(checks, browser, url, token)
    shows(checks, browser)
    checks.that("the token is nowhere in the page", token not in browser.run("document.documentElement.outerHTML"))
    outside = browser.run("performance.getEntriesByType('resource').map(each => each.name)")
    checks.that("nothing is asked of others", outside and all(each.startswith(url) for each in outside), outside)
    browser.picture(folder / "page-wide.png")
    follows(checks, world, browser)
    browser.open(f"{url}#token={token}", width=390, height=844)
    browser.wait_for("document.querySelectorAll('#hosts tr').length === 2")
    checks.equal("the token does not stay in the address", browser.run("location.hash"), "")
    wide = browser.run("document.documentElement.scrollWidth")
    checks.that("on a phone nothing is wider than the screen", wide <= 390, wide)
    browser.picture(folder / "page-phone.png")


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
