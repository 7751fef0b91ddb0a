// An address space as plainly as it can be said: what each page is, in a std::map. No header
// of mm/ is included; numbers are Linux's, written down once more.
//
// Arguments are whole pages within the space; what is wrong with others is tested elsewhere.
// Every call answers the errno, and changes the pages as Linux would.
#pragma once

#include "lib/types.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace area_model {

enum error : int { none = 0, eagain = 11, enomem = 12, eacces = 13, efault = 14, eexist = 17, einval = 22 };

struct page {
    u32 prot = 0;  // 1 read, 2 write, 4 execute
    bool shared = false;
    bool locked = false, on_fault = false;
    bool dont_copy = false, wiped = false, no_reserve = false, account = false;
    u32 advice = 0;     // 1 random, 2 sequential
    u32 file = 0;       // 0: anonymous
    u32 index = 0;      // which page of the file

    bool operator==(const page&) const = default;
    // May the area of this page go on with that of the next?
    bool continues(const page& next) const {
        page same = next;
        same.index = index;
        return *this == same && (file == 0 || next.index == index + 1);
    }
};

struct mmap_call {
    u32 at = 0, pages = 0, prot = 0, file = 0, index = 0;
    bool shared = false, fixed = true, no_replace = false, locked = false, no_reserve = false;
};

class space {
public:
    using pages_map = std::map<u32, page>;

    pages_map pages;
    std::map<u32, u32> file_pages;  // how long each file is
    u32 next_file = 100;            // shared anonymous memory: a file each
    u32 limit_as = ~0u, limit_memlock = ~0u;
    u32 mmap_base = 0, lowest = 0x10;
    u32 start_brk = 0, brk = 0;     // pages
    bool lock_future = false;

    u32 total() const { return static_cast<u32>(pages.size()); }
    u32 locked() const { return count(0, ~0u, [](const page& p) { return p.locked; }); }
    // How many areas there must be, if all that could be one are.
    u32 areas() const {
        u32 runs = 0;
        const std::pair<const u32, page>* before = nullptr;
        for (const auto& entry : pages) {
            if (!before || before->first + 1 != entry.first ||
                !before->second.continues(entry.second))
                ++runs;
            before = &entry;
        }
        return runs;
    }

    // The place, and the errno.
    std::pair<u32, int> mmap(mmap_call call) {
        const u32 n = call.pages;
        std::optional<u32> at = call.at;
        if (!call.fixed) at = is_free(call.at, n) && call.at >= lowest ? call.at : highest_hole(n);
        if (!at) return {0, enomem};
        if (call.no_replace && !is_free(*at, n)) return {0, eexist};
        const bool locks = call.locked || lock_future;
        if (locks && locked() + n > limit_memlock) return {0, eagain};
        if (total() + n > limit_as && total() + n - mapped(*at, n) > limit_as)
            return {0, enomem};
        erase(*at, n);
        page made{.prot = call.prot, .shared = call.shared, .locked = locks,
                  .no_reserve = call.no_reserve, .file = call.file, .index = call.index};
        made.account = !call.shared && !call.no_reserve && call.prot & 2;
        if (call.shared && call.file == 0) {
            made.file = next_file++;
            made.index = 0;
            file_pages[made.file] = n;
        }
        put(*at, n, made);
        return {*at, none};
    }

    int munmap(u32 at, u32 n) { return erase(at, n), none; }

    int mprotect(u32 at, u32 n, u32 prot) {
        for (u32 i = at; i < at + n; ++i) {
            const auto found = pages.find(i);
            if (found == pages.end()) return enomem;
            page& p = found->second;
            if (prot & 2 && !(p.prot & 2) && !p.account && !p.shared && !p.no_reserve)
                p.account = true;
            p.prot = prot;
        }
        return none;
    }

    int mlock(u32 at, u32 n, bool on_fault) {
        u32 would = locked() + n;
        if (would > limit_memlock)
            would -= count(at, at + n, [](const page& p) { return p.locked; });
        if (would > limit_memlock) return enomem;
        const int error = set_lock(at, n, true, on_fault);
        return error ? error : refuses_a_page(at, n) ? enomem : none;
    }
    int munlock(u32 at, u32 n) { return set_lock(at, n, false, false); }

