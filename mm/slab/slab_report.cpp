// What was found, in words and bytes, in Linux's shape.
#include "lib/format.hpp"
#include "lib/log.hpp"
#include "lib/symbol.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/slab/slab_strategy.hpp"

namespace {

constexpr size_t bytes_a_line = 16;

void log_track(const char* what, const slab_track& track) {
    if (track.caller == 0) return;
    pr_err("{} cpu={} at {} ms in {}", what, track.cpu, track.milliseconds,
           code_address{track.caller});
}

// Of objects that are nobody's, too.
NO_SANITIZE_ADDRESS u8 byte_at(const u8* at) { return *at; }

// At most four lines of a row of bytes.
void log_bytes(const char* what, const u8* at, size_t count) {
    count = min_of(count, 4 * bytes_a_line);
    for (size_t line = 0; line < count; line += bytes_a_line) {
        text_buffer<64> text;
        for (size_t i = line; i < min_of(line + bytes_a_line, count); ++i)
            format_to(text, " {:02x}", byte_at(at + i));
        pr_err("{:<8} {:p}:", what, static_cast<const void*>(at + line));
        pr_err("  {}", text.view());
    }
}

bool is_link(slab_bug bug) {
    return bug == slab_bug::link || bug == slab_bug::first_link;
}

// The object that a report is about; null when it is about an address alone.
const u8* object_of(const slab_report& report) {
    if (report.bug == slab_bug::not_an_object || report.bug == slab_bug::wrong_cache ||
        report.bug == slab_bug::first_link)
        return nullptr;
    if (report.bug != slab_bug::middle_of_object)
        return static_cast<const u8*>(report.object);
    // Looked for anew, by who knows the cache's slots.
    auto& cache = const_cast<kmem_cache&>(report.cache);
    const auto place = cache.strategy->find_slot(cache, report.object);
    return place ? static_cast<const u8*>(place->slot) + cache.red_left : nullptr;
}

}  // namespace

const char* slab_bug_name(slab_bug bug) {
    switch (bug) {
        case slab_bug::double_free: return "Object already free";
        case slab_bug::not_an_object: return "Not an object address";
        case slab_bug::middle_of_object: return "Address in the middle of an object";
        case slab_bug::wrong_cache: return "Object of another cache";
        case slab_bug::left_red_zone: return "Left Redzone overwritten";
        case slab_bug::right_red_zone: return "Right Redzone overwritten";
        case slab_bug::poison: return "Poison overwritten";
        case slab_bug::link: return "Freechain corrupt";
        case slab_bug::first_link: return "Freepointer corrupt";
        case slab_bug::leaked: return "Object remaining";
    }
    return "?";
}

void report_slab_bug(const slab_report& report) {
    const kmem_cache& cache = report.cache;
    pr_err("BUG {}: {}", cache.name, slab_bug_name(report.bug));
    if (report.bad)
        pr_err("{:p}: {:#04x} instead of {:#04x}, at offset {}",
               static_cast<const void*>(report.bad), byte_at(report.bad), report.expected,
               report.bad - static_cast<const u8*>(report.object));
    if (is_link(report.bug))
        pr_err("Link fp={:p}, {} objects of its slab are given up", report.link,
               report.lost);
    const u8* const object = object_of(report);
    if (object != report.object) pr_err("Address {:p}", report.object);
    if (object && cache.object_size > 0)
        pr_err("Object {:p} of {} bytes", static_cast<const void*>(object),
                       cache.object_size);
    if (report.caller) pr_err("Found in {}", code_address{report.caller});
    if (!object) return;
    if (cache.flags & SLAB_STORE_USER) {
        log_track("Allocated", alloc_track(cache, object));
        log_track("Freed", free_track(cache, object));
    }
    if (report.bug == slab_bug::leaked) return;
    if (cache.flags & SLAB_RED_ZONE)
        log_bytes("Redzone", object - cache.red_left, cache.red_left);
    log_bytes("Object", object, cache.object_size);
    if (cache.flags & SLAB_RED_ZONE)
        log_bytes("Redzone", object + cache.object_size, cache.inuse - cache.object_size);
}
