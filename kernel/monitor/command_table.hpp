// Looking for commands: by name, by a name mistyped, in alphabetical order. Given
// the table, so that a test can bring its own.
#pragma once

#include "lib/command.hpp"

using command_table = std::span<const monitor_command* const>;

inline command_table all_commands() { return registered<monitor_command>(); }

// Null where there is none.
const monitor_command* find_command(command_table table, std::string_view name);

// The one that the name was most likely meant to be: it begins like it, or is at
// most two typing errors away (one, if the name is shorter than four letters).
const monitor_command* nearest_command(command_table table, std::string_view name);

// Alphabetical order: the first behind `last`, or of all for null; null at the end.
const monitor_command* command_after(command_table table, const monitor_command* last);

// Letters to insert, delete, replace or swap with their neighbour to get from one to
// the other; words beyond 24 letters are infinitely far.
size_t typing_errors(std::string_view a, std::string_view b);
