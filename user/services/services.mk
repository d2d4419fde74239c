# How a system with services is built: a folder's Makefile includes this. Its programs are those that the description names: a service of this
# folder, or NAME.c beside the description; each is linked with the clients' library of all services, and a service with what else its folder
# has. What stands in a folder that is no service (fs) is in that library, too. EXTRA: what else all are linked with.
SERVICES := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
SYSTEM ?= $(notdir $(CURDIR))
NAMED = $(sort $(shell sed -n 's/.*$(1)="\([a-z_]*\)\$(2)".*/\1/p' $(SYSTEM).system))
PROGRAMS := $(call NAMED,path,.elf)
LIBRARIES = $(OWN) $(OTHERS) $(BUILD)/libservices.a -lc $(EXTRA)
include $(SERVICES)/../examples/example.mk
CFLAGS += -I$(SERVICES) -MMD -MP
IS_SERVICE := $(patsubst $(SERVICES)/%/server.c,%,$(wildcard $(SERVICES)/*/server.c))
OBJECTS_OF = $(patsubst $(SERVICES)/%.c,$(BUILD)/parts/%.o,$(wildcard $(SERVICES)/$(1)/*.c))
OF_A_SERVICE := $(foreach s,$(IS_SERVICE),$(filter-out %/client.o,$(call OBJECTS_OF,$(s))))
CLIENTS := $(filter-out $(OF_A_SERVICE),$(call OBJECTS_OF,*))

$(BUILD)/%.o: $(SERVICES)/%/server.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

$(BUILD)/parts/%.o: $(SERVICES)/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

$(BUILD)/libservices.a: $(CLIENTS)
	@rm -f $@
	ar rcs $@ $^

$(PROGRAMS:%=$(BUILD)/%.elf): $(BUILD)/libservices.a

define PARTS_OF
$(BUILD)/$(1).elf: OWN := $(filter-out %/server.o %/client.o,$(call OBJECTS_OF,$(1)))
$(BUILD)/$(1).elf: $(filter-out %/server.o %/client.o,$(call OBJECTS_OF,$(1)))
endef
$(foreach s,$(filter $(IS_SERVICE),$(PROGRAMS)),$(eval $(call PARTS_OF,$(s))))

# What a service needs that others wrote.
$(foreach s,$(PROGRAMS),$(eval -include $(SERVICES)/$(s)/$(s).mk))

# Who is behind the channels of log and wm, who are the children of keeper and pci, what all components are to each other, and
# where the shell finds what was refused.
$(BUILD)/log.names $(BUILD)/wm.names: WHICH := channels
$(BUILD)/keeper.names $(BUILD)/pci.names: WHICH := children
$(BUILD)/shell.names: WHICH := services
$(BUILD)/%.denied: $(SYSTEM).system $(SERVICES)/names.py
	@mkdir -p $(@D)
	python3 $(SERVICES)/names.py $< $* denied > $@
$(BUILD)/%.names: $(SYSTEM).system $(SERVICES)/names.py
	@mkdir -p $(@D)
	python3 $(SERVICES)/names.py $< $* $(WHICH) > $@

# Who may log in at the shell's prompt: USERS=/its/path. A 0 ends it.
USERS ?= $(SERVICES)/../systems/shell.users
.PHONY: always
$(BUILD)/table.users: always
	@mkdir -p $(@D)
	@{ cat $(USERS) && printf '\000'; } > $@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }

# The font of windows, which is fetched (scripts/build/spleen.py).
$(BUILD)/spleen.font:
	@mkdir -p $(@D)
	@font=$$(cd $(SERVICES)/../.. && python3 -m scripts.build.spleen) && cp "$$font" $@

$(BUILD)/loader.img: $(foreach kind,users font names denied,$(patsubst %,$(BUILD)/%.$(kind),$(call NAMED,prefill_path,.$(kind)))) \
	$(wildcard *.policy *.settings)

-include $(shell find $(BUILD) -name "*.d" 2>/dev/null)
