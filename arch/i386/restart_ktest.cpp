// Restartable sequences: the table, and each of the four sequences interrupted behind
// each of its instructions by somebody who changes the same list.
#include "arch/i386/restart.hpp"

#include <cpu/free_list.hpp>
#include "arch/i386/single_step.hpp"

#include <test.hpp>

// A sequence of two instructions of one byte.
asm(R"(
    .pushsection .text
restart_probe_start:
    nop
    nop
restart_probe_end:
    .popsection
    .pushsection .restart, "a"
    .balign 4
    .long restart_probe_start, restart_probe_end
    .popsection
)");
extern "C" const char restart_probe_start[], restart_probe_end[];

TEST(restart, only_what_is_inside_begins_again) {
    const auto start = reinterpret_cast<uintptr_t>(restart_probe_start);
    const auto end = reinterpret_cast<uintptr_t>(restart_probe_end);
    ASSERT_EQ(end - start, 2u);
    EXPECT_EQ(restart_address(start), start);
    EXPECT_EQ(restart_address(start + 1), start);
    EXPECT_EQ(restart_address(end), end);
    EXPECT_EQ(restart_address(start - 1), start - 1);
    for (const uintptr_t elsewhere : {uintptr_t{0}, uintptr_t{0x08048000}, ~uintptr_t{0}})
        EXPECT_EQ(restart_address(elsewhere), elsewhere);
}

TEST(restart, user_code_at_the_same_address_goes_on) {
    trap_frame frame{};
    frame.eip = reinterpret_cast<u32>(restart_probe_start) + 1;
    frame.cs = 0x73;
    const u32 before = frame.eip;
    restart_interrupted(frame);
    EXPECT_EQ(frame.eip, before);
    frame.cs = 0x60;
    restart_interrupted(frame);
    EXPECT_EQ(frame.eip, before - 1);
}

