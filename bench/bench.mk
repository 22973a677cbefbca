# Throughput and stress: user programs on the product kernel, free running.
PROTOCOLS ?=        ## bench: all, or some of mutex rwsem retry vma seq: compares fault locking protocols
SECONDS   ?= 60     ## stress: how long
$(foreach v,PROTOCOLS SECONDS,$(if $(filter file,$(origin $(v))),$(eval $(v) := $(strip $($(v))))))
export PROTOCOLS

bench-linux: $(ISO) ## faults a second of threads in one address space, and Debian's kernel in the same QEMU, in turns (fetches it)
	$(RUNNER) bench-linux
stress: $(ISO) ## mixed stress for SECONDS: threads map, protect, move, drop, fork and fault; checksums, no frame lost
	$(Q)SECONDS_OF_STRESS=$(SECONDS) PYTHONDONTWRITEBYTECODE=1 python3 tools/run stress
.PHONY: bench-linux stress
