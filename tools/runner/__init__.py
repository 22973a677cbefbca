"""Starts Faultline under QEMU, reads what it says, and turns that into a verdict.

Reading order: options (what the user asked for), machine (one boot, as a stream of events), then one module a command:
smp_test, program, programs, mutants, bench, gdb, suites.
"""
