# The host build: lib, diag, sync, sched and mm unchanged, on arch/sim, with the unit tests of tests/host and the
# scenarios of tests/smp. Two programs: one under AddressSanitizer and UBSan, one plain and faster.

STRATEGY  ?= auto ## explore: auto, usual, random, pct, exhaustive
BOUND     ?= 2    ## explore: exhaustive up to so many deviations from the default schedule
SCHEDULES ?= 2000 ## explore: at most so many schedules a test
TOKEN     ?=      ## replay: what a failure printed
$(foreach v,STRATEGY BOUND SCHEDULES TOKEN,$(if $(filter file,$(origin $(v))),$(eval $(v) := $(strip $($(v))))))

HOST_DIRS := lib diag sync sched mm arch/sim tests/host tests/smp
HOST_C    := $(sort $(wildcard $(addsuffix /*.c,$(HOST_DIRS)))) tests/test.c tests/scenario.c
HOST_FLAGS := $(HOST) -fno-pie -fno-pic
SANITIZE  := -fsanitize=address,undefined -fno-sanitize-recover=undefined
# The oracle reads the kernel's own page events (arch/sim/oracle.c).
HOST_LINK := -m32 -no-pie -Wl,--wrap=trace_write_page

HOST_ASAN := $(patsubst %.c,$(B)/host/asan/%.o,$(HOST_C))
HOST_FAST := $(patsubst %.c,$(B)/host/fast/%.o,$(HOST_C))

$(B)/host/asan/%.o: %.c | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (host)"; $(CC) $(HOST_FLAGS) $(SANITIZE) -c $< -o $@
$(B)/host/fast/%.o: %.c | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (explorer)"; $(CC) $(HOST_FLAGS) -c $< -o $@
# A schedule's token holds for one state of the sources, and for both programs.
$(B)/host/build_id.c: $(HOST_C) $(wildcard $(addsuffix /*.h,lib arch arch/sim arch/sim/inline arch/x86/inline diag sync sched mm tests))
	$(Q)mkdir -p $(@D); cat $^ | cksum | { read sum rest; echo "extern const unsigned host_build_id; const unsigned host_build_id = $${sum}u;"; } > $@
$(B)/host/host-tests: $(HOST_ASAN) $(B)/host/build_id.c
	$(Q)echo "  LINK  $@"; $(CC) $(HOST_LINK) $(SANITIZE) $^ -o $@
$(B)/host/explorer: $(HOST_FAST) $(B)/host/build_id.c
	$(Q)echo "  LINK  $@"; $(CC) $(HOST_LINK) $^ -o $@

host-test: $(B)/host/host-tests ## unit tests and a bounded exploration of every scenario, under ASan and UBSan
	$(Q)$< --schedules 60 --bound 1 --boot "$(BOOT)" '$(TEST)'
explore: $(B)/host/explorer ## explore schedules: TEST= STRATEGY= SEED= BOUND= SCHEDULES= CPUS= BOOT=
	$(Q)$< --progress --strategy $(STRATEGY) --bound $(BOUND) --schedules $(SCHEDULES) --boot "$(BOOT)" \
	    $(if $(SEED),--seed $(SEED)) $(if $(filter command line environment,$(origin CPUS)),--cpus $(CPUS)) '$(TEST)'
replay: $(B)/host/explorer ## one schedule of the explorer again: TOKEN= as its failure printed it
	$(Q)$< --replay '$(TOKEN)'
.PHONY: explore replay
