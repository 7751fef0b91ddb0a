#include "kernel/exec/stack_tables.hpp"

#include "kernel/exec/exec_strings.hpp"
#include "mm/vm/remote_access.hpp"

namespace {

constexpr u32 stack_alignment = 16;
constexpr u32 word = sizeof(u32);
static_assert(sizeof(auxv_entry) == 2 * word);

// Words to consecutive addresses, a few at a time.
class word_writer {
public:
    word_writer(mm_struct& mm, u32 to) : mm_(mm), to_(to) {}

    result<> put(u32 value) {
        words_[count_++] = value;
        return count_ == most ? flush() : result<>();
    }
    result<> flush() {
        const result<> written = copy_to_remote(mm_, to_, words_, count_ * word);
        to_ += count_ * word;
        count_ = 0;
        return written;
    }

private:
    static constexpr u32 most = 64;

    mm_struct& mm_;
    u32 to_;
    u32 count_ = 0;
    u32 words_[most];
};

// Pointers to `count` strings, which follow each other from `at` on, and a null; `at` is
// behind the last one then.
result<> put_pointers(mm_struct& mm, word_writer& out, u32 count, u32& at) {
    for (; count > 0; --count) {
        if (const result<> written = out.put(at); !written) return written;
        const result<u32> bytes = strnlen_remote(mm, at, MAX_ARG_STRLEN);
        if (!bytes) return err{bytes.error()};
        if (*bytes > MAX_ARG_STRLEN) return err{EINVAL};
        at += *bytes;
    }
    return out.put(0);
}

result<> put_auxv(word_writer& out, std::span<const auxv_entry> entries) {
    for (const auxv_entry& entry : entries) {
        if (const result<> written = out.put(entry.type); !written) return written;
        if (const result<> written = out.put(entry.value); !written) return written;
    }
    return out.flush();
}

result<> write_bytes(mm_struct& mm, const stack_tables& tables) {
    const std::string_view platform = tables.platform;
    const u32 length = static_cast<u32>(platform.size());
    if (const result<> written =
            copy_to_remote(mm, tables.layout.platform, platform.data(), length);
        !written)
        return written;
    if (const result<> written = copy_to_remote(mm, tables.layout.platform + length, "", 1);
        !written)
        return written;
    return copy_to_remote(mm, tables.layout.random, tables.random.data(), random_bytes);
}

}  // namespace

stack_layout lay_out_stack(u32 p, u32 platform_bytes, u32 argc, u32 envc, u32 entries) {
    stack_layout at;
    at.platform = align_down(p, stack_alignment) - platform_bytes;
    at.random = at.platform - random_bytes;
    const u32 pointers = 1 + argc + 1 + envc + 1;
    at.esp = align_down(at.random - (2 * entries + pointers) * word, stack_alignment);
    at.argv = at.esp + word;
    at.envp = at.argv + (argc + 1) * word;
    at.auxv = at.envp + (envc + 1) * word;
    return at;
}

result<> write_stack_tables(mm_struct& mm, const stack_tables& tables) {
    if (const result<> written = write_bytes(mm, tables); !written) return written;
    word_writer out(mm, tables.layout.esp);
    u32 at = tables.strings;
    if (const result<> written = out.put(tables.argc); !written) return written;
    mm.arg_start = at;
    if (const result<> written = put_pointers(mm, out, tables.argc, at); !written)
        return written;
    mm.arg_end = mm.env_start = at;
    if (const result<> written = put_pointers(mm, out, tables.envc, at); !written)
        return written;
    mm.env_end = at;
    return put_auxv(out, tables.auxv);
}
