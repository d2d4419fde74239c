# Programs that run as processes, each a file of this folder, and the archive of what is in a RAM file system when it begins: the files beside
# user/systems, and in bin these programs; those of the folder network in a system that has one (NET=1). A system's Makefile includes this behind services.mk.
PROGRAMS_AT := $(SERVICES)/../programs
FILES_AT := $(SERVICES)/../systems/files
BINARIES := $(patsubst %.c,$(BUILD)/bin/%,$(notdir $(wildcard $(PROGRAMS_AT)/*.c $(if $(NET),$(PROGRAMS_AT)/network/*.c))))
# Which they are may change while none of them does.
$(BUILD)/bin.list: always
	@mkdir -p $(@D)
	@echo '$(BINARIES)' > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/files.archive: $(BUILD)/bin.list $(wildcard $(FILES_AT)/*) $(BINARIES) $(SERVICES)/ramfs/archive.py
	python3 $(SERVICES)/ramfs/archive.py $@ $(foreach f,$(wildcard $(FILES_AT)/*),$(notdir $(f))=$(f)) bin/ $(foreach f,$(BINARIES),bin/$(notdir $(f))=$(f))
$(BUILD)/loader.img: $(if $(call NAMED,prefill_path,.archive),$(BUILD)/files.archive)

$(BUILD)/bin/%.o: CFLAGS += -I$(PROGRAMS_AT)/lib
$(BUILD)/bin/%.o: $(PROGRAMS_AT)/%.c $(PROGRAMS_AT)/lib/program.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@
$(BUILD)/bin/%.o: $(PROGRAMS_AT)/network/%.c $(PROGRAMS_AT)/lib/program.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@
PROGRAM_PARTS := $(patsubst $(PROGRAMS_AT)/lib/%.c,$(BUILD)/bin/lib/%.o,$(wildcard $(PROGRAMS_AT)/lib/*.c))
$(BUILD)/bin/lib/%.o: $(PROGRAMS_AT)/lib/%.c $(PROGRAMS_AT)/lib/program.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@
PROGRAM_LIB := $(BUILD)/bin/lib/libprogram.a
$(PROGRAM_LIB): $(PROGRAM_PARTS)
	@rm -f $@
	ar rcs $@ $^
$(BUILD)/bin/%: $(BUILD)/bin/%.o $(PROGRAM_LIB) $(PROGRAMS_AT)/program.ld
	$(LD) -nostdlib -z noexecstack -z max-page-size=4096 -s -L$(BOARD)/lib $< --start-group $(PROGRAM_LIB) -lmicrokit -lc --end-group \
		-T$(PROGRAMS_AT)/program.ld -o $@
.SECONDARY:
