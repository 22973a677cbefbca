"""One fault as a story: what happened in the order of time, in plain sentences.

The order of the telling is that of the note of 2004 on the page fault (notes/fault.md): the address is saved and interrupts
come back on; the semaphore of the address space; the region; the page table; the page; the lock again and the look whether
somebody else was faster; the end. Each sentence has its time since the fault and, where the trace says it, its place in the
kernel's source.
"""

from collections import namedtuple

from tools.trace.analysis.holders import chain_of, holders_of, waits_of
from tools.trace.story.lines import microseconds

# When, in nanoseconds; the sentence; the kernel's address or 0.
Step = namedtuple("Step", "ns text ip")

LOOKUP = {"done": "Found the region, and mmap_lock is held so that it stays.",
          "no region": "No region has this address.",
          "wait": "Could not use the region yet and has to wait."}
PHASES = {
    "entry": "The address is out of CR2, which the next fault would overwrite; the handler begins.",
    "irq_on": "Interrupts are on again as they were, and the task counts as running (TASK_RUNNING), come what may.",
    "pt_alloc": "The address's page table was missing: made one, or found the one that somebody else had made meanwhile.",
    "alloc": "Took a frame, with no spinlock held: this may take long.",
    "io": "The file's page is not there yet: it must be read.",
    "ask": "Nobody has provided the page yet: the program that does so (userfaultfd) is to be asked.",
    "relock": "All that can sleep is done: asks for the page table's lock.",
    "recheck_won": "Took the lock and looked again: the entry is still what it was. This fault is the first.",
    "recheck_lost": "Took the lock and looked again: somebody else was faster. Gives back what it had prepared.",
    "install": "Wrote the entry. From here on every thread sees the page.",
    "flush": "Other CPUs may still use the old entry: tells them to forget it, and waits until they have.",
    "retry": "Let every lock go, to wait with nothing held and then to begin again at the look-up.",
}


# The note's own steps, each told up to the phase that ends it.
STAGES = {"entry": "The address of the fault is saved", "irq_on": "Interrupts come back on",
          "lookup": "The semaphore of the address space, and the region",
          "pt_alloc": "The page table", "alloc": "The page", "io": "The page, from its file", "ask": "The page, from its program",
          "relock": "What was let go is taken again", "recheck_won": "Has somebody else mapped it meanwhile?",
          "recheck_lost": "Has somebody else mapped it meanwhile?", "install": "The page is mapped",
          "flush": "Who still sees the old page?", "retry": "Wait with nothing held, and again", "exit": "The end"}
BEGINNINGS = {"flush", "io", "ask", "retry"}


def count(n, what):
    """`1 page`, `3 pages`."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def stage_of(fault, step):
    """Which of the note's steps it belongs to: that of the next mark, or of the last one where that one begins a step."""
    mark = next((m for m in fault.marks if m.ns >= step.ns), fault.marks[-1])
    last = next((m for m in reversed(fault.marks) if m.ns <= step.ns), mark)
    if last.phase in BEGINNINGS:
        mark = last
    return STAGES.get(mark.phase, mark.phase)


def told(study, fault):
    """[Step], in the order of time."""
    steps = [opening(study, fault)]
    for mark in fault.marks:
        steps.append(Step(mark.ns, phase_text(fault, mark), mark.ip))
    for wait in waits_of(study, fault.task):
        if wait.begin < fault.end and wait.end > fault.begin:
            steps += waited(study, wait)
    steps += [other(study, event) for event in fault.events if event.event in OTHERS]
    steps += slept(study, fault)
    return sorted(steps, key=lambda step: step.ns)


def opening(study, fault):
    """The trap itself."""
    who = study.trace.task(fault.task)
    how = ("wrote to" if fault.write else "read") if fault.code or fault.ip else "touched"
    where = "its own code" if fault.from_user else "a copy to or from user memory in the kernel"
    return Step(fault.begin, f"{who} {how} {fault.address:#010x} on CPU {fault.cpu}, in {where}, and the processor trapped.",
                fault.ip if not fault.from_user else 0)


def phase_text(fault, mark):
    """A phase in a sentence."""
    if mark.phase == "lookup":
        return LOOKUP.get(fault.outcome_of(mark), "Looked for the region: " + fault.outcome_of(mark) + ".")
    if mark.phase == "exit":
        return f"The fault is over: {fault.outcome}." + ("" if fault.outcome == "done" else " The program will hear of it.")
    return PHASES.get(mark.phase, f"Phase {mark.phase}.")


def waited(study, wait):
    """The beginning and the end of a wait, and who was in the way."""
    trace = study.trace
    chain = chain_of(study, wait)
    holder = chain[0].holder
    text = f"Has to wait for {wait.name} ({wait.kind})"
    if holder and holder.task >= 0:
        text += f": held by {trace.task(holder.task)} on CPU {holder.cpu}"
        text += f", which took it at {trace.symbol(holder.ip)}" if holder.ip else ""
    for link in chain[1:]:
        text += f"; who itself waits for {link.wait.name}"
        if link.holder and link.holder.task >= 0:
            text += f", held by {trace.task(link.holder.task)}"
    steps = [Step(wait.begin, text + ".", wait.ip)]
    if wait.ended:
        let_go = holders_of(study, wait)
        by = f" {trace.task(let_go[-1].task)} let it go." if let_go and let_go[-1].ip else ""
        steps.append(Step(wait.end, f"Has {wait.name} after {microseconds(wait.length)}.{by}", 0))
    return steps


def race_point(study, event):
    """A numbered window."""
    return f"Passed the window R{event.race:02}: another CPU may come between here."


def shootdown(study, event):
    """TLBs of other CPUs."""
    return f"{count(event.answered, 'other CPU')} interrupted for {count((event.end - event.start) >> 12, 'page')}: all have flushed."


def page_alloc(study, event):
    """A frame."""
    return f"Frame {event.pfn:#x} is taken."


def page_free(study, event):
    """A frame given back."""
    return f"Frame {event.pfn:#x} is given back."


def tlb_flush(study, event):
    """This CPU's TLB."""
    return "This CPU's TLB forgets " + ("all of the user's." if event.pages >= 2**32 - 1 else count(event.pages, "page") + ".")


OTHERS = {"race_point": race_point, "shootdown": shootdown, "mm_page_alloc": page_alloc, "mm_page_free": page_free,
          "tlb_flush": tlb_flush}


def other(study, event):
    """What else the task did meanwhile."""
    return Step(event.ns, OTHERS[event.event](study, event), getattr(event, "ip", 0))


def slept(study, fault):
    """Where it gave the CPU away."""
    steps = []
    for stretch in study.timelines.during(fault.task, fault.begin, fault.end):
        length = microseconds(stretch.end - stretch.begin)
        if stretch.state == "asleep":
            steps.append(Step(stretch.begin, f"Sleeps for {length}.", 0))
        elif stretch.state == "runnable":
            steps.append(Step(stretch.begin, f"Could run, and has no CPU for {length}.", 0))
    return steps
