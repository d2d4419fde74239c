/* One for the program, not for the thread. The numbers are Linux's. */
#ifndef LIBC_ERRNO_H
#define LIBC_ERRNO_H

extern int errno;

#define ENOMEM 12
#define EINVAL 22
#define EDOM 33
#define ERANGE 34

#endif
