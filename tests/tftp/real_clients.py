#!/usr/bin/env python3
"""Real TFTP clients (tftp-hpa, atftp) and a raw socket against serve_folder on loopback.

    real_clients.py SERVE_FOLDER

Everything is bounded in time; only children started here are ended, by their own handles.
"""
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

SERVE_FOLDER = ""
MEGABYTE = 1_000_000


def write_pattern(path, size):
    """A file in which no two blocks are alike, so that a block in another's place shows."""
    with open(path, "wb") as file:
        written = 0
        while written < size:
            seed = hashlib.sha256(written.to_bytes(8, "big")).digest()
            piece = b"".join(struct.pack(">Q", written + i) + seed[:24] for i in range(0, 65536, 32))
            piece = piece[: size - written]
            file.write(piece)
            written += len(piece)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class RealClients(unittest.TestCase):
    mode = "own-ports"

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="musterd-tftp-")
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.folder = os.path.join(cls.root, "served")
        os.makedirs(os.path.join(cls.folder, "boot"))
        for name, size in {
            "normal": 100_001, "boot/inner": 5000, "empty": 0, "multiple": 512 * 40, "multiple1428": 1428 * 40,
            "undionly.kpxe": 70_000, "wrap": 34 * MEGABYTE, "large": 64 * MEGABYTE,
        }.items():
            write_pattern(os.path.join(cls.folder, name), size)
        with open(os.path.join(cls.root, "secret"), "w") as file:
            file.write("not to be served")
        os.symlink("../secret", os.path.join(cls.folder, "way-out"))
        os.symlink("/etc/passwd", os.path.join(cls.folder, "absolute-way-out"))
        os.symlink("normal", os.path.join(cls.folder, "inside"))

        cls.server = subprocess.Popen([SERVE_FOLDER, cls.folder, cls.mode], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.stop_server)
        word, port = cls.server.stdout.readline().split()
        assert word == "port"
        cls.port = int(port)
        cls.ends = []
        cls.ended = threading.Condition()
        cls.reader = threading.Thread(target=cls.read_ends, daemon=True)
        cls.reader.start()

    @classmethod
    def stop_server(cls):
        cls.server.stdin.close()
        try:
            code = cls.server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            cls.server.kill()
            cls.server.wait()
            raise
        assert code == 0, f"server ended with {code}"

    @classmethod
    def read_ends(cls):
        for line in cls.server.stdout:
            with cls.ended:
                cls.ends.append(line.split())
                cls.ended.notify_all()

    def end_of(self, name):
        """The server's word on the last transfer of `name`, which it may say a moment after the client left."""
        with self.ended:
            found = self.ended.wait_for(lambda: [end for end in self.ends if end[1] == name], timeout=5)
            self.assertTrue(found, f"no end of {name} in {self.ends}")
            self.ends[:] = [end for end in self.ends if end not in found]
            return found[-1]

    def target(self):
        return os.path.join(self.root, "got")

    def run_client(self, command, timeout=60):
        if os.path.exists(self.target()):
            os.remove(self.target())
        return subprocess.run(command, timeout=timeout, capture_output=True, text=True, cwd=self.root)

    def tftp(self, name, timeout=60):
        return self.run_client(
            ["tftp", "-m", "binary", "127.0.0.1", str(self.port), "-c", "get", name, self.target()], timeout)

    def atftp(self, name, *options, timeout=60):
        command = ["atftp"]
        for option in options:
            command += ["--option", option]
        return self.run_client(command + ["-g", "-r", name, "-l", self.target(), "127.0.0.1", str(self.port)], timeout)

    def assert_got(self, name, result, server_name=None):
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
        self.assertEqual(digest(self.target()), digest(os.path.join(self.folder, server_name or name)))
        end = self.end_of(server_name or name)
        self.assertEqual(end[2], "complete", end)
        return end

    def assert_refused(self, result, text):
        self.assertIn(text, result.stdout + result.stderr)
        self.assertFalse(os.path.exists(self.target()) and os.path.getsize(self.target()) > 0)

    # tftp-hpa: no options at all, blocks of 512

    def test_tftp_normal_file(self):
        self.assert_got("normal", self.tftp("normal"))
        self.assert_got("boot/inner", self.tftp("boot/inner"))
        self.assert_got("boot/inner", self.tftp("//boot/./inner"), "boot/inner")

    def test_tftp_empty_file(self):
        self.assert_got("empty", self.tftp("empty"))

    def test_tftp_exact_multiple_of_the_block(self):
        self.assert_got("multiple", self.tftp("multiple"))

    def test_tftp_link_inside_the_folder(self):
        result = self.tftp("inside")
        self.assertEqual(digest(self.target()), digest(os.path.join(self.folder, "normal")), result.stdout)

    def test_tftp_missing_file(self):
        self.assert_refused(self.tftp("missing", 5), "File not found")
        self.assert_refused(self.tftp("normal/below", 5), "File not found")
        self.assert_refused(self.tftp("boot", 5), "File not found")

    def test_tftp_names_that_leave_the_folder(self):
        for name in ("../../etc/passwd", "/../../etc/passwd", "boot/../../secret", "way-out", "absolute-way-out"):
            with self.subTest(name):
                self.assert_refused(self.tftp(name, 5), "Access violation")

    def test_tftp_counter_wraps_in_34_megabytes(self):
        end = self.assert_got("wrap", self.tftp("wrap"))
        self.assertIn("blksize=512", end)
        self.assertIn("windowsize=1", end)

    def test_tftp_netascii(self):
        with open(os.path.join(self.folder, "text"), "wb") as file:
            file.write(b"one\ntwo\r\nthree\rfour\0\n" * 20_000)
        result = self.run_client(["tftp", "-m", "ascii", "127.0.0.1", str(self.port), "-c", "get", "text",
                                  self.target()], 30)
        end = self.assert_got("text", result)  # which turned it back into what it was
        self.assertEqual(end[4], f"size={20_000 * (5 + 7 + 14)}")

    # atftp: options

    def test_atftp_blksize(self):
        end = self.assert_got("normal", self.atftp("normal", "blksize 1428", "tsize 0"))
        self.assertIn("blksize=1428", end)
        self.assert_got("multiple1428", self.atftp("multiple1428", "blksize 1428"))
        self.assert_got("empty", self.atftp("empty", "blksize 1428", "tsize 0"))

    def test_atftp_windowsize(self):
        end = self.assert_got("large", self.atftp("large", "blksize 1428", "windowsize 16"))
        self.assertIn("windowsize=16", end)

    def test_atftp_missing_file(self):
        self.assert_refused(self.atftp("missing", "blksize 1428", timeout=10), "File not found")

    # raw socket: what no client sends any more, but firmware does

    def ask_raw(self, sock, name, *options):
        words = b"".join(word.encode() + b"\0" for word in options)
        sock.sendto(b"\0\1" + name + b"\0octet\0" + words, ("127.0.0.1", self.port))
        return sock.recvfrom(70000)

    def test_name_that_ends_in_ff(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            with open(os.path.join(self.folder, "undionly.kpxe"), "rb") as file:
                expected = file.read()
            got, block = b"", 0
            data, peer = self.ask_raw(sock, b"undionly.kpxe\xff", "blksize", "1456")
            self.assertEqual(data, b"\0\6blksize\0001456\0")
            while True:
                sock.sendto(struct.pack(">HH", 4, block), peer)
                data, peer = sock.recvfrom(70000)
                opcode, block = struct.unpack(">HH", data[:4])
                self.assertEqual(opcode, 3)
                got += data[4:]
                if len(data) < 1460:
                    break
            sock.sendto(struct.pack(">HH", 4, block), peer)
            self.assertEqual(got, expected)
        self.assertEqual(self.end_of("undionly.kpxe")[2], "complete")

    def test_write_request(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            sock.sendto(b"\0\2normal\0octet\0", ("127.0.0.1", self.port))
            self.assertEqual(sock.recv(600)[:4], b"\0\5\0\2")


class SinglePort(RealClients):
    """All of it again, by the listening port alone."""

    mode = "single-port"

    def test_answers_come_from_the_port_that_was_asked(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            data, peer = self.ask_raw(sock, b"boot/inner")
            self.assertEqual(peer[1], self.port)
            self.assertEqual(data[:4], b"\0\3\0\1")
            sock.sendto(b"\0\5\0\0enough\0", peer)
        self.assertEqual(self.end_of("boot/inner")[2], "broken")


class WithoutSegmentation(RealClients):
    """All of it again, each block a datagram of its own for the kernel too."""

    mode = "plain"


if __name__ == "__main__":
    SERVE_FOLDER = sys.argv.pop(1)
    unittest.main(verbosity=2)
