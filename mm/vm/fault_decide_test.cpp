// All cases of a page fault: each that there is, row by row, and each combination of what
// decides against the rules said once more, in other words.
#include "mm/vm/fault_decide.hpp"

#include <test.hpp>

namespace {

using enum fault_decision;

constexpr u32 R = VM_READ, W = VM_WRITE, X = VM_EXEC, S = VM_SHARED, D = VM_PFNMAP;
constexpr u32 read = 0, write = PF_WRITE, fetch = PF_FETCH, present = PF_PRESENT;

enum kind : u8 { nowhere, anonymous, of_file };

struct row {
    u32 error_code;
    kind area;
    u32 vm_flags;
    entry_state entry;
    page_state page;
    fault_decision decision;
};
constexpr auto none = entry_state::none;
constexpr auto hidden = entry_state::inaccessible;
constexpr auto swapped = entry_state::swapped;
constexpr auto ro = entry_state::read_only;
constexpr auto rw = entry_state::writable;
constexpr auto zero = page_state::zero;
constexpr auto mine = page_state::exclusive;
constexpr auto ours = page_state::shared;
constexpr auto file = page_state::file;

constexpr row rows[] = {
    // No area, whatever the access.
    {read, nowhere, 0, none, zero, no_area},
    {write, nowhere, 0, none, zero, no_area},
    {fetch, nowhere, 0, none, zero, no_area},
    {write | present, nowhere, 0, rw, mine, no_area},
    // An area that forbids it.
    {read, anonymous, 0, none, zero, no_right},
    {read, anonymous, 0, hidden, mine, no_right},
    {write, anonymous, 0, hidden, mine, no_right},
    {write, anonymous, R, none, zero, no_right},
    {write, anonymous, R | X, none, zero, no_right},
    {write | present, anonymous, R, ro, mine, no_right},
    {fetch, anonymous, R | W, none, zero, no_right},
    {fetch | present, anonymous, R | W, rw, mine, no_right},
    {write, of_file, R | S, none, zero, no_right},
    {write | present, of_file, R, ro, file, no_right},
    {read | present, anonymous, R | W, ro, mine, no_right},
    // Nothing is there yet.
    {read, anonymous, R, none, zero, map_zero_page},
    {read, anonymous, W, none, zero, map_zero_page},
    {read, anonymous, X, none, zero, map_zero_page},
    {fetch, anonymous, R | X, none, zero, map_zero_page},
    {write, anonymous, R | W, none, zero, map_new_page},
    {write, anonymous, W, none, zero, map_new_page},
    {read, of_file, R, none, zero, map_file_page},
    {read, of_file, R | W | S, none, zero, map_file_page},
    {fetch, of_file, R | X, none, zero, map_file_page},
    {write, of_file, R | W, none, zero, copy_file_page},
    {write, of_file, R | W | S, none, zero, write_file_page},
    {read, of_file, R | D, none, zero, map_frame},
    {read, of_file, R | W | S | D, none, zero, map_frame},
    {write, of_file, R | W | S | D, none, zero, map_frame},
    {write, of_file, R | S | D, none, zero, no_right},
    // A write to what may be read.
    {write | present, anonymous, R | W, ro, zero, copy_page},
    {write | present, anonymous, R | W, ro, ours, copy_page},
    {write | present, anonymous, R | W, ro, mine, reuse_page},
    {write | present, of_file, R | W, ro, file, copy_page},
    {write | present, of_file, R | W, ro, ours, copy_page},
    {write | present, of_file, R | W, ro, mine, reuse_page},
    {write | present, of_file, R | W | S, ro, file, make_writable},
    // Somebody else was faster, or the CPU remembers an older entry.
    {write | present, anonymous, R | W, rw, mine, spurious},
    {write, anonymous, R | W, rw, mine, spurious},
    {read, anonymous, R, ro, zero, spurious},
    {fetch | present, anonymous, R | X, ro, mine, spurious},
    {write | present, of_file, R | W | S, rw, file, spurious},
    // Bugs.
    {PF_RESERVED | present, anonymous, R | W, rw, mine, corrupt},
    {PF_RESERVED | write, nowhere, 0, none, zero, corrupt},
    {read, anonymous, R, hidden, mine, corrupt},
    {write, anonymous, R | W, hidden, mine, corrupt},
    {read, anonymous, R, swapped, zero, corrupt},
    {write, anonymous, R | W, swapped, zero, corrupt},
};

fault_question question(const row& r) {
    return {.error_code = r.error_code,
            .has_area = r.area != nowhere,
            .vm_flags = r.vm_flags,
            .has_file = r.area == of_file,
            .entry = r.entry,
            .page = r.page};
}

template <class Visit>
void for_each_question(Visit visit) {
    for (u32 error = 0; error < 32; ++error)
        for (const kind area : {nowhere, anonymous, of_file})
            for (u32 flags = 0; flags < 16; ++flags)
                for (const entry_state entry : {none, hidden, swapped, ro, rw})
                    for (const page_state page : {zero, mine, ours, file})
                        visit(row{error, area, flags, entry, page, corrupt});
}

}  // namespace

TEST(fault_decide, each_case) {
    for (const row& r : rows) EXPECT_TRUE(decide_fault(question(r)) == r.decision);
}

TEST(fault_decide, each_decision_has_a_row_and_a_text) {
    for (u32 i = 0; i < fault_decisions; ++i) {
        bool found = false;
        for (const row& r : rows) found |= static_cast<u32>(r.decision) == i;
        EXPECT_TRUE(found);
        EXPECT_TRUE(fault_decision_text(static_cast<fault_decision>(i))[0] != '?');
    }
}

TEST(fault_decide, nothing_is_made_that_the_area_forbids) {
    for_each_question([](const row& r) {
        const fault_decision made = decide_fault(question(r));
        const bool writes = r.error_code & PF_WRITE;
        const bool makes_writable = made == map_new_page || made == copy_file_page ||
                                    made == write_file_page || made == copy_page ||
                                    made == reuse_page || made == make_writable;
        if (makes_writable) EXPECT_TRUE(writes && (r.vm_flags & W) && r.area != nowhere);
        if (made == map_zero_page || made == map_file_page)
            EXPECT_TRUE(!writes && (r.vm_flags & (R | W | X)) && r.area != nowhere);
    });
}

TEST(fault_decide, a_fault_is_spurious_only_where_the_entry_suffices) {
    for_each_question([](const row& r) {
        if (decide_fault(question(r)) != spurious) return;
        EXPECT_TRUE(r.entry == rw || (r.entry == ro && !(r.error_code & PF_WRITE)));
    });
}

TEST(fault_decide, only_the_sole_owner_keeps_a_page_without_a_copy) {
    for_each_question([](const row& r) {
        if (decide_fault(question(r)) != reuse_page) return;
        EXPECT_TRUE(r.page == mine && !(r.vm_flags & S));
    });
}
