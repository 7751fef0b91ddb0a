#pragma once
#include "lib/format.hpp"
struct code_address { uintptr_t address; };
inline void format_value(text_sink& out, const format_spec&, code_address a) { format_to(out, "{:#x}", a.address); }
inline void dump_stack() {}
