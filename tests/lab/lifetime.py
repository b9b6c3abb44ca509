"""What a run has made, undone in reverse order, however the run ends."""

from __future__ import annotations

import atexit
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType, TracebackType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(SystemExit):
    """A signal asked the run to end. The exit code is the shell's: 128 and the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)


class Lifetime:
    """Register how to undo a thing BEFORE making it: a signal may come between the two.

    Undoing must bear with the thing not being there. What fails to be undone is told and does not stop the rest.
    """

    def __init__(self) -> None:
        self._undo: list[tuple[str, Callable[[], object]]] = []

    def at_end(self, what: str, undo: Callable[[], object]) -> None:
        self._undo.append((what, undo))

    def end(self) -> None:
        for number in _ENDING:  # a second Ctrl-C must not leave half of it behind
            signal.signal(number, signal.SIG_IGN)
        while self._undo:
            what, undo = self._undo.pop()
            try:
                undo()
            except Exception:  # noqa: BLE001: whatever it is, the rest must still be undone
                print(f"lab: could not undo: {what}", file=sys.stderr)
                traceback.print_exc()

    def __enter__(self) -> Lifetime:
        for number in _ENDING:
            signal.signal(number, _interrupt)
        atexit.register(self.end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        atexit.unregister(self.end)
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
