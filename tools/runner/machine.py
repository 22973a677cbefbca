"""One boot: QEMU as a stream of events, with a watchdog that knows progress and never judges by speed."""

import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

from tools.runner import disk, qemu
from tools.runner.records import Lines, parse

LOADING_FACTOR = 5       # before the kernel says anything the loader may be reading a large archive, and shows no progress
DUMP_QUIET_SECONDS = 10  # a dump is over when the console has been still for so long
END_OF_INPUT = b"\x04"    # Ctrl-D, as a person at a terminal says it


@dataclass(frozen=True)
class Console:
    """Bytes from COM1."""

    data: bytes


@dataclass(frozen=True)
class End:
    """How the machine ended. reason: exit, reset, hang, killed or qemu."""

    reason: str
    ok: bool
    sentence: str


class Machine:
    """Boots once. `for event in machine.events()` gives Console, Record and, last, End."""

    def __init__(self, config, words, iso=None, initrd_iso=None, scratch_disks=False):
        self.config = config
        self.words = list(words)
        self.iso = iso or config.iso
        self.initrd_iso = initrd_iso
        self.scratch_disks = scratch_disks
        os.makedirs(os.path.join(config.build, "run"), exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix="machine-", dir=os.path.join(config.build, "run"))
        # In a file of no disk: hundreds of MiB would be written back to it. It goes with the last of us who has it open.
        self._memory = os.memfd_create("guest-memory")
        self.ram = f"/proc/{os.getpid()}/fd/{self._memory}"
        self.process = None
        self.ready = threading.Event()  # QEMU has greeted: from here on its exit status is the guest's word
        self._has_spoken = False        # the kernel
        self._reset_seen = False
        self._asked = False           # the watchdog has sent its NMI
        self._killed_by_watchdog = False
        self._progress = self._console_moved = time.monotonic()

    # ---- life ----

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        os.close(self._memory)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        """Starts QEMU with our ends of console, control and QMP in hand."""
        self.console, console = socket.socketpair()
        self.qmp, qmp = socket.socketpair()
        self.control, control = os.pipe()
        fds = {"console": console.fileno(), "qmp": qmp.fileno(), "control": control}
        disks = disk.qemu_arguments(self.folder) if self.scratch_disks else ()
        args = qemu.command(self.config, self.words, self.iso, self.ram, fds, self.initrd_iso, disks)
        if self.config.verbose:
            print("  " + subprocess.list2cmdline(args), flush=True)
        # A session of its own: Ctrl-C is ours to handle, so that the machine ends the way we say.
        with open(os.path.join(self.folder, "stderr"), "wb") as stderr:
            self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
                                            pass_fds=list(fds.values()), start_new_session=True)
        console.close()
        qmp.close()
        os.close(control)
        self.ask("qmp_capabilities")

    def kill(self):
        """Ends QEMU now, if it still runs."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def write_console(self, data):
        """Types `data` on COM1."""
        try:
            self.console.sendall(data)
        except OSError:
            pass  # the machine has just ended: nobody reads

    # ---- events ----

    def events(self, stdin=None):
        """Runs the machine to its end. Bytes that `stdin` (a descriptor) has are typed on the console."""
        self.start()
        sources = selectors.SelectSelector()  # the only one that takes plain files as stdin
        for source, name in ((self.console, "console"), (self.control, "control"), (self.qmp, "qmp")):
            sources.register(source, selectors.EVENT_READ, name)
        if stdin is not None:
            sources.register(stdin, selectors.EVENT_READ, "stdin")
        lines = {"control": Lines(), "qmp": Lines()}
        open_outputs = 3
        while open_outputs:
            for key, _ in sources.select(timeout=1):
                data = self._read(key.fileobj)
                if not data:
                    sources.unregister(key.fileobj)
                    if key.data == "stdin":
                        self.write_console(END_OF_INPUT)
                    else:
                        open_outputs -= 1
                elif key.data == "stdin":
                    self.write_console(data)
                elif key.data == "console":
                    self._console_moved = time.monotonic()
                    yield Console(data)
                elif key.data == "control":
                    self._progress = time.monotonic()
                    self._has_spoken = True
                    yield from map(parse, lines["control"].feed(data))
                else:
                    self._hear_qmp(lines["qmp"].feed(data))
            self._watch()
        yield self._end()

    @staticmethod
    def _read(source):
        try:
            return os.read(source if isinstance(source, int) else source.fileno(), 65536)
        except OSError:
            return b""

    def ask(self, execute):
        """Sends QEMU a command of its monitor protocol; no answer is awaited."""
        try:
            self.qmp.sendall(json.dumps({"execute": execute}).encode() + b"\n")
        except OSError:
            pass  # the machine has just ended; its end says how

    def _hear_qmp(self, lines):
        for line in lines:
            message = json.loads(line) if line.strip() else {}
            if "QMP" in message:
                self.ready.set()
            if message.get("event") == "SHUTDOWN" and message["data"]["reason"] == "guest-reset":
                self._reset_seen = True

    def _patience(self):
        return self.config.quiet_seconds * (1 if self._has_spoken else LOADING_FACTOR)

    def _watch(self):
        """Asks a machine that makes no progress for its dump; ends it when the dump is over."""
        now = time.monotonic()
        if not self._asked:
            if now - self._progress > self._patience():
                self._asked = True
                self._console_moved = now
                self.ask("inject-nmi")
        elif now - self._console_moved > DUMP_QUIET_SECONDS and self.process.poll() is None:
            self._killed_by_watchdog = True
            self.kill()

    def _end(self):
        code = self.process.wait()
        if self._asked:
            return End("hang", False, f"the machine made no progress for {self._patience()} s"
                                      f"{' and was killed' if self._killed_by_watchdog else ''}: a hang.")
        if self.ready.is_set() and code == 1:
            return End("exit", True, "the machine ended with success.")
        if self.ready.is_set() and code > 1 and code & 1:
            # isa-debug-exit: a written value v makes QEMU leave with 2v+1.
            return End("exit", False, f"the machine ended with failure status {code >> 1}.")
        if self._reset_seen:
            return End("reset", False, "the processor reset itself (a triple fault).")
        if code < 0:
            return End("killed", False, f"QEMU was ended from outside by signal {-code}.")
        return End("qemu", False, f"QEMU ended with status {code}: {self._stderr() or 'the machine was switched off'}.")

    def _stderr(self):
        with open(os.path.join(self.folder, "stderr"), encoding="utf-8", errors="replace") as file:
            return file.read().strip()
