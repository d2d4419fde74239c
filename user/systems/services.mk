# How a system of services is built: like an example (user/examples/example.mk), but a program is of several files. $(call
# SERVICE,<program>,<files of user/services, without .c>,<files of the system's own folder>). LD_MORE: what else each is linked with.
SERVICES := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))/../services
include $(dir $(lastword $(MAKEFILE_LIST)))../examples/example.mk

FS_SERVER := fs/serve fs/session fs/path
FAT := $(patsubst $(SERVICES)/%.c,%,$(filter-out %/server.c,$(wildcard $(SERVICES)/fat/*.c)))

$(BUILD)/services/%.o: $(SERVICES)/%.c $(wildcard $(SERVICES)/*/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

define SERVICE_RULE
$(BUILD)/$(1).elf: $(2:%=$(BUILD)/services/%.o) $(3:%=$(BUILD)/%.o) $(BOARD)/lib/libmicrokit.a
	$$(LD) -nostdlib -z noexecstack -L$(BOARD)/lib $$(filter %.o,$$^) $$(LD_MORE) --start-group -lmicrokit -lc --end-group -Tmicrokit.ld -o $$@
endef
SERVICE = $(eval $(call SERVICE_RULE,$(1),$(2),$(3)))
