/* The fields of the kernel's structures by their names, and the names of places in a state's memory and of
 * values in it. */
#ifndef EQUIV_FIELDS_H
#define EQUIV_FIELDS_H

#include "world.h"

struct field {
    const char *name;
    size_t offset, size;
};

#define FIELD(type, name)                                                                                      \
    {                                                                                                          \
#name, offsetof(struct type, name), sizeof(((struct type *)NULL)->name)                                \
    }

/* Each ends with a field without a name. */
extern const struct field tcb_fields[], endpoint_fields[], notification_fields[], slot_fields[], cpu_fields[],
    queue_fields[], buffer_fields[];

enum { NAME = 96 };

/* "thread 1's reply_to": the field at that offset of a struct memory. */
void name_place(uint64_t offset, char name[NAME]);
/* "thread 1", "the slow head": the object that the value is the address of, or a reference to; else the number. */
void name_value(uint64_t value, char name[NAME]);

#endif
