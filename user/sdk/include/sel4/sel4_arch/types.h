/* Types are in one header here; components also name this one. */
#include <sel4/types.h>
