"""`make gdb`: the test kernel stopped before its first instruction, gdb attached, the console in a file."""

import os
import signal
import subprocess
import threading

from tools.runner.machine import Console, Machine
from tools.runner.options import Refusal
from tools.runner.show import log_path, relative, say

DAY = 86400  # a person who thinks makes no progress that a watchdog could see


def _keep_console(machine, path):
    """Drains the machine's ports until it ends."""
    with open(path, "wb") as file:
        for event in machine.events():
            if isinstance(event, Console):
                file.write(event.data)
                file.flush()


def main(config, pattern):
    """The command."""
    image = os.path.join(config.build, "test", "faultline.elf")
    if not os.path.exists(image):
        raise Refusal(f"{image} is missing: run make all first.")
    console = log_path(config, "gdb")
    machine = Machine(config, [f"test={pattern}"], scratch_disks=config.test_disk)
    # Relative to QEMU's and gdb's common working folder: a socket's name has room for 107 characters only.
    port = os.path.join(machine.folder, "gdb")
    machine.config = config.with_(quiet_seconds=DAY, qemu_args=(
        *config.qemu_args, "-S", "-chardev", f"socket,id=gdb,path={port},server=on,wait=off", "-gdb", "chardev:gdb"))
    with machine:
        drain = threading.Thread(target=_keep_console, args=(machine, console), daemon=True)
        drain.start()
        machine.ready.wait()
        say(f"# console: tail -f {relative(console)}    commands: help fl")
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is gdb's
        try:
            done = subprocess.run(["gdb", "-q", image, "-ex", f"target remote {port}", "-x", "tools/gdb/faultline.py",
                                   "-ex", "hbreak kmain", "-ex", "continue"], check=False)
        finally:
            signal.signal(signal.SIGINT, before)
    return done.returncode
