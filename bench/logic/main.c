/* bench_logic: the shipped bytes of the fast paths in a process of Linux, on this machine's own CPU: what they cost without what
   only a kernel can do, SYSCALL, SYSRET and the write to CR3. scripts/verbs/bench_logic.py makes the image and reads the lines.

   bench_logic [options] IMAGE BASE name=address ... [id]: IMAGE lies at BASE; the addresses are world.c's symbols. With an id it
   prints the addresses of the instructions that one such operation runs, and measures nothing. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "native.h"
#include "operations.h"
#include "os.h"
#include "world.h"

/* Pages of the program itself lie elsewhere (logic.mk). */
static bool map_image(const char *path, uint64_t base)
{
    struct stat about;
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &about) != 0)
        return false;
    void *at = (void *)base; /* NOLINT: what is asked for */
    return mmap(at, (size_t)about.st_size, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_FIXED_NOREPLACE, file, 0) == at;
}

int main(int argc, char **argv)
{
    struct native n;
    if (!native_options(&n, argc, argv))
        return 2;
    if (!n.words[0] || !n.words[1] || !map_image(n.words[0], strtoull(n.words[1], NULL, 16)) ||
        !world_symbols(n.words + 2)) {
        event_error("the image cannot be mapped, or lacks a symbol");
        return 1;
    }
    if (!native_settle(&n))
        return 1;
    for (char **word = n.words + 2; *word; word++) {
        if (strncmp(*word, "logic.", 6) == 0)
            return trace_print(*word);
    }
    const struct bootinfo clock = {.fastpath = 1, .tsc_hz = os_tsc_hz()};
    sieve_start(clock.tsc_hz);
    event_boot(&clock);
    event_clock();
    return native_run(&n, logic_benchmarks, logic_benchmark_count);
}
