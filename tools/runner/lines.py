"""Shared cache lines written by one fault, counted on the simulated machine (tests/host/lines)."""

import re
import subprocess

from tools.runner.options import Refusal

FAULT = re.compile(r"^ok \d+ - lines anonymous write fault.*, (\S+) of them shared$", re.MULTILINE)


def lines_per_fault(config, protocol):
    """The mean of anonymous write faults on 4 CPUs, each in page tables of its own."""
    done = subprocess.run([config.path("host", "count-lines"), f"faultlock={protocol}"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    match = FAULT.search(done.stdout)
    if not match:
        raise Refusal(f"build/host/count-lines gave no count: {(done.stdout + done.stderr).strip()[-300:]}")
    return match[1]
