# The two kernels and the CD that boots them. Included by the Makefile, which names the sources.
#
# Each kernel is linked twice: the first link has an empty symbol table; tools/mksymbols.py fills it from that link; in
# both it stands last, where it moves nothing (boot/kernel.ld), and the check behind the second makes sure of that.

NM      := nm
OBJCOPY := objcopy
LIBGCC   = $(shell $(CC) -m32 -print-libgcc-file-name 2>/dev/null)

.SECONDEXPANSION:
# In the product mm/ is optimised as one unit (gcc's LTO), so that struct page can stay opaque and its accessors cost no
# call. Not the page lock, which notes who called it.
MM_UNIT_O := $(patsubst %.c,$(B)/product/%.o,$(filter-out mm/frame/page_lock.c,$(wildcard mm/*/*.c)) $(wildcard sched/*.c fs/*.c sys/*.c sys/*/*.c) \
                        $(addprefix arch/x86/,pgtable.c tlb.c trap.c))
$(MM_UNIT_O): KERNEL += -flto
# What of the unit others use, only a link of everything can tell; all else is the unit's own then, and may lose its name, its
# calling convention and its place. So that link is made (who measures links with it), and what gcc made of the unit for it is
# kept, with the debug information that gcc leaves beside each file's object.
MM_USERS_O = $(filter-out $(B)/product/mm.o,$(PRODUCT_O)) $(BENCH_C:%.c=$(B)/bench/%.o) $(B)/product/symbols0.o
# A gcc that names these otherwise makes the unit by itself: a few instructions more a fault.
LTO := $(CC) -m32 -O2 -g -flto=2 -flto-partition=one -nostdlib
$(B)/product/mm.o: $(MM_UNIT_O) $$(MM_USERS_O) boot/kernel.ld
	$(Q)echo "  LTO   $@"; rm -rf $(B)/lto; mkdir -p $(B)/lto; \
	$(LTO) -save-temps -static -o $(B)/lto/unit $(filter %.o,$^) \
	    -Wl,-m,elf_i386,-T,boot/kernel.ld,-z,noexecstack,--no-warn-rwx-segments,--build-id=none,--unresolved-symbols=ignore-all && \
	if [ -e $(B)/lto/unit.ltrans0.ltrans.o ]; then $(LD) -m elf_i386 -r -o $@ $(B)/lto/unit.ltrans0.ltrans.o $$(ls $(MM_UNIT_O:=.debug.temp.o) 2>/dev/null); \
	else $(LTO) -flinker-output=nolto-rel -r -o $@ $(MM_UNIT_O); fi && rm -rf $(B)/lto $(MM_UNIT_O:=.debug.temp.o)

# The short ways of locks and trace writers have no register to spare for a frame pointer; what a backtrace out of one lacks
# is its caller. The locks' slow halves are jumped to, so that one out of a wait is whole.
TRACE_WRITERS_O := $(foreach w,trace_write trace_write_locks,$(B)/product/diag/$(w).o $(B)/test/diag/$(w).o)
LOCKS_O := $(foreach l,spinlock rwsem mutex,$(B)/product/sync/$(l).o $(B)/test/sync/$(l).o)
$(LOCKS_O): KERNEL += -fomit-frame-pointer
$(TRACE_WRITERS_O): KERNEL += -fomit-frame-pointer -mtune=pentium3

PRODUCT_O := $(filter-out $(MM_UNIT_O),$(SRC_C:%.c=$(B)/product/%.o)) $(B)/product/mm.o $(SRC_ASM:%.asm=$(B)/product/%.o)
TEST_O    := $(SRC_C:%.c=$(B)/test/%.o) $(TEST_C:%.c=$(B)/test/%.o) $(SRC_ASM:%.asm=$(B)/test/%.o)

# The product, but that it measures itself and ends (`make bench`); not on the CD.
BENCH_C   := $(wildcard bench/kernel/*.c)
BENCH_O   := $(filter-out $(B)/product/boot/kmain.o,$(PRODUCT_O)) $(B)/bench/boot/kmain.o $(BENCH_C:%.c=$(B)/bench/%.o)
$(B)/bench/%.o: %.c Makefile boot/image.mk | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (bench)"; $(CC) $(KERNEL) -DFL_BENCH=1 -c $< -o $@

# The test image with a hook at every access, which looks for data races (diag/watchpoints.h). Without hooks: what serves them.
RACES_FLAGS    := -DFL_TEST=1 -DFL_RACES=1
RACES_NO_HOOKS := diag/watchpoints.c
RACES_HOOKS    := -fsanitize=thread --param tsan-distinguish-volatile=1 --param tsan-instrument-func-entry-exit=0 -Wno-tsan
RACES_O        := $(SRC_C:%.c=$(B)/races/%.o) $(TEST_C:%.c=$(B)/races/%.o) $(SRC_ASM:%.asm=$(B)/races/%.o)
$(B)/races/%.o: %.c Makefile boot/image.mk | $(DEPS_OK)
	$(Q)mkdir -p $(@D); [ -n "$(V)" ] || echo "  CC    $< (races)"; $(CC) $(KERNEL) $(RACES_FLAGS) $(if $(filter $(RACES_NO_HOOKS),$<),,$(RACES_HOOKS)) -c $< -o $@

# Numbers for NASM, computed by the compiler (arch/x86/offsets.c); each image has its own.
define offsets-rule
$(B)/$(1)/offsets.inc: arch/x86/offsets.c | $$(DEPS_OK)
	$$(Q)mkdir -p $$(@D); [ -n "$$(V)" ] || echo "  GEN   $$@"; \
	$$(CC) $$(KERNEL) $(2) -MT $$@ -MF $$@.d -S -o $$@.s $$< && sed -n 's/^#equ \([A-Z_0-9]*\) \(.*\)/\1 equ \2/p' $$@.s > $$@
$(B)/$(1)/%.o: %.asm $(B)/$(1)/offsets.inc
	$$(Q)mkdir -p $$(@D); [ -n "$$(V)" ] || echo "  NASM  $$<"; $$(NASM) -f elf32 -g -F dwarf -w+all -I$(B)/$(1)/ -o $$@ $$<
endef
$(eval $(call offsets-rule,product,))
$(eval $(call offsets-rule,test,-DFL_TEST=1))
$(eval $(call offsets-rule,races,$(RACES_FLAGS)))

LINK = $(LD) -m elf_i386 -T boot/kernel.ld -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments --build-id=none -o $@ \
       $(filter %.o,$^)
define link-rules
$(B)/$(1)/symbols0.c: tools/mksymbols.py | $$(DEPS_OK)
	$$(Q)mkdir -p $$(@D); python3 tools/mksymbols.py --empty -o $$@
$(B)/$(1)/faultline.pass1.elf: $(2) $(B)/$(1)/symbols0.o boot/kernel.ld
	$$(Q)echo "  LINK  $$@"; $$(LINK)
$(B)/$(1)/symbols.c: $(B)/$(1)/faultline.pass1.elf tools/mksymbols.py tools/dwarf_lines.py
	$$(Q)echo "  GEN   $$@"; python3 tools/mksymbols.py $$< -o $$@
$(B)/$(1)/symbols%o: $(B)/$(1)/symbols%c
	$$(Q)$$(CC) $$(KERNEL) -c $$< -o $$@
$(B)/$(1)/faultline.elf: $(2) $(B)/$(1)/symbols.o $(B)/$(1)/faultline.pass1.elf boot/kernel.ld
	$$(Q)echo "  LINK  $$@"; $$(LINK); \
	diff <($$(NM) $$@ | grep -i ' [tdb] ') <($$(NM) $(B)/$(1)/faultline.pass1.elf | grep -i ' [tdb] ') > /dev/null || \
	    { echo "$$@: the symbol table moved other symbols"; rm -f $$@; exit 1; }
$(B)/$(1)/faultline: $(B)/$(1)/faultline.elf
	$$(Q)$$(OBJCOPY) --strip-all $$< $$@
endef
$(eval $(call link-rules,product,$(PRODUCT_O)))
$(eval $(call link-rules,test,$(TEST_O)))
$(eval $(call link-rules,races,$(RACES_O)))
$(eval $(call link-rules,bench,$(BENCH_O)))

# The CD has an initramfs of its own only if one is named (make INITRAMFS=files.cpio); `make run` brings one on a second disk.
INITRAMFS ?=
GRUB_MODULES := normal multiboot2 smbios serial terminal regexp search search_fs_file iso9660 test configfile boot biosdisk

# A CD that boots what is in the folder.
make-cd = grub-mkrescue --install-modules="$(GRUB_MODULES)" --modules="$(GRUB_MODULES)" --fonts= --locales= --themes= \
          -o $@.new $(1) > $(B)/grub-mkrescue.log 2>&1 || { cat $(B)/grub-mkrescue.log; exit 1; }; mv $@.new $@

$(ISO): $(B)/product/faultline $(B)/test/faultline $(INITRAMFS) boot/grub.cfg
	$(Q)echo "  ISO   $@"; rm -rf $(B)/iso && mkdir -p $(B)/iso/boot/grub && \
	cp $(B)/product/faultline $(B)/iso/boot/faultline && cp $(B)/test/faultline $(B)/iso/boot/faultline-test && \
	$(if $(INITRAMFS),cp $(INITRAMFS) $(B)/iso/boot/initramfs.cpio &&) cp boot/grub.cfg $(B)/iso/boot/grub/grub.cfg && \
	$(call make-cd,$(B)/iso)
$(B)/races.iso: $(B)/races/faultline boot/grub.cfg
	$(Q)echo "  ISO   $@"; rm -rf $(B)/races.cd && mkdir -p $(B)/races.cd/boot/grub && \
	cp $(B)/races/faultline $(B)/races.cd/boot/faultline-test && cp boot/grub.cfg $(B)/races.cd/boot/grub/grub.cfg && \
	$(call make-cd,$(B)/races.cd)
$(B)/bench.iso: $(B)/bench/faultline boot/grub.cfg
	$(Q)echo "  ISO   $@"; rm -rf $(B)/bench.cd && mkdir -p $(B)/bench.cd/boot/grub && \
	cp $(B)/bench/faultline $(B)/bench.cd/boot/faultline && cp boot/grub.cfg $(B)/bench.cd/boot/grub/grub.cfg && \
	$(call make-cd,$(B)/bench.cd)
