"""`make stress`: threads that map, protect, move, drop, fork and fault for SECONDS, every page known by its checksum."""

from tools.runner import program
from tools.runner.compile import compile_program
from tools.runner.options import Refusal, number
from tools.runner.programs import CRASH
from tools.runner.show import ConsoleLog, log_path, relative, say, verdict

SOURCE = "tests/stress/stress.c"
MOST_SECONDS = 7 * 86400


def complaint(outcome):
    """What went wrong, or None."""
    crash = CRASH.search(outcome.text)
    if crash:
        return crash[0]
    if outcome.end.reason != "exit":
        return outcome.end.sentence
    if outcome.status != 0:
        return f"exit status {outcome.status}"
    return None if "every checksum right, no frame lost" in outcome.text else "it did not get to its end"


def main(config, seconds):
    """The command."""
    seconds = number("SECONDS", seconds, 1, MOST_SECONDS)
    path, errors = compile_program(config, SOURCE)
    if errors:
        raise Refusal(f"{SOURCE} does not compile: {errors}")
    say(f"# {seconds} s of guest time, QEMU {config.accel}, {config.cpus} CPUs, {config.boot or 'default boot words'}")
    log = ConsoleLog(log_path(config, "stress"), live=True)
    # The program says something every ten seconds of its own; that is no record of the kernel's, so the watchdog waits longer.
    machine = config.with_(quiet_seconds=max(config.quiet_seconds, 4 * seconds + 120))
    outcome = program.run(machine, path, (str(seconds),), on_output=log.add)
    log.close()
    wrong = complaint(outcome)
    if wrong:
        say(f"stress: {wrong}; the console is in {relative(log.path)}")
        say("\n".join("  | " + line for line in outcome.log[-40:]))
    verdict(int(not wrong), int(bool(wrong)))
    return int(bool(wrong))
