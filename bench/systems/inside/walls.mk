# The web server of net.system in 7, 4, 2 and 1 domains, from the same sources: inside.h says how. A component is linked into one object, whose names
# get its own in front of them.
WALLS := 7 4 2 1
INSIDE := virtio_net net timer web fat blk virtio_blk
PLACE := $(BUILD)/inside
all: $(WALLS:%=$(BUILD)/walls%.img)

$(PLACE)/parts/%.o: CFLAGS += -DINSIDE_DOMAIN -Iinside -include inside/inside.h
$(PLACE)/parts/net/%.o: CFLAGS += -I$(LWIP)/include -I$(SERVICES)/net/port -I$(SERVICES)/net
$(PLACE)/parts/%.o: $(SERVICES)/%.c inside/inside.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@
$(PLACE)/parts/%.o: %.c inside/inside.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

$(PLACE)/libservices.a: $(CLIENTS:$(BUILD)/%=$(PLACE)/%)
	@rm -f $@
	ar rcs $@ $^

define COMPONENT
INSIDE_$(1) := $(if $(filter $(1),$(IS_SERVICE)),$(patsubst $(BUILD)/%,$(PLACE)/%,$(filter-out %/client.o,$(call OBJECTS_OF,$(1)))),$(PLACE)/parts/$(1).o) \
	$(if $(filter net,$(1)),$(LWIP_O))
$(PLACE)/$(1).o: $$(INSIDE_$(1)) $(PLACE)/libservices.a
	$(LD) -r -o $$@.whole $$^
	nm -g --defined-only $$@.whole | sed 's/.* \(.*\)/\1 $(1)_\1/' > $$@.names
	objcopy --redefine-syms=$$@.names $$@.whole $$@
endef
$(foreach c,$(INSIDE),$(eval $(call COMPONENT,$(c))))

# A domain has all components at hand and takes those that its table names.
$(PLACE)/libinside.a: $(INSIDE:%=$(PLACE)/%.o)
	@rm -f $@
	ar rcs $@ $^
$(PLACE)/inside.o: inside/inside.c inside/inside.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

define SYSTEM_OF
$(PLACE)/$(1)/walls$(1).system: net.system inside/domains.py
	@mkdir -p $$(@D)
	python3 inside/domains.py $$< $(1) $$(@D)
$(BUILD)/suite_walls$(1).o: suite_walls.c
	$(CC) $$(CFLAGS) -DDOMAINS=$(1) -c $$< -o $$@
$(BUILD)/suite_walls$(1).elf: $(BUILD)/suite_walls$(1).o $(BUILD)/libmeasuring.a $(HARNESS)
$(BUILD)/walls$(1).img: $(PLACE)/$(1)/walls$(1).system $(PROGRAMS:%=$(BUILD)/%.elf) $(BUILD)/suite_walls$(1).elf \
		$(PLACE)/inside.o $(PLACE)/libinside.a
	for table in $(PLACE)/$(1)/*.c; do [ -f $$$$table ] || continue; \
		$(CC) $(CFLAGS) -Iinside -c $$$$table -o $$$${table%.c}.o && \
		$(LD) -nostdlib -z noexecstack -L$(BOARD)/lib $$$${table%.c}.o $(PLACE)/inside.o --start-group $(PLACE)/libinside.a \
			-lmicrokit -lc --end-group -Tmicrokit.ld -o $$$${table%.c}.elf || exit 1; done
	$(MICROKIT_SDK)/bin/microkit $$< --board x86_64_generic --config $(MICROKIT_CONFIG) -o $$@ -r $(PLACE)/$(1)/report.txt \
		--search-path $(PLACE)/$(1) $(BUILD) .
endef
$(foreach n,$(WALLS),$(eval $(call SYSTEM_OF,$(n))))
