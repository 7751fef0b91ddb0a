// Text for people with 80 columns.
#pragma once

#include "kernel/monitor/command_table.hpp"

inline constexpr size_t help_width = 79;

// Two columns: `left`, then `right` from column `indent` on, broken between words
// where the width ends. A left side too long for its column gets a line of its own.
void write_two_columns(text_sink& out, size_t indent, std::string_view left,
                       std::string_view right);

// All commands in alphabetical order.
void write_help(text_sink& out, command_table table);
