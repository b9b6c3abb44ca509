"""Children of a run. None outlives it: each dies by the kernel's hand (PR_SET_PDEATHSIG) when the run is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep

from lab.lifetime import Lifetime

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWNET = 0x40000000


class LabError(Exception):
    """The lab itself does not work here; says what and, where known, what to do."""


def enter_network_namespace(name: str) -> None:
    """Moves the calling thread there. Sockets made meanwhile stay there."""
    with open(f"/run/netns/{name}", "rb") as namespace:
        set_network_namespace(namespace.fileno())


def set_network_namespace(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def run(*command: str | Path, namespace: str = "", timeout: float = 30) -> str:
    """Runs a short command to its end and returns what it printed; LabError with its words when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
        preexec_fn=(lambda: enter_network_namespace(namespace)) if namespace else None,
    )
    if done.returncode != 0:
        raise LabError(f"{' '.join(words)}: exit {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


class Process:
    """A long-running child in its own process group, its output in a log file.

    Start it from a thread that lives as long as the run: the kernel's death signal follows the thread.
    """

    def __init__(
        self, lifetime: Lifetime, name: str, command: Sequence[str | Path], log: Path,
        namespace: str = "", environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._log_start = log.stat().st_size if log.exists() else 0
        self._child: subprocess.Popen[bytes] | None = None
        lifetime.at_end(f"stop {name}", self.stop)
        parent = os.getpid()

        def prepare() -> None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # the run died between fork and prctl
                os._exit(1)
            if namespace:
                enter_network_namespace(namespace)

        with open(log, "ab") as output:
            self._child = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=prepare, env={**os.environ, **(environment or {})},
            )

    @property
    def pid(self) -> int:
        assert self._child
        return self._child.pid

    def exit_code(self) -> int | None:
        return self._child.poll() if self._child else None

    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def output(self) -> str:
        """What this process printed (not what an earlier one left in the same log)."""
        data = self.log.read_bytes()[self._log_start :]
        return data.decode("utf-8", "replace")

    def wait(self, timeout: float) -> int:
        assert self._child
        return self._child.wait(timeout)

    def kill(self) -> None:
        """kill -9, and waits until it is gone."""
        if self.running() and self._child:
            self._child.kill()
            self._child.wait(10)

    def stop(self, patience: float = 5) -> int | None:
        """Asks (SIGTERM), then insists on the whole group (SIGKILL)."""
        if not self._child:
            return None
        if self.running():
            self._child.terminate()
            try:
                self._child.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return self._child.wait(10)


def wait_until(condition: Callable[[], bool], timeout: float, what: str, interval: float = 0.05) -> None:
    """Waits for something outside this process that cannot be awaited otherwise; LabError when it does not come."""
    end = monotonic() + timeout
    while not condition():
        if monotonic() > end:
            raise LabError(f"{what}: not within {timeout:.0f} s")
        sleep(interval)
