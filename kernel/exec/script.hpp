// "#!": the first line of a file that is no program says which one runs it.
//
//     #! /bin/sh  -e -u \n          blanks around the parts do not count
//        -------  -----
//        path     argument: one, whatever is in it
//
// exec looks at BINPRM_BUF_SIZE bytes. A line that goes on behind them loses the end of its
// argument, which the interpreter reads anyhow; but never a part of the path: another
// program would run.
#pragma once

#include "lib/result.hpp"
#include "lib/types.hpp"

#include <optional>
#include <span>
#include <string_view>

inline constexpr u32 BINPRM_BUF_SIZE = 256;
// Scripts that are run by scripts: so many, and then a program.
inline constexpr u32 most_scripts = 5;

struct script_line {
    std::string_view interpreter;  // may be empty, where a zero stands first
    std::optional<std::string_view> argument;
};

// Of a file's first bytes, and zeroes behind its end. The answer points into them. ENOEXEC:
// no "#!", no path, or a path that may go on.
result<script_line> parse_script(std::span<const char, BINPRM_BUF_SIZE> beginning);
