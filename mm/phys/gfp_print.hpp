// gfp_t as tables for people (B8): what each flag does, and who may still allocate
// when a zone runs low. Nothing in them is written by hand: the first is the table
// that names the flags, the second asks plan_allocation and mark_below_min, as the
// allocator does.
#pragma once

#include "mm/phys/page_allocator.hpp"

void print_gfp_flags(text_sink& out);

// For a page of ZONE_NORMAL, or of the highest zone below where that is empty.
void print_gfp_marks(text_sink& out, const page_allocator& allocator);
