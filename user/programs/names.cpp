// Names are made and taken away, one system call each; the file goes with its last name,
// and not before the last program that has it open.
#include "user/lib/calls.hpp"
#include "user/lib/program.hpp"

namespace {

// Calls `number` for each argument.
int for_each(const char* who, arguments args, call_number number, u32 value) {
    if (args.count == 0) return wrong_usage(who);
    int status = 0;
    for (int i = 0; i < args.count; i++)
        if (const int error = system_call(number, args[i], value); error < 0) {
            complain(who, args[i], error);
            status = 1;
        }
    return status;
}

int with_two(const char* who, arguments args, call_number number) {
    if (args.count != 2) return wrong_usage(who);
    const int error = system_call(number, args[0], args[1]);
    if (error < 0) complain(who, args[1], error);
    return error < 0;
}

}  // namespace

PROGRAM(mkdir, "DIRECTORY...", "makes directories") {
    return for_each("mkdir", args, call_number::mkdir, 0777);
}

PROGRAM(rmdir, "DIRECTORY...", "takes empty directories away") {
    return for_each("rmdir", args, call_number::rmdir, 0);
}

PROGRAM(rm, "FILE...", "takes names of files away") {
    return for_each("rm", args, call_number::unlink, 0);
}

PROGRAM(mv, "OLD NEW", "gives a file another name, in place of who had it") {
    return with_two("mv", args, call_number::rename);
}

PROGRAM(ln, "[-s] FILE NAME", "one more name of a file; -s: a link to the name FILE") {
    const bool symbolic = args.take("-s");
    return with_two("ln", args, symbolic ? call_number::symlink : call_number::link);
}
