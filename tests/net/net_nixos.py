#!/usr/bin/env python3
"""deploy/nixos: its files are Nix; the server's module makes a configuration that musterd takes, and what the machine's
module looks for is what musterd's overlay has. Without nixpkgs, so nothing is built; tests/support/nix_modules.nix says
what stands in for it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import ROOT, Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.processes import LabError  # noqa: E402
from lab.world import World  # noqa: E402

NIXOS = ROOT / "deploy" / "nixos"
NIX = ("nix-instantiate", "--store", "dummy://")


def evaluate(module: str, example: str, more: str = "") -> dict[str, Any]:
    """What a module says when the example is given to it. more: a Nix set that goes over the example."""
    given = f"args: args.lib.recursiveUpdate (import {NIXOS}/example/{example} args) {{ {more} }}"
    expression = (f"import {ROOT}/tests/support/nix_modules.nix "
                  f"{{ module = import {NIXOS}/{module}; given = {given}; }}")
    done = subprocess.run([*NIX, "--eval", "--strict", "--json", "-E", expression], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise LabError(f"nix-instantiate: {done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def toml(value: Any) -> str:
    """One value as inline TOML. JSON's strings, numbers, booleans and arrays are TOML's."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def put_configuration(folder: Path, module: dict[str, Any], data: Path) -> Path:
    for path, entry in module["environment"]["etc"].items():
        values = entry["source"]["value"]
        if path == "musterd/musterd.toml":
            values["data_dir"] = str(data)
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in values.items()))
    return folder / "musterd" / "musterd.toml"


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    for file in sorted(NIXOS.rglob("*.nix")):
        parsed = subprocess.run([*NIX, "--parse", file], capture_output=True, text=True, check=False)
        checks.that(f"{file.relative_to(ROOT)} is Nix", parsed.returncode == 0, parsed.stderr)

    server = evaluate("server.nix", "muster.nix",
                      'services.musterd.package = "/p"; services.musterd.loaders = "/p/loaders";')
    service = server["systemd"]["services"]["musterd"]["serviceConfig"]
    checks.equal("the service starts musterd", service["ExecStart"],
                 "/p/bin/musterd serve --config /etc/musterd/musterd.toml")
    checks.equal("credentials come from systemd", service["LoadCredential"], ["registry:/run/secrets/registry"])
    checks.equal("the firewall opens what machines need", server["networking"]["firewall"],
                 {"allowedTCPPorts": [8080], "allowedUDPPorts": [67, 69, 4011]})
    config = put_configuration(folder / "etc", server, folder)
    checked = subprocess.run([binary, "check", "--config", config], capture_output=True, text=True, check=False)
    checks.that("musterd takes its configuration", checked.returncode == 0, checked.stderr)
    checks.that("with three hosts", ": good, 3 hosts, " in checked.stdout, checked.stdout)
    same = {key: value for key, value in service.items() if isinstance(value, (str, int, bool))}
    unit = (ROOT / "deploy" / "musterd.service").read_text()
    for key, value in same.items():
        said = re.search(rf"^{key}=(.*)$", unit, re.MULTILINE)
        word = {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        if said and not key.startswith("Exec"):
            checks.equal(f"{key} is as in deploy/musterd.service", word, said[1])

    host = evaluate("host.nix", "worker.nix")
    world = World(lifetime, folder, binary)
    world.server.add_profile("worker", "demo")
    profile = world.server.folder / "profiles.d" / "worker.toml"
    profile.write_text(profile.read_text().replace('"linux"', '"nixos"'))
    world.add_host("r640", "52:54:00:00:00:01", profile="worker")
    world.server.start()
    overlay = world.server.must("render", "r640", "--what", "overlay").output
    brought = set(re.findall(r"^==> \.initrd-secrets(/run/musterd/\S+) <==$", overlay, re.MULTILINE))
    wanted = set(re.findall(r"/run/musterd/[a-z0-9_.-]*[a-z0-9]", json.dumps(host))) - {"/run/musterd/.keep"}
    checks.that("the machine's module looks for something", len(wanted) >= 4, wanted)
    # k3s.yaml is there for hosts whose profile has K3s.
    checks.equal("what it looks for is in the overlay", wanted - brought - {"/run/musterd/k3s.yaml"}, set())
    script = host["systemd"]["services"]["musterd-up"]["script"]
    shell = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    checks.that("its call is a shell script", shell.returncode == 0, shell.stderr)
    checks.equal("K3s waits for it", host["systemd"]["services"]["k3s"]["requires"], ["musterd-up.service"])


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
