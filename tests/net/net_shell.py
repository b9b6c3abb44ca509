#!/usr/bin/env python3
"""Commands as people meet them: completion by real shells, the manual by man, tables and colours on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.server import Server  # noqa: E402
from lab.world import World  # noqa: E402

NAME, MAC = "r640", "52:54:00:aa:00:01"
LONG = "a-host-with-a-name-that-is-longer-than-most"
_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def environment(server: Server, folder: Path) -> dict[str, str]:
    """A PATH on which `musterd` is the one under test, as one would have installed it."""
    folder.mkdir()
    (folder / "musterd").symlink_to(server.binary)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "TERM": "xterm", "HOME": str(folder), "LC_ALL": "C.UTF-8"}


def bash(checks: Checks, server: Server, env: dict[str, str]) -> None:
    config = f"--config {server.configuration}"
    script = f"""
        source <(musterd completion bash) || exit 1
        ask() {{ COMP_WORDS=("$@"); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _musterd; echo "${{COMPREPLY[*]}}"; }}
        complete -p musterd
        ask musterd ho
        ask musterd host ""
        ask musterd host show {config} ""
        ask musterd host show {config} r
        ask musterd image show {config} ""
        ask musterd wait {config} {NAME} --until kern
        ask musterd token create --role ""
        ask musterd events --fo
        ask musterd check --config {server.configuration.parent}/musterd.t
        ask musterd nonsense --nonsense ""
    """
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, env=env, check=False, timeout=60)
    lines = done.stdout.splitlines()
    wanted = ["complete -F _musterd musterd", "host", "list adopt show reinstall console", f"{LONG} {NAME}", NAME, "demo", "kernel", "read operate admin",
              "--follow", str(server.configuration)]
    checks.equal("bash completes commands, options, values, hosts, images and files", lines[: len(wanted)], wanted)
    checks.equal("bash says nothing else", done.stderr, "")


def typed_into(zsh: str, env: dict[str, str], setting_up: str, words: str) -> str:
    """What an interactive zsh shows of what is typed, once it is ready."""
    leader, follower = pty.openpty()
    fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 500, 0, 0))  # so that no line is broken
    child = subprocess.Popen([zsh, "-f", "-i"], stdin=follower, stdout=follower, stderr=follower, env=env, start_new_session=True)
    os.close(follower)
    seen, end, sent = "", monotonic() + 20, False
    os.write(leader, setting_up.encode())
    while monotonic() < end and NAME not in seen:
        if select.select([leader], [], [], 0.2)[0]:
            seen += os.read(leader, 65536).decode(errors="replace")
        if "READY" in seen and not sent:
            os.write(leader, words.encode())
            sent = True
    child.kill()
    child.wait()
    os.close(leader)
    return seen


def other_shells(checks: Checks, server: Server, env: dict[str, str]) -> None:
    if zsh := shutil.which("zsh"):
        script = "autoload -U compinit; compinit -D; source <(musterd completion zsh); print -r -- ${_comps[musterd]}"
        done = subprocess.run([zsh, "-f", "-c", script], capture_output=True, text=True, env=env, check=False, timeout=60)
        checks.equal("zsh takes the script", (done.stdout.strip(), done.stderr), ("_musterd", ""))
        seen = typed_into(zsh, env, "autoload -U compinit; compinit -D; source <(musterd completion zsh); PS1=REA'DY'\n",
                          f"musterd host show --config {server.configuration} r\t")
        checks.that("zsh completes a host's name", f"rd.toml {NAME}" in _ESCAPE.sub("", seen), seen)
    if fish := shutil.which("fish"):
        script = f"musterd completion fish | source; complete -C 'musterd host show --config {server.configuration} r'; complete -C 'musterd ho'"
        done = subprocess.run([fish, "--no-config", "-c", script], capture_output=True, text=True, env=env, check=False, timeout=60)
        checks.equal("fish completes a host's name, and a command with what it is for",
                     (done.stdout.splitlines(), done.stderr), ([NAME, "host\tthe roll of hosts"], ""))


def manual(checks: Checks, env: dict[str, str], folder: Path) -> None:
    page = folder / "musterd.1"
    page.write_text(subprocess.run(["musterd", "man"], capture_output=True, text=True, env=env, check=True).stdout)
    for width in ("80", "120"):
        done = subprocess.run(["man", "--warnings=all", "-l", str(page)], capture_output=True, text=True, check=False,
                              env={**env, "MANWIDTH": width, "MANPAGER": "cat", "MANROFFOPT": ""})
        text = re.sub(".\b", "", _ESCAPE.sub("", done.stdout))
        checks.equal(f"man has nothing to say against the page, {width} columns wide", (done.returncode, done.stderr), (0, ""))
    checks.that("it has each command with its options, and the exit codes", all(
        words in text for words in ("musterd host adopt", "timed out")) and all(
        words in re.sub(r"\s+", " ", text) for words in ("musterd host adopt MAC", "--until VALUE", "timed out", "NO_COLOR")), text[:2000])


def on_terminal(server: Server, env: dict[str, str], columns: int, *words: str) -> str:
    """What the command writes on a terminal of that width."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    child = subprocess.Popen([str(server.binary), *words, "--config", str(server.configuration)], stdin=follower, stdout=follower, stderr=follower, env=env)
    os.close(follower)
    seen, end = b"", monotonic() + 30
    while monotonic() < end:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the last writer has closed it
            break
        if not part:
            break
        seen += part
    os.close(leader)
    child.wait(timeout=10)
    return seen.decode().replace("\r\n", "\n")


def terminals(checks: Checks, server: Server, env: dict[str, str]) -> None:
    for columns in (120, 80, 60):
        for words in (("host", "list"), ("host", "show", NAME)):
            text = on_terminal(server, env, columns, *words)
            widest = max(len(_ESCAPE.sub("", line)) for line in text.splitlines())
            checks.that(f"{' '.join(words)} fits {columns} columns", 0 < widest <= columns, text)
    coloured = on_terminal(server, env, 80, "host", "list")
    checks.that("a terminal gets colour", "\x1b[3" in coloured, coloured)
    plain = on_terminal(server, {**env, "NO_COLOR": "1"}, 80, "host", "list")
    checks.that("with NO_COLOR it gets none", "\x1b" not in plain and NAME in plain, plain)
    checks.that("a pipe gets none either, and whole lines", "\x1b" not in server.must("host", "list").output)
    shown = on_terminal(server, env, 80, "host", "show", NAME)
    checks.that("host show has a timeline", "TOOK" in shown and re.search(r"kernel +\S+ +[0-9.]+ (ms|s) .*#", shown) is not None, shown)
    waited = on_terminal(server, env, 80, "wait", NAME, "--until", "up", "--timeout", "1500ms")
    checks.that("wait shows on a terminal where the host is, and clears its line", f"{NAME}: kernel" in waited and "\x1b[K" in waited, waited)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary)
    world.add_host(NAME, MAC)
    world.add_host(LONG, "52:54:00:aa:00:02")
    server = world.server
    server.start()
    server.get(f"/boot/script?mac={MAC}&arch=amd64")
    server.get(f"/boot/{server.host(NAME)['boot']['id']}/kernel", timeout=20)
    env = environment(server, folder / "bin")
    bash(checks, server, env)
    other_shells(checks, server, env)
    manual(checks, env, folder)
    terminals(checks, server, env)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
