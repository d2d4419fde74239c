# Sequences of inputs as programs of ring 3: tests/lockstep/reproduce.py writes $(BUILD)/ring3/NAME.c. Each is a root task.
# Included by the top-level Makefile after user/user.mk.

RING3_OBJ := $(BUILD)/tests/lockstep/ring3/replay.o $(BUILD)/tests/lockstep/ring3/begin.uasm.o

$(BUILD)/tests/lockstep/ring3/%.o: tests/lockstep/ring3/%.c $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(UCFLAGS) -c $< -o $@

$(BUILD)/ring3/%.o: $(BUILD)/ring3/%.c $(MADE_WITH)
	@$(CC) $(UCFLAGS) -Itests/lockstep/ring3 -c $< -o $@

$(BUILD)/ring3/%.elf: $(BUILD)/ring3/%.o $(RING3_OBJ) $(LIB_OBJ) $(LIBC) user/lib/user.ld
	@echo "  LD   $@"
	@$(LD) -nostdlib -z noexecstack -z max-page-size=4096 -T user/lib/user.ld $< $(RING3_OBJ) $(LIB_OBJ) $(LIBC) -o $@
