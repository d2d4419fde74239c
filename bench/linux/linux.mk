# The host's Linux, measured by the suite's own harness. Included by the top-level Makefile.
BENCH_LINUX := $(BUILD)/bench_linux
BENCH_LINUX_C := $(wildcard bench/linux/*.c) bench/harness.c bench/event.c bench/stats.c bench/sieve.c bench/plain.c

$(BENCH_LINUX): $(BENCH_LINUX_C) $(wildcard bench/linux/*.h bench/*.h user/lib/*.h kernel/abi/*) $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  HOST $@"
	@$(CC) -std=gnu11 -O2 -g -fno-strict-aliasing -fno-pie -no-pie $(WARN) $(addprefix -iquote,bench/linux bench user/lib kernel/abi) \
		$(filter %.c,$^) -o $@

# The first program of the Linux that is measured under QEMU (tests/net/linux.py): alone in there, so with all that it needs.
LINUX_INIT := $(BUILD)/linux_init
LINUX_INIT_C := $(wildcard bench/linux/guest/*.c)

$(LINUX_INIT): $(LINUX_INIT_C) $(wildcard bench/linux/guest/*.h) $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  HOST $@"
	@$(CC) -std=gnu11 -O2 -g -static $(WARN) $(LINUX_INIT_C) -o $@
