#!/usr/bin/env python3
"""Nothing includes upward: holds every #include of the tree to the table below (notes/conventions.md).

Also: page_private.h stays in the files that own struct page (row S32), and assembly stays under arch/ and boot/.
`--self-test` plants one violation of each kind and requires that it is found.
"""

import argparse
import os
import re
import sys
from collections import namedtuple

# From the bottom up. A file may include files of its own layer and of those above it in this list.
LAYERS = ("lib", "arch contract", "diag", "sync ground", "sched", "sync upper", "mm", "fs", "dev", "sys", "boot", "tests")
RANK = {name: rank for rank, name in enumerate(LAYERS)}

# sync/ has two floors: the ground floor knows no tasks; what is named here sleeps.
SYNC_UPPER = ("sleep_lock", "rcu_wait", "waitqueue", "completion", "mutex", "rwsem", "lock_cost")
# An architecture serves the contract from below and calls upward only through the functions that arch/trap.h names;
# it sees the types of the scheduler, and the page allocator for the memory that the processor itself needs.
ARCHITECTURE = "sync upper"
ARCHITECTURE_ALSO = {"mm/frame/page.h", "mm/kernel/kvalloc.h", "mm/kernel/slab.h"}
# The explorer checks the kernel from outside: it may see all of it.
OUTSIDE = ("arch/sim/", "tests/", "bench/", "tools/")
PAGE_PRIVATE = re.compile(r"mm/frame/|arch/sim/")
# Entries of a space's tables are written through mm/table/pt_write.h, where the test image checks each write.
ENTRY_WRITE = re.compile(r"\bpte_(install|install_over|xchg|cmpxchg)\s*\(")
ENTRY_WRITERS = re.compile(r"mm/table/(entry_check\.c|pt_write\.h)$|arch/")
ASSEMBLY = re.compile(r"\b(__asm__|asm)\b\s*(volatile\b\s*)?\(")
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<(inline/[^>]+)>)', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

Source = namedtuple("Source", "path text")


def layer_of(path):
    """The layer that a file belongs to; None for what stands outside of the order."""
    folder, _, name = path.partition("/")
    if path.startswith(OUTSIDE):
        return "tests"
    if folder == "arch":
        contract = "/" not in name or "/inline/" in path
        return "arch contract" if contract else ARCHITECTURE
    if folder == "sync":
        # A split file carries its lock's name in front: rwsem_slow.c stands on the floor of rwsem.c.
        return "sync upper" if name.startswith(SYNC_UPPER) else "sync ground"
    return folder if folder in RANK else None


def is_architecture(path):
    """Is it an architecture's own code, not the contract?"""
    return path.startswith("arch/x86/") and "/inline/" not in path


def complaints(source):
    """What is wrong with one file, one sentence each."""
    own = layer_of(source.path)
    code = COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), source.text)
    for match in INCLUDE.finditer(code):
        included = match[1] or "arch/x86/" + match[2]
        line = code.count("\n", 0, match.start()) + 1
        target = layer_of(included) if "/" in included else own
        if included.endswith("page_private.h") and not PAGE_PRIVATE.match(source.path):
            yield f"{source.path}:{line}: struct page is opaque here; {included} belongs to mm/frame/ (row S32)"
        elif is_architecture(source.path) and (included in ARCHITECTURE_ALSO or included.startswith("arch/x86/")):
            continue
        elif source.path == "arch/" + included or own is None or target is None:
            continue
        elif RANK[target] > RANK[own] and not test_entry(source.path, included):
            yield f"{source.path}:{line}: {own} may not include {included} ({target} is above it)"
    if own != "tests" and not ENTRY_WRITERS.match(source.path) and ENTRY_WRITE.search(code):
        yield f"{source.path}: writes a page-table entry past mm/table/pt_write.h, where it is checked"
    if own not in ("arch contract", "tests") and not source.path.startswith("arch/") and ASSEMBLY.search(strip_barriers(code)):
        yield f"{source.path}: assembly outside of arch/"


def storage_complaints(source):
    """Row S11: the engine's trees are its own business; a user that named them could not get another engine."""
    if source.path.startswith("mm/range/"):
        return
    code = COMMENT.sub("", source.text)
    for word in re.findall(r"\b(splay_\w+|mm/range/splay\.h|by_size|by_addr)\b", code):
        yield f"{source.path}: {word} is the range engine's own (row S11)"


