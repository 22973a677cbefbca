# Faultline. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := all
B := build

CC      := gcc
NASM    := nasm
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Werror -Wno-unused-parameter -Wno-sign-compare
COMMON  := -std=gnu17 -m32 -O2 -g -fno-omit-frame-pointer -fno-strict-aliasing -fno-common $(WARN) -I. -MMD -MP
KERNEL  := $(COMMON) -march=i686 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
           -mgeneral-regs-only -mpreferred-stack-boundary=2 -Iarch/x86 -DFL_X86=1
HOST    := $(COMMON) -DFL_HOST=1 -DFL_TEST=1 -Iarch/sim

# The layers in link order. A file belongs to the image by standing in its folder.
DIRS      := lib diag sync sched mm fs dev sys boot
SRC_C     := $(sort $(wildcard $(addsuffix /*.c,$(DIRS) arch/x86)))
SRC_ASM   := $(sort $(wildcard boot/*.asm arch/x86/*.asm))
TEST_C    := $(sort $(wildcard tests/*.c tests/smp/*.c))

Q := $(if $(V),,@)
$(B)/product/%.o: %.c
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $<"; $(CC) $(KERNEL) -c $< -o $@
$(B)/test/%.o: %.c
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (test)"; $(CC) $(KERNEL) -DFL_TEST=1 -c $< -o $@

# `make objs DIR=mm` compiles one folder for both images.
objs: $(patsubst %.c,$(B)/product/%.o,$(wildcard $(DIR)/*.c)) $(patsubst %.c,$(B)/test/%.o,$(wildcard $(DIR)/*.c))
.PHONY: objs
-include $(shell find $(B) -name '*.d' 2>/dev/null)
