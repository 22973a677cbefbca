# Where instructions go; throughput and stress: user programs on the product kernel, free running.
PROTOCOLS ?=        ## bench, mutants, refusals: all, or some of mutex rwsem retry vma seq: compares fault locking protocols, or tries each mutant or refusal under them
ROW       ?=        ## bench-where: which row of make bench: ROW="anonymous write fault"
SECONDS   ?= 60     ## stress: how long
$(foreach v,PROTOCOLS ROW SECONDS,$(if $(filter file,$(origin $(v))),$(eval $(v) := $(strip $($(v))))))
export PROTOCOLS ROW

bench-linux: $(ISO) ## faults a second of threads in one address space, and Debian's kernel in the same QEMU, in turns (fetches it)
	$(RUNNER) bench-linux
bench-where: $(ISO) ## the functions that the instructions of one row of make bench (ROW=) are spent in
	$(RUNNER) bench-where
stress: $(ISO) ## mixed stress for SECONDS: threads map, protect, move, drop, fork and fault; checksums, no frame lost
	$(Q)SECONDS_OF_STRESS=$(SECONDS) PYTHONDONTWRITEBYTECODE=1 python3 tools/run stress
.PHONY: bench-where bench-linux stress
