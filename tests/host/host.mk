# The host build: lib, diag, sync, sched and mm unchanged, on arch/sim, with the unit tests of tests/host and the
# scenarios of tests/smp. Two programs: one under AddressSanitizer and UBSan, one plain and faster.

# A line that is written over itself again and again: for a terminal only.
PROGRESS = $$(test ! -t 2 || echo --progress)
STRATEGY  ?= auto ## explore: auto, usual, random, pct, exhaustive
BOUND     ?= 2    ## explore: exhaustive up to so many deviations from the default schedule
SCHEDULES ?= 2000 ## explore: at most so many schedules a test
COMPARE   ?=      ## explore-mutants: compare the strategies instead, over so many seeds
EXPLORE_SECONDS ?= 180 ## explore-table: how many seconds of processor time each scenario at most
DRAWN     ?= 0    ## refusals: so many drawn schedules beside the default one
TOKEN     ?=      ## replay: what a failure printed
GDB       ?=      ## replay: 1 runs it in gdb and stops at the failing step
$(foreach v,STRATEGY BOUND SCHEDULES EXPLORE_SECONDS COMPARE DRAWN TOKEN GDB,$(if $(filter file,$(origin $(v))),$(eval $(v) := $(strip $($(v))))))

HOST_DIRS := lib diag sync sched arch/sim tests/host tests/smp
HOST_C    := $(sort $(wildcard $(addsuffix /*.c,$(HOST_DIRS) mm/*))) fs/cpio.c sys/process/elf.c tests/host/fuzz/range_script.c tests/host/fuzz/allocator_script.c \
             $(filter-out tests/tests_main.c,$(wildcard tests/*.c))
HOST_FLAGS := $(HOST) -fno-pie -fno-pic
SANITIZE  := -fsanitize=address,undefined -fno-sanitize-recover=undefined
# The oracles listen to the kernel's own page events and to the ends of its operations (arch/sim/oracle.c, rights.c).
HOST_LINK := -m32 -no-pie -Wl,--wrap=trace_write_mm_page_alloc,--wrap=trace_write_mm_page_free,--wrap=rwsem_read_unlock,--wrap=rwsem_write_unlock

HOST_ASAN := $(patsubst %.c,$(B)/host/asan/%.o,$(HOST_C))
# The explorer takes runs back in time: a hook before each store (arch/sim/undo.c), but not in what is the host's own.
HOOKS     := -fsanitize=thread --param tsan-instrument-func-entry-exit=0 \
             -fno-builtin-memcpy -fno-builtin-memmove -fno-builtin-memset -fno-tree-loop-distribute-patterns -Wno-tsan
# What the trace's writers do is no part of the schedule; elsewhere READ_ONCE and WRITE_ONCE are marked accesses.
SILENT    := $(wildcard diag/trace_write*.c) diag/trace_ring.c
hooks     = $(if $(filter $(NO_HOOKS),$1),,$(HOOKS) --param tsan-distinguish-volatile=$(if $(filter $(SILENT),$1),0,1))
silent    = $(if $(filter $(SILENT),$1),-DSIM_SILENT)
NO_HOOKS  := $(addprefix arch/sim/,$(addsuffix .c,budget checkpoint explore hook_calls hooks interrupts key_table machine memory_host order races refusals replay_trace report run run_inplace run_fork search search_pick search_tables shorten strategy symbolize turns undo)) \
             $(addprefix tests/host/,$(addsuffix .c,coverage_table main mutant_list mutant_table strategy_table options refusal_table self_test token))
# The machine's own accesses are undone like the kernel's, but no part of a data race.
SIM_OWN     := $(filter-out arch/sim/hooks.c,$(filter arch/sim/%,$(HOST_C)) $(SILENT) $(NO_HOOKS))
hooks    += $(if $(filter $(SIM_OWN),$1),-include arch/sim/model_hooks.h)
HOST_WRAP := -Wl,--wrap=memcpy,--wrap=memmove,--wrap=memset
HOST_FAST := $(patsubst %.c,$(B)/host/fast/%.o,$(HOST_C))

$(B)/host/asan/%.o: %.c | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (host)"; $(CC) $(HOST_FLAGS) $(call silent,$<) $(SANITIZE) -c $< -o $@
$(B)/host/fast/%.o: %.c tests/host/host.mk | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (explorer)"; $(CC) $(HOST_FLAGS) $(call silent,$<) $(call hooks,$<) -c $< -o $@
# A hook comes before each access; most are a test and a return, without a frame of their own. The order needs registers.
$(addprefix $(B)/host/fast/arch/sim/,hooks.o order.o search_tables.o undo.o): HOST_FLAGS += -fomit-frame-pointer
# A schedule's token holds for one state of the sources, and for both programs.
$(B)/host/build_id.c: $(HOST_C) $(wildcard $(addsuffix /*.h,lib arch arch/sim arch/sim/inline arch/x86/inline diag sync sched mm/* tests))
	$(Q)mkdir -p $(@D); cat $^ | cksum | { read sum rest; echo "extern const unsigned host_build_id; const unsigned host_build_id = $${sum}u;"; } > $@
$(B)/host/host-tests: $(HOST_ASAN) $(B)/host/build_id.c
	$(Q)echo "  LINK  $@"; $(CC) $(HOST_LINK) $(SANITIZE) $^ -o $@
$(B)/host/explorer: $(HOST_FAST) $(B)/host/build_id.c
	$(Q)echo "  LINK  $@"; $(CC) $(HOST_LINK) $(HOST_WRAP) $^ -o $@

host-test: $(B)/host/host-tests $(B)/host/explorer ## unit tests, self tests, mutants, and a bounded exploration of every scenario under ASan and UBSan
	$(Q)bash tests/host/run.sh $(B)/host '$(TEST)' "$(BOOT)"
explore: $(B)/host/explorer ## explore schedules: TEST= STRATEGY= SEED= BOUND= SCHEDULES= CPUS= BOOT=
	$(Q)$< $(PROGRESS) --strategy $(STRATEGY) --bound $(BOUND) --schedules $(SCHEDULES) --boot "$(BOOT)" \
	    $(if $(SEED),--seed $(SEED)) $(if $(filter command line environment,$(origin CPUS)),--cpus $(CPUS)) '$(TEST)'
replay: $(B)/host/explorer ## one schedule of the explorer again: TOKEN= as its failure printed it; leaves build/trace.dat; GDB=1: in gdb, at the failing step
	$(Q)if [ -n "$(GDB)" ]; then exec gdb -q -x tools/gdb/replay.gdb --args $< --replay '$(TOKEN)' --here; fi; \
	    status=0; $< --replay '$(TOKEN)' --trace $(B)/host/replay.ram || status=$$?; [ $$status = 2 ] && exit 2; \
	    nm -n $< | awk '$$2 ~ /^[tT]$$/' > $(B)/host/replay.symbols; \
	    python3 -m tools.trace $(B)/host/replay.ram --at 0 --symbols $(B)/host/replay.symbols -o $(B)/trace.dat; exit $$status
explore-mutants: $(B)/host/explorer ## the explorer against every mutant: MUTANT= SCHEDULES= (TEST=: other scenarios than its own); COMPARE=SEEDS compares the strategies
	$(Q)$< --mutants '$(MUTANT)' --schedules $(SCHEDULES) --seconds 60 --boot "$(BOOT)" $(if $(COMPARE),--compare $(COMPARE)) '$(TEST)'
explore-races: $(B)/host/explorer ## data races between plain accesses, in drawn schedules of every scenario: TEST= SCHEDULES= SEED= BOOT=faultlock=seq
	$(Q)$< $(PROGRESS) --strategy random --schedules $(SCHEDULES) --boot "races $(BOOT)" $(if $(SEED),--seed $(SEED)) \
	    $(if $(filter command line environment,$(origin CPUS)),--cpus $(CPUS)) '$(TEST)'
refusals: $(B)/host/explorer ## each allocation of each scenario refused once, on the simulated machine: who was refused, what leaked; DRAWN=n: in n drawn schedules too; PROTOCOLS=all: under each faultlock=
	$(Q)status=0; for words in $(or $(addprefix faultlock=,$(if $(filter all,$(PROTOCOLS)),mutex rwsem retry vma seq,$(PROTOCOLS))),''); do \
	    [ -z "$$words" ] || echo "# $$words"; $< --refusals $(DRAWN) --boot "$(strip $(BOOT) $$words)" '$(TEST)' || status=$$?; done; exit $$status
explore-table: $(B)/host/explorer ## the exhaustive search over every scenario with two CPUs or more, a row each: TEST= BOUND= EXPLORE_SECONDS= (a row's limit)
	$(Q)$< --coverage --bound $(BOUND) --seconds $(EXPLORE_SECONDS) --boot "$(BOOT)" '$(TEST)'
explore-mutants-bounded: $(B)/host/explorer
	$(Q)$< --mutants '$(MUTANT)' --schedules 200 --seconds 10
# The simulated machine without the explorer, for programs that run on it themselves; plain, with no hooks.
SIM_ALONE := $(filter-out $(addprefix arch/sim/,$(addsuffix .c,budget checkpoint explore hook_calls hooks key_table races refusals replay_trace report run run_fork run_inplace search search_pick search_tables shorten strategy)),$(wildcard arch/sim/*.c)) \
             tests/host/fuzz/sim_alone.c
# Cache lines written: the kernel's files tell of every load and store, but those that the test image alone has.
LINES_SIM    := $(SIM_ALONE) mm/frame/alloc_fail.c mm/frame/frame_moves.c $(wildcard diag/*.c tests/host/lines/*.c)
LINES_KERNEL := $(filter-out $(LINES_SIM),$(wildcard lib/*.c sync/*.c sched/*.c mm/*/*.c))
LINES_O      := $(LINES_SIM:%.c=$(B)/host/plain/%.o) $(LINES_KERNEL:%.c=$(B)/host/lines.d/%.o)
$(B)/host/plain/%.o: %.c | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (plain)"; $(CC) $(HOST_FLAGS) -c $< -o $@
$(B)/host/lines.d/%.o: %.c | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (lines)"; $(CC) $(HOST_FLAGS) -fsanitize=thread -Wno-tsan --param tsan-instrument-func-entry-exit=0 -c $< -o $@
$(B)/host/count-lines: $(LINES_O)
	$(Q)echo "  LINK  $@"; $(CC) $(HOST_LINK) $^ -o $@
lines: $(B)/host/count-lines ## shared cache lines written by allocations and by a fault, on the simulated machine: BOOT=faultlock=seq
	$(Q)$< "$(BOOT)"
# The range engine is plain C; the allocators come with the simulated machine, so they need clang's 32-bit run-time.
# Their library of C++ is the one that gcc -m32 brings (clang would ask for a package of its own).
FUZZERS    := range frames kvalloc slab allocators
FUZZ_CLANG := clang -m32 -O1 -g -std=gnu17 -DFL_HOST=1 -DFL_TEST=1 -I. -Iarch/sim -fno-strict-aliasing \
              -fno-omit-frame-pointer -fno-pie -Wno-unused-parameter -fno-sanitize-recover=undefined
FUZZ_LINK   = -nostdlib++ $(shell gcc -m32 -print-file-name=libstdc++.so.6 2>/dev/null) -no-pie
FUZZ_SIM   := $(sort $(wildcard lib/*.c diag/*.c sync/*.c sched/*.c mm/*/*.c)) $(SIM_ALONE) tests/host/fuzz/allocator_script.c
FUZZ_SIM_O := $(patsubst %.c,$(B)/host/fuzz/%.o,$(FUZZ_SIM))
FUZZ_C     := $(addprefix tests/host/fuzz/,libfuzzer.c range_script.c) $(wildcard mm/range/*.c)

$(B)/host/fuzz/%.o: %.c | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (fuzz)"; $(FUZZ_CLANG) -MMD -MP -fsanitize=fuzzer-no-link,address,undefined -c $< -o $@
$(B)/host/fuzz-range: $(FUZZ_C) | $(DEPS_OK)
	$(Q)mkdir -p $(@D); echo "  FUZZ  $@"; $(FUZZ_CLANG) -fsanitize=fuzzer,address,undefined $(FUZZ_C) $(FUZZ_LINK) -o $@
define fuzz-rule
$(B)/host/fuzz-$(1): tests/host/fuzz/allocator_libfuzzer.c $(FUZZ_SIM_O)
	$$(Q)echo "  FUZZ  $$@"; $$(FUZZ_CLANG) -DSCRIPT=$(2) -fsanitize=fuzzer,address,undefined $$(filter-out -m32,$$(HOST_LINK)) $$^ $$(FUZZ_LINK) -o $$@
endef
$(eval $(call fuzz-rule,frames,1))
$(eval $(call fuzz-rule,kvalloc,2))
$(eval $(call fuzz-rule,slab,4))
$(eval $(call fuzz-rule,allocators,7))
FUZZ_SECONDS ?= 60 ## fuzz: how long each harness
FUZZ         ?= *  ## fuzz: which (range, frames, kvalloc, slab, allocators), as a shell pattern
$(foreach v,FUZZ_SECONDS FUZZ,$(if $(filter file,$(origin $(v))),$(eval $(v) := $(strip $($(v))))))
fuzz: | $(DEPS_OK) ## libFuzzer on the range engine, frames, kvalloc and slabs, against models; findings stay in build/host
	$(Q)sh tools/deps $(B) fuzz || true; bash tests/host/fuzz/run.sh $(B) '$(FUZZ)' -max_total_time=$(FUZZ_SECONDS)
fuzz-bounded: | $(DEPS_OK) ## the same with a fixed number of scripts from a fixed seed
	$(Q)sh tools/deps $(B) fuzz || true; bash tests/host/fuzz/run.sh $(B) '$(FUZZ)' -seed=1 -runs=1500 -len_control=0
fuzzers: $(addprefix $(B)/host/fuzz-,$(FUZZERS))
.PHONY: lines explore explore-table explore-races refusals replay fuzz fuzz-bounded fuzzers explore-mutants explore-mutants-bounded
