"""QEMU's gdb stub spoken to directly, as far as stopping at an address and monitor commands go (GDB manual, appendix E)."""

import socket


class Stub:
    """A machine that stands still whenever a method returns."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.read = b""

    def run_to(self, address):
        """Lets it run until the instruction at `address` is next, in whatever address space."""
        self._ask(b"Z0,%x,1" % address)
        self._ask(b"c")
        self._ask(b"z0,%x,1" % address)

    def monitor(self, line):
        """A command of QEMU's human monitor; what it prints is dropped."""
        self._ask(b"qRcmd," + line.encode().hex().encode())

    def go(self):
        """Lets it run for good."""
        self._send(b"D")

    def _send(self, packet):
        self.socket.sendall(b"$" + packet + b"#%02x" % (sum(packet) & 0xFF))

    def _ask(self, packet):
        """The answer, behind the acknowledgement and the lines that a monitor command prints."""
        self._send(packet)
        while True:
            while b"#" not in self.read[:-2]:
                data = self.socket.recv(65536)
                if not data:
                    raise ConnectionError("the machine ended")
                self.read += data
            end = self.read.index(b"#") + 3
            answer, self.read = self.read[:end].lstrip(b"+")[1:-3], self.read[end:]
            self.socket.sendall(b"+")
            if not (packet.startswith(b"qRcmd") and answer.startswith(b"O") and answer != b"OK"):
                return answer
