// A line of the shell, read:
//
//     cat < words | sort > "$OUT" && echo done &
//
//     pipeline --if_good--> pipeline --background--> (end)
//        |                     |
//     command -> command    command
//       |  `- < words  `- > "$OUT"
//     words: cat
//
// Words are kept as they were typed: what their quotes and variables mean is found out when
// they are used (expand.hpp), since a command may change a variable for the next one.
#pragma once

#include "user/shell/arena.hpp"

struct word {
    std::string_view typed;
    word* next;
};

struct redirection {
    enum kind : u8 { input, output, append, copy } what;
    int fd;                  // which is redirected
    std::string_view typed;  // to which file; to which number, where it is a copy
    redirection* next;
};

struct command {
    word* words;
    redirection* redirections;
    command* next;  // reads what this one writes
};

// What is done behind a pipeline.
enum class joint : u8 { always, if_good, if_bad, background };

struct pipeline {
    command* commands;
    joint then;
    pipeline* next;
};

struct parsed {
    pipeline* first = nullptr;
    const char* error = nullptr;
    bool unfinished = false;  // an open quote or a joint at the end: more must follow
};

parsed parse(std::string_view text, arena& memory);
