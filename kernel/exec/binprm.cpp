#include "kernel/exec/binprm.hpp"

#include "mm/vm/mm.hpp"
#include "mm/vm/remote_access.hpp"
#include "mm/vm/vma_tree.hpp"

namespace {

constexpr u32 VM_STACK_FLAGS =
    VM_GROWSDOWN | VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
constexpr u32 usual_stack_limit = 8 * MiB;
constexpr u32 ARG_MAX = 128 * KiB;     // what there always was room for
constexpr u32 stack_expand = 128 * KiB;
constexpr u32 pointer_bytes = 4;

result<> set_limits(linux_binprm& bprm) {
    const u32 quarter = bprm.mm.rlimits[RLIMIT_STACK] / 4;
    const u32 room = max_of(min_of(usual_stack_limit / 4 * 3, quarter), ARG_MAX);
    const u64 pointers = (u64{max_of(bprm.argc, 1u)} + bprm.envc) * pointer_bytes;
    if (pointers >= room) return err{E2BIG};
    bprm.argmin = bprm.p - (room - static_cast<u32>(pointers));
    return {};
}

// Makes room for so many bytes.
result<> take(linux_binprm& bprm, u32 bytes) {
    if (bytes > MAX_ARG_STRLEN || bytes > bprm.p - bprm.argmin) return err{E2BIG};
    bprm.p -= bytes;
    return {};
}

// The stack does not grow to there: too much for its limit.
result<> put(linux_binprm& bprm, u32 to, const void* from, u32 bytes) {
    const result<> copied = copy_to_remote(bprm.mm, to, from, bytes);
    return copied.error() == EFAULT ? err{E2BIG} : copied;
}

result<> copy_string_kernel(linux_binprm& bprm, std::string_view string) {
    const u32 length = static_cast<u32>(min_of(string.size(), size_t{MAX_ARG_STRLEN}));
    if (const result<> taken = take(bprm, length + 1); !taken) return taken;
    if (const result<> copied = put(bprm, bprm.p, string.data(), length); !copied)
        return copied;
    return put(bprm, bprm.p + length, "", 1);
}

// Its zero is ours: the string may have become longer since it was measured.
result<> copy_string(linux_binprm& bprm, const exec_strings& strings, u32 index) {
    const result<u32> bytes = strings.bytes(index);
    if (!bytes) return err{bytes.error()};
    if (const result<> taken = take(bprm, *bytes); !taken) return taken;
    for (u32 done = 0; done < *bytes;) {
        const u32 part = min_of(*bytes - done, u32{sizeof bprm.piece});
        if (const result<> got = strings.copy(bprm.piece, index, done, part); !got)
            return got;
        if (done + part == *bytes) bprm.piece[part - 1] = 0;
        if (const result<> copied = put(bprm, bprm.p + done, bprm.piece, part); !copied)
            return copied;
        done += part;
    }
    return {};
}

result<> copy_strings(linux_binprm& bprm, const exec_strings& strings, u32 count) {
    while (count > 0)
        if (const result<> copied = copy_string(bprm, strings, --count); !copied)
            return copied;
    return {};
}

result<> remove_arg_zero(linux_binprm& bprm) {
    if (bprm.argc == 0) return {};
    const result<u32> bytes = strnlen_remote(bprm.mm, bprm.p, MAX_ARG_STRLEN);
    if (!bytes) return err{bytes.error()};
    bprm.p += *bytes;
    --bprm.argc;
    return {};
}

result<> push_argument(linux_binprm& bprm, std::string_view string) {
    const result<> copied = copy_string_kernel(bprm, string);
    if (copied) ++bprm.argc;
    return copied;
}

void set_interp(linux_binprm& bprm, std::string_view path) {
    memcpy(bprm.interp_name, path.data(), path.size());
    bprm.interp_name[path.size()] = '\0';
    bprm.interp = bprm.interp_name;
}

}  // namespace

result<> bprm_stack_init(linux_binprm& bprm, u32 stack_top) {
    const write_guard held(bprm.mm.mmap_sem);
    const u32 start = stack_top - PAGE_SIZE;
    if (bprm.mm.mmap) return err{EEXIST};
    const result<u32> mapped =
        mmap_region_locked(bprm.mm, nullptr, start, PAGE_SIZE,
                           VM_STACK_FLAGS | bprm.mm.def_flags, start >> PAGE_SHIFT);
    if (!mapped) return err{mapped.error()};
    bprm.p = stack_top - pointer_bytes;
    return {};
}

result<> copy_arguments(linux_binprm& bprm, const exec_strings& argv,
                        const exec_strings& envp) {
    const result<u32> argc = argv.count();
    if (!argc) return err{argc.error()};
    const result<u32> envc = envp.count();
    if (!envc) return err{envc.error()};
    bprm.argc = *argc;
    bprm.envc = *envc;
    if (const result<> limited = set_limits(bprm); !limited) return limited;
    if (const result<> named = copy_string_kernel(bprm, bprm.filename); !named)
        return named;
    bprm.exec = bprm.p;
    if (const result<> copied = copy_strings(bprm, envp, bprm.envc); !copied) return copied;
    if (const result<> copied = copy_strings(bprm, argv, bprm.argc); !copied) return copied;
    // Who begins at argv[1] would walk into envp.
    return bprm.argc == 0 ? push_argument(bprm, "") : result<>();
}

result<> splice_script(linux_binprm& bprm, const script_line& line) {
    if (const result<> removed = remove_arg_zero(bprm); !removed) return removed;
    if (const result<> pushed = push_argument(bprm, bprm.interp); !pushed) return pushed;
    if (line.argument)
        if (const result<> pushed = push_argument(bprm, *line.argument); !pushed)
            return pushed;
    if (const result<> pushed = push_argument(bprm, line.interpreter); !pushed)
        return pushed;
    set_interp(bprm, line.interpreter);
    return {};
}

result<> setup_arg_pages(linux_binprm& bprm, bool executable) {
    mm_struct& mm = bprm.mm;
    u32 start, end;
    {
        const read_guard held(mm.mmap_sem);
        const vm_area_struct* const stack = find_vma(mm, bprm.p);
        if (!stack) return err{EFAULT};
        start = stack->vm_start;
        end = stack->vm_end;
    }
    const u32 prot = PROT_READ | PROT_WRITE | (executable ? u32{PROT_EXEC} : 0);
    if (const result<> changed = do_mprotect(mm, start, end - start, prot); !changed)
        return changed;
    const u32 limit = mm.rlimits[RLIMIT_STACK] & PAGE_MASK;
    const u32 bytes = end - start + stack_expand;
    const u32 base = end - min_of(bytes, limit);
    const read_guard held(mm.mmap_sem);
    mm.arg_start = mm.start_stack = bprm.p;
    if (base >= start) return {};
    return expand_stack(*find_vma(mm, bprm.p), base) ? result<>() : err{EFAULT};
}
