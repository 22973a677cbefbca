/*
 * The record kinds of the control port (COM2), which the runner on the host reads: one record a line, the
 * kind first.
 *
 *   log TEXT                          a line of printk
 *   tap TEXT                          a line of TAP 14 from the test runner
 *   exit STATUS                       the exact status of the program that `run=` started, or 1 for a
 *                                     refused boot
 *   trace PADDR BYTES                 where the trace region lies in guest memory (diag/trace_layout.h)
 *   lockstat TEXT                     a line of the lock report
 *   heartbeat N                       the machine makes progress; N is seconds since boot
 *   unknown-syscall NR NAME COUNT     a system call that programs asked for and did not get
 */
#pragma once
#define CONTROL_LOG "log "
