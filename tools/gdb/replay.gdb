# make replay TOKEN=... GDB=1: the explorer under gdb, stopped at the step that failed.
# The simulated kernel's memory is mapped when it is first touched, and a timer watches for endless loops.
set pagination off
set confirm off
set breakpoint pending on
handle SIGSEGV nostop noprint pass
handle SIGALRM nostop noprint pass
# test_fail: a check of the scenario. run_failed_here: an assert or an oracle, or the end of a failed scenario.
# run_crashed: the host's processor refused.
break test_fail
break run_failed_here
break run_crashed if signal_number != 14
run
backtrace
