"""trace.dat version 6, as trace-cmd.dat.v6(5) describes it."""

import struct

PAGE_SIZE = 4096
LONG_SIZE = 8  # pages are laid out as a 64-bit kernel's, which every viewer reads

HEADER_PAGE = (
    "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
    "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n"
)
HEADER_EVENT = (
    "# compressed entry header\n"
    "\ttype_len    :    5 bits\n"
    "\ttime_delta  :   27 bits\n"
    "\tarray       :   32 bits\n"
    "\n"
    "\tpadding     : type == 29\n"
    "\ttime_extend : type == 30\n"
    "\ttime_stamp : type == 31\n"
    "\tdata max type_len  == 28\n"
)
OPTION_TRACECLOCK, OPTION_UNAME, OPTION_TSC2NSEC = 4, 5, 14


def u32(value):
    return struct.pack("<I", value)


def u64(value):
    return struct.pack("<Q", value)


def sized64(text):
    data = text.encode()
    return u64(len(data)) + data


def sized32(text):
    data = text.encode()
    return u32(len(data)) + data


def option(kind, data):
    return struct.pack("<HI", kind, len(data)) + data


def tsc_conversion(cycles_per_second):
    """(mult, shift) with nanoseconds = cycles * mult >> shift, mult as large as 31 bits hold."""
    shift = 0
    while shift < 31 and (10**9 << (shift + 1)) // cycles_per_second < 1 << 31:
        shift += 1
    return (10**9 << shift) // cycles_per_second, shift


def head(region, texts):
    """Everything before the options. `texts`: {address: text} that events point to; they go where Linux has those of
    trace_printk."""
    out = [b"\x17\x08\x44tracing6\0", bytes([0, LONG_SIZE]), u32(PAGE_SIZE)]
    out += [b"header_page\0", sized64(HEADER_PAGE), b"header_event\0", sized64(HEADER_EVENT)]
    out.append(u32(0))  # no formats of ftrace's own plugins
    systems = region.formats()
    out.append(u32(len(systems)))
    for system, formats in systems.items():
        out += [system.encode() + b"\0", u32(len(formats)), *map(sized64, formats)]
    out.append(sized32(region.kallsyms()))
    out.append(sized32("".join(f'0x{address:x} : "{text}"\n' for address, text in sorted(texts.items()))))
    out.append(sized64("".join(f"{pid} {comm}\n" for pid, comm in sorted(region.tasks().items()))))
    out.append(u32(region.cpus))
    return b"".join(out)


def options(region):
    mult, shift = tsc_conversion(region.cycles_per_second)
    out = [b"options  \0"]
    out.append(option(OPTION_TRACECLOCK, b"local global [x86-tsc]\0"))
    out.append(option(OPTION_UNAME, b"Faultline i686\0"))
    out.append(option(OPTION_TSC2NSEC, struct.pack("<iiQ", mult, shift, region.first_cycles)))
    out.append(struct.pack("<H", 0))
    return b"".join(out)


def write(path, region, rings, texts):
    """`rings`: a list of pages per CPU; `texts`: {address: text} that events point to."""
    start = head(region, texts) + options(region) + b"flyrecord\0"
    place = -(-(len(start) + 16 * len(rings)) // PAGE_SIZE) * PAGE_SIZE
    for pages in rings:
        size = len(pages) * PAGE_SIZE
        start += u64(place) + u64(size)
        place += size
    with open(path, "wb") as out:
        out.write(start.ljust(-(-len(start) // PAGE_SIZE) * PAGE_SIZE, b"\0"))
        for pages in rings:
            out.writelines(pages)
