"""gdb commands for Faultline (`make gdb` loads them; `help fl` lists them).

    fl tasks            every task: state, CPU, what it waits for, the sleeping locks it holds
    fl locks            every lock held now, with its holder, and who waits for it
    fl regions [MM]     the regions of an address space (default: of the task that runs on the selected CPU)
    fl entries ADDR [MM] the directory entry, table entry and frame of a user or kernel address

All of it reads memory only, so it works on a machine stopped anywhere, a panic included.
"""

import gdb

DIRECT_BASE = 0xC0000000
PAGE_BITS = ((0, "present"), (1, "write"), (2, "user"), (5, "accessed"), (6, "dirty"), (7, "large"), (8, "global"))


# ---- reading the kernel's structures ----

def pointer_type(name):
    """The type `struct NAME *`."""
    return gdb.lookup_type("struct " + name).pointer()


def container(node, struct, member):
    """The struct that embeds `node` as its field `member`."""
    kind = gdb.lookup_type("struct " + struct)
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == member)
    return (node.cast(gdb.lookup_type("char").pointer()) - offset).cast(kind.pointer())


def text(value):
    """A C string; '-' for NULL or unreadable memory."""
    try:
        return value.string() if int(value) else "-"
    except gdb.MemoryError:
        return "-"


def array_text(value):
    """A char array up to its NUL."""
    return value.string(length=value.type.sizeof).split("\0")[0]


def static(*names):
    """The first of these file-scope variables that exists."""
    for name in names:
        symbol = gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)
        if symbol:
            return symbol.value()
    raise gdb.GdbError(f"this kernel has no variable {' or '.join(names)}")


def list_entries(head, struct, member):
    """The structs on a circular list."""
    node = head["next"]
    while node != head.address:
        yield container(node, struct, member)
        node = node["next"]


def tree_entries(node, struct, member):
    """The structs of a red-black tree, in order."""
    if int(node):
        yield from tree_entries(node["left"], struct, member)
        yield container(node, struct, member)
        yield from tree_entries(node["right"], struct, member)


def tasks():
    """Every task but the idle ones."""
    return list_entries(static("all_tasks", "task_list", "tasks"), "task", "all")


def selected_cpu():
    """struct cpu_local of the CPU whose thread is selected."""
    base = int(gdb.parse_and_eval("(unsigned)$fs_base"))
    return gdb.Value(base).cast(pointer_type("cpu_local")).dereference()


def held(locks):
    """The entries of a struct held_locks that are complete."""
    for i in range(1, locks["e"].type.range()[1] + 1):
        entry = locks["e"][i]
        if int(entry["lock"]):
            yield entry


def describe_held(entry):
    """One held lock in words."""
    mode = "shared" if int(entry["mode"]) else "exclusive"
    where = gdb.find_pc_line(int(entry["ip"]))
    place = f"{where.symtab.filename}:{where.line}" if where.symtab else f"{int(entry['ip']):#x}"
    return f"{text(entry['class']['name'])} {int(entry['lock']):#010x} {mode}, taken at {place}"


def state_name(task):
    """enum task_state without its prefix."""
    names = {f.enumval: f.name for f in gdb.lookup_type("enum task_state").fields()}
    return names.get(int(task["state"]), "?").replace("TASK_", "").lower()


def task_name(task):
    """`pid comm`."""
    return f"{int(task['pid'])} {array_text(task['comm'])}"


def waits(task):
    """What a sleeping task waits for, or ''."""
    return f"{text(task['waits_name'])} {int(task['waits_for']):#010x}" if int(task["waits_for"]) else ""


# ---- page tables ----

def read_word(physical):
    """A word of physical memory, through the direct map."""
    return int(gdb.Value(physical + DIRECT_BASE).cast(gdb.lookup_type("unsigned int").pointer()).dereference())


def bits(entry):
    """The names of an entry's bits."""
    return " ".join(name for bit, name in PAGE_BITS if entry >> bit & 1) or "empty"


