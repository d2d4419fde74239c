/* In the place of the services' proc/memory.c: processes that have none, and never run. */
#include "proc/process.h"

unsigned signals;

void memory_start(void)
{
}

bool memory_make(struct process *p)
{
    (void)p;
    return true;
}

bool memory_load(struct process *p, const void *file, const struct image *image, const char *arguments,
                 unsigned bytes)
{
    (void)p, (void)file, (void)image, (void)arguments, (void)bytes;
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

const char *image_read(const void *file, uint64_t bytes, struct image *image)
{
    (void)file, (void)bytes, (void)image;
    return "none is started here";
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
