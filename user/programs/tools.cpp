// /bin/tools: is the program that it is called by the name of (user/lib/program.hpp). By
// its own name it lists them, and runs the one whose name follows.
#include "user/lib/program.hpp"

extern const program programs_begin[] asm("__start_programs");
extern const program programs_end[] asm("__stop_programs");

namespace {

const program* find(std::string_view name) {
    for (const program* p = programs_begin; p < programs_end; p++)
        if (name == p->name) return p;
    return nullptr;
}

int list_all() {
    for (const program* p = programs_begin; p < programs_end; p++) {
        char call[80];
        print("{:<32} {}\n", format_in(call, "{} {}", p->name, p->usage), p->help);
    }
    return 0;
}

}  // namespace

int wrong_usage(std::string_view name) {
    const program* const p = find(name);
    print(2, "usage: {} {}\n", name, p ? p->usage : "");
    return 2;
}

int main(int argc, char** argv) {
    if (argc == 0) return 2;
    arguments args = {argc - 1, argv + 1};
    const program* wanted = find(args.name());
    if (!wanted && args.count > 0) {
        args = args.rest();
        wanted = find(args.name());
        if (!wanted) print(2, "tools: there is no program {}\n", args.name());
    } else if (!wanted) {
        return list_all();
    }
    return wanted ? wanted->run(args) : 127;
}
