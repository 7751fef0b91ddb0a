#include "user/shell/arena.hpp"

#include "user/lib/calls.hpp"
#include "user/lib/heap.hpp"
#include "user/lib/print.hpp"

void* arena::allocate(size_t size) {
    size = (size + 7) & ~size_t{7};
    if (!last_ || last_->size - last_->used < size) {
        constexpr size_t usual = 2000;
        const size_t room = size > usual ? size : usual;
        chunk* const more = static_cast<chunk*>(malloc(sizeof(chunk) + room));
        if (!more) {
            print(2, "sh: {}\n", error_text(-ENOMEM));
            exit(2);
        }
        *more = {last_, 0, room};
        last_ = more;
    }
    char* const memory = reinterpret_cast<char*>(last_ + 1) + last_->used;
    last_->used += size;
    return memory;
}

char* arena::copy(std::string_view text) {
    char* const made = static_cast<char*>(allocate(text.size() + 1));
    for (size_t i = 0; i < text.size(); i++) made[i] = text[i];
    made[text.size()] = 0;
    return made;
}

void arena::forget() {
    while (chunk* const gone = last_) {
        last_ = gone->before;
        free(gone);
    }
}

void growing_text::add(char c) {
    if (length_ + 1 >= room_) {
        const size_t more = room_ ? 2 * room_ : 32;
        char* const larger = static_cast<char*>(memory_.allocate(more));
        for (size_t i = 0; i < length_; i++) larger[i] = text_[i];
        text_ = larger;
        room_ = more;
    }
    text_[length_++] = c;
}

char* growing_text::take() {
    char* const whole = memory_.copy({text_, length_});
    length_ = 0;
    return whole;
}
