// tlb: how often it was told to forget what.
#include "arch/i386/tlb.hpp"
#include "lib/command.hpp"

namespace {

constexpr struct {
    tlb_event event;
    const char* name;
    const char* meaning;
} rows[] = {
    {tlb_event::range, "ranges", "flushed page by page"},
    {tlb_event::page, "pages", "of these, and those of kmap_atomic: one invlpg each"},
    {tlb_event::space, "spaces", "all user pages, by loading CR3: the range was long"},
    {tlb_event::all, "everything", "global pages as well: a long range of the kernel's"},
    {tlb_event::not_loaded, "not loaded",
     "nothing to do: another address space was in use"},
    {tlb_event::lazy, "lazy", "put off: a kernel thread was running in that space"},
};
static_assert(std::size(rows) == tlb_events);

int show_tlb(command_line&, text_sink& out) {
    out.write("flushes          count  what it was\n");
    for (const auto& row : rows)
        format_to(out, "  {:<10}{:>10}  {}\n", row.name, tlb_count(row.event), row.meaning);
    format_to(out, "A range is long with more than {} pages.\n",
              tlb_single_page_flush_ceiling);
    return 0;
}

}  // namespace

REGISTER(monitor_command, tlb_command) = {
    .name = "tlb",
    .usage = "tlb",
    .help = "how often translations were dropped, and which",
    .run = show_tlb,
};
