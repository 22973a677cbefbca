"""Builds user programs as a user would: the host's plain gcc, or the same gcc with musl's headers and library."""

import os
import subprocess

SHARED = "tests/programs"  # headers that other folders' programs include as well
PLAIN = ["gcc", "-m32", "-static", "-pthread", "-O2", "-Wall", "-Wextra", "-Werror"]


def musl_missing(config):
    """Why nothing can be built with musl here; empty when it can."""
    folder = os.path.join(config.build, "musl")
    if os.path.exists(os.path.join(folder, "gcc.specs")):
        return ""
    try:
        with open(os.path.join(folder, "missing"), encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return "musl for i386 is not to be had: `make deps` has not fetched it"


def flags(config, libc):
    """What the compiler is told for a C library."""
    if libc == "glibc":
        return PLAIN
    # musl's own instructions for gcc leave the output format to the linker's default, which is the host's.
    return [*PLAIN, "-Wl,-m,elf_i386", "-specs", os.path.join(config.build, "musl", "gcc.specs")]


def compile_program(config, source, libc="glibc", extra=()):
    """Compiles one C file where it is older than its source; returns (path, error text)."""
    path = config.path("programs", libc, os.path.splitext(source)[0])
    newest = max(os.path.getmtime(p) for p in [source, *_headers(source)])
    if os.path.exists(path) and os.path.getmtime(path) >= newest:
        return path, ""
    done = subprocess.run([*flags(config, libc), *extra, "-o", path, source], capture_output=True, text=True, check=False)
    return path, done.stderr if done.returncode else ""


def _headers(source):
    folders = {os.path.dirname(source), SHARED}
    return [os.path.join(folder, name) for folder in folders for name in os.listdir(folder) if name.endswith(".h")]
