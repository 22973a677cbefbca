"""Shared cache lines written by one fault, counted on the simulated machine (tests/host/lines)."""

import re
import subprocess

from tools.runner.options import Refusal

FAULT = re.compile(r"^(?:not )?ok \d+ - lines (.+ fault.*): .*, (\S+) of them shared$", re.MULTILINE)


def lines_per_fault(config, protocol):
    """{kind of fault: the mean of shared lines}, 4 CPUs, each in page tables of its own."""
    done = subprocess.run([config.path("host", "count-lines"), f"faultlock={protocol}"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    found = dict(FAULT.findall(done.stdout))
    if not found:
        raise Refusal(f"build/host/count-lines gave no count: {(done.stdout + done.stderr).strip()[-300:]}")
    return found
