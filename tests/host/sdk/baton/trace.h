/* As in an SDK. */
#include "../../../../kernel/abi/trace.h"
