# The kernel's image. Included by the top-level Makefile after BUILD, CC, WARN, FREESTANDING, MADE_WITH and ASSEMBLE.

# From the lowest layer up: kernel/README.md.
KERNEL_DIRS := $(addprefix kernel/,debug arch/x86_64 thread object ipc entry check boot)
KERNEL_INC := -Ikernel -I$(BUILD)
# -O3: an eighth fewer instructions on the C paths than -O2, for a fifth more text (docs/decisions.md).
KCFLAGS := $(FREESTANDING) -O3 $(WARN) -mno-red-zone -mcmodel=kernel -fno-omit-frame-pointer \
	-momit-leaf-frame-pointer $(if $(CLANG),-mstack-alignment=8,-mpreferred-stack-boundary=3 -fcallgraph-info=su) -Wframe-larger-than=1024 $(KERNEL_INC)
KCFLAGS += $(if $(filter 1,$(CHECK)),-DBATON_CHECK)
NASMFLAGS += $(if $(filter 1,$(CHECK)),-DBATON_CHECK)

# Only in the checking build.
CHECK_C := $(if $(filter 1,$(CHECK)),,$(addprefix kernel/check/,$(addsuffix .c,invariants pairs places seen objects queues coverage poison quick)))
KERNEL_C := $(filter-out %/offsets.c $(CHECK_C),$(wildcard $(addsuffix /*.c,$(KERNEL_DIRS))))
ENTRY_ASM := kernel/arch/x86_64/entry.asm $(wildcard fastpath/*.asm)
VARIANT_DIR := kernel/arch/x86_64/variant
VARIANTS := plain hardened kpti
# What the compiler may call by itself; linked if it does.
CALLED := $(BUILD)/called.a
CALLED_ASM := kernel/arch/x86_64/mem.asm
KERNEL_ASM := $(filter-out $(ENTRY_ASM) $(CALLED_ASM),$(wildcard $(addsuffix /*.asm,$(KERNEL_DIRS))))
KERNEL_OBJ := $(KERNEL_C:%.c=$(BUILD)/%.o) $(KERNEL_ASM:%.asm=$(BUILD)/%.asm.o) \
	$(foreach v,$(VARIANTS),$(ENTRY_ASM:%.asm=$(BUILD)/$(v)/%.asm.o))

# The functions behind the system calls, one line for each number that a call can have: kernel/abi/handlers.h.
HANDLERS := $(BUILD)/abi/handlers.def
$(HANDLERS): kernel/abi/abi.def $(MADE_WITH)
	@mkdir -p $(@D)
	@awk -F '[(,] *' '/^SYSCALL/ { call[$$2] = "sys_" tolower($$3) } END { for (n = 0; n < 128; n++) { \
		x = sprintf("0x%02x", n); printf "HANDLER(%s, %s)\n", x, x in call ? call[x] : "unknown_call" } }' $< > $@

$(BUILD)/kernel/%.o: kernel/%.c $(MADE_WITH) $(HANDLERS)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(KCFLAGS) -c $< -o $@

$(BUILD)/offsets.inc: kernel/entry/offsets.c $(MADE_WITH) $(HANDLERS)
	@mkdir -p $(@D)
	@$(CC) $(KCFLAGS) -MT $@ -MF $(BUILD)/offsets.d -S $< -o $(BUILD)/offsets.s
	@sed -n 's/^[[:space:]]*\.ascii[[:space:]]*"->\([A-Z0-9_]*\) \(.*\)"$$/\1 equ \2/p' $(BUILD)/offsets.s > $@

$(BUILD)/%.asm.o: %.asm $(MADE_WITH) | $(BUILD)/offsets.inc
	$(call ASSEMBLE)

# The entries, three times: kernel/arch/x86_64/variant/README.md.
define ENTRIES
$(BUILD)/$(1)/%.asm.o: %.asm $(MADE_WITH) | $(BUILD)/offsets.inc
	$$(call ASSEMBLE,-I $(VARIANT_DIR)/ -I $(VARIANT_DIR)/$(1)/, ($(1)))
endef
$(foreach v,$(VARIANTS),$(eval $(call ENTRIES,$(v))))

$(BUILD)/kernel.ld: kernel/kernel.ld kernel/arch/x86_64/layout.h
	@mkdir -p $(@D)
	@$(CC) -E -P -x c -Ikernel $< -o $@

# --discard-locals: the labels within macros (..@) stay out of the symbol table.
LINK_KERNEL := $(LD) -nostdlib --discard-locals -z noexecstack -z max-page-size=4096 --no-warn-rwx-segments -T $(BUILD)/kernel.ld

$(CALLED): $(CALLED_ASM:%.asm=$(BUILD)/%.asm.o)
	@rm -f $@
	@ar rcs $@ $^

# Linked twice: the first time to learn the addresses that the symbol table of the second holds.
$(BUILD)/baton.elf: $(KERNEL_OBJ) $(CALLED) $(BUILD)/kernel.ld scripts/build/ksyms.py scripts/build/stack_bound.py
	@$(if $(CLANG),echo "not known: only gcc tells who calls whom",python3 -m scripts.build.stack_bound $(KERNEL_C:%.c=$(BUILD)/%.ci)) > $(BUILD)/stack.txt
	@echo "  LD   $@"
	@python3 -m scripts.build.ksyms > $(BUILD)/symbols0.asm
	@$(NASM) -f elf64 $(BUILD)/symbols0.asm -o $(BUILD)/symbols0.o
	@$(LINK_KERNEL) $(KERNEL_OBJ) $(BUILD)/symbols0.o $(CALLED) -o $(BUILD)/baton0.elf
	@nm -n $(BUILD)/baton0.elf > $(BUILD)/symbols.txt
	@python3 -m scripts.build.ksyms $(BUILD)/symbols.txt > $(BUILD)/symbols.asm
	@$(NASM) -f elf64 $(BUILD)/symbols.asm -o $(BUILD)/symbols.o
	@$(LINK_KERNEL) $(KERNEL_OBJ) $(BUILD)/symbols.o $(CALLED) -o $@

# The same bytes in a 32-bit container, for QEMU's -kernel (multiboot 1).
$(BUILD)/baton32.elf: $(BUILD)/baton.elf
	@objcopy -g -O elf32-i386 $< $@
