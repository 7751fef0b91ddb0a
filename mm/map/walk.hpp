// One translation, step by step (spec A1, A3): what the CPU reads on the way from a
// logical address to a physical one, and what each entry says.
#pragma once

#include "lib/address.hpp"
#include "mm/map/page_table.hpp"

#include <optional>

// The bits of an entry in words: "present write global".
template <page_table_format F>
struct entry_words {
    typename F::entry raw;
    unsigned level;
};

template <page_table_format F>
void format_value(text_sink& out, const format_spec&, entry_words<F> entry) {
    if (entry.raw == 0) return out.write("empty");
    if (F::is_swapped(entry.raw)) return out.write("on a swap device");
    const bool leaf = F::is_leaf(entry.raw, entry.level);
    const page_rights rights = F::rights(entry.raw);
    // The top entries of PAE have no rights to speak of.
    const bool bare = F::levels == 3 && entry.level == 2;
    const struct {
        bool said;
        const char* word;
    } words[] = {
        {!F::present(entry.raw), "PROT_NONE"},
        {!leaf, "table"},
        {leaf && entry.level > 0, "large"},
        {!bare && rights.write, "write"},
        {!bare && rights.user, "user"},
        {leaf && rights.global, "global"},
        {rights.uncached, "uncached"},
        {rights.no_execute, "no-execute"},
        {leaf && rights.special, "special"},
        {F::accessed(entry.raw), "accessed"},
        {leaf && F::dirty(entry.raw), "dirty"},
    };
    const char* separator = "";
    for (const auto& word : words) {
        if (!word.said) continue;
        out.write(separator);
        out.write(word.word);
        separator = " ";
    }
}

// Tells each entry on the way down, and what comes of it.
template <page_table_format F, table_memory M>
class walk_printer {
public:
    walk_printer(text_sink& out, const page_table<F, M>& tables) : out_(out), tables_(tables) {}

    // Returns the physical address, where there is one.
    std::optional<u64> print(u32 address) {
        const auto* const pgd = tables_.pgd_offset(address);
        if constexpr (!page_table<F, M>::pmd_folded) tell("pgd", *pgd, address);
        if (!tables_.pgd_none(*pgd)) {
            const auto pmd = *tables_.pmd_of_address(address);
            tell(page_table<F, M>::pmd_folded ? "pgd" : "pmd", pmd, address);
            if (pmd.present() && !pmd.large()) {
                auto* const pte = tables_.pte_offset_map(pmd, address);
                tell("pte", *pte, address);
                tables_.pte_unmap(pte);
            }
        }
        const auto found = tables_.find(address);
        std::optional<u64> physical;
        if (found.has_frame() && F::present(found.raw)) {
            physical = found.frame_of(address) + (address & (PAGE_SIZE - 1));
            format_to(out_, "physical    {:#012x}  frame {:#x}, offset {:#05x}\n", *physical,
                      *physical >> PAGE_SHIFT, address & (PAGE_SIZE - 1));
        } else {
            out_.write("physical    none: an access here is a page fault\n");
        }
        format_to(out_, "{} memory read{} for the walk{}\n", reads_, reads_ == 1 ? "" : "s",
                  F::levels == 3 ? ", the pgd's from a copy in the CPU" : "");
        return physical;
    }

private:
    template <unsigned Level>
    void tell(const char* name, table_entry<F, Level> entry, u32 address) {
        ++reads_;
        constexpr unsigned level = Level;
        text_buffer<16> place;
        format_to(place, "{}[{}]", name, entry_index<F>(address, level));
        format_to(out_, "{:<12}", place.view());
        if constexpr (sizeof(entry.raw) == 8) format_to(out_, "{:#018x}  ", entry.raw);
        else format_to(out_, "{:#010x}  ", entry.raw);
        format_to(out_, "{}\n", entry_words<F>{entry.raw, level});
    }

    text_sink& out_;
    const page_table<F, M>& tables_;
    unsigned reads_ = 0;
};
