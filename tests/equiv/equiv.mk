# The comparison of the fast paths with their C twins on the kernel's machine code. Included by the top-level Makefile.
EQUIV := $(BUILD)/equiv
EQUIV_CFLAGS := -std=gnu11 -O2 -g -fno-strict-aliasing $(WARN) \
	$(addprefix -iquote,tests/equiv kernel/abi kernel/arch kernel/object kernel/ipc kernel/sched)

$(EQUIV): $(wildcard tests/equiv/*.[ch] kernel/object/*.h kernel/ipc/*.h kernel/sched/*.h kernel/abi/*) tests/equiv/equiv.mk
	@mkdir -p $(@D)
	@echo "  HOST $@"
	@$(CC) $(EQUIV_CFLAGS) $(filter tests/equiv/%.c,$^) -lunicorn -o $@
