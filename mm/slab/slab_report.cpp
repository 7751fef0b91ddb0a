// What was found, in words and bytes, in Linux's shape.
#include "lib/format.hpp"
#include "lib/log.hpp"
#include "lib/symbol.hpp"
#include "mm/slab/slab_debug.hpp"

namespace {

constexpr size_t bytes_a_line = 16;

void log_track(const char* what, const slab_track& track) {
    if (track.caller == 0) return;
    pr_err("{} cpu={} at {} ms in {}", what, track.cpu, track.milliseconds,
           code_address{track.caller});
}

// Of objects that are nobody's, too.
[[gnu::no_sanitize("address")]] u8 byte_at(const u8* at) { return *at; }

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

bool has_object(slab_bug bug) {
    return bug != slab_bug::not_an_object && bug != slab_bug::wrong_cache;
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
        case slab_bug::link: return "Freepointer corrupt";
        case slab_bug::leaked: return "Object remaining";
    }
    return "?";
}

void report_slab_bug(const slab_report& report) {
    const kmem_cache& cache = report.cache;
    pr_err("BUG {}: {}", cache.name, slab_bug_name(report.bug));
    if (report.bad)
        pr_err("{:p}, at offset {} of the object: {:#04x} instead of {:#04x}",
               static_cast<const void*>(report.bad),
               report.bad - static_cast<const u8*>(report.object), byte_at(report.bad),
               report.expected);
    pr_err("Object {:p} of {} bytes", report.object, cache.object_size);
    if (report.caller) pr_err("Found in {}", code_address{report.caller});
    if (!has_object(report.bug)) return;
    if (cache.flags & SLAB_STORE_USER && report.bug != slab_bug::middle_of_object) {
        log_track("Allocated", alloc_track(cache, report.object));
        log_track("Freed", free_track(cache, report.object));
    }
    if (report.bug == slab_bug::leaked) return;
    const u8* const object = static_cast<const u8*>(report.object);
    if (cache.flags & SLAB_RED_ZONE) log_bytes("Redzone", object - cache.red_left, cache.red_left);
    log_bytes("Object", object, cache.object_size);
    if (cache.flags & SLAB_RED_ZONE)
        log_bytes("Redzone", object + cache.object_size, cache.inuse - cache.object_size);
}
