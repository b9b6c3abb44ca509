#!/usr/bin/env python3
"""Webhooks against a real receiver that fails, stalls, redirects and goes away: nothing is lost, also over kill -9, and
nothing waits for it. Signed; over TLS only to whom the certificate belongs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import inside  # noqa: E402
from lab.processes import wait_until  # noqa: E402
from lab.world import World  # noqa: E402

NAME, MAC = "r640", "52:54:00:aa:00:01"
SECRET = "the words between us"
STALLED = 3.0  # seconds that a stalled receiver keeps a request


class Receiver:
    """An HTTP server in musterd's own namespace, that does as it is told."""

    def __init__(self, world: World, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.attempts = 0
        self.mode = "take"
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802: BaseHTTPRequestHandler's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.attempts += 1
                if receiver.mode == "stall":
                    sleep(STALLED)
                status = {"take": 204, "stall": 204, "fail": 500, "redirect": 307}[receiver.mode]
                if status == 204:
                    receiver.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(status)
                if status == 307:
                    self.send_header("Location", "http://127.0.0.1:9003/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        with inside(world.network.boot):
            self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler, bind_and_activate=False)
            self.server.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.server.server_bind()
        self.server.server_activate()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.taken]

    def ids(self) -> list[str]:
        return [event["id"] for event in self.events()]

    def types(self) -> list[str]:
        return [event["type"] for event in self.events()]


def boots(world: World, number: int = 1) -> None:
    for _ in range(number):
        world.server.get(f"/boot/script?mac={MAC}&arch=amd64")


def certificate(folder: Path, name: str) -> Path:
    """One that is its own authority, for 127.0.0.1."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"],
                   check=True, capture_output=True)
    return folder / f"{name}.crt"


def tls_of(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return context


def signed(checks: Checks, receiver: Receiver) -> None:
    headers, body = receiver.taken[0]
    text = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    wanted = "v1," + base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    checks.equal("it is signed with the secret", headers["webhook-signature"], wanted)
    checks.equal("the id of the header is that of the body", headers["webhook-id"], json.loads(body)["id"])
    checks.equal("it says what it is", headers["content-type"], "application/json")


def takes_its_time(checks: Checks, world: World, receiver: Receiver) -> None:
    """A receiver that stalls holds nobody up: machines are answered, and the other webhook goes on."""
    receiver.mode = "stall"
    before = len(receiver.taken)
    start = monotonic()
    boots(world, 5)
    took = monotonic() - start
    checks.that("machines are answered while a receiver stalls", took < STALLED, f"{took:.1f} s")
    receiver.mode = "take"
    wait_until(lambda: len(receiver.taken) >= before + 5, 30, "the receiver has all")
    checks.equal("it gets them in order, each once", receiver.ids()[before:], sorted(set(receiver.ids()[before:]), key=lambda each: int(each.split("-")[1])))


def fails(checks: Checks, world: World, receiver: Receiver, mode: str) -> None:
    receiver.mode = mode
    before, attempts = len(receiver.taken), receiver.attempts
    boots(world, 2)
    wait_until(lambda: receiver.attempts >= attempts + 2, 20, "it is tried again")
    checks.equal(f"nothing is taken for sent by a receiver that does {mode}", len(receiver.taken), before)
    receiver.mode = "take"
    wait_until(lambda: len(receiver.taken) >= before + 2, 30, "the receiver has all")
    checks.equal(f"after a receiver that did {mode} all came", receiver.types()[before:], ["host.script"] * 2)


def killed(checks: Checks, world: World, receiver: Receiver) -> None:
    receiver.mode = "fail"
    before = len(receiver.taken)
    boots(world, 3)
    world.server.kill()
    receiver.mode = "take"
    world.server.start()
    wait_until(lambda: len(receiver.taken) >= before + 3, 30, "the receiver has all")
    checks.equal("what was not taken before kill -9 is sent after it", len(set(receiver.ids()[before:])), 3)
    checks.equal("and nothing that was taken is sent again", set(receiver.ids()[before:]) & set(receiver.ids()[:before]), set())


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    own, other = certificate(folder, "own"), certificate(folder, "other")
    (folder / "webhook.secret").write_text(SECRET + "\n")
    configuration = (
        '[[webhook]]\nurl = "http://127.0.0.1:9001/hook"\non = ["script", "up"]\nsecret = "webhook.secret"\n'
        f'[[webhook]]\nurl = "https://127.0.0.1:9002/hook"\non = ["script"]\nca_file = "{own}"\n'
        f'[[webhook]]\nurl = "https://127.0.0.1:9004/hook"\non = ["script"]\nca_file = "{own}"\n'
        '[[webhook]]\nurl = "http://127.0.0.1:9009/nobody"\non = ["script"]\n')
    world = World(lifetime, folder, binary, lan=None, configuration='[dhcp]\nmode = "off"\n' + configuration)
    world.add_host(NAME, MAC)
    plain = Receiver(world, 9001)
    elsewhere = Receiver(world, 9003)
    secure = Receiver(world, 9002, tls_of(folder, "own"))
    stranger = Receiver(world, 9004, tls_of(folder, "other"))
    world.server.start()
    boots(world)
    wait_until(lambda: plain.taken and secure.taken, 15, "both receivers have the first message")
    checks.equal("a host that began to boot is told of", plain.types(), ["host.script"])
    checks.equal("with its event", plain.events()[0]["data"]["host"], NAME)
    signed(checks, plain)
    boot = world.server.host(NAME)["boot"]["id"]
    with world.network.connect(8080) as up:
        up.sendall(f"POST /boot/{boot}/up HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        up.recv(4096)
    wait_until(lambda: plain.types() == ["host.script", "host.up"], 15, "up is told")
    takes_its_time(checks, world, plain)
    for mode in ("fail", "redirect"):
        fails(checks, world, plain, mode)
    checks.equal("what is for one receiver is not sent where it points to", elsewhere.attempts, 0)
    killed(checks, world, plain)
    wait_until(lambda: len(secure.taken) >= 13, 30, "the TLS receiver has all")
    checks.equal("over TLS all came too, whoever else was away", len(set(secure.ids())), 13)
    checks.equal("a receiver with another certificate is sent nothing", stranger.attempts, 0)
    log = world.server.log.read_text()
    checks.that("the log says so, and does not say it each time", 0 < log.count("https://127.0.0.1:9004/hook") <= 4, log)
    checks.that("the secret is not in the log", SECRET not in log)
    start = monotonic()
    checks.equal("it stops in order", world.server.stop(), 0)
    checks.that("and soon", monotonic() - start < 5, monotonic() - start)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
