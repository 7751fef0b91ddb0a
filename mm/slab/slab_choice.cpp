// slab=: which strategy the kernel's caches have.
#include "lib/boot_param.hpp"
#include "mm/slab/slab_strategy.hpp"

namespace {

constinit slab_strategy* chosen = nullptr;

}  // namespace

slab_strategy& the_slab_strategy() { return chosen ? *chosen : slub_strategy(); }

REGISTER(boot_param, slab_param) = {
    .name = "slab",
    .help = "slab|slub|slob: how the kernel's caches work",
    .set =
        [](std::string_view value) {
            for (slab_strategy* const strategy :
                 {&slub_strategy(), &bonwick_strategy(), &slob_strategy()})
                if (value == strategy->name()) {
                    chosen = strategy;
                    return true;
                }
            return false;
        },
};
