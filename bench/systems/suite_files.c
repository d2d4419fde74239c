/* What do files, processes and restarts cost? Through the clients' libraries, as programs do it. */
#include <string.h>
#include "device.h"
#include "fs/client.h"
#include "keeper/protocol.h"
#include "operations.h"
#include "proc/protocol.h"
#include "region.h"
#include "ring/text.h"

enum { DRIVER = 0, FAT = 1, RAM = 2, PROC = 3, KEEPER = 4, NOTES = 5, SERIAL = 6 }; /* channels */
enum { CHILD_SERIAL = 0, CHILD_FAT = 1 };
enum { INPUT = 1, LENGTH = 0x10000, FEW = 100 };

void *fat_rings, *fat_data, *ram_rings, *ram_data, *program, *output,
    *sending; /* where the description maps them */

static struct fs_client fat, ram;
static uint64_t fat_file, ram_file;
static struct ring_end text, printed;
static uint8_t back[LENGTH];
static uint32_t program_bytes;

static bool is(const struct benchmark *self, const char *what, uint64_t found, uint64_t wanted)
{
    if (found != wanted)
        BENCH_ERROR("%s: %s is %lx, not %lx", self->id, what, found, wanted);
    return found == wanted;
}

static void signal_fat(void)
{
    microkit_notify(FAT);
}

static void signal_ram(void)
{
    microkit_notify(RAM);
}

static void wait(void)
{
    seL4_Word badge;
    if (!disk_serve())
        seL4_Wait(INPUT, &badge);
}

/* The disk has its file when FAT first looks at it: it waits for the first sector. */
static bool prepare_fat(const struct benchmark *self)
{
    if (fat.data)
        return true;
    disk_driver = DRIVER;
    disk_format();
    disk_file("MEASURED   ", LENGTH);
    while (disk_serve())
        ;
    fs_connect(&fat, fat_rings, fat_data, signal_fat, wait);
    return is(self, "the file opened", fs_open(&fat, "measured", 0, &fat_file), FS_OK);
}

static bool prepare_ram(const struct benchmark *self)
{
    uint32_t length = LENGTH;
    if (ram.data)
        return true;
    fs_connect(&ram, ram_rings, ram_data, signal_ram, wait);
    for (uint32_t i = 0; i < LENGTH; i++)
        back[i] = disk_byte(i);
    return is(self, "the file made", fs_open(&ram, "measured", FS_WRITABLE | FS_CREATE, &ram_file), FS_OK) &&
           is(self, "the file written", fs_write(&ram, ram_file, 0, back, &length), FS_OK);
}

static uint32_t wrong_bytes(uint32_t length)
{
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < length; i++)
        wrong += back[i] != disk_byte(i);
    return wrong;
}

static bool read(const struct benchmark *self, struct fs_client *c, uint64_t file, uint64_t *ticks)
{
    uint32_t length = self->variant;
    memset(back, 0, length);
    meter_begin();
    enum fs_status status = fs_read(c, file, 0, back, &length);
    *ticks = meter_end();
    return is(self, "the status", status, FS_OK) && is(self, "the length", length, self->variant) &&
           is(self, "wrong bytes", wrong_bytes(length), 0);
}

static bool read_fat(const struct benchmark *self, uint64_t *ticks)
{
    return read(self, &fat, fat_file, ticks);
}

static bool read_ram(const struct benchmark *self, uint64_t *ticks)
{
    return read(self, &ram, ram_file, ticks);
}

/* ---- from a service's death to its first good answer */
static bool restart_fat(const struct benchmark *self, uint64_t *ticks)
{
    uint32_t length = 1;
    enum fs_status status;
    meter_begin();
    bool killed = keeper_kill(KEEPER, CHILD_FAT);
    do
        status = fs_open(&fat, "measured", 0, &fat_file);
    while (status == FS_RESTARTED);
    if (status == FS_OK)
        status = fs_read(&fat, fat_file, LENGTH - 1, back, &length);
    *ticks = meter_end();
    return is(self, "the kill", killed, true) && is(self, "the status", status, FS_OK) &&
           is(self, "the byte", back[0], disk_byte(LENGTH - 1));
}

