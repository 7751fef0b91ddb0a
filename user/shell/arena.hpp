// Memory that is forgotten all at once: what a line is read into is of no use behind it.
#pragma once

#include "user/lib/text.hpp"

class arena {
public:
    arena() = default;
    ~arena() { forget(); }
    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;

    // Never null: without memory the shell ends, with a line that says so.
    void* allocate(size_t size);
    template <class T>
    T* make() {
        return new (allocate(sizeof(T)), *this) T{};
    }
    // The text, closed by a zero.
    char* copy(std::string_view text);
    void forget();

private:
    struct chunk {
        chunk* before;
        size_t used, size;
    };
    chunk* last_ = nullptr;
};

inline void* operator new(size_t, void* place, arena&) { return place; }
inline void operator delete(void*, void*, arena&) {}

// Text that grows, in an arena.
class growing_text {
public:
    explicit growing_text(arena& memory) : memory_(memory) {}
    void add(char c);
    void add(std::string_view text) {
        for (const char c : text) add(c);
    }
    // Closed by a zero; the next text begins empty.
    char* take();
    bool empty() const { return length_ == 0; }

private:
    arena& memory_;
    char* text_ = nullptr;
    size_t length_ = 0, room_ = 0;
};
