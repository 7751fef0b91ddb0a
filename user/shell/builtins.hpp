// What the shell does itself: changes of its own state, which no child could make for it.
//
//     cd [DIRECTORY]    exit [STATUS]    exec COMMAND    wait [PID]    fg    NAME=VALUE
#pragma once

#include "user/shell/syntax.hpp"

bool runs_in_shell(const command& it);
// Its status. What it redirects is put back behind it.
int run_here(const command& it, arena& memory);
// In a process of its own, where it may become another program.
int run_in_child(const command& it, arena& memory);

// Opens what is redirected. With `saved`, as many as there are redirections, what was there
// before is kept, for restore(). Negative: an errno, told of.
struct saved_file {
    int fd, kept;
};
int redirect(const redirection* first, arena& memory, saved_file* saved);
