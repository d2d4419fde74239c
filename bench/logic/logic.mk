# The fast paths' own bytes, run by Linux. Included by the top-level Makefile behind bench/linux/linux.mk.
BENCH_LOGIC := $(BUILD)/bench_logic
BENCH_LOGIC_C := $(wildcard bench/logic/*.c) $(filter-out bench/linux/main.c bench/linux/operations.c,$(BENCH_LINUX_C))

$(BUILD)/bench/logic/threads.o: bench/logic/threads.asm $(MADE_WITH)
	$(call ASSEMBLE)

# Far from where the kernel's image lies, less its upper half: at 2 MiB.
$(BENCH_LOGIC): $(BENCH_LOGIC_C) $(BUILD)/bench/logic/threads.o $(wildcard bench/logic/*.h bench/linux/*.h bench/*.h user/lib/*.h kernel/*/*.h) $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  HOST $@"
	@$(CC) -std=gnu11 -O2 -g -fno-strict-aliasing -fno-pie -no-pie -mno-red-zone -Wl,-Ttext-segment=0x40000000 $(WARN) \
		$(addprefix -iquote,bench/logic bench/linux bench user/lib kernel/abi) -Ikernel $(filter %.c %.o,$^) -o $@
