# How an example is built: a Makefile says PROGRAMS, one C file each. It is all that a component of your own needs, too:
# MICROKIT_SDK is the folder that `make sdk` has made. WERROR=1: a warning fails the build. Not every component uses all that it is called with.
MICROKIT_CONFIG ?= debug
BUILD ?= build
BOARD := $(MICROKIT_SDK)/board/x86_64_generic/$(MICROKIT_CONFIG)
SYSTEM ?= $(notdir $(CURDIR))
CFLAGS := -std=gnu11 -O2 -g -ffreestanding -mgeneral-regs-only -Wall -Wextra -Wno-unused-parameter $(if $(filter 1,$(WERROR)),-Werror) \
	-fno-stack-protector -fno-pie -I$(BOARD)/include -I$(BOARD)/include/libc
QEMU = qemu-system-x86_64 -machine q35 -m 256M -nodefaults -display none -serial stdio -no-reboot -cpu max $(QEMU_MORE)

MADE = $(MICROKIT_SDK)/bin/microkit $(SYSTEM).system --board x86_64_generic --config $(MICROKIT_CONFIG) -o $@ -r $(BUILD)/report.txt \
	--json $(BUILD)/report.json --search-path $(BUILD)

.PHONY: all run iso clean
all: $(BUILD)/loader.img

$(BUILD)/%.o: %.c $(wildcard *.h) | $(MICROKIT_SDK)/bin/microkit
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

$(BUILD)/%.elf: $(BUILD)/%.o $(BOARD)/lib/libmicrokit.a
	$(LD) -nostdlib -z noexecstack -L$(BOARD)/lib $< --start-group -lmicrokit $(LIBRARIES) --end-group -Tmicrokit.ld -o $@

$(BUILD)/loader.img: $(SYSTEM).system $(PROGRAMS:%=$(BUILD)/%.elf) $(MICROKIT_SDK)/bin/microkit
	$(MADE)

$(BUILD)/system.iso: $(BUILD)/loader.img
	$(MADE) --image-type iso

$(MICROKIT_SDK)/bin/microkit $(BOARD)/lib/libmicrokit.a:
	@echo "there is no $@: make sdk, at the top of Baton's tree, makes the SDK; MICROKIT_CONFIG is debug, release or benchmark" >&2; exit 1

run: all
	$(QEMU) -kernel $(BUILD)/sel4_32.elf -initrd $(BUILD)/loader.img

iso: $(BUILD)/system.iso

clean:
	rm -rf $(BUILD)
