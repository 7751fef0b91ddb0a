#include "mm/vm/pagemap.hpp"

#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "lib/parse.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/user_tables.hpp"

namespace {

using F = kernel_format;

u64 word_of(pte_entry entry) {
    if (F::is_swapped(entry)) return PM_SWAP;
    if (!F::has_frame(entry)) return 0;
    u64 word = PM_PRESENT | (F::address(entry, 0) >> PAGE_SHIFT & PM_PFRAME_MASK);
    const page* const page = vm_normal_page(entry);
    if (!page) return word;
    if (!PageAnon(*page)) word |= PM_FILE;
    if (page_mapcount(*page) == 1) word |= PM_MMAP_EXCLUSIVE;
    return word;
}

void put_word(text_sink& out, u32 address, u64 word) {
    format_to(out, "{:#010x}  {:#018x} ", address, word);
    if (word & PM_SWAP) out.write(" swapped");
    else if (!(word & PM_PRESENT)) out.write(" not present");
    else format_to(out, " frame {:#x}", word & PM_PFRAME_MASK);
    if (word & PM_FILE) out.write(" file");
    if (word & PM_MMAP_EXCLUSIVE) out.write(" exclusive");
    out.put('\n');
}

int show_pagemap(command_line& line, text_sink& out) {
    mm_struct* const mm = current_mm();
    if (!mm) return out.write("no address space of a program is loaded\n"), ESRCH;
    const auto address = parse_number(line.arg(0));
    const auto count = line.count() > 1 ? parse_number(line.arg(1)) : parse_number("1");
    if (!address || !count || *address >= TASK_SIZE || *count > TASK_SIZE >> PAGE_SHIFT) {
        out.write("pagemap ADDR [PAGES]\n");
        return EINVAL;
    }
    const u32 first = static_cast<u32>(*address) >> PAGE_SHIFT;
    for (u32 i = 0; i < *count && !monitor_interrupted(); ++i) {
        u64 word;
        if (read_pagemap(*mm, first + i, {&word, 1}) == 0) break;
        put_word(out, (first + i) << PAGE_SHIFT, word);
    }
    return 0;
}

}  // namespace

u32 read_pagemap(mm_struct& mm, u32 first, std::span<u64> words) {
    const read_guard held(mm.mmap_sem);
    u32 count = 0;
    for (u64& word : words) {
        if (first + count >= TASK_SIZE >> PAGE_SHIFT) break;
        word = word_of(entry_at(mm, (first + count++) << PAGE_SHIFT));
    }
    return count;
}

REGISTER(monitor_command, pagemap_command) = {
    .name = "pagemap",
    .usage = "pagemap ADDR [PAGES]",
    .help = "the frames behind addresses of the current address space",
    .run = show_pagemap,
};
