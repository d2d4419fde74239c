/* Faults of an actor, received by the runner. */
#ifndef CONFORM_FAULT_H
#define CONFORM_FAULT_H

#include "frame/conform.h"

enum { FAULT_BADGE = 0xfa00 };
#define FAULT_ANY (~0ul) /* as error or vector: not looked at */

struct fault {
    uint64_t label, address, error, vector;
};

/* A fault endpoint; the actor sends its faults there with FAULT_BADGE + who. */
cap_t fault_endpoint(void);
void fault_configure(unsigned who, cap_t ep);
/* Makes the actor run `code` with `argument` in rdi; it is to fault there. */
struct step *fault_start(unsigned who, void (*code)(uint64_t argument), uint64_t argument);
/* Receives the next fault and checks its message. rip 0: anywhere. */
void fault_expect(cap_t ep, unsigned who, struct fault want, uint64_t rip);
void fault_check(const struct msg *m, unsigned who, struct fault want, uint64_t rip);
long fault_reply(void);

/* Single instructions, each a function: rdi is the argument. */
void code_read(uint64_t address);
void code_write(uint64_t address);
void code_jump(uint64_t address);
void code_push(uint64_t rsp);
void code_ud2(uint64_t unused);
uint64_t address_of(void (*code)(uint64_t argument));

#endif
