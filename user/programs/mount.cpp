// The one tree of names is put together of file systems: mount() puts one in the place of a
// directory.
#include "user/lib/calls.hpp"
#include "user/lib/files.hpp"
#include "user/lib/program.hpp"

PROGRAM(mount, "[TYPE DIRECTORY]", "puts a file system in place; what is where") {
    if (args.count == 0) {
        line_reader mounts("/proc/mounts");
        if (mounts.error()) return complain("mount", "/proc/mounts", mounts.error()), 1;
        for (std::string_view line; mounts.next(line);) print("{}\n", line);
        return 0;
    }
    if (args.count != 2) return wrong_usage("mount");
    const int error =
        system_call(call_number::mount, args[0], args[1], args[0], 0, nullptr);
    if (error < 0) complain("mount", args[1], error);
    return error < 0;
}
