#!/usr/bin/env python3
"""/metrics after a boot as Prometheus reads it, and every metric that the dashboard and the alerts name is one of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pxe  # noqa: E402
from lab.checks import ROOT, Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.pxe_client import Firmwares, machine_address  # noqa: E402
from lab.server import Server  # noqa: E402
from lab.world import World  # noqa: E402

GRAFANA = ROOT / "deploy" / "grafana"
NAME, MAC = "r640", "52:54:00:aa:00:01"
_LINE = re.compile(r"^([a-z_]+)(\{[^}]*\})? (-?[0-9.e+]+|\+Inf|NaN)( [0-9]+)?$")
_NAME = re.compile(r"\b(?:musterd|process)_[a-z_]+\b")
_SELECTOR = re.compile(r"\b((?:musterd|process)_[a-z_]+)\{([^}]*)\}")
_OF_PROMETHEUS = {"up"}


def boot(world: World) -> None:
    """What makes every family of metrics appear: DHCP asked, a script, a whole file, a broken one, up, a refusal."""
    server = world.server
    with Firmwares(world.network) as machines:
        machines.discover(machines.client(pxe.Kind.UEFI_X64, machine_address(7)))
        machines.listen(0.5)
    server.get(f"/boot/script?mac={MAC}&arch=amd64")
    boot_id = server.host(NAME)["boot"]["id"]
    server.get(f"/boot/{boot_id}/kernel", timeout=20)
    connection = world.network.connect(8080)
    connection.sendall(f"GET /boot/{boot_id}/initrd HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    connection.recv(100)
    connection.close()
    with world.network.connect(8080) as up:
        up.sendall(f"POST /boot/{boot_id}/up HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        up.recv(4096)
    server.get("/api/v1/hosts")


def read(checks: Checks, server: Server) -> dict[str, set[str]]:
    """Names, each with the labels that it has."""
    status, body = server.get("/metrics")
    checks.equal("/metrics wants no token", status, 200)
    text = body.decode()
    wrong = [line for line in text.splitlines() if not line.startswith("#") and not _LINE.match(line)]
    checks.equal("each line is one of the text format", wrong, [])
    checks.that("no host, MAC or address is in it", not any(word in text for word in (NAME, MAC, "10.55.0.")))
    names: dict[str, set[str]] = {}
    for line in text.splitlines():
        if found := _LINE.match(line):
            names.setdefault(found[1], set()).update(re.findall(r'([a-z_]+)="', found[2] or ""))
    return names


def expressions(value: Any) -> Iterator[str]:
    """Whatever stands under "expr", "query" or "definition"."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in ("expr", "query", "definition") and isinstance(each, str):
                yield each
            else:
                yield from expressions(each)
    elif isinstance(value, list):
        for each in value:
            yield from expressions(each)


def known(checks: Checks, what: str, asked: list[str], names: dict[str, set[str]]) -> None:
    words = {name for text in asked for name in _NAME.findall(text)}
    checks.that(f"{what} asks for something", len(words) > 5, words)
    checks.equal(f"every metric that {what} names is one of /metrics", sorted(words - set(names) - _OF_PROMETHEUS), [])
    labels = {f"{name}{{{label}}}" for text in asked for name, selector in _SELECTOR.findall(text)
              for label in re.findall(r"([a-z_]+)\s*=", selector)
              if label not in names.get(name, set()) and label not in ("job", "instance")}
    checks.equal(f"and every label of it in {what}", sorted(labels), [])


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host(NAME, MAC)
    world.server.start()
    boot(world)
    names = read(checks, world.server)
    dashboard = json.loads((GRAFANA / "dashboard.json").read_text())
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    overlap = [(a, b) for i, a in enumerate(places) for b in places[i + 1:]
               if a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]]
    checks.equal("no panel of the dashboard lies on another", overlap, [])
    known(checks, "the dashboard", list(expressions(dashboard)), names)
    rules = yaml.safe_load((GRAFANA / "alerts.yml").read_text())
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    checks.that("each alert has a name, a severity and a summary",
                all(rule["alert"] and rule["labels"]["severity"] and rule["annotations"]["summary"] for rule in alerts))
    known(checks, "the alerts' file", [rule["expr"] for rule in alerts], names)
    if promtool := shutil.which("promtool"):  # Debian's package prometheus has it; it is too large to ask for
        done = subprocess.run([promtool, "check", "rules", GRAFANA / "alerts.yml"], capture_output=True, text=True, check=False)
        checks.that("promtool takes the rules", done.returncode == 0, done.stdout + done.stderr)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
