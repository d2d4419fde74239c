# How a system with services is built: a folder's Makefile includes this. Its programs are those that the description names: a service of this
# folder, or NAME.c beside the description; each is linked with the clients' library of all services.
SERVICES := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
SYSTEM ?= $(notdir $(CURDIR))
NAMED = $(sort $(shell sed -n 's/.*$(1)="\([a-z_]*\)\$(2)".*/\1/p' $(SYSTEM).system))
PROGRAMS := $(call NAMED,path,.elf)
LIBRARIES = $(BUILD)/libservices.a -lc
include $(SERVICES)/../examples/example.mk
CFLAGS += -I$(SERVICES) -MMD
CLIENTS := $(patsubst $(SERVICES)/%/client.c,$(BUILD)/clients/%.o,$(wildcard $(SERVICES)/*/client.c))

$(BUILD)/%.o: $(SERVICES)/%/server.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

$(BUILD)/clients/%.o: $(SERVICES)/%/client.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

$(BUILD)/libservices.a: $(CLIENTS)
	@rm -f $@
	ar rcs $@ $^

$(PROGRAMS:%=$(BUILD)/%.elf): $(BUILD)/libservices.a

# Who is behind the channels of log, and who are the children of keeper.
$(BUILD)/log.names: WHICH := channels
$(BUILD)/keeper.names: WHICH := children
$(BUILD)/%.names: $(SYSTEM).system $(SERVICES)/names.py
	@mkdir -p $(@D)
	python3 $(SERVICES)/names.py $< $* $(WHICH) > $@

$(BUILD)/loader.img: $(patsubst %,$(BUILD)/%.names,$(call NAMED,prefill_path,.names)) $(wildcard *.policy)

-include $(wildcard $(BUILD)/*.d $(BUILD)/clients/*.d)
