"""A boot's stages on the terminal, as they come. Plain lines where there is no terminal."""

from __future__ import annotations

import sys
from datetime import datetime
from time import time
from typing import Any

_MEANING = {
    "firmware": "its firmware asked the network what to boot",
    "loader": "it fetched a network boot loader by TFTP",
    "script": "it asked for its boot script: this boot has an id now",
    "kernel": "it has its kernel",
    "initrd": "it has its initrd",
    "root": "it has its root",
    "system": "its operating system runs",
    "installing": "it installs to its disk",
    "installed": "it is installed",
    "up": "it phoned home",
    "joined": "it joined the cluster",
    "ready": "the cluster finds it ready",
}
_GREEN, _BOLD, _DIM, _PLAIN = "\x1b[32m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


class BootView:
    def __init__(self, power_on: float) -> None:
        """power_on: Unix time that the stages' times count from."""
        self._power_on = power_on
        self._shown: dict[str, float] = {}
        self._terminal = sys.stdout.isatty()

    def show(self, host: dict[str, Any]) -> None:
        """Writes the stages that are new in this host, and how long the next one has been awaited."""
        boot = host.get("boot") or {}
        stages: dict[str, str] = boot.get("stages", {})
        for stage, when in sorted(stages.items(), key=lambda item: item[1]):
            if stage in self._shown:
                continue
            at = datetime.fromisoformat(when).timestamp() - self._power_on
            if at < -1:
                continue  # of an earlier boot
            self._shown[stage] = at
            self.clear()
            print(f"  {at:6.1f} s  {self._marked(stage)}  {_MEANING.get(stage, '')}{_amount(stage, boot)}", flush=True)
        if self._terminal:
            waited = time() - self._power_on
            print(f"\r  {_DIM}{waited:6.1f} s  …{_PLAIN}\x1b[K", end="", flush=True)

    def clear(self) -> None:
        """Takes the line of waiting away."""
        if self._terminal:
            print("\r\x1b[K", end="", flush=True)

    def last(self) -> str:
        return f"after stage {list(self._shown)[-1]}" if self._shown else "before its firmware asked for anything"

    def seconds_to(self, stage: str) -> float:
        return self._shown.get(stage, time() - self._power_on)

    def _marked(self, stage: str) -> str:
        text = f"{stage:<8}"
        if not self._terminal:
            return text
        return f"{_GREEN}{_BOLD}{text}{_PLAIN}" if stage == "up" else f"{_BOLD}{text}{_PLAIN}"


def _amount(stage: str, boot: dict[str, Any]) -> str:
    file = boot.get("bytes", {}).get(stage)
    return f", {file['size'] / 1e6:.1f} MB" if file else ""
