# Programs of the tests of file systems, for the host and under the sanitizers: what runs in a component, with a disk in memory. Included by
# the top-level Makefile after tests/host/host.mk.
FILES_DIR := $(BUILD)/files
FILES_NAMES := fat_cuts fat_far fat_fails fat_fuzz fat_large fat_tool fat_session ram_session
FILES_TOOLS := $(addprefix $(FILES_DIR)/,$(FILES_NAMES))
FILES_C := $(filter-out %/server.c %/backend.c,$(wildcard user/services/fat/*.c)) tests/files/disk.c tests/files/model.c tests/host/random.c
FILES_FS_C := $(addprefix user/services/fs/,serve.c session.c path.c owner.c client.c) user/services/denied/denied.c
FILES_SESSION_C := $(FILES_FS_C) tests/files/session_fuzz.c $(addprefix tests/files/,owners.c owners_odd.c)

fat_cuts_C := $(FILES_C) tests/files/fat_cuts.c
fat_far_C := $(FILES_C) $(FILES_FS_C) user/services/fat/backend.c tests/files/fat_far.c
fat_fails_C := $(FILES_C) tests/files/fat_fails.c
fat_fuzz_C := $(FILES_C) tests/files/fat_fuzz.c
fat_large_C := $(FILES_C) tests/files/fat_large.c
fat_tool_C := $(FILES_C) tests/files/fat_tool.c
fat_session_C := $(FILES_C) $(FILES_SESSION_C) user/services/fat/backend.c tests/files/backend_fat.c
ram_session_C := $(wildcard user/services/ramfs/ramfs.c user/services/ramfs/blocks.c) $(FILES_SESSION_C) tests/files/backend_ram.c tests/host/random.c

$(FILES_DIR)/%.o: %.c $(MADE_WITH)
	@mkdir -p $(@D)
	@echo "  HOST $<"
	@$(HOST_CC) $(HOST_CFLAGS) -c $< -o $@

define FILES_TOOL
$(FILES_DIR)/$(1): $$($(1)_C:%.c=$(FILES_DIR)/%.o)
	@$$(HOST_CC) $$(HOST_CFLAGS) $$^ -o $$@
endef
$(foreach t,$(FILES_NAMES),$(eval $(call FILES_TOOL,$(t))))
