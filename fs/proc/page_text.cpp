#include "fs/proc/page_text.hpp"

#include "lib/string.hpp"
#include "mm/slab/kmalloc.hpp"

void page_text::write(std::string_view text) {
    while (!text.empty() && !truncated_) {
        const size_t at = size_ % chunk::capacity;
        if (at == 0) {
            chunk* const fresh = static_cast<chunk*>(kmalloc(sizeof(chunk), GFP_KERNEL));
            truncated_ = !fresh;
            if (!fresh) return;
            fresh->next = nullptr;
            (last_ ? last_->next : first_) = fresh;
            last_ = fresh;
        }
        const size_t some = min_of(text.size(), chunk::capacity - at);
        memcpy(last_->bytes + at, text.data(), some);
        text.remove_prefix(some);
        size_ += some;
    }
}

void page_text::clear() {
    while (chunk* const gone = first_) {
        first_ = gone->next;
        kfree(gone);
    }
    last_ = nullptr;
    size_ = 0;
    truncated_ = false;
}

result<size_t> page_text::read(iov_iter& to, u64& pos) const {
    if (pos >= size_) return size_t{0};
    size_t at = static_cast<size_t>(pos), done = 0;
    const chunk* from = first_;
    for (size_t skip = at / chunk::capacity; skip > 0; --skip) from = from->next;
    while (at < size_ && to.count() > 0) {
        const size_t in_chunk = at % chunk::capacity;
        const size_t some =
            min_of(min_of(chunk::capacity - in_chunk, size_ - at), to.count());
        const size_t copied = to.copy_to(from->bytes + in_chunk, some);
        at += copied;
        done += copied;
        if (copied < some) break;
        if (at % chunk::capacity == 0) from = from->next;
    }
    pos += done;
    if (done == 0 && to.count() > 0) return err{EFAULT};
    return done;
}
