"""Shared cache lines written by one fault, counted by the simulated machine (tests/host/lines)."""

import re
import subprocess

from tools.runner.options import Refusal


def lines_per_fault(config, protocol):
    """`median (mean)` for anonymous write faults on 4 CPUs, each in page tables of its own."""
    done = subprocess.run(["make", "--no-print-directory", "lines", f"BOOT=faultlock={protocol}"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    match = re.search(r"^lines anonymous write\t(\d+)\t(\S+)$", done.stdout, re.MULTILINE)
    if not match:
        raise Refusal(f"make lines gave no count: {(done.stdout + done.stderr).strip()[-300:]}")
    return f"{match[1]} ({match[2]})"
