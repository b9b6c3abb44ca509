#!/usr/bin/env python3
"""The page in a real Chromium: the roll, a late host's reason, a host's boots as a chart, adoption with a confirm, the
latest events; by keyboard, with names for screen readers, light and dark, on a phone; and smooth with 500 hosts."""

from __future__ import annotations

import os
import shutil
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
SLOW = "[...document.querySelectorAll('#hosts button')].find((each) => each.textContent === 'slow')"


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
    checks.that("it counts the hosts", "2 hosts, 0 up, 1 late or failed" in text, text)
    for what, words in (
        ("the late host and why", "it has its script and fetched nothing; kernel is awaited"),
        ("the host that was never seen", "not seen yet"),
        ("the machine that no host names", pxe.address_text(STRANGER)),
        ("how to adopt it", "musterd host adopt MAC"),
        ("the images", "linux"),
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


def one_host(checks: Checks, browser: Browser) -> None:
    """By the keyboard alone: to the host, into its dialog, out of it."""
    browser.run(f"{SLOW}.focus()")
    browser.key("Enter")
    browser.wait_for("document.getElementById('detail').open && document.querySelectorAll('#boots tr').length >= 2 && document.querySelector('#story li')")
    shown = str(browser.run("document.getElementById('detail').innerText"))
    checks.that("Enter on a host shows its boots and what was seen", "slow" in shown and "boot_started" in shown, shown)
    bars = browser.run("document.querySelectorAll('#chart .bar').length")
    rows = browser.run("document.querySelectorAll('#boots tr').length - 1")
    checks.equal("as many bars as rows of the table", bars, rows)
    checks.that("the dialog has a name", browser.run("document.getElementById('detail').getAttribute('aria-labelledby')") == "detail-title")
    browser.key("Escape")
    browser.wait_for("!document.getElementById('detail').open")
    browser.wait_for("document.activeElement.textContent === 'slow'")
    checks.that("Escape closes it, and the host has the focus again", True)


def names(checks: Checks, browser: Browser) -> None:
    """What a screen reader is told, as Chromium computes it."""
    nameless = [f"{node['role']['value']}" for node in browser.accessibility()
                if node.get("role", {}).get("value") in ("button", "link", "textbox", "searchbox", "table", "dialog", "progressbar")
                and not node.get("ignored") and not node.get("name", {}).get("value")]
    checks.equal("everything that can be used has a name", nameless, [])
    roles = {node["role"]["value"] for node in browser.accessibility() if "role" in node and not node.get("ignored")}
    wanted = {"heading", "table", "dialog", "region"} if browser.run("document.getElementById('detail').open") else {"main", "heading", "table", "status", "navigation"}
    checks.that(f"there are {', '.join(sorted(wanted))}", wanted <= roles, sorted(roles))
    low = browser.run(CONTRAST)
    checks.equal("text stands out from what is behind it (WCAG 1.4.3: 4.5 to 1)", low, [])


CONTRAST = """(() => {
  const parse = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const low = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) low.add(element.tagName + "." + element.className);
  }
  return [...low];
})()"""


def adopt(checks: Checks, world: World, browser: Browser, url: str) -> None:
    """A reader of the page may not; an admin may, after a question."""
    reader = world.server.must("token", "create", "--name", "reader", "--role", "read").output.strip()
    admin = (world.server.data / "token").read_text().strip()
    browser.open(f"{url}#token={reader}")
    browser.wait_for("document.querySelectorAll('#machines tr').length === 1")
    checks.equal("who may only read has no button to adopt", browser.run("document.querySelectorAll('#machines button').length"), 0)
    browser.open(f"{url}#token={admin}")
    browser.wait_for("document.querySelectorAll('#machines button').length === 1")
    browser.run("document.querySelector('#machines button').click()")
    browser.wait_for("document.getElementById('adopt').open")
    browser.run("document.getElementById('adopt-name').value = 'quiet'; document.getElementById('adopt-profile').value = 'demo'; document.getElementById('adopt-form').requestSubmit()")
    browser.wait_for("document.getElementById('adopt-problem').textContent.includes('taken')")
    checks.that("a name that is taken is refused in words", True)
    browser.picture(world.folder / "page-adopt.png")
    browser.run("document.getElementById('adopt-name').value = 'found'; document.getElementById('adopt-form').requestSubmit()")
    browser.wait_for("!document.getElementById('adopt').open")
    browser.wait_for("document.querySelector('#hosts').innerText.includes('found')")
    checks.equal("the adopted machine is a host, on the page and on the server", world.server.host("found")["macs"], [pxe.address_text(STRANGER)])


def many(checks: Checks, world: World, browser: Browser) -> None:
    """500 hosts boot while one looks on: how the page's frames come meanwhile."""
    lines = [f'[[host]]\nname = "node-{n:03d}"\nmac = ["52:54:00:bb:{n // 256:02x}:{n % 256:02x}"]\nprofile = "demo"\n' for n in range(HOSTS)]
    (world.server.folder / "hosts.d" / "many.toml").write_text("\n".join(lines))
    wait_until(lambda: len(world.server.must("host", "list", "--json").json()) > HOSTS, 20, "the hosts are there")
    world.server.get(f"/boot/script?mac={MAC}&arch=amd64")
    browser.wait_for(f"document.querySelectorAll('#hosts tr').length > {HOSTS}", 30)
    browser.run(MEASURE)
    for number in range(HOSTS):
        world.server.get(f"/boot/script?mac=52:54:00:bb:{number // 256:02x}:{number % 256:02x}&arch=amd64")
    browser.wait_for(f"document.querySelectorAll('#hosts td .done').length >= {HOSTS}", 30)
    seen = browser.run("window.measured.end()")
    print(f"bench page, {HOSTS} hosts that boot within {seen['seconds']:.1f} s: {seen['frames']} frames, p50 {seen['p50']:.0f} ms, "
          f"p95 {seen['p95']:.0f} ms, p99 {seen['p99']:.0f} ms, longest {seen['longest']:.0f} ms; {seen['tasks']} tasks over 50 ms, longest {seen['task']:.0f} ms")
    checks.that("19 frames of 20 come within 100 ms on this computer, without a graphics card", seen["p95"] <= 100, seen)
    checks.equal("the counts are right", browser.run("document.getElementById('counts').textContent.startsWith('50')"), True)
    browser.run("document.getElementById('filter').value = 'node-42'; document.getElementById('filter').dispatchEvent(new Event('input'))")
    checks.equal("the filter leaves what fits", browser.run("[...document.querySelectorAll('#hosts tr')].filter((line) => !line.hidden).length"), 10)
    browser.picture(world.folder / "page-many.png")


HOSTS = 500
MEASURE = """(() => {
  const frames = [], tasks = [], start = performance.now();
  let before = start, on = true;
  const tick = (now) => { frames.push(now - before); before = now; if (on) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  const watch = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((each) => each.duration)));
  watch.observe({ type: "longtask" });
  window.measured = { end: () => {
    on = false;
    watch.disconnect();
    frames.sort((a, b) => a - b);
    const at = (share) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))];
    return { frames: frames.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), longest: at(1), tasks: tasks.length,
             task: Math.max(0, ...tasks), seconds: (performance.now() - start) / 1000 };
  } };
})()"""


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
    names(checks, browser)
    follows(checks, world, browser)
    for _ in range(2):  # more boots to compare
        world.server.get(f"/boot/script?mac={MAC}&arch=amd64")
        world.server.get(f"/boot/{world.server.host('slow')['boot']['id']}/kernel", timeout=20)
    one_host(checks, browser)
    browser.run(f"{SLOW}.click()")
    browser.wait_for("document.querySelectorAll('#boots tr').length >= 4")
    browser.picture(folder / "page-host.png")
    browser.dark(True)
    names(checks, browser)
    browser.picture(folder / "page-host-dark.png")
    browser.key("Escape")
    browser.wait_for("!document.getElementById('detail').open")
    names(checks, browser)
    browser.picture(folder / "page-wide-dark.png")
    browser.dark(False)
    adopt(checks, world, browser, url)
    browser.open(f"{url}#token={token}", width=390, height=844)
    browser.wait_for("document.querySelectorAll('#hosts tr').length === 3")
    checks.equal("the token does not stay in the address", browser.run("location.hash"), "")
    wide = browser.run("document.documentElement.scrollWidth")
    checks.that("on a phone nothing is wider than the screen", wide <= 390, wide)
    browser.picture(folder / "page-phone.png")
    browser.run(f"{SLOW}.click()")
    browser.wait_for("document.getElementById('detail').open")
    inside = browser.run("document.getElementById('detail').getBoundingClientRect().right")
    checks.that("nor is a host's dialog", inside <= 390, inside)
    browser.dark(True)
    browser.picture(folder / "page-phone-dark.png")
    browser.dark(False)
    browser.open(f"{url}#token={token}")
    many(checks, world, browser)
    checks.equal("nothing was against the page's own policy, and no script failed", [line for line in browser.complaints() if not line.startswith("Failed to load resource")], [])
    if keep := os.environ.get("MUSTERD_PICTURES"):
        for picture in folder.glob("page-*.png"):
            shutil.copy(picture, keep)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
