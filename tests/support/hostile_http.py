"""A little HTTP server on loopback that serves one body well or ill, by the first part of the path; it writes down what
it was asked."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Seen:
    path: str
    range: str
    if_range: str


@dataclass
class Manners:
    """What the handler is to do; tests change it between requests."""

    body: bytes
    etag: str = '"v1"'
    dead: bool = False
    slow: float = 0.0  # seconds between pieces of 256 KiB
    seen: list[Seen] = field(default_factory=list)


class HostileServer:
    def __init__(self, body: bytes) -> None:
        self.manners = Manners(body)
        manners = self.manners

        class Handler(_Handler):
            def __init__(self, *arguments: object) -> None:
                self.manners = manners
                super().__init__(*arguments)  # type: ignore[arg-type]

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/{path}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    manners: Manners

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        manners = self.manners
        manners.seen.append(Seen(self.path, self.headers.get("Range", ""), self.headers.get("If-Range", "")))
        way = self.path.split("/")[1]
        try:
            getattr(self, f"serve_{way}", self.serve_missing)()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _first(self) -> int:
        """Where the answer begins: 0 unless a range is asked for of what we have."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        current = self.headers.get("If-Range", self.manners.etag) == self.manners.etag
        return int(found[1]) if found and current else 0

    def _head(self, first: int, length: int | None = None) -> None:
        """`length` is what is announced; by default what is right."""
        size = len(self.manners.body)
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
        self.send_header("Content-Length", str(size - first if length is None else length))
        self.send_header("ETag", self.manners.etag)
        self.end_headers()

    def _send(self, first: int, last: int) -> None:
        piece = 256 << 10
        for at in range(first, last, piece):
            self.wfile.write(self.manners.body[at : min(at + piece, last)])
            time.sleep(self.manners.slow)

    def _end(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()

    def serve_plain(self) -> None:
        first, size = self._first(), len(self.manners.body)
        if first >= size:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._head(first)
        self._send(first, size)

    def serve_cut(self) -> None:
        """A third of it at a time, and then it hangs up."""
        first, size = self._first(), len(self.manners.body)
        self._head(first)
        self._send(first, min(size, first + size // 3 + 1))
        self._end()

    def serve_dying(self) -> None:
        """Half of it, and then nothing until it is healed."""
        if self.manners.dead:
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        first, size = self._first(), len(self.manners.body)
        self._head(first)
        if first:
            self._send(first, size)
            return
        self.manners.dead = True
        self._send(0, size // 2)
        self._end()

    def serve_stall(self) -> None:
        """Half of it, and then silence, and never more."""
        first = self._first()
        self._head(first)
        self._send(first, len(self.manners.body) // 2)
        self.wfile.flush()
        time.sleep(30)
        self.close_connection = True

    def serve_mute(self) -> None:
        time.sleep(30)
        self.close_connection = True

    def serve_lie(self) -> None:
        """Announces more than there is, each time."""
        first = self._first()
        size = len(self.manners.body)
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{size + 99}/{size + 100}")
        self.send_header("Content-Length", str(size + 100 - first))
        self.send_header("ETag", self.manners.etag)
        self.end_headers()
        self._send(first, size)
        self._end()

    def serve_wrongrange(self) -> None:
        """Half, and then a range that nobody asked for."""
        size = len(self.manners.body)
        if not self._first():
            self._head(0)
            self._send(0, size // 2)
            self._end()
            return
        self.send_response(206)
        self.send_header("Content-Range", f"bytes 0-{size - 1}/{size}")
        self.send_header("Content-Length", str(size))
        self.send_header("ETag", self.manners.etag)
        self.end_headers()
        self._send(0, size)

    def serve_changing(self) -> None:
        """Half of one file, then another file."""
        size = len(self.manners.body)
        if self.manners.etag == '"v1"' and not self._first():
            self._head(0)
            self._send(0, size // 2)
            self.manners.etag = '"v2"'
            self._end()
            return
        self.serve_plain()

    def serve_loop(self) -> None:
        self._redirect(self.path)

    def serve_hop(self) -> None:
        """/hop/3/x leads by three redirections to /plain/x."""
        _, _, count, name = self.path.split("/")
        self._redirect(f"/hop/{int(count) - 1}/{name}" if int(count) > 1 else f"/plain/{name}")

    def serve_file(self) -> None:
        self._redirect("file:///etc/passwd")

    def _redirect(self, place: str) -> None:
        self.send_response(302)
        self.send_header("Location", place)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def serve_missing(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()
