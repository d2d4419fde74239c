/* Names of the numbers in abi.def, for messages. */
#include "baton.h"

#define NOTE(text)
#define SYSCALL(n, name, doc)
#define ERROR(n, name, doc)
#define OUTCOME(n, name, doc)
#define TYPE(n, name, bits, doc)
#define RIGHT(n, name, doc)
#define FAULT(n, name, doc)
#define CONST(name, value, doc)

#undef ERROR
#define ERROR(n, name, doc) \
    case n: return "ERR_" #name " (" doc ")";
const char *error_name(long error)
{
    switch (error) {
#include "abi.def"
    default: return "an unknown error";
    }
}
#undef ERROR
#define ERROR(n, name, doc)

#undef FAULT
#define FAULT(n, name, doc) \
    case n: return "FAULT_" #name;
const char *fault_name(uint64_t label)
{
    switch (label) {
#include "abi.def"
    default: return "an unknown fault";
    }
}
#undef FAULT
#define FAULT(n, name, doc)

#undef TYPE
#define TYPE(n, name, bits, doc) \
    case n: return #name;
const char *type_name(unsigned type)
{
    switch (type) {
#include "abi.def"
    default: return "an unknown type";
    }
}
