/* In the place of the services' proc/memory.c and image.c: processes that have none, and never run. */
#include <string.h>
#include "proc/process.h"

unsigned signals, pieces; /* pieces of the pool that are in use */
bool no_memory;
const char *image_wrong = "none is started here";
unsigned image_needs;
char arguments_seen[PROC_ARGUMENT_BYTES];
void *(*memory_seen_at)(seL4_Word vaddr, bool change);

void memory_start(void)
{
}

bool memory_make(struct process *p)
{
    (void)p;
    pieces++;
    return !no_memory;
}

bool memory_load(struct process *p, const void *file, const struct image *image, const char *arguments,
                 unsigned bytes)
{
    (void)p, (void)file, (void)image;
    memcpy(arguments_seen, arguments + 2 * sizeof(seL4_Word), bytes - 2 * sizeof(seL4_Word));
    return true;
}

bool memory_clone(struct process *p, const struct process *from)
{
    (void)p, (void)from;
    return true;
}

bool memory_run(struct process *p, seL4_Word entry, seL4_Word stack)
{
    (void)p, (void)entry, (void)stack;
    return true;
}

void memory_take_back(struct process *p)
{
    (void)p;
    pieces--;
}

void memory_signal(const struct process *p)
{
    (void)p;
    signals++;
}

void memory_count(struct proc_room *room)
{
    (void)room;
}

void *memory_see(const struct process *p, seL4_Word vaddr, bool change)
{
    (void)p;
    return memory_seen_at ? memory_seen_at(vaddr, change) : NULL;
}

void memory_seen(void)
{
}

const char *image_read(const void *file, uint64_t bytes, struct image *image)
{
    (void)file, (void)bytes;
    *image = (struct image){.needs = image_needs};
    return image_wrong;
}

bool memory_more(struct process *p, unsigned pages)
{
    (void)p, (void)pages;
    return false;
}

bool memory_less(struct process *p, unsigned pages)
{
    (void)p, (void)pages;
    return false;
}
