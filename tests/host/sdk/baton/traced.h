/* As in an SDK. */
#include "../../../../user/sdk/include/baton/traced.h"
