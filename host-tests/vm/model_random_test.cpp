// The model alone, for long: its invariants; and how a disagreement is made short.
#include "host-tests/models/address_space_model.hpp"
#include "host-tests/vm/vm_compare.hpp"
#include "host-tests/vm/vm_recording.hpp"

#include <test.hpp>

#include <algorithm>

namespace {

std::unique_ptr<vm_machine> make_model(const vm_layout& layout) {
    return std::make_unique<address_space_model>(layout);
}

// Forgets nothing when it is told to.
class stubborn_model final : public address_space_model {
public:
    using address_space_model::address_space_model;
    u32 madvise(u32 address, u32 length, u32 advice) override {
        const bool forgets = advice == VM_MADV_DONTNEED;
        return address_space_model::madvise(address, length,
                                            forgets ? VM_MADV_WILLNEED : advice);
    }
};

size_t lines_of(const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
}

}  // namespace

TEST(model_random, invariants_hold) {
    const vm_layout layout = usual_vm_layout(true);
    for (u64 seed = 1; seed <= 12; ++seed)
        EXPECT_EQ(compare_machines(make_model, make_model, layout, seed, 500), "");
}

// A page is mapped and written, thrown away, and read: no more is needed, whatever else the
// random program did.
TEST(model_random, a_disagreement_is_made_short) {
    const vm_layout layout = usual_vm_layout(true);
    const auto make_stubborn = [](const vm_layout& world) -> std::unique_ptr<vm_machine> {
        return std::make_unique<stubborn_model>(world);
    };
    u32 found = 0;
    for (u64 seed = 1; seed <= 10; ++seed) {
        const std::string told =
            compare_machines(make_model, make_stubborn, layout, seed, 200);
        if (told.empty()) continue;
        ++found;
        const std::string program = told.substr(told.find("the program:\n") + 13);
        EXPECT_LE(lines_of(program), 7u) << told;
        EXPECT_NE(program.find("DONTNEED"), std::string::npos) << told;
    }
    EXPECT_GE(found, 3u);
}

TEST(model_random, a_script_shrinks_to_what_fails) {
    vm_script script(100);
    for (u32 i = 0; i < script.size(); ++i) script[i].operation.address = i;
    script[40].child = vm_script(10);
    script[40].child[7].operation.address = 1000;
    const std::function<bool(const vm_script&, u32)> has = [&](const vm_script& steps,
                                                               u32 what) {
        return std::any_of(steps.begin(), steps.end(), [&](const vm_step& step) {
            return step.operation.address == what || has(step.child, what);
        });
    };
    const vm_script kept = shrink_script(script, [&](const vm_script& tried) {
        return has(tried, 3) && has(tried, 1000);
    });
    ASSERT_EQ(kept.size(), 2u);
    EXPECT_EQ(kept[0].operation.address, 3u);
    EXPECT_EQ(kept[1].operation.address, 40u);
    ASSERT_EQ(kept[1].child.size(), 1u);
    EXPECT_EQ(kept[1].child[0].operation.address, 1000u);
}
