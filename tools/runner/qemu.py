"""The QEMU command line of one machine."""

import shutil

from tools.runner.options import MIB

BINARY = "qemu-system-i386"


def boot_words(config, words):
    """All boot words of a run: the command's own, the seed, the user's."""
    seed = [f"seed={config.seed}"] if config.seed is not None else []
    return " ".join([*words, *seed, config.boot]).strip()


def _accelerator(config, has_disk):
    if config.accel == "kvm":
        return ["-accel", "kvm", "-cpu", "host"]
    # -icount makes time a count of instructions and the CPUs take turns in one thread: the same run every time.
    # With a disk an idle machine waits for it in real time: else its clock would run on, and each answer be late.
    sleep = "on" if has_disk else "off"
    icount = config.icount or (f"shift=7,sleep={sleep}" if config.seed is not None else "")
    if icount:
        return ["-accel", "tcg,thread=single", "-icount", icount, "-rtc", "base=2026-01-01,clock=vm", "-cpu", "qemu32"]
    return ["-accel", "tcg,thread=multi", "-cpu", "qemu32"]


def command(config, words, iso, ram, fds, initrd_iso=None, disks=()):
    """QEMU's arguments. `fds` has the descriptors it inherits: console and qmp sockets, the control pipe; `disks`:
    the arguments of scratch disks."""
    line = boot_words(config, words).replace(",", ",,")
    args = [BINARY, "-nodefaults", "-no-user-config", "-display", "none", "-vga", "std", "-no-reboot"]
    args += ["-machine", "pc,memory-backend=ram", "-m", f"{config.memory // MIB}M", "-smp", str(config.cpus)]
    args += _accelerator(config, bool(disks))
    # Guest memory is a file: the trace rings can be read out of a machine that hangs, or has ended.
    args += ["-object", f"memory-backend-file,id=ram,size={config.memory},mem-path={ram},share=on"]
    args += ["-drive", f"file={iso},media=cdrom,index=0,if=ide,readonly=on"]
    if initrd_iso:
        # As a hard disk: the BIOS shows GRUB the CD that it booted from and no other.
        args += ["-drive", f"file={initrd_iso},format=raw,media=disk,index=1,if=ide"]
    args += disks
    args += ["-boot", "order=d", "-smbios", f"type=11,value={line}"]
    args += ["-chardev", f"socket,id=console,fd={fds['console']}", "-serial", "chardev:console"]
    args += ["-chardev", f"file,id=control,path=/dev/fd/{fds['control']}", "-serial", "chardev:control"]
    args += ["-chardev", f"socket,id=qmp,fd={fds['qmp']}", "-mon", "chardev=qmp,mode=control"]
    args += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", *config.qemu_args]
    # Where it exists, setpriv ties QEMU's life to the runner's, so that a killed runner leaves no machine behind.
    return ["setpriv", "--pdeathsig", "KILL", *args] if shutil.which("setpriv") else args
