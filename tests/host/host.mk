# Host unit tests: kernel C and tests under AddressSanitizer and UndefinedBehaviorSanitizer. Included by the top-level
# Makefile after BUILD, CC, WARN, KERNEL_INC; HOST_TESTS lists the programs, which scripts/run_tests.py runs.
# make HOST_CC=clang BUILD=build/clang host-tests builds the same with another compiler.
HOST_CC ?= $(CC)
HOST_DIR := $(BUILD)/host
HOST_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-strict-aliasing -MMD -MP \
	-fsanitize=address,undefined -fno-sanitize-recover=all $(WARN)

# -iquote: the kernel has an elf.h, a syscall.h and a memory.h of its own, which <elf.h> must not find.
HOST_KERNEL_INC := $(KERNEL_INC:-I%=-iquote%)
HOST_KERNEL_C := $(wildcard kernel/object/*.c kernel/ipc/*.c kernel/sched/*.c) kernel/boot/elf.c kernel/boot/multiboot.c \
	kernel/debug/print.c kernel/debug/trace.c kernel/debug/panic.c kernel/debug/symbol.c
HOST_KERNEL_OBJ := $(HOST_KERNEL_C:%.c=$(HOST_DIR)/%.o)
HOST_SUPPORT_OBJ := $(patsubst %,$(HOST_DIR)/tests/host/%.o,arch_host world invariants)

# Tests of the kernel link all of it that the host can run; panic_print_test alone links the kernel's own panic().
HOST_KERNEL_TESTS := slot derive cnode untyped endpoint sched space tcb fault ipc attack boot_elf multiboot
HOST_TESTS := $(patsubst %,$(HOST_DIR)/%_test,$(HOST_KERNEL_TESTS) debug stats elf lib)

$(HOST_DIR)/kernel/%.o: kernel/%.c $(firstword $(MAKEFILE_LIST)) tests/host/host.mk
	@mkdir -p $(@D)
	@echo "  HOSTCC $<"
	@$(HOST_CC) $(HOST_CFLAGS) $(HOST_KERNEL_INC) -c $< -o $@

$(HOST_DIR)/tests/host/%.o: tests/host/%.c $(firstword $(MAKEFILE_LIST)) tests/host/host.mk
	@mkdir -p $(@D)
	@echo "  HOSTCC $<"
	@$(HOST_CC) $(HOST_CFLAGS) -Wno-missing-prototypes $(HOST_KERNEL_INC) -c $< -o $@
