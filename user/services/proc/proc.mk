# The rules of a program are those of the kernel's own, told once.
$(BUILD)/parts/proc/%.o: CFLAGS += -I$(SERVICES)/../lib -I$(SERVICES)/../../kernel/abi
$(BUILD)/parts/proc/elf_image.o: $(SERVICES)/../lib/elf_image.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@
$(BUILD)/proc.elf: OTHERS += $(BUILD)/parts/proc/elf_image.o
$(BUILD)/proc.elf: $(BUILD)/parts/proc/elf_image.o