    template <class Change>
    int advise(u32 at, u32 n, Change change) {
        bool hole = false;
        for (u32 i = at; i < at + n; ++i) {
            const auto found = pages.find(i);
            if (found == pages.end()) hole = true;
            else if (const int error = change(found->second)) return error;
        }
        return hole ? enomem : none;
    }

    // Within one area; the driver sees to that. `to`: MREMAP_FIXED.
    std::pair<u32, int> mremap(u32 at, u32 n, u32 wanted, bool may_move, std::optional<u32> to,
                               u32 area_end) {
        if (!to && wanted <= n) {
            erase(at + wanted, n - wanted);
            return {at, none};
        }
        if (to) {
            if (*to < at + n && at < *to + wanted) return {0, einval};
            erase(*to, wanted);
            if (n > wanted) {
                erase(at + wanted, n - wanted);
                n = wanted;
            }
        }
        const page first = pages.at(at);
        if (wanted > n) {
            if (first.locked && locked() + wanted - n > limit_memlock) return {0, eagain};
            if (total() + wanted - n > limit_as) return {0, enomem};
        }
        if (!to && area_end == at + n && is_free(at + n, wanted - n)) {
            put(at + n, wanted - n, after(pages.at(at + n - 1)));
            return {at, none};
        }
        if (!to && !may_move) return {0, enomem};
        if (!to) to = highest_hole(wanted);
        if (!to) return {0, enomem};
        erase(at, n);
        put(*to, wanted, first);
        return {*to, none};
    }

    u32 set_brk(u32 wanted) {  // in pages
        if (wanted < start_brk) return brk;
        if (wanted <= brk) {
            if (wanted < brk && mapped(wanted, brk - wanted) == 0) return brk;
            erase(wanted, brk - wanted);
            return brk = wanted;
        }
        const u32 n = wanted - brk;
        if (lock_future && locked() + n > limit_memlock) return brk;
        if (!is_free(brk, n + 1) || total() + n > limit_as) return brk;
        put(brk, n, {.prot = 3, .locked = lock_future, .account = true});
        return brk = wanted;
    }

    space fork() const {
        space child = *this;
        std::erase_if(child.pages, [](const auto& entry) { return entry.second.dont_copy; });
        for (auto& [at, p] : child.pages) p.locked = p.on_fault = false;
        child.lock_future = false;
        return child;
    }

    u32 mapped(u32 at, u32 n) const {
        return count(at, at + n, [](const page&) { return true; });
    }
    bool is_free(u32 at, u32 n) const { return at + n <= 0xC0000 && mapped(at, n) == 0; }

    template <class Holds>
    u32 count(u32 from, u32 to, Holds holds) const {
        u32 sum = 0;
        for (auto i = pages.lower_bound(from); i != pages.end() && i->first < to; ++i)
            sum += holds(i->second);
        return sum;
    }

private:
    static page after(page p) {
        ++p.index;
        return p;
    }
    void erase(u32 at, u32 n) {
        pages.erase(pages.lower_bound(at), pages.lower_bound(at + n));
    }
    void put(u32 at, u32 n, page p) {
        for (u32 i = 0; i < n; ++i, p = after(p)) {
            page& put = pages[at + i] = p;
            if (!put.file) put.index = 0;
        }
    }
    // Page by page down from mmap_base; above it, up from a third of the space.
    std::optional<u32> highest_hole(u32 n) const {
        u32 end = mmap_base;
        for (auto i = pages.lower_bound(mmap_base); i != pages.begin();) {
            --i;
            if (end - (i->first + 1) >= n) return end - n;
            end = i->first;
        }
        if (end >= lowest + n) return end - n;
        return {};
    }
    int set_lock(u32 at, u32 n, bool lock, bool on_fault) {
        for (u32 i = at; i < at + n; ++i) {
            const auto found = pages.find(i);
            if (found == pages.end()) return enomem;
            found->second.locked = lock;
            found->second.on_fault = on_fault;
        }
        return none;
    }
    // One that is to be faulted in and cannot be.
    bool refuses_a_page(u32 at, u32 n) const {
        return count(at, at + n, [this](const page& p) {
            if (p.on_fault) return false;
            if (p.prot == 0) return true;
            const auto file = file_pages.find(p.file);
            return file != file_pages.end() && p.index >= file->second;
        }) > 0;
    }
};

}  // namespace area_model
