#include "host-tests/support/table_arena.hpp"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace {

void require(bool condition, const char* message) {
    if (!condition) throw std::logic_error(message);
}

}  // namespace

table_arena::table_arena(bool pae, unsigned pages) : pae_(pae), pages_(pages) {
    const size_t bytes = size_t{pages} * PAGE_SIZE;
    const int file = memfd_create("tables", 0);
    require(file >= 0 && ftruncate(file, static_cast<off_t>(bytes)) == 0, "no memory file");
    for (u8*& window : window_) {
        void* const at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        require(at != MAP_FAILED, "a window cannot be mapped");
        window = static_cast<u8*>(at);
    }
    close(file);
    for (unsigned window = 0; window < windows; ++window)
        if (window != for_mmu) ASAN_POISON_MEMORY_REGION(window_[window], bytes);
    for (unsigned page = 1; page < pages; ++page) free_.insert(page);
    directories_.insert(top_address());
    show(for_directories, 0);
}

table_arena::~table_arena() {
    const size_t bytes = size_t{pages_} * PAGE_SIZE;
    for (u8* const window : window_) {
        ASAN_UNPOISON_MEMORY_REGION(window, bytes);
        munmap(window, bytes);
    }
}

void table_arena::hide([[maybe_unused]] unsigned window,
                       [[maybe_unused]] unsigned page) const {
    ASAN_POISON_MEMORY_REGION(at(window, page), PAGE_SIZE);
}
void table_arena::show([[maybe_unused]] unsigned window,
                       [[maybe_unused]] unsigned page) const {
    ASAN_UNPOISON_MEMORY_REGION(at(window, page), PAGE_SIZE);
}

bool table_arena::reserve(unsigned tables) {
    require(reserved_ == 0, "a reserve was not released");
    if (fails_in_ > 0 && --fails_in_ == 0) {
        failed_ = true;
        return false;
    }
    if (tables > free_.size()) return false;
    reserved_ = tables;
    return true;
}

u64 table_arena::take() {
    require(reserved_ > 0, "more tables are taken than were reserved");
    --reserved_;
    const unsigned page = *free_.begin();
    free_.erase(free_.begin());
    used_.insert(physical(page));
    std::memset(at(for_mmu, page), 0, PAGE_SIZE);
    return physical(page);
}

void* table_arena::directory(u64 table) {
    const unsigned page = page_of(table);
    if (page != 0) require(used_.contains(table), "a directory that was given back");
    for (const auto& [at, mapped] : mapped_)
        require(mapped != table, "a mapped pte table is used as a directory");
    directories_.insert(table);
    show(for_directories, page);
    return at(for_directories, page);
}

void* table_arena::map_table(u64 table) {
    require(used_.contains(table), "a table that was given back is mapped");
    require(!directories_.contains(table), "a directory is mapped as a pte table");
    const unsigned page = page_of(table);
    for (unsigned tries = first_for_tables; tries < windows; ++tries) {
        u8* const address = at(next_window_, page);
        const unsigned window = next_window_;
        if (++next_window_ == windows) next_window_ = first_for_tables;
        if (!mapped_.emplace(address, table).second) continue;
        show(window, page);
        return address;
    }
    throw std::logic_error("a table is mapped too often at once");
}

void table_arena::unmap_table(void* mapped) {
    require(mapped_.erase(mapped) == 1, "what is unmapped was not mapped");
    ASAN_POISON_MEMORY_REGION(mapped, PAGE_SIZE);
}

void table_arena::give_back(u64 table) {
    require(used_.erase(table) == 1, "a table is given back twice");
    for (const auto& [at, mapped] : mapped_)
        require(mapped != table, "a mapped table is given back");
    const unsigned page = page_of(table);
    if (directories_.erase(table) > 0) hide(for_directories, page);
    std::memset(at(for_mmu, page), 0xdb, PAGE_SIZE);
    free_.insert(page);
}

std::vector<u8> table_arena::snapshot() const {
    return {at(for_mmu, 0), at(for_mmu, 0) + size_t{pages_} * PAGE_SIZE};
}

unsigned table_arena::page_of(u64 address) const {
    const u64 page = ((address & 0xffffffff) - 0x200000) / PAGE_SIZE;
    require(
        page < pages_ && physical(static_cast<unsigned>(page)) == (address & ~u64{4095}),
        "no table lies at that physical address");
    return static_cast<unsigned>(page);
}

u64 table_arena::read(u64 address, unsigned bytes) {
    u64 value = 0;
    const unsigned page = page_of(address);
    require(page == 0 || used_.contains(address & ~u64{4095}),
            "the MMU reads a free table");
    std::memcpy(&value, at(for_mmu, page) + (address & 4095), bytes);
    return value;
}

void table_arena::write(u64 address, u64 value, unsigned bytes) {
    const unsigned page = page_of(address);
    require(page == 0 || used_.contains(address & ~u64{4095}),
            "the MMU writes a free table");
    std::memcpy(at(for_mmu, page) + (address & 4095), &value, bytes);
}
