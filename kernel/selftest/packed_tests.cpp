#include "kernel/selftest/packed_tests.hpp"

#include "fs/unpack/gzip.hpp"
#include "lib/image.hpp"
#include "lib/scope_guard.hpp"
#include "lib/string.hpp"
#include "mm/map/init_mm.hpp"
#include "mm/map/vmalloc.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/kmalloc.hpp"

namespace {

constexpr const char* no_memory = "there is no memory for the tests";

constinit vm_struct area;
constinit unsigned users = 0;

u32 address_of(const char* mark) {
    return static_cast<u32>(reinterpret_cast<uintptr_t>(mark));
}
u32 pages_between(const char* start, const char* end) {
    return (address_of(end) - address_of(start)) >> PAGE_SHIFT;
}
u32 tests_pages() { return pages_between(__tests_start, __tests_end); }

// Writes one behind another, from the first address of the tests on.
class tests_writer final : public byte_sink {
public:
    result<> write(byte_span bytes) override {
        if (bytes.size() > left()) return err{ENOSPC};
        memcpy(next_, bytes.data(), bytes.size());
        next_ += bytes.size();
        return {};
    }
    size_t left() const { return static_cast<size_t>(__tests_end - next_); }

private:
    char* next_ = const_cast<char*>(__tests_start);
};

// Null, or what is wrong.
const char* unpack() {
    gunzipper gunzip;
    if (!gunzip.init()) return no_memory;
    memory_source source(packed_tests());
    byte_reader in(source);
    tests_writer out;
    if (const result<> done = gunzip.gunzip(in, out); !done)
        return done.error() == EINVAL ? gunzip.problem() : "they are more than was linked";
    return out.left() == 0 ? nullptr : "they are less than was linked";
}

// In the stream each call says where it goes: so tools/pack-tests makes them alike.
void make_calls_relative() {
    constexpr char call = '\xe8';
    u32 distance;
    char* at = const_cast<char*>(__tests_start);
    while (at + 1 + sizeof(distance) <= __tests_text_end) {
        if (*at++ != call) continue;
        memcpy(&distance, at, sizeof(distance));
        distance -= address_of(at) + sizeof(distance);
        memcpy(at, &distance, sizeof(distance));
        at += sizeof(distance);
    }
}

void protect(const char* start, const char* end, page_rights rights) {
    const u32 pages = pages_between(start, end);
    const bool done = init_mm.protect(address_of(start), pages, rights);
    kassert(done, "the tests lie in a large page");
}

void take_pages_away() {
    init_mm.unmap(address_of(__tests_start), area.nr_pages);
    init_mm.flush(address_of(__tests_start), area.nr_pages);
    free_pages_bulk_array(area.nr_pages, area.pages);
    area.nr_pages = 0;
}

void forget_pages() {
    kfree(area.pages);
    area.pages = nullptr;
}

bool map_pages() {
    const u32 count = tests_pages();
    const u32 got = alloc_pages_bulk_array(GFP_KERNEL | __GFP_HIGHMEM | __GFP_NOWARN, count,
                                           area.pages);
    if (got == count &&
        init_mm.map_pages(address_of(__tests_start), area.pages, count, PAGE_KERNEL)) {
        area.nr_pages = count;
        return true;
    }
    free_pages_bulk_array(got, area.pages);
    return false;
}

const char* bring_in() {
    area.pages = static_cast<page**>(
        kmalloc(tests_pages() * sizeof(page*), GFP_KERNEL | __GFP_NOWARN));
    if (!area.pages) return no_memory;
    scope_guard array([] { forget_pages(); });
    if (!map_pages()) return no_memory;
    scope_guard mapped([] { take_pages_away(); });
    if (const char* const problem = unpack()) return problem;
    make_calls_relative();
    protect(__tests_start, __tests_text_end, kernel_rights(false, true));
    protect(__tests_text_end, __tests_end, kernel_rights(false));
    mapped.dismiss();
    array.dismiss();
    return nullptr;
}

}  // namespace

void reserve_tests_addresses() {
    area.va_start = address_of(__tests_start);
    area.va_end = address_of(__tests_end) + PAGE_SIZE;
    area.flags = VM_MAP;
    area.caller = reinterpret_cast<uintptr_t>(&reserve_tests_addresses);
    vm_area_add_early(&area);
}

bool tests_are_unpacked() { return users > 0; }

unpacked_tests::unpacked_tests() : problem_(users > 0 ? nullptr : bring_in()) {
    if (!problem_) ++users;
}

unpacked_tests::~unpacked_tests() {
    if (problem_ || --users > 0) return;
    take_pages_away();
    forget_pages();
}
