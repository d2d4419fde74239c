/* The example, but its interrupt comes by another name of its line. */
#include "../../../../user/examples/serial/serial.c"
