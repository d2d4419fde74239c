# The three programs that execute the kernel's machine code in a CPU emulator: the comparison of the fast paths with
# their C twins, the count of what paths cost (tests/footprint), and what they do against the CPU (tests/barriers). Included by
# the top-level Makefile.
EQUIV := $(BUILD)/equiv
BARRIERS := $(BUILD)/barriers
FOOTPRINT := $(BUILD)/footprint
EQUIV_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g -fno-strict-aliasing $(WARN) \
	$(addprefix -iquote,tests/footprint tests/equiv kernel $(BUILD))
EQUIV_HEADERS := $(wildcard tests/equiv/*.h kernel/*/*.h kernel/arch/x86_64/*.h kernel/abi/*) $(HANDLERS)
# What all of them have: the emulated kernel, and the parts of its states.
EMULATED := $(addprefix tests/equiv/,image.c machine.c extended.c world.c interrupt.c state.c state_call.c state_ready.c state_slots.c state_waits.c)

$(EQUIV): $(wildcard tests/equiv/*.c) $(EQUIV_HEADERS)
$(FOOTPRINT): $(EMULATED) $(wildcard tests/footprint/*.[ch]) $(EQUIV_HEADERS)
$(BARRIERS): $(EMULATED) $(wildcard tests/barriers/*.[ch] tests/footprint/paths.[ch] tests/footprint/states.[ch]) \
		kernel/arch/x86_64/flaw.c $(EQUIV_HEADERS)
$(EQUIV) $(FOOTPRINT) $(BARRIERS): $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  HOST $@"
	@$(CC) $(EQUIV_CFLAGS) $(filter %.c,$^) -lunicorn -o $@
