#include "user/lib/heap.hpp"

#include "user/lib/calls.hpp"

namespace {

struct piece {
    u32 size;  // with this head
    u32 given_out;

    piece* next() { return reinterpret_cast<piece*>(u32(this) + size); }
    void* memory() { return this + 1; }
};

constexpr u32 growth = 4 * PAGE_SIZE;

u32 heap_begin, heap_end;

// More of the heap, as a free piece at its end.
piece* grow(u32 size) {
    if (heap_begin == 0) {
        heap_begin = heap_end = (u32(brk(0)) + 7) & ~7u;
        size += 8;
    }
    const u32 wanted = (size + growth - 1) / growth * growth;
    if (wanted < size || u32(brk(heap_end + wanted)) != heap_end + wanted) return nullptr;
    piece* const made = reinterpret_cast<piece*>(heap_end);
    *made = {wanted, 0};
    heap_end += wanted;
    return made;
}

piece* first_fit(u32 size) {
    piece* const end = reinterpret_cast<piece*>(heap_end);
    for (piece* p = reinterpret_cast<piece*>(heap_begin); p < end; p = p->next()) {
        if (p->given_out) continue;
        while (p->next() < end && !p->next()->given_out) p->size += p->next()->size;
        if (p->size >= size) return p;
    }
    return nullptr;
}

}  // namespace

void* malloc(size_t size) {
    if (size > ~0u / 2) return nullptr;
    const u32 wanted = (u32(size) + sizeof(piece) + 7) & ~7u;
    piece* found = first_fit(wanted);
    if (!found) found = grow(wanted);
    if (!found) return nullptr;
    if (found->size >= wanted + 2 * sizeof(piece)) {
        piece* const rest = reinterpret_cast<piece*>(u32(found) + wanted);
        *rest = {found->size - wanted, 0};
        found->size = wanted;
    }
    found->given_out = 1;
    return found->memory();
}

void free(void* memory) {
    if (memory) (static_cast<piece*>(memory) - 1)->given_out = 0;
}
