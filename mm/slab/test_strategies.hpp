// A test of caches is one of every strategy: it is written once, and runs as
// slub.NAME, slab.NAME and slob.NAME.
//
//     STRATEGY_TEST(objects_are_apart) {
//         test_cache cache(strategy, 24);
//         ...
//     }
//
// Here is the one list of them.
#pragma once

#include "mm/slab/slab_strategy.hpp"

#define STRATEGY_TEST(name_)                                              \
    static void test_of_strategies_##name_(slab_strategy& strategy);      \
    TEST(slub, name_) { test_of_strategies_##name_(slub_strategy()); }    \
    TEST(slab, name_) { test_of_strategies_##name_(bonwick_strategy()); } \
    TEST(slob, name_) { test_of_strategies_##name_(slob_strategy()); }    \
    static void test_of_strategies_##name_(slab_strategy& strategy)
