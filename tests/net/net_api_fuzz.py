#!/usr/bin/env python3
"""The API from its own description: every route and parameter with values that are hostile, random or right, wrong
methods, bodies that are none. Each answer must be one that the description names, and fit its schema; the server lives,
and no event comes of it that the journal should not have."""

from __future__ import annotations

import http.client
import json
import random
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote_from_bytes

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.checks import Checks, run_program  # noqa: E402
from lab.json_schema import Schema  # noqa: E402
from lab.lifetime import Lifetime  # noqa: E402
from lab.network import SERVER_ADDRESS  # noqa: E402
from lab.server import HTTP_PORT  # noqa: E402
from lab.world import World  # noqa: E402

NAME, MAC = "r640", "52:54:00:aa:00:01"
SECONDS = 40
SEED = 20261121
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "BREW")
HOSTILE: tuple[bytes, ...] = (
    b"", b" ", b"0", b"-1", b"1", b"2", b"1000", b"1001", b"18446744073709551616", b"9223372036854775808", b"1e9", b"0x10", b"NaN",
    b"true", b"null", b"[]", b"{}", b"latest", b"..", b"../token", b"%2e%2e", b"a/b", b"'; DROP TABLE event; --", b"<script>",
    b"\"", b"\\", b"\r\nX-Evil: 1", b"\n", b"\x7f", b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", "žluťoučký ☃".encode(), b"{{vars.x}}",
    b"${net0/mac}", b"a" * 300, b"a" * 3000, b"2026-11-21T09:30:00.000Z", b"9999-12-31T23:59:59.999Z", b"0000-00-00T00:00:00Z",
    b"up", b"up,boot_failed", b",", b"read", b"admin", b"token", NAME.encode(), MAC.encode(), b"52-54-00-aa-00-01", b"user-data",
    b"script", b"01ARYZ6S41TSV4RRFFQ69G5FAV", b"f" * 64, b"amd64",
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip()


class Driver:
    """Asks, and compares each answer with the document."""

    def __init__(self, checks: Checks, world: World, document: dict[str, Any], token: str) -> None:
        self.checks, self.world, self.document, self.token = checks, world, document, token
        self.random = random.Random(SEED)
        self.schema = Schema(document)
        self.asked: dict[str, int] = {}
        self.statuses: dict[str, set[int]] = {}
        self.wrong: list[str] = []
        self._connection: http.client.HTTPConnection | None = None

    def send(self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer | None:
        """Nothing when the server closed the connection, as it may on what is no HTTP."""
        for _ in range(2):  # a kept connection may have been closed in between
            if self._connection is None:
                self._connection = http.client.HTTPConnection(SERVER_ADDRESS, HTTP_PORT)
                self._connection.sock = self.world.network.connect(HTTP_PORT, timeout=10)
                fresh = True
            else:
                fresh = False
            try:
                self._connection.putrequest(method, target, skip_accept_encoding=True)
                for name, value in (headers or {}).items():
                    self._connection.putheader(name, value)
                if body is not None:
                    self._connection.putheader("Content-Length", str(len(body)))
                self._connection.endheaders(body)
            except OSError:
                pass  # the answer to what it did not read to the end may still be there
            try:
                response = self._connection.getresponse()
                answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
                if response.will_close:
                    self._forget()
                return answer
            except (OSError, http.client.HTTPException):
                self._forget()
                if fresh:
                    return None
        return None

    def _forget(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    # what is asked

    def value(self, schema: dict[str, Any]) -> bytes:
        """One for a parameter: hostile, random, or such as the schema allows."""
        kind = self.random.random()
        if kind < 0.45:
            return self.random.choice(HOSTILE)
        if kind < 0.6:
            return bytes(self.random.randrange(256) for _ in range(self.random.randrange(40)))
        if "enum" in schema:
            return str(self.random.choice(schema["enum"])).encode()
        if schema.get("type") == "integer":
            return str(self.random.randint(schema.get("minimum", 0), schema.get("maximum", 10**6))).encode()
        if schema.get("type") == "boolean":
            return self.random.choice((b"false", b"0"))
        return self.random.choice((NAME.encode(), MAC.encode(), b"script", b"latest", b"1"))

    def target(self, path: str, parameters: list[dict[str, Any]]) -> str:
        for each in parameters:
            if each["in"] == "path":
                value = self.value(each["schema"]) or b"x"
                path = path.replace("{" + each["name"] + "}", quote_from_bytes(value, safe=""))
        path = re.sub(r"\{[^}]*\}", "x", path)
        asked = [each for each in parameters if each["in"] == "query" and self.random.random() < 0.6]
        pairs = [f"{each['name']}={quote_from_bytes(self.value(each['schema']), safe='')}" for each in asked if each["name"] != "follow"]
        if self.random.random() < 0.1:
            pairs.append("unknown=%00" if self.random.random() < 0.3 else "unknown=1")
        return path + ("?" + "&".join(pairs) if pairs else "")

    def body(self, operation: dict[str, Any]) -> tuple[bytes | None, str]:
        media = self.random.choice(("application/json", "application/json", "text/plain", "application/x-www-form-urlencoded", ""))
        kind = self.random.randrange(9)
        fields = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("properties", {"x": {}})
        right = {name: self.value(self.schema.resolved(schema)).decode("utf-8", "replace") for name, schema in fields.items()}
        bodies: list[bytes | None] = [
            None, b"", b"{", json.dumps(right).encode(), json.dumps({**right, "more": 1}).encode(), b"[" * 5000,
            b'{"x":' * 5000, b'{"' + b"a" * 60_000 + b'":"\xff\xff"}', b'{"x":"' + b"y" * (1 << 20) + b'"}',
        ]
        if kind == 8 and self.random.random() < 0.7:
            kind = 3  # a megabyte is slow to send
        return bodies[kind], media

    # what is answered

    def check(self, name: str, operation: dict[str, Any] | None, answer: Answer | None, asked: str) -> None:
        self.asked[name] = self.asked.get(name, 0) + 1
        if answer is None:
            return self.note(f"{asked}: no answer")
        self.statuses.setdefault(name, set()).add(answer.status)
        if answer.status >= 500 and answer.status != 503:
            return self.note(f"{asked}: {answer.status} {answer.body[:200]!r}")
        known = (operation or {}).get("responses", {})
        general = {400: "the target is no URL", 404: "no such path", 405: "no such method", 411: "chunked", 413: "large", 431: "large header"}
        if str(answer.status) not in known and answer.status not in general and not (answer.status == 304 and known):
            return self.note(f"{asked}: {answer.status} is not in the document")
        self.check_body(known.get(str(answer.status)), answer, asked)

    def check_body(self, described: dict[str, Any] | None, answer: Answer, asked: str) -> None:
        api = asked.split(" ")[1].startswith("/api/")
        if answer.status >= 400 and api:
            described = described or {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        if not described or asked.startswith("HEAD"):
            return
        content = described.get("content", {})
        if not content:
            return
        if answer.media_type not in content:
            return self.note(f"{asked}: {answer.status} as {answer.media_type}, not {', '.join(content)}")
        if not answer.media_type.endswith("json"):
            return
        try:
            value = json.loads(answer.body.decode("utf-8"))
        except ValueError as error:
            return self.note(f"{asked}: {answer.status}, {error}: {answer.body[:200]!r}")
        problem = self.schema.problem(value, content[answer.media_type].get("schema", {}))
        if problem:
            self.note(f"{asked}: {answer.status}: {problem}")

    def note(self, what: str) -> None:
        if len(self.wrong) < 50:
            self.wrong.append(what[:400])

    # the whole

    def once(self, path: str, method: str, operation: dict[str, Any]) -> None:
        target = self.target(path, operation.get("parameters", []))
        headers = {"Accept": "application/json"}
        if path.startswith("/api/"):
            token = self.token if self.random.random() < 0.95 else ""
            headers.update({"Authorization": f"Bearer {token}"} if token else {})
        body, media = self.body(operation) if method in ("post", "put", "patch", "delete") else (None, "")
        if media:
            headers["Content-Type"] = media
        self.check(f"{method.upper()} {path}", operation, self.send(method.upper(), target, body, headers), f"{method.upper()} {target}")

    def wrong_method(self, path: str, operations: dict[str, Any]) -> None:
        method = self.random.choice(METHODS)
        if method.lower() in operations:
            return
        target = self.target(path, next(iter(operations.values())).get("parameters", []))
        operation = operations.get("get") if method == "HEAD" else None
        answer = self.send(method, target, None, {"Authorization": f"Bearer {self.token}"})
        self.check(f"{method} {path}", operation, answer, f"{method} {target}")

    def run(self, seconds: float) -> None:
        end = monotonic() + seconds
        while monotonic() < end:
            for path, operations in self.document["paths"].items():
                for method, operation in operations.items():
                    self.once(path, method, operation)
                if self.random.random() < 0.2:
                    self.wrong_method(path, operations)


def known_bad(checks: Checks, driver: Driver) -> None:
    """What has been seen to break servers, each once and by name."""
    auth = {"Authorization": f"Bearer {driver.token}"}
    as_json = {**auth, "Content-Type": "application/json"}
    tokens = "/api/v1/tokens"
    for what, method, target, body, headers, wanted in (
        ("a megabyte of JSON", "POST", tokens, b'{"name":"' + b"a" * (1 << 20) + b'"}', as_json, 413),
        ("JSON nested 5000 deep", "POST", tokens, b"[" * 5000, as_json, 400),
        ("JSON that is not UTF-8", "POST", tokens, b'{"name":"\xff\xfe","role":"read"}', as_json, 400),
        ("half a surrogate", "POST", tokens, b'{"name":"\\ud800","role":"read"}', as_json, 400),
        ("an unknown field", "POST", tokens, b'{"name":"a","role":"read","uid":"0"}', as_json, 400),
        ("a form", "POST", tokens, b"name=a&role=read", {**auth, "Content-Type": "application/x-www-form-urlencoded"}, 415),
        ("a host that is not UTF-8", "GET", "/api/v1/hosts/%FF%FE", None, auth, 404),
        ("a path with NUL", "GET", "/api/v1/hosts/a%00b", None, auth, 400),
        ("a path with ..", "DELETE", "/api/v1/tokens/..%2f..%2ftoken", None, auth, 400),
        ("another method", "PATCH", "/api/v1/hosts", b"{}", as_json, 405),
    ):
        answer = driver.send(method, target, body, headers)
        good = answer is not None and answer.status == wanted and answer.media_type == "application/problem+json"
        checks.that(f"{what} is answered with {wanted} and problem details", good and json.loads(answer.body)["status"] == wanted if answer else False, answer)


def guesses(checks: Checks, world: World, driver: Driver) -> None:
    """Who guesses tokens is not listened to; the others are."""
    statuses = []
    for number in range(15):
        answer = driver.send("GET", "/api/v1/hosts", None, {"Authorization": f"Bearer {number:064x}"})
        statuses.append(answer.status if answer else 0)
    checks.equal("ten guesses are answered with 401, more with 429", statuses, [401] * 10 + [429] * 5)
    answer = driver.send("GET", "/api/v1/hosts", None, {"Authorization": f"Bearer {driver.token}"})
    checks.that("the right token waits too at this address", answer is not None and answer.status == 429 and int(answer.headers["retry-after"]) > 0, answer)
    checks.equal("on the server's own socket nobody waits", world.server.ask("host", "list").code, 0)


def story(checks: Checks, lifetime: Lifetime, folder: Path, binary: Path) -> None:
    world = World(lifetime, folder, binary, lan=None, configuration='[dhcp]\nmode = "off"\n')
    server = world.server
    world.add_host(NAME, MAC)
    server.start()
    server.get(f"/boot/script?mac={MAC}&arch=amd64")
    token = server.must("token", "create", "--name", "fuzz", "--role", "admin").output.strip()
    document = json.loads(Driver(checks, world, {"paths": {}}, token).send("GET", "/api/v1/openapi.json", None, {"Authorization": f"Bearer {token}"}).body)  # type: ignore[union-attr]
    driver = Driver(checks, world, document, token)
    known_bad(checks, driver)

    api_only = {**document, "paths": {path: of for path, of in document["paths"].items() if path.startswith("/api/")}}
    before = len(server.events())
    driver.document = api_only
    driver.run(SECONDS / 2)
    checks.equal("nothing that is asked of /api is an event", len(server.events()), before)
    driver.document = {**document, "paths": {path: of for path, of in document["paths"].items() if not path.startswith("/api/")}}
    driver.run(SECONDS / 2)
    checks.that(f"{sum(driver.asked.values())} requests were answered as the document has it", not driver.wrong, "\n  ".join(driver.wrong))
    wanted = [f"{method.upper()} {path}" for path, of in document["paths"].items() for method in of]
    unasked = [name for name in wanted if driver.asked.get(name, 0) < 20]
    checks.equal("every route was asked at least 20 times", unasked, [])
    served = [name for name in wanted if name.startswith("GET /api") and 200 not in driver.statuses[name]]
    checks.equal("every GET of the API was answered with 200 at least once", served, [])
    checks.that("the server is the same process", server.running())
    ids = [event["id"] for event in server.events()]
    checks.equal("the journal has every event once, in order", ids, list(range(1, len(ids) + 1)))
    guesses(checks, world, driver)
    checks.equal("it stops in order", server.stop(), 0)


if __name__ == "__main__":
    sys.exit(run_program(__doc__ or "", story))
