#include "user/shell/builtins.hpp"

#include "user/lib/calls.hpp"
#include "user/lib/print.hpp"
#include "user/shell/expand.hpp"
#include "user/shell/run.hpp"
#include "user/shell/variables.hpp"

namespace {

int change_directory(char** words) {
    const char* const to = words[1] ? words[1] : "/";
    const int error = system_call(call_number::chdir, to);
    if (error < 0) complain("cd", to, error);
    return error < 0;
}

int number_or(const char* text, int otherwise) {
    u32 number = 0;
    return text && parse_number(text, number) ? int(number) : otherwise;
}

struct builtin {
    const char* name;
    int (*run)(char** words, arena& memory);
};
constexpr builtin builtins[] = {
    {"cd", [](char** words, arena&) { return change_directory(words); }},
    {"exit",
     [](char** words, arena&) -> int { exit(number_or(words[1], special.status) & 0xff); }},
    {"exec",
     [](char** words, arena& memory) {
         if (words[1]) exit(become(words + 1, memory));
         return 0;
     }},
    {"wait",
     [](char** words, arena&) { return wait_for_background(number_or(words[1], 0)); }},
    {"fg", [](char**, arena&) { return continue_stopped(); }},
};

const builtin* find(std::string_view name) {
    for (const builtin& one : builtins)
        if (name == one.name) return &one;
    return nullptr;
}

// Sets what the words in front assign. The first word that is no assignment.
const word* assign(const word* first, arena& memory) {
    for (; first; first = first->next) {
        const size_t length = assigned_name(first->typed);
        if (length == 0) break;
        set_variable(part(first->typed, 0, length),
                     expand_one(part(first->typed, length + 1), memory));
    }
    return first;
}

constexpr int first_kept_fd = 10;
constexpr u32 F_DUPFD_CLOEXEC = 1030;

int open_target(const redirection& it, const char* name) {
    constexpr u32 flags[] = {O_RDONLY, O_WRONLY | O_CREAT | O_TRUNC,
                             O_WRONLY | O_CREAT | O_APPEND};
    if (it.what == redirection::copy) return number_or(name, -1);
    return open(name, flags[it.what], 0666);
}

void restore(const saved_file* first, const saved_file* end) {
    while (end-- > first) {
        if (end->kept < 0) {
            close(end->fd);
            continue;
        }
        dup2(end->kept, end->fd);
        close(end->kept);
    }
}

}  // namespace

int redirect(const redirection* first, arena& memory, saved_file* saved) {
    for (; first; first = first->next) {
        const char* const name = expand_one(first->typed, memory);
        const int target = open_target(*first, name);
        if (saved)
            *saved++ = {first->fd, system_call(call_number::fcntl64, first->fd,
                                               F_DUPFD_CLOEXEC, first_kept_fd)};
        const int error = target < 0 ? target : dup2(target, first->fd);
        if (first->what != redirection::copy && target >= 0 && target != first->fd)
            close(target);
        if (error < 0) return complain("sh", name, error), error;
    }
    return 0;
}

bool runs_in_shell(const command& it) {
    const word* first = it.words;
    while (first && assigned_name(first->typed)) first = first->next;
    return !first || (first == it.words && find(first->typed));
}

int run_here(const command& it, arena& memory) {
    const word* const first = assign(it.words, memory);
    const expanded words = expand_all(first, memory);
    const bool keeps = words.count == 1 && words.words[0] == std::string_view("exec");
    size_t count = 0;
    for (const redirection* r = it.redirections; r; r = r->next) count++;
    saved_file* const saved =
        static_cast<saved_file*>(memory.allocate((count + 1) * sizeof(saved_file)));
    for (size_t i = 0; i < count; i++) saved[i] = {-1, -1};
    const int error = redirect(it.redirections, memory, keeps ? nullptr : saved);
    const int status =
        error < 0 ? 1 : words.count ? find(words.words[0])->run(words.words, memory) : 0;
    if (!keeps) restore(saved, saved + count);
    return status;
}

int run_in_child(const command& it, arena& memory) {
    const expanded words = expand_all(assign(it.words, memory), memory);
    if (words.count == 0) return 0;
    if (const builtin* const own = find(words.words[0]))
        return own->run(words.words, memory);
    return become(words.words, memory);
}
