/* Lines of a replayed state are "object.field value": objects are user (registers), current, partner (threads),
   endpoint, notification, slot (the one that rdi names), top (the highest run queue), currentbuffer, partnerbuffer (whose words
   are random) and cpu; for a page fault
   also fault (what the CPU pushes, and cr2) and handler (the running thread's fault endpoint's slot); a value
   is a number or the name of an object, perhaps with
   "+1" after it. What no line says is 0, or nobody. When cpu.ready_threshold says that somebody is ready, a
   thread of that priority is. */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fields.h"
#include "world.h"

enum { CURRENT = 0, PARTNER = 1, READY_THREAD = 4, LINE = 256 };

static const struct field fault_fields[] = {
    FIELD(fault, error), FIELD(fault, rip), FIELD(fault, cs),  FIELD(fault, rflags),
    FIELD(fault, rsp),   FIELD(fault, ss),  FIELD(fault, cr2), {NULL, 0, 0},
};

static struct slot slot;
static struct fault replayed_fault;
static bool faults;
static struct run_queue top; /* the highest */
static const char *file;
static unsigned line_number;

static _Noreturn void refuse(const char *why)
{
    fprintf(stderr, "equiv: %s:%u: %s\n", file, line_number, why);
    exit(2);
}

static uint64_t value_of(const char *text)
{
    static const char *const names[] = {"nobody",   "slow head",    "idle",          "current",      "partner",
                                        "endpoint", "notification", "currentbuffer", "partnerbuffer"};
    const uint64_t at[] = {
        (uintptr_t)kernel.nobody,           (uintptr_t)kernel.slow_head,  (uintptr_t)kernel.idle,
        (uintptr_t)thread(CURRENT),         (uintptr_t)thread(PARTNER),   (uintptr_t)&arena->endpoint[0],
        (uintptr_t)&arena->notification[0], (uintptr_t)&buffers[CURRENT], (uintptr_t)&buffers[PARTNER]};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(text, names[i], n) == 0 && (text[n] == 0 || strcmp(text + n, "+1") == 0))
            return at[i] + (text[n] ? 1 : 0);
    }
    char *end;
    uint64_t number = strtoull(text, &end, 0);
    if (*text < '0' || *text > '9' || *end)
        refuse("the value is neither a number nor the name of an object");
    return number;
}

static void set_register(struct registers *user, const char *name, uint64_t value)
{
    for (unsigned i = 0; i < GENERAL; i++) {
        if (strcmp(name, register_names[i]) == 0) {
            user->general[i] = value;
            return;
        }
    }
    refuse("there is no such register");
}

static void set_field(void *object, const struct field *fields, const char *name, uint64_t value)
{
    for (; fields->name; fields++) {
        if (fields->size <= sizeof value && strcmp(name, fields->name) == 0) {
            memcpy((char *)object + fields->offset, &value, fields->size);
            return;
        }
    }
    refuse("there is no such field");
}

static void set(struct registers *user, const char *object, const char *name, uint64_t value)
{
    if (strcmp(object, "user") == 0)
        set_register(user, name, value);
    else if (strcmp(object, "current") == 0)
        set_field(thread(CURRENT), tcb_fields, name, value);
    else if (strcmp(object, "partner") == 0)
        set_field(thread(PARTNER), tcb_fields, name, value);
    else if (strcmp(object, "endpoint") == 0)
        set_field(&arena->endpoint[0], endpoint_fields, name, value);
    else if (strcmp(object, "notification") == 0)
        set_field(&arena->notification[0], notification_fields, name, value);
    else if (strcmp(object, "slot") == 0)
        set_field(&slot, slot_fields, name, value);
    else if (strcmp(object, "cpu") == 0)
        set_field(kernel.cpu, cpu_fields, name, value);
    else if (strcmp(object, "currentbuffer") == 0)
        set_field(&buffers[CURRENT].ipc, buffer_fields, name, value);
    else if (strcmp(object, "partnerbuffer") == 0)
        set_field(&buffers[PARTNER].ipc, buffer_fields, name, value);
    else if (strcmp(object, "handler") == 0)
        set_field(&thread(CURRENT)->slots[TCB_FAULT], slot_fields, name, value);
    else if (strcmp(object, "fault") == 0)
        set_field(&replayed_fault, fault_fields, name, value), faults = true;
    else if (strcmp(object, "top") == 0)
        set_field(&top, queue_fields, name, value);
    else
        refuse("there is no such object");
}

static void begin(struct registers *user)
{
    *user = (struct registers){{0}, 0};
    slot = (struct slot){0};
    top = (struct run_queue){.key = 1};
    replayed_fault = (struct fault){.vector = VECTOR_OF_PAGE_FAULT};
    faults = false;
    state_threads();
    for (unsigned i = 0; i < THREADS; i++) {
        *thread(i) = (struct tcb){.cspace = arena->root[0], .reply_to = kernel.nobody, .slice_ticks = 1};
        thread(i)->cspace_mask = ((1u << ROOT_RADIX) - 1) << SLOT_BITS;
    }
}

static void read_line(struct registers *user, char *line)
{
    char object[LINE], name[LINE], value[LINE];
    line[strcspn(line, "#\n")] = 0;
    if (line[strspn(line, " ")] == 0)
        return;
    if (sscanf(line, " %[a-z0-9].%[a-z0-9_] %s", object, name, value) != 3)
        refuse("a line is \"object.field value\"");
    set(user, object, name, value_of(value));
}

/* What follows from the lines. */
static void finish(struct registers *user)
{
    struct tcb *current = thread(CURRENT);
    struct tcb *ready = top.head == thread(PARTNER) ? thread(PARTNER) : thread(READY_THREAD);
    uint64_t wait = ready == thread(PARTNER) ? ready->wait : REF_READY;
    uint64_t index = (user->general[RDI] & current->cspace_mask) >> SLOT_BITS;
    if (index >= 1 << ROOT_RADIX)
        refuse("the root CNode of a replayed state has 16 slots");
    arena->root[0][index] = slot;
    user->cr3 = current->cr3 & ~(1ull << 63);
    if (top.key > 1 || ready == thread(PARTNER)) {
        ready->priority = ready->ceiling = (uint8_t)(top.key - 1);
        state_make_ready(ready);
        ready->wait = wait;
    }
    state_finish();
}

bool replay_state(const char *path, struct registers *user, struct fault *fault)
{
    char line[LINE];
    FILE *f = fopen(path, "r");
    file = path;
    if (!f)
        refuse("it cannot be opened");
    begin(user);
    for (line_number = 1; fgets(line, sizeof line, f); line_number++)
        read_line(user, line);
    fclose(f);
    finish(user);
    *fault = replayed_fault;
    if (faults)
        user->general[RSP] = fault->rsp;
    return faults;
}