def walk(root, address):
    """(name, entry) of the directory entry and, where there is a table, of the table entry."""
    directory = read_word(root + 4 * (address >> 22))
    yield f"PDE {address >> 22}", directory
    if directory & 1 and not directory & 0x80:
        yield f"PTE {address >> 12 & 1023}", read_word((directory & ~0xFFF) + 4 * (address >> 12 & 1023))


# ---- commands ----

class Prefix(gdb.Command):
    """Faultline's own commands."""

    def __init__(self):
        super().__init__("fl", gdb.COMMAND_DATA, prefix=True)


class Reader(gdb.Command):
    """A command that reads the machine's memory."""

    def invoke(self, argument, _from_tty):
        """What gdb calls."""
        if not gdb.selected_thread():
            raise gdb.GdbError("there is no machine to read: it has ended, or none is attached")
        self.show(argument)


class Tasks(Reader):
    """fl tasks: every task, its state, what it waits for and the sleeping locks it holds."""

    def __init__(self):
        super().__init__("fl tasks", gdb.COMMAND_DATA)

    def show(self, _argument):
        """Prints the table."""
        for task in tasks():
            on = f"cpu {int(task['cpu'])}" + (", running" if bool(task["on_cpu"]) else "")
            print(f"{int(task):#010x} {task_name(task):24} {state_name(task):16} {on:16} {waits(task)}")
            for entry in held(task["locks"]):
                print(f"           holds {describe_held(entry)}")


class Locks(Reader):
    """fl locks: every lock held now, its holder, and the tasks that wait for it."""

    def __init__(self):
        super().__init__("fl locks", gdb.COMMAND_DATA)

    def show(self, _argument):
        """Prints spinlocks by CPU, then sleeping locks by task."""
        per_cpu = static("spins_held")
        for cpu in range(per_cpu.type.range()[1] + 1):
            for entry in held(per_cpu[cpu]["v"]):
                print(f"cpu {cpu}: {describe_held(entry)}")
        everyone = list(tasks())
        for task in everyone:
            for entry in held(task["locks"]):
                print(f"task {task_name(task)}: {describe_held(entry)}")
                for other in everyone:
                    if int(other["waits_for"]) == int(entry["lock"]):
                        print(f"    task {task_name(other)} waits")


def mm_argument(argument):
    """The mm that an expression names; the selected CPU's current task's without one."""
    mm = gdb.parse_and_eval(argument) if argument else selected_cpu()["current"]["mm"]
    if not int(mm):
        raise gdb.GdbError("the task that runs on this CPU has no address space; name one: a struct mm *")
    return mm.cast(pointer_type("mm")).dereference()


class Regions(Reader):
    """fl regions [MM]: the regions of an address space."""

    def __init__(self):
        super().__init__("fl regions", gdb.COMMAND_DATA)

    def show(self, argument):
        """Prints one line a region."""
        for vma in tree_entries(mm_argument(argument)["vmas"]["root"], "vma", "node"):
            flags = int(vma["flags"])
            rights = "".join(c if flags & bit else "-" for c, bit in (("r", 1), ("w", 2), ("x", 4)))
            kind = f"file {int(vma['mapping']):#010x} page {int(vma['pgoff'])}" if int(vma["mapping"]) else "anonymous"
            print(f"{int(vma['start']):08x}-{int(vma['end']):08x} {rights}{'s' if flags & 8 else 'p'} "
                  f"seq {int(vma['seq'])} {kind} {text(vma['name'])}")


class Entries(Reader):
    """fl entries ADDR [MM]: the page-table entries of an address."""

    def __init__(self):
        super().__init__("fl entries", gdb.COMMAND_DATA)

    def show(self, argument):
        """Prints directory entry, table entry and frame."""
        words = gdb.string_to_argv(argument)
        if not words:
            raise gdb.GdbError("fl entries ADDR [MM]")
        address = int(gdb.parse_and_eval(words[0])) & 0xFFFFFFFF
        space = mm_argument(words[1])["space"] if len(words) > 1 else selected_cpu()["loaded_space"].dereference()
        for name, entry in walk(int(space["root"]), address):
            print(f"{name:9} {entry:#010x}  frame {entry >> 12:#x}  {bits(entry)}")


for command in (Prefix, Tasks, Locks, Regions, Entries):
    command()
