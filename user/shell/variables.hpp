// The shell's variables. All of them are handed on to the programs that it starts.
#pragma once

#include "user/shell/arena.hpp"

void set_variable(std::string_view name, std::string_view value);
std::string_view variable(std::string_view name);
// As execve() takes them.
char** environment_of_variables(arena& memory);
// "NAME=...": the length of NAME; 0 where the word is no assignment.
size_t assigned_name(std::string_view typed);
// How many of the characters in front can be a variable's name.
size_t name_length(std::string_view text);

// What the shell itself has in $?, $$, $!, $0 ... $9 and $#.
struct special_variables {
    int status = 0;
    int last_background = 0;
    int count = 0;  // of `words`, without $0
    char** words = nullptr;
};
extern special_variables special;
