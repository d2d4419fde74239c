#include "grammar.h"

#include <stddef.h>

#define KIND(name, class, types, rights, doc) [KIND_##name] = {CLASS_##class, (rights), (types)},
const struct grammar_kind_info grammar_kinds[KINDS] = {
#include "abi_each.h"
};

struct grammar_call grammar_calls[GRAMMAR_CALLS];

void grammar_init(void)
{
#define SYSCALL(n, name_, doc) grammar_calls[n].name = #name_;
#define BLOCKS(call, doc) grammar_calls[SYS_##call].blocks = true;
#define ARG(call, place, kind_, name, doc) grammar_calls[SYS_##call].kind[PLACE_##place] = KIND_##kind_;
#include "abi_each.h"
}
