/* The registers that a call preserves; no signal mask, no extended state (MXCSR and the x87's control word stay as they are). */
#ifndef LIBC_SETJMP_H
#define LIBC_SETJMP_H

typedef unsigned long jmp_buf[8];

int setjmp(jmp_buf env) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf env, int value);

#endif