def strip_barriers(code):
    """An empty asm statement is a compiler barrier, not assembly."""
    return re.sub(r'__asm__\s+volatile\s*\(\s*""[^;]*;?', "", code)


def test_entry(path, included):
    """boot/kmain.c starts the tests of the test image, the rows of the bench image: the one place that names them."""
    return path == "boot/kmain.c" and included in ("tests/test.h", "bench/kernel/measure.h")


def tree(root="."):
    """Every C source and header."""
    for folder in ("lib", "arch", "diag", "sync", "sched", "mm", "fs", "dev", "sys", "boot"):
        for where, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    path = os.path.join(where, name)
                    with open(path, encoding="utf-8") as file:
                        yield Source(os.path.relpath(path, root), file.read())


def stray_assembly(root="."):
    """NASM files outside of arch/ and boot/."""
    for folder in ("lib", "diag", "sync", "sched", "mm", "fs", "dev", "sys"):
        for where, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith((".asm", ".S", ".s")):
                    yield f"{os.path.join(where, name)}: assembly outside of arch/ and boot/"


def self_test():
    """Plants mistakes, and correct code beside them."""
    wrong = [("lib/a.c", '#include "diag/assert.h"'), ("diag/a.c", '#include "sched/task.h"'),
             ("sync/spinlock.c", '#include "sched/sched.h"'), ("sync/held.c", '#include "sync/rwsem.h"'),
             ("sched/a.c", '#include "sync/mutex.h"'), ("mm/a.c", '#include "fs/file.h"'),
             ("fs/a.c", '#include "sys/process/process.h"'), ("fs/block/a.c", '#include "dev/virtio/virtio_blk.h"'),
             ("dev/a.c", '#include "sys/sys.h"'), ("arch/x86/a.c", '#include "fs/file.h"'),
             ("arch/cpu.h", '#include "sched/task.h"'), ("sys/a.c", '#include "tests/test.h"'),
             ("mm/fault/fault.c", '#include "mm/frame/page_private.h"'), ("sys/a.c", '#include "mm/frame/page_private.h"'),
             ("mm/a.c", 'void f(void) { __asm__ volatile("cli"); }'),
             ("mm/a.c", "void f(void) { pte_xchg(slot, entry); }")]
    right = [("mm/frame/frames.c", '#include "mm/frame/page_private.h"'), ("sync/rwsem.c", '#include "sched/sched.h"'),
             ("boot/kmain.c", '#include "tests/test.h"'), ("dev/virtio/a.c", '#include "fs/block/block.h"'), ("mm/a.c", '/* #include "sys/sys.h" */'),
             ("arch/x86/a.c", '#include "sched/task.h"'), ("mm/a.c", "void f(void) { kernel_pte_set(va, entry); }"), ("lib/compiler.h", '#define b() __asm__ volatile("" ::: "memory")')]
    missed = [case for case in wrong if not list(complaints(Source(*case)))]
    false = [case for case in right if list(complaints(Source(*case)))]
    if not list(storage_complaints(Source("mm/kernel/a.c", "x = set->by_size.root;"))):
        missed.append(("mm/kernel/a.c", "by_size"))
    for case in missed:
        print(f"check-layers: self-test: not found: {case}")
    for case in false:
        print(f"check-layers: self-test: wrongly found: {case}")
    return not missed and not false


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", action="store_true", help="only check the checker")
    parser.add_argument("--root", default=".", help="the tree (default: here)")
    args = parser.parse_args()
    if args.self_test:
        sys.exit(0 if self_test() else 1)
    sources = list(tree(args.root))
    found = [text for source in sources for text in complaints(source)] + list(stray_assembly(args.root))
    rows = (("s32_page_is_opaque", "struct page is complete in the files of the frame allocator alone",
             [text for text in found if "(row S32)" in text]),
            ("s11_engine_names_no_storage", "who uses the range engine never names how it keeps its extents",
             [text for source in sources for text in storage_complaints(source)]),
            ("layers", "nothing includes upward, and no assembly stands outside of arch/ and boot/",
             [text for text in found if "(row S32)" not in text]))
    for number, (name, shows, wrong) in enumerate(rows, 1):
        for text in wrong:
            print(text)
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}: {shows}")
    failed = sum(bool(wrong) for _, _, wrong in rows)
    print(f"check-layers: {len(sources)} files")
    print(f"{len(rows) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
