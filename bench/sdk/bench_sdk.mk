# The system in which the suite measures what components pay: made by the SDK's tool, of the SDK's library, and booted beside bench.elf.
# Included by the top-level Makefile behind user/sdk/sdk.mk.
BENCH_SDK := $(BUILD)/bench_sdk/loader.img
BENCH_SDK_ELF := $(patsubst %,$(BUILD)/bench_sdk/%.elf,suite server words listener consumer child)
# The harness is that of bench.elf, object by object.
BENCH_SDK_HARNESS := $(patsubst %,$(BUILD)/%.o,bench/sdk/operations bench/harness bench/event bench/stats bench/sieve bench/cpu_id bench/plain \
	user/lib/cmdline)

$(BUILD)/bench/sdk/%.o: bench/sdk/%.c $(SDK)/include/baton/calls.h $(SDK)/include/baton/ring.h $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(SDK_CFLAGS) -Ibench -Iuser/examples/ring -c $< -o $@

$(BUILD)/bench_sdk/suite.elf: $(BENCH_SDK_HARNESS)
# The same, and the component's own beginning, for systems with other things to measure.
$(BUILD)/bench_sdk/libharness.a: $(filter-out %/operations.o,$(BENCH_SDK_HARNESS)) $(BUILD)/bench/sdk/suite.o
	@mkdir -p $(@D)
	@rm -f $@
	@ar rcs $@ $^

$(BENCH_SDK_ELF): $(BUILD)/bench_sdk/%.elf: $(BUILD)/bench/sdk/%.o $(SDK)/obj/libmicrokit.a $(LIBC) user/sdk/lib/microkit.ld
	@mkdir -p $(@D)
	@echo "  LD   $@"
	@$(LD) -nostdlib -z noexecstack $(filter %.o,$^) --start-group $(filter %.a,$^) --end-group -T user/sdk/lib/microkit.ld -o $@

# The board's folder is made anew with each kernel, which the image does not have in it: it boots with that of the build.
$(BENCH_SDK): bench/sdk/suite.system $(BENCH_SDK_ELF) $(SDK)/obj/root.elf $(SDK)/bin/microkit | $(SDK_BOARD)/benchmark/made
	@echo "  SDK  $@"
	@$(SDK)/bin/microkit $< --board x86_64_generic --config benchmark -o $@ -r $(@D)/report.txt --search-path $(@D)
	@rm -f $(addprefix $(@D)/,baton.elf baton32.elf sel4.elf sel4_32.elf)
