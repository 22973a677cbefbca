"""`make races-check`: do the watchpoints of the RACES=1 image find what is planted, and nothing in a few tests?"""

import re

from tools.runner import smp_test
from tools.runner.show import ConsoleLog, log_path, say, verdict

# A machine that is the same on every host: what is found does not depend on how busy this one is.
SEED = 1
PLANTED = re.compile(r"data race: CPU \d .*add_plain.*watchpoints\.c:\d+.*, CPU \d .*add_plain.*watchpoints\.c:\d+")
# What runs, boot words, what must be said (None: all tests pass).
ROWS = (
    ("a planted data race is found, with both lines", "watch_two_cpus_add", ["plantrace"], PLANTED),
    ("the same by marked accesses is none", "watch_two_cpus_add", [], None),
    ("none in the tests of faults against faults", "r01*", [], None),
)


def holds(run, sentence):
    """What is wrong with the run, as lines; none when it went as it must."""
    notes = [line for lines in run.failures.values() for line in lines]
    if sentence is None:
        return notes or ([f"# {run.broken()}"] if run.broken() else []) if run.failed else []
    if any(sentence.search(line) for line in notes):
        return []
    return ["# no such report; the run said:"] + (notes or ["# nothing"])


def main(config):
    """The command."""
    failed = 0
    log = ConsoleLog(log_path(config, "races-check"), live=config.verbose)
    for number, (what, tests, words, sentence) in enumerate(ROWS, 1):
        run = smp_test.boot(config.with_(races=True, seed=SEED), [f"test={tests}", *words], log)
        wrong = holds(run, sentence)
        failed += bool(wrong)
        say(f"{'not ok' if wrong else 'ok'} {number} - {what}")
        for line in wrong:
            say("  " + line)
    log.close()
    verdict(len(ROWS) - failed, failed, 0)
    return 1 if failed else 0
