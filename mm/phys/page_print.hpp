// A struct page in words: `page PFN`.
#pragma once

#include "mm/phys/page_allocator.hpp"

#include <optional>
#include <string_view>

// Everything that is known of a frame of this allocator's. Unlocked: what it shows
// was so for a moment.
void print_page(text_sink& out, const page_allocator& allocator, pfn frame);

// "1234", "0x4d2": a frame number; "p:0x4d2000": the frame of a physical address.
std::optional<u64> parse_frame(std::string_view word);

// print_page for a word that was typed; 0, or EINVAL and it was said why.
int show_page(std::string_view word, const page_allocator& allocator, text_sink& out);
