// In C++: what is called is microkit_protected there, and objects are made before init.
#include <microkit.h>

namespace {
class Factor {
public:
    explicit Factor(seL4_Word factor) : _factor(factor) {}
    seL4_Word times(seL4_Word word) const { return _factor * word; }

private:
    seL4_Word _factor;
};

volatile seL4_Word two = 2; // not known to the compiler
Factor factor{two};
} // namespace

void init()
{
}

void notified(microkit_channel)
{
}

microkit_msginfo microkit_protected(microkit_channel, microkit_msginfo message)
{
    microkit_mr_set(0, factor.times(microkit_mr_get(0)));
    return message;
}
