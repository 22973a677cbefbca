"""What the user asked for, from make's variables, checked before anything starts."""

import os
import re
import shlex
from dataclasses import dataclass, replace

MIB = 1 << 20
LEAST_MEMORY, MOST_MEMORY = 4 * MIB, 3072 * MIB


class Refusal(Exception):
    """Wrong input: one sentence for the user, exit status 2."""


@dataclass(frozen=True)
class Config:
    """One machine and how to watch it."""

    cpus: int = 4
    memory: int = 512 * MIB
    accel: str = "tcg"
    seed: int | None = None
    icount: str = ""            # QEMU's -icount argument; empty: free running
    disk: str = "auto"          # has the test machine a scratch disk: yes, no, or auto: unless it is deterministic
    races: bool = False         # the image with a hook at every access
    boot: str = ""
    qemu_args: tuple = ()
    quiet_seconds: int = 60
    verbose: bool = False
    build: str = "build"

    def with_(self, **changes):
        """The same machine with some things changed."""
        return replace(self, **changes)

    @property
    def iso(self):
        """The CD that every run boots from, unless it makes its own."""
        return os.path.join(self.build, "faultline.iso")

    @property
    def test_disk(self):
        """Does a machine of the tests get a scratch disk? Its answers come when the host has them, not after so many
        instructions, so a deterministic machine has none unless it is wanted."""
        return self.seed is None and not self.icount if self.disk == "auto" else self.disk == "yes"

    def path(self, *names):
        """A path under the build folder, with its folder made."""
        path = os.path.join(self.build, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path


def number(name, text, least, most):
    """`text` as a number in range, or a Refusal that says the range."""
    if not re.fullmatch(r"[0-9]+", text) or not least <= int(text) <= most:
        raise Refusal(f"{name}={text} is not a number from {least} to {most}.")
    return int(text)


def memory(text):
    """`512M` or `1G` in bytes."""
    match = re.fullmatch(r"([0-9]+)([MG])i?B?", text, re.IGNORECASE)
    size = int(match[1]) * (MIB if match[2].upper() == "M" else 1024 * MIB) if match else 0
    if not LEAST_MEMORY <= size <= MOST_MEMORY:
        raise Refusal(f"MEM={text} is not an amount of memory from 4M to 3G, such as 512M.")
    return size


def flag(name, text):
    """0 or 1."""
    if text not in ("0", "1"):
        raise Refusal(f"{name}={text} is neither 0 nor 1.")
    return text == "1"


def accelerator(text):
    """tcg, or kvm where this host lets us."""
    if text not in ("tcg", "kvm"):
        raise Refusal(f"ACCEL={text} is neither tcg nor kvm.")
    if text == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise Refusal("ACCEL=kvm needs /dev/kvm, and this machine has none that you may open.")
    return text


def disk(text):
    """yes, no or auto."""
    if text not in ("yes", "no", "auto"):
        raise Refusal(f"DISK={text} is none of yes, no and auto.")
    return text


def words(name, text):
    """Shell-like words of a variable."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise Refusal(f"{name}={text} does not split into words: {error}.") from None


def from_environment(env=os.environ):
    """The Config that make's variables describe."""

    def get(name, default):
        return env.get(name, "").strip() or default

    seed = get("SEED", None)
    accel = accelerator(get("ACCEL", "tcg"))
    if seed is not None and accel == "kvm":
        raise Refusal("SEED= needs ACCEL=tcg: only an emulated machine can be made deterministic.")
    return Config(
        cpus=number("CPUS", get("CPUS", "4"), 1, 16),
        memory=memory(get("MEM", "512M")),
        accel=accel,
        seed=None if seed is None else number("SEED", seed, 0, 2**32 - 1),
        disk=disk(get("DISK", "auto")),
        boot=get("BOOT", ""),
        qemu_args=words("QEMU_ARGS", get("QEMU_ARGS", "")),
        quiet_seconds=number("SECONDS_QUIET", get("SECONDS_QUIET", "60"), 1, 86400),
        verbose=get("V", "") not in ("", "0"),
        build=get("FL_BUILD", "build"),
    )
