/* For host tests of user/lib: its functions under names that the C library does not have, so that the test, the
   sanitizers and the library under test each use their own. Given to the compiler by -include. */
#ifndef BATON_RENAME_H
#define BATON_RENAME_H

/* The C library's own declarations come first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define memcpy baton_memcpy
#define memset baton_memset
#define memmove baton_memmove
#define memcmp baton_memcmp
#define strlen baton_strlen
#define strcmp baton_strcmp

#endif