static bool prepare_serial(const struct benchmark *self)
{
    (void)self;
    text_start(&text, sending, true);
    microkit_notify(SERIAL);
    return true;
}

/* A byte that the chip has counts as an answer. */
static bool restart_serial(const struct benchmark *self, uint64_t *ticks)
{
    meter_begin();
    bool killed = keeper_kill(KEEPER, CHILD_SERIAL), put = text_put(&text, "\n", 1);
    if (ring_publish(&text))
        microkit_notify(SERIAL);
    int32_t room = text_ready_now(&text);
    *ticks = meter_end();
    return is(self, "the kill", killed, true) && is(self, "the byte put", put, true) &&
           is(self, "room after it", (uint64_t)room, TEXT_BYTES);
}

/* ---- processes */
static bool prepare_spawn(const struct benchmark *self)
{
    uint64_t file;
    program_bytes = PROC_ARGUMENTS;
    if (!prepare_ram(self))
        return false;
    bool read = fs_open(&ram, "bin/hello", 0, &file) == FS_OK &&
                fs_read(&ram, file, 0, program, &program_bytes) == FS_OK;
    memcpy((char *)program + PROC_ARGUMENTS, "hello", 6);
    text_start(&printed, output, false);
    return is(self, "the program read", read, true);
}

static bool says_hello(void)
{
    static const char hello[] = "hello, world\n";
    char c;
    unsigned n = 0;
    while (text_get(&printed, &c))
        if (n >= sizeof hello - 1 || c != hello[n++])
            return false;
    ring_publish(&printed);
    return n == sizeof hello - 1;
}

/* Its memory made, its program loaded and run to its end: a process is more urgent than who measures. */
static bool spawn(const struct benchmark *self, uint64_t *ticks)
{
    meter_begin();
    microkit_mr_set(0, program_bytes);
    microkit_mr_set(1, 6);
    microkit_mr_set(2, PROC_OUTPUT);
    microkit_msginfo answer = microkit_ppcall(PROC, microkit_msginfo_new(PROC_SPAWN, 3));
    *ticks = meter_end();
    seL4_Word pid = microkit_mr_get(0);
    bool good = is(self, "the label", microkit_msginfo_get_label(answer), SERVICE_OK) &&
                is(self, "what it says", says_hello(), true);
    microkit_mr_set(0, pid);
    answer = microkit_ppcall(PROC, microkit_msginfo_new(PROC_STATUS, 1));
    good = good && is(self, "its end", microkit_mr_get(0), PROC_EXITED);
    microkit_mr_set(0, pid);
    answer = microkit_ppcall(PROC, microkit_msginfo_new(PROC_FORGET, 1));
    return good && is(self, "the label", microkit_msginfo_get_label(answer), SERVICE_OK);
}

#define READ(name, kind, of)                                                                                   \
    {                                                                                                          \
        .id = "fs.read/" name "/" #kind, .cross = true, .variant = of, .prepare = prepare_##kind,              \
        .sample = read_##kind, .samples_max = FEW                                                              \
    }
#define ONE(name, begin, function)                                                                             \
    {                                                                                                          \
        .id = name, .cross = true, .prepare = begin, .sample = function, .samples_max = FEW                    \
    }
const struct benchmark sdk_benchmarks[] = {
    READ("4k", ram, 0x1000),
    READ("64k", ram, LENGTH),
    READ("4k", fat, 0x1000),
    READ("64k", fat, LENGTH),
    ONE("spawn", prepare_spawn, spawn),
    ONE("restart.serial", prepare_serial, restart_serial),
    ONE("restart.fs", prepare_fat, restart_fat),
};
const size_t sdk_benchmark_count = sizeof sdk_benchmarks / sizeof sdk_benchmarks[0];
