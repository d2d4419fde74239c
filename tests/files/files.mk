# Programs of the tests of file systems, for the host and under the sanitizers: what runs in a component, with a disk in memory. Included by
# the top-level Makefile after tests/host/host.mk.
FILES_DIR := $(BUILD)/files
FILES_TOOLS := $(addprefix $(FILES_DIR)/,fat_cuts fat_fuzz fat_tool)
FILES_OBJ := $(patsubst %.c,$(FILES_DIR)/%.o,$(wildcard user/services/fat/*.c) tests/files/disk.c tests/files/model.c tests/host/random.c)

$(FILES_DIR)/%.o: %.c $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  HOST $<"
	@$(HOST_CC) $(HOST_CFLAGS) -c $< -o $@

$(FILES_TOOLS): $(FILES_DIR)/%: $(FILES_DIR)/tests/files/%.o $(FILES_OBJ)
	@$(HOST_CC) $(HOST_CFLAGS) $^ -o $@
