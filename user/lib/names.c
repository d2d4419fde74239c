/* Names of the numbers in abi.def, for messages. */
#include "baton.h"

#define ERROR(n, name, doc)                                                                                    \
    case n: return "ERR_" #name " (" doc ")";
const char *error_name(long error)
{
    switch (error) {
#include "abi_each.h"
    default: return "an unknown error";
    }
}

#define FAULT(n, name, doc)                                                                                    \
    case n: return "FAULT_" #name;
const char *fault_name(uint64_t label)
{
    switch (label) {
#include "abi_each.h"
    default: return "an unknown fault";
    }
}

#define TYPE(n, name, bits, doc)                                                                               \
    case n: return #name;
const char *type_name(unsigned type)
{
    switch (type) {
#include "abi_each.h"
    default: return "an unknown type";
    }
}
