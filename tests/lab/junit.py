#!/usr/bin/env python3
"""Tells of a ctest run in the lab's words: `ok NAME` and `FAIL NAME` lines, with the end of the output of what failed.

    junit.py FILE        the file that `ctest --output-junit` wrote
"""

from __future__ import annotations

import sys
from xml.etree import ElementTree

_TAIL = 40


def lines(report: ElementTree.Element) -> list[str]:
    told = []
    for case in report.iter("testcase"):
        name, status = case.get("name", "?"), case.get("status", "?")
        if status == "run":
            told.append(f"ok {name}")
            continue
        told.append(f"FAIL {name}" + ("" if status == "fail" else f": {status}"))
        output = (case.findtext("system-out") or "").strip().splitlines()
        told += [f"  {line}" for line in output[-_TAIL:]]
    return told


if __name__ == "__main__":
    print(*lines(ElementTree.parse(sys.argv[1]).getroot()), sep="\n")
