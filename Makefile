# Faultline. `make help` lists what there is, from the `##` comments below and in the included files.
# Nothing at parse time needs more than make and a shell, so that `make deps` works on a bare machine.
SHELL := /bin/bash
.DEFAULT_GOAL := all
B := build
# As many jobs as there are processors, unless -j says otherwise.
MAKEFLAGS := $(MAKEFLAGS) $(if $(filter -j% j%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 1))

CPUS      ?= 4      ## virtual CPUs of the machine, 1 to 16
MEM       ?= 512M   ## memory of the machine, up to 3G; less than 20M the kernel refuses
TEST      ?= *      ## which tests (or programs, or bench rows), as a shell pattern: TEST='r0*'
SEED      ?=        ## smp-test: a number makes the whole machine deterministic (QEMU -icount)
DISK      ?= auto   ## tests: a scratch disk for those that want one: yes, no, or auto: unless SEED= (a disk makes no two runs the same)
RACES     ?=        ## smp-test: 1 boots the image that looks for data races (watchpoints in compiled code)
BOOT      ?=        ## more boot words for the kernel: BOOT="faultlock=rwsem perturb=7"; BOOT=help lists them
ACCEL     ?= tcg    ## tcg or kvm
QEMU_ARGS ?=        ## more arguments for QEMU
PROGRAM   ?=        ## run: a static Linux/i386 ELF file
ARGS      ?=        ## run: its arguments
FILES     ?=        ## run: files and folders it can open, under the same names
MUTANT    ?= *      ## mutants: which ones, as a shell pattern: MUTANT='R0*'
MODEL     ?= *      ## models: which ones, as a shell pattern
$(if $(filter file,$(origin MODEL)),$(eval MODEL := $(strip $(MODEL))))
SECONDS_QUIET ?= 60 ## host seconds without any sign of progress before the runner asks a machine what it does and ends it
TRACE     ?=        ## trace-view, trace-report, trace-perf, trace-story: a saved trace.dat; the default is the last run's
FAULT     ?=        ## trace-story: which fault, by its number in the list that trace-story prints without it
V         ?=        ## 1 shows every command, and the console while tests run

# `make` keeps the blanks before a comment; the tools must not see them.
$(foreach v,CPUS MEM TEST SEED DISK RACES BOOT ACCEL QEMU_ARGS PROGRAM ARGS FILES MUTANT SECONDS_QUIET TRACE FAULT V,\
    $(if $(filter file,$(origin $(v))),$(eval $(v) := $(strip $($(v))))))
export CPUS MEM TEST SEED DISK RACES BOOT ACCEL QEMU_ARGS PROGRAM ARGS FILES MUTANT SECONDS_QUIET TRACE FAULT V
export FL_BUILD := $(B)

CC      := gcc
NASM    := nasm
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Werror -Wno-unused-parameter -Wno-sign-compare
COMMON  := -std=gnu17 -m32 -O2 -g -fno-omit-frame-pointer -fno-strict-aliasing -fno-common $(WARN) -I. -MMD -MP
KERNEL  := $(COMMON) -march=i686 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -mtune=generic \
           -mgeneral-regs-only -mpreferred-stack-boundary=2 -Iarch/x86 -DFL_X86=1
HOST    := $(COMMON) -DFL_HOST=1 -DFL_TEST=1 -Iarch/sim

