// What /proc/PID shows of a task's memory: maps, smaps, pagemap, and the strings that it was
// started with.
#include "fs/proc/proc_task.hpp"
#include "fs/vfs/iov_iter.hpp"
#include "kernel/proc/task_facts.hpp"
#include "lib/string.hpp"
#include "mm/vm/maps.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/pagemap.hpp"
#include "mm/vm/remote_access.hpp"
#include "mm/vm/smaps.hpp"

namespace {

result<> show_area_lines(text_sink& out, task_struct& task) {
    if (const held_mm mm(task); mm) show_maps(out, *mm);
    return {};
}
result<> show_area_details(text_sink& out, task_struct& task) {
    if (const held_mm mm(task); mm) show_smaps(out, *mm);
    return {};
}

// Words of 8 bytes: position and length are multiples of that. Frame numbers are root's to
// know.
result<size_t> read_words(task_struct& task, iov_iter& to, u64& pos) {
    constexpr u32 pages = TASK_SIZE >> PAGE_SHIFT;
    if (pos % sizeof(u64) != 0 || to.count() % sizeof(u64) != 0) return err{EINVAL};
    const held_mm mm(task);
    size_t done = 0;
    while (mm && to.count() > 0 && pos / sizeof(u64) < pages) {
        u64 words[32];
        const size_t wanted = min_of(std::size(words), to.count() / sizeof(u64));
        const u32 got = read_pagemap(*mm, static_cast<u32>(pos / sizeof(u64)), {words, wanted});
        if (current_task()->cred.euid != 0)
            for (u32 i = 0; i < got; ++i) words[i] &= ~PM_PFRAME_MASK;
        const size_t copied = to.copy_to(words, got * sizeof(u64));
        pos += copied;
        done += copied;
        if (copied < got * sizeof(u64)) {
            if (done == 0) return err{EFAULT};
            break;
        }
        if (got < wanted) break;
    }
    return done;
}

// As they lie in the program's memory, which may have changed them; a page at most of what
// has become unreadable is left out.
result<> show_bytes(text_sink& out, mm_struct& mm, u32 start, u32 end) {
    char piece[256];
    while (start < end) {
        const u32 some = min_of(end - start, u32{sizeof piece});
        if (!copy_from_remote(mm, piece, start, some)) break;
        out.write({piece, some});
        start += some;
    }
    return {};
}

result<> show_command_line(text_sink& out, task_struct& task) {
    const held_mm mm(task);
    if (!mm) return {};
    return show_bytes(out, *mm, mm->arg_start, mm->arg_end);
}
result<> show_environment(text_sink& out, task_struct& task) {
    const held_mm mm(task);
    if (!mm) return {};
    return show_bytes(out, *mm, mm->env_start, mm->env_end);
}

}  // namespace

REGISTER(proc_task_file, maps_task_file) = {
    .name = "maps", .guarded = true, .show = show_area_lines};
REGISTER(proc_task_file, smaps_task_file) = {
    .name = "smaps", .guarded = true, .show = show_area_details};
REGISTER(proc_task_file, pagemap_task_file) = {
    .name = "pagemap", .mode = 0400, .guarded = true, .read = read_words};
REGISTER(proc_task_file, cmdline_task_file) = {.name = "cmdline", .show = show_command_line};
REGISTER(proc_task_file, environ_task_file) = {
    .name = "environ", .mode = 0400, .guarded = true, .show = show_environment};
