/* The example, whose interrupt comes by another name of its line. */
#include "../../../../user/examples/serial/serial.c"