# The layers in link order. A file belongs to the image by standing in its folder, or in one below it.
DIRS      := lib diag sync sched mm fs dev sys boot
SRC_C     := $(sort $(wildcard $(addsuffix /*.c,$(DIRS) $(addsuffix /*,$(DIRS)) arch/x86)))
SRC_ASM   := $(sort $(wildcard boot/*.asm arch/x86/*.asm))
TEST_C    := $(sort $(wildcard tests/*.c tests/smp/*.c tests/machine/*.c))
ISO       := $(B)/faultline.iso

Q := $(if $(V),,@)
DEPS_OK := $(B)/deps.ok
RUNNER  := $(Q)PYTHONDONTWRITEBYTECODE=1 python3 tools/run

all: $(ISO) ## build build/faultline.iso, the bootable CD with both kernels (the default)

# ---- objects ----
$(B)/product/%.o: %.c Makefile boot/image.mk | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $<"; $(CC) $(KERNEL) -c $< -o $@
$(B)/test/%.o: %.c Makefile boot/image.mk | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (test)"; $(CC) $(KERNEL) -DFL_TEST=1 -c $< -o $@

# `make objs DIR=mm` compiles one folder for both images.
objs: $(patsubst %.c,$(B)/product/%.o,$(wildcard $(DIR)/*.c $(DIR)/*/*.c)) $(patsubst %.c,$(B)/test/%.o,$(wildcard $(DIR)/*.c $(DIR)/*/*.c))

# ---- what has to be installed ----
$(DEPS_OK): tools/deps
	$(Q)sh tools/deps $(B)
deps: ## install the packages that are missing (says which first; needs root or sudo)
	$(Q)sh tools/deps $(B)

# ---- images (boot/image.mk) and host programs (tests/host/host.mk) ----
-include boot/image.mk
-include tests/host/host.mk
-include bench/bench.mk

# ---- running ----
smp-test: $(if $(filter-out 0,$(RACES)),$(B)/races.iso,$(ISO)) ## every race test on QEMU, CPUS processors: TAP, lock report, verdict, build/trace.dat
	$(RUNNER) smp-test
.PHONY: races-check
races-check: $(B)/races.iso ## the RACES=1 image: a planted data race must be found, and none in a few tests
	$(RUNNER) races-check

test: all ## every suite: layers, notes, format, lock contracts, host, models, fuzz, smp (each protocol and policy), programs, stress, refused allocations, traces, mutants (one way each)
	$(RUNNER) suites

# make leaves with 2 whatever a recipe says; tools/make_exit.c lets it leave with the program's own status.
run: run-program ## run a static Linux/i386 program: make run PROGRAM=a.out ARGS="1 2" FILES="data.txt"
	@$(eval -load $(B)/make_exit.so)$(exit-with-status $(B)/run.status)
run-program: $(ISO) $(B)/make_exit.so
	$(Q)status=0; PYTHONDONTWRITEBYTECODE=1 python3 tools/run program || status=$$?; echo $$status > $(B)/run.status
$(B)/make_exit.so: tools/make_exit.c | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $<"; $(CC) -O2 -Wall -Wextra -shared -fPIC -o $@ $<

programs: $(ISO) ## user programs (tests/programs, glibc and musl) and wrong input, on the product kernel
	$(RUNNER) programs
.PHONY: fail-nth models
fail-nth: $(ISO) ## refuse each allocation that the kernel makes for a program, one by one: sites, refusals, leaks; and some of the boot itself
	$(RUNNER) fail-nth
mutants: $(ISO) ## switch each known mistake on and require that its test fails; prints the table; PROTOCOLS=all: mutant by faultlock=
	$(RUNNER) mutants
mutants-bounded: $(ISO)
	$(RUNNER) mutants --bounded
.PHONY: seeds-full
seeds-full: $(ISO) ## the memory tests with the counts of 10^5 to 10^7 that the seeds name, in less than 10 minutes on two idle processors; TEST= chooses
	$(RUNNER) seeds-full
bench: $(ISO) $(B)/bench.iso $(B)/host/count-lines ## instructions for each operation, beside Linux 6.1's; PROTOCOLS=all: faults a second under each faultlock=
	$(RUNNER) bench
trace: $(ISO) ## run TEST with every trace point on; leaves build/trace.dat for trace-cmd report and KernelShark
	$(RUNNER) trace
# A trace that cannot be shown is status 1, which make itself would turn into 2.
trace-view: trace-view-page ## build/trace.html: the last run's trace (or TRACE=file) as a page: who waited for whom, and why
	@$(eval -load $(B)/make_exit.so)$(exit-with-status $(B)/trace-view.status)
trace-view-page: $(B)/make_exit.so
	$(Q)status=0; PYTHONDONTWRITEBYTECODE=1 python3 -m tools.trace.view $(or $(TRACE),$(B)/trace.dat) -o $(B)/trace.html || status=$$?; \
	    echo $$status > $(B)/trace-view.status
# The same for what prints: $(call trace-tool,MODULE,ARGUMENTS).
define trace-tool
	$(Q)status=0; PYTHONDONTWRITEBYTECODE=1 python3 -m tools.trace.$(1) $(or $(TRACE),$(B)/trace.dat) $(2) || status=$$?; \
	    echo $$status > $(B)/trace-$(1).status
endef
trace-report: trace-report-text ## of the last run's trace (or TRACE=file): waits, holders, chains, how long each phase of a fault took
	@$(eval -load $(B)/make_exit.so)$(exit-with-status $(B)/trace-report.status)
trace-report-text: $(B)/make_exit.so
	$(call trace-tool,report)
trace-perf: trace-perf-files ## build/perf.data, build/perf-locks.data: the trace for perf lock contention, perf lock report, perf sched timehist
	@$(eval -load $(B)/make_exit.so)$(exit-with-status $(B)/trace-perf.status)
trace-perf-files: $(B)/make_exit.so
	$(call trace-tool,perf,-o $(B)/perf.data --locks $(B)/perf-locks.data --kallsyms $(B)/perf.kallsyms)
trace-story: trace-story-text ## one fault (FAULT=n) step by step, in sentences, with times and source lines; without FAULT a list of faults
	@$(eval -load $(B)/make_exit.so)$(exit-with-status $(B)/trace-story.status)
trace-story-text: $(B)/make_exit.so
	$(call trace-tool,story,--build $(B) $(if $(FAULT),--fault '$(FAULT)'))
trace-test: $(ISO) ## traces of real runs: trace-cmd and perf (installed when it is missing) read them, their counts are the kernel's, a hang or panic leaves one; TEST= chooses
	$(Q)sh tools/deps $(B) perf || true
	$(RUNNER) trace-test
view-test: $(ISO) ## the page of make trace-view in a headless Chromium (installed when it is missing); damaged and foreign traces
	$(Q)sh tools/deps $(B) browser || true
	$(RUNNER) view-test
gdb: $(ISO) ## boot the test kernel stopped and attach gdb with the helpers of tools/gdb/faultline.py
	$(RUNNER) gdb

# ---- checks without a machine ----
check-locks: | $(DEPS_OK) ## clang reads every lock contract (and must refuse the planted mistakes)
	$(Q)python3 tools/check_locks.py
check-layers: | $(DEPS_OK) ## nothing includes upward
	$(Q)python3 tools/check_layers.py --self-test
	$(Q)python3 tools/check_layers.py
check-notes: | $(DEPS_OK) ## every file, function and race point that the book names exists
	$(Q)python3 tools/check_notes.py
check-calls: $(B)/test/faultline.elf ## the kernel's call graph against the layers of memory (the product's link inlines too much)
	$(Q)python3 tools/check_calls.py $<
models: | $(DEPS_OK) ## Spin searches every state of notes/models, and must find each planted mistake (MODEL=: which ones)
	$(Q)sh tools/deps $(B) models || true; python3 tools/check_models.py --build $(B) '$(MODEL)'
format: | $(DEPS_OK) ## clang-format every C file in place
	$(Q)python3 tools/check_format.py --fix
format-check: | $(DEPS_OK) ## is every C file formatted?
	$(Q)python3 tools/check_format.py

help: ## this list
	@echo "Targets:"
	@awk -F'## ' '/^[a-z][a-z-]*:.*## /{ split($$1, t, ":"); printf "  %-14s %s\n", t[1], $$2 }' $(filter-out %.d,$(MAKEFILE_LIST))
	@echo; echo "Variables (make smp-test CPUS=2 TEST='r0*'):"
	@awk -F'## ' '/^[A-Z_]+ *\?=.*## /{ split($$1, v, /[ ?=]+/); printf "  %-14s %-7s %s\n", v[1], v[2], $$2 }' $(filter-out %.d,$(MAKEFILE_LIST))
clean: ## remove build/
	$(Q)rm -rf $(B)

.PHONY: all objs deps smp-test test run run-program programs mutants mutants-bounded bench trace trace-view trace-view-page trace-report trace-report-text trace-perf trace-perf-files trace-story trace-story-text trace-test view-test gdb check-locks check-layers check-notes check-calls format format-check host-test help clean
-include $(shell find $(B) -type f -name '*.d' 2>/dev/null)
