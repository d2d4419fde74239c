/* The driver as it is, with the controller in memory (controller.h). */
#include "input/server.c"