namespace {

// ---- a world of eight objects, each in one place at a time ----------------------------

constexpr u32 nr_objects = 8;
constexpr u32 object_bytes = 16;
constexpr size_t link = 4;
constexpr u32 block_bytes = 256;
constinit const uintptr_t block_mask = ~uintptr_t{block_bytes - 1};

alignas(block_bytes) constinit char block[nr_objects * object_bytes] = {};
alignas(block_bytes) constinit char other_block[block_bytes] = {};
constexpr u32 stack_limit = 6;
constexpr size_t stack_bytes = sizeof(cpu_stack) + stack_limit * sizeof(void*);
alignas(cpu_stack) constinit char stack_room[stack_bytes] = {};
cpu_stack& stack() { return *reinterpret_cast<cpu_stack*>(stack_room); }

DEFINE_PER_CPU(cpu_free_list, list) = {};

enum class place : u8 { listed, stacked, with_body, with_interrupt };
constinit place places[nr_objects] = {};

void* object(u32 i) { return block + i * object_bytes; }
u32 number_of(const void* object) {
    return static_cast<u32>(static_cast<const char*>(object) - block) / object_bytes;
}
void*& link_of(void* object) {
    return *reinterpret_cast<void**>(static_cast<char*>(object) + link);
}

// What became of the body's call. Written down behind it only: an interrupt between the
// two would come too early.
constinit void* popped = nullptr;
constinit bool pushed = false;

// 0, 1, 2 on the list, 3, 4, 5 on the stack, 6 and 7 with the body.
void set_up() {
    for (u32 i = 0; i < nr_objects; ++i)
        places[i] = i < 3 ? place::listed : i < 6 ? place::stacked : place::with_body;
    for (u32 i = 0; i < 3; ++i) link_of(object(i)) = i < 2 ? object(i + 1) : nullptr;
    this_cpu(list) = {object(0), reinterpret_cast<uintptr_t>(block), &stack()};
    popped = nullptr;
    pushed = false;
    stack().count = 3;
    stack().limit = stack_limit;
    for (u32 i = 0; i < 3; ++i) stack().entries[i] = object(3 + i);
}

// What is on the list and on the stack is what should be, each object once.
bool is_right() {
    u8 seen[nr_objects] = {};
    u32 steps = 0;
    for (void* at = this_cpu(list).head; at; at = link_of(at)) {
        const u32 i = number_of(at);
        if (++steps > nr_objects) return false;
        if (i >= nr_objects || places[i] != place::listed) return false;
        ++seen[i];
    }
    for (u32 k = 0; k < stack().count; ++k) {
        const u32 i = number_of(stack().entries[k]);
        if (i >= nr_objects || places[i] != place::stacked) return false;
        ++seen[i];
    }
    for (u32 i = 0; i < nr_objects; ++i) {
        const bool is_free = places[i] == place::listed || places[i] == place::stacked;
        if (seen[i] != is_free) return false;
    }
    return true;
}

// ---- what an interrupt does meanwhile --------------------------------------------------

void* pop_list() {
    void* const got = cpu_list_pop(&list, link);
    if (got) places[number_of(got)] = place::with_interrupt;
    return got;
}
void push_list(void* object) {
    if (!cpu_list_push(&list, object, link, block_mask)) return;
    places[number_of(object)] = place::listed;
}
void* pop_stack() {
    void* const got = cpu_stack_pop(&list);
    if (got) places[number_of(got)] = place::with_interrupt;
    return got;
}
void push_stack(void* object) {
    if (cpu_stack_push(&list, object)) places[number_of(object)] = place::stacked;
}

constexpr single_step::handler interrupts[] = {
    [] {},
    // Takes one, of each.
    [] { pop_list(), pop_stack(); },
    // Takes one and puts it back: the list looks as it did.
    [] {
        push_list(pop_list());
        push_stack(pop_stack());
    },
    // Takes two and puts the first back: so does its head, but not what follows.
    [] {
        void* const first = pop_list();
        pop_list();
        push_list(first);
        void* const top = pop_stack();
        pop_stack();
        push_stack(top);
    },
    // Turns both round.
    [] {
        void* held[3];
        for (void*& one : held) one = pop_list();
        for (void* const one : held)
            if (one) push_list(one);
        for (void*& one : held) one = pop_stack();
        for (void* const one : held)
            if (one) push_stack(one);
    },
    // Takes all there is.
    [] {
        while (pop_list()) {}
        while (pop_stack()) {}
    },
    // From the list to the stack, and the other way, until that is full.
    [] {
        void* const from_stack = pop_stack();
        while (void* const one = pop_list()) push_stack(one);
        if (from_stack) push_list(from_stack);
    },
    // Takes all, and the list is that of another block now.
    [] {
        while (pop_list()) {}
        this_cpu(list).base = reinterpret_cast<uintptr_t>(other_block);
    },
};

// ---- the four, interrupted everywhere --------------------------------------------------

[[gnu::noinline]] void body_pops_list() { popped = cpu_list_pop(&list, link); }
[[gnu::noinline]] void body_pushes_list() {
    pushed = cpu_list_push(&list, object(6), link, block_mask);
}
[[gnu::noinline]] void body_pops_stack() { popped = cpu_stack_pop(&list); }
[[gnu::noinline]] void body_pushes_stack() { pushed = cpu_stack_push(&list, object(6)); }

// Pushed, and taken by nobody since.
void note_what_the_body_did(place target) {
    if (popped) places[number_of(popped)] = place::with_body;
    if (pushed && places[6] == place::with_body) places[6] = target;
}

// From how many places the sequence began again, for one kind of interrupt. (A real one
// may come, too, and then some are seen twice.)
u32 interrupt_everywhere(void (*body)(), place target, single_step::handler interrupt) {
    u32 places_seen = 0;
    uintptr_t last = 0;
    for (u32 n = 1;; ++n) {
        set_up();
        single_step steps(n, interrupt);
        const irq_state state = local_irq_save();
        steps.run(body);
        local_irq_restore(state);
        note_what_the_body_did(target);
        EXPECT_TRUE(is_right());
        if (steps.restarted_at() > last) {
            ++places_seen;
            last = steps.restarted_at();
        }
        if (steps.too_short()) return places_seen;
    }
}

void expect_right(void (*body)(), place target, u32 instructions) {
    for (const single_step::handler interrupt : interrupts)
        EXPECT_EQ(interrupt_everywhere(body, target, interrupt), instructions - 1);
}

}  // namespace

TEST(restart, what_is_empty_gives_null) {
    set_up();
    for (u32 i = 0; i < 3; ++i) EXPECT_EQ(pop_list(), object(i));
    for (u32 i = 0; i < 3; ++i) EXPECT_EQ(pop_stack(), object(5 - i));
    for (u32 i = 0; i < 2; ++i) EXPECT_FALSE(pop_list());
    for (u32 i = 0; i < 2; ++i) EXPECT_FALSE(pop_stack());
    EXPECT_TRUE(is_right());
}

// As many instructions as each sequence has (<cpu/free_list.hpp>); its first one is its
// beginning anyway.
TEST(restart, cpu_list_pop_interrupted_everywhere) {
    expect_right(body_pops_list, place::listed, 6);
}
TEST(restart, cpu_list_push_interrupted_everywhere) {
    expect_right(body_pushes_list, place::listed, 7);
}
TEST(restart, cpu_stack_pop_interrupted_everywhere) {
    expect_right(body_pops_stack, place::stacked, 6);
}
TEST(restart, cpu_stack_push_interrupted_everywhere) {
    expect_right(body_pushes_stack, place::stacked, 7);
}
