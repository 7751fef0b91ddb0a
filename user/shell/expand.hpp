// What a word means that was typed:
//
//     '...'          as it stands
//     "..."          as it stands, but for $ and \.
//     \c             the character
//     $NAME ${NAME}  the variable; outside of quotes it is split into words at its blanks
//     $? $$ $! $#    the last status, the shell, the last process behind, how many words
//     $0 ... $9 $@   the shell's own words
#pragma once

#include "user/shell/syntax.hpp"

struct expanded {
    char** words;  // a null pointer behind the last
    int count;
};

expanded expand_all(const word* first, arena& memory);
// As one word, whatever blanks are in it.
char* expand_one(std::string_view typed, arena& memory);
