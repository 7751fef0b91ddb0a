#include "mm/phys/buddy_demo.hpp"

#include "lib/bytes.hpp"
#include "lib/demo.hpp"
#include "lib/errno.hpp"
#include "lib/scope_guard.hpp"
#include "mm/phys/page_alloc.hpp"

#include <new>

namespace {

constexpr unsigned largest = MAX_ORDER - 1;

}  // namespace

// Of four quarters the first and the second are taken, then the first comes back: a
// block of 256 and one of 512 are free.
buddy_demo::buddy_demo() {
    for (page& page : map_) {
        page.flags = page_flags::zone(ZONE_NORMAL);
        page_list::init(page);
    }
    zone_.init(ZONE_NORMAL, map_, {pfn(0), pfn(frames)}, &block_type_);
    zone_.manage(frames);
    {
        lock_guard held(zone_.lock);
        zone_.give_range_locked(map_, frames);
    }
    const u32 first = take();
    take();
    give(first);
}

u32 buddy_demo::take() {
    lock_guard held(zone_.lock);
    page* const head = zone_.take_locked(wanted, MIGRATE_MOVABLE);
    kassert(head, "no block of order {} in the demonstration's zone", wanted);
    return static_cast<u32>(head - map_);
}

void buddy_demo::give(u32 frame) {
    lock_guard held(zone_.lock);
    zone_.give_locked(map_ + frame, wanted);
}

// "  before    256: 0        512: 512      1024: -"; smaller blocks there are none.
void buddy_demo::show_lists(text_sink& out, const char* when) const {
    format_to(out, "  {:<8}", when);
    for (unsigned order = wanted; order <= largest; ++order) {
        text_buffer<40> blocks;
        format_to(blocks, "{}:", 1u << order);
        if (zone_.area(order).nr_free == 0) blocks.write(" -");
        for (const page& head : zone_.area(order).free_list[MIGRATE_MOVABLE])
            format_to(blocks, " {}", static_cast<u32>(&head - map_));
        if (order < largest)
            format_to(out, "  {:<12}", blocks.view());
        else
            format_to(out, "  {}\n", blocks.view());
    }
}

void buddy_demo::show_taking(text_sink& out) {
    show_lists(out, "before");
    unsigned order = wanted;
    while (zone_.area(order).nr_free == 0) ++order;
    const unsigned found = order;
    const u32 frame = take();
    format_to(out, "    the smallest block that will do: {} pages at {}\n", 1u << found,
              frame);
    while (order > wanted) {
        --order;
        format_to(out, "    halved: {} pages at {} go back\n", 1u << order,
                  frame + (1u << order));
    }
    format_to(out, "    taken: 256 pages at {}\n", frame);
    show_lists(out, "after");
}

// Looks at each buddy before the block is given back, as the zone will.
void buddy_demo::show_giving(text_sink& out, u32 frame) {
    show_lists(out, "before");
    format_to(out, "    256 pages at {} come back\n", frame);
    u32 merged = frame;
    for (unsigned order = wanted; order < largest; ++order) {
        const u32 buddy = merged ^ 1u << order;
        const page& head = map_[buddy];
        format_to(out, "    buddy: {} XOR {} = {}, ", merged, 1u << order, buddy);
        if (!PageBuddy(head)) {
            out.write("not free\n");
            break;
        }
        if (page_order(head) != order) {
            format_to(out, "free, but only {} pages\n", 1u << page_order(head));
            break;
        }
        merged &= buddy;
        format_to(out, "free: {} pages at {}\n", 2u << order, merged);
    }
    give(frame);
    show_lists(out, "after");
}

void buddy_demo::case_256_is_free(text_sink& out) {
    out.write("\n1: 256 pages are wanted, and a block of 256 is free\n");
    show_taking(out);
}

void buddy_demo::case_only_512(text_sink& out) {
    out.write("\n2: 256 pages are wanted, and only a block of 512 is free\n");
    show_taking(out);
}

void buddy_demo::give_back_after_two(text_sink& out) {
    out.write("\nThree blocks come back: the first finds its buddy, the next does not:\n");
    for (const u32 frame : {512u, 0u, 256u}) show_giving(out, frame);
}

void buddy_demo::case_only_1024(text_sink& out) {
    out.write("\n3: 256 pages are wanted, and only a block of 1024 is free\n");
    show_taking(out);
}

void buddy_demo::give_back_after_three(text_sink& out) {
    out.write("\nIt comes back, and all is as it was:\n");
    show_giving(out, 0);
}

void buddy_demo::run(text_sink& out) {
    out.write("A zone of frames 0 to 1023; 256 to 511 are in use. Free blocks are told by\n"
              "size and first frame.\n");
    case_256_is_free(out);
    case_only_512(out);
    give_back_after_two(out);
    case_only_1024(out);
    give_back_after_three(out);
}

REGISTER(demonstration, buddy_demonstration) = {
    .name = "buddy",
    .help = "the buddy system splits and merges blocks, on a zone of its own",
    .run = [](text_sink& out) {
        void* const room = alloc_pages_exact(sizeof(buddy_demo), GFP_KERNEL | __GFP_NOWARN);
        if (!room) {
            format_to(out, "demo buddy: there are no {} of memory in one piece\n",
                      byte_size{sizeof(buddy_demo)});
            return ENOMEM;
        }
        const scope_guard give_back([&] { free_pages_exact(room, sizeof(buddy_demo)); });
        (new (room) buddy_demo)->run(out);
        return 0;
    },
};
