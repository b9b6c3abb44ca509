"""newc cpio archives: what Linux unpacks as initramfs (Documentation/driver-api/early-userspace/buffer-format)."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass

_MAGICS = (b"070701", b"070702")
_END = "TRAILER!!!"


@dataclass(frozen=True)
class Entry:
    path: str  # relative, without leading slash
    mode: int  # type and permissions, as in st_mode
    data: bytes = b""


def file(path: str, data: bytes, permissions: int = 0o644) -> Entry:
    return Entry(path, stat.S_IFREG | permissions, data)


def directory(path: str, permissions: int = 0o755) -> Entry:
    return Entry(path, stat.S_IFDIR | permissions)


def symlink(path: str, target: str) -> Entry:
    return Entry(path, stat.S_IFLNK | 0o777, target.encode())


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _member(inode: int, entry: Entry) -> bytes:
    name = entry.path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    # inode mode uid gid links mtime size devmajor devminor rdevmajor rdevminor namesize check
    numbers = (inode, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % number for number in numbers)
    return _padded(header + name) + _padded(entry.data)


def write(entries: list[Entry]) -> bytes:
    """Same entries, same bytes: no times, no owners, inodes by position."""
    members = [_member(inode, entry) for inode, entry in enumerate(entries, start=1)]
    return b"".join(members) + _member(0, Entry(_END, 0))


def read(archive: bytes) -> Iterator[Entry]:
    """The entries of the first archive in `archive`; hard links and device nodes come with what data they carry."""
    position = 0
    while True:
        header = archive[position : position + 110]
        if header[:6] not in _MAGICS:
            raise ValueError(f"no cpio header at offset {position}")
        numbers = [int(header[at : at + 8], 16) for at in range(6, 110, 8)]
        mode, size, name_size = numbers[1], numbers[6], numbers[11]
        name = archive[position + 110 : position + 110 + name_size - 1].decode()
        start = position + 110 + name_size
        start += -start % 4
        if name == _END:
            return
        yield Entry(name.removeprefix("./"), mode, archive[start : start + size])
        position = start + size + (-size % 4)
