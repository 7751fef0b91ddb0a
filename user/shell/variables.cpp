#include "user/shell/variables.hpp"

#include "user/lib/heap.hpp"

special_variables special;

namespace {

struct known_variable {
    known_variable* next;
    char* text;  // NAME=VALUE
    size_t name_size;

    std::string_view name() const { return {text, name_size}; }
};
known_variable* first;

known_variable* find(std::string_view name) {
    for (known_variable* v = first; v; v = v->next)
        if (v->name() == name) return v;
    return nullptr;
}

known_variable* add(size_t name_size) {
    known_variable* const made =
        static_cast<known_variable*>(malloc(sizeof(known_variable)));
    if (!made) return nullptr;
    *made = {first, nullptr, name_size};
    return first = made;
}

}  // namespace

size_t name_length(std::string_view text) {
    size_t length = 0;
    const auto fits = [&](char c) {
        const char lower = c | 0x20;
        return (lower >= 'a' && lower <= 'z') || c == '_' ||
               (length > 0 && c >= '0' && c <= '9');
    };
    while (length < text.size() && fits(text[length])) length++;
    return length;
}

size_t assigned_name(std::string_view typed) {
    const size_t length = name_length(typed);
    return length < typed.size() && typed[length] == '=' ? length : 0;
}

void set_variable(std::string_view name, std::string_view value) {
    char* const text = static_cast<char*>(malloc(name.size() + value.size() + 2));
    known_variable* it = find(name);
    if (text && !it) it = add(name.size());
    if (!text || !it) return free(text);
    char* end = text;
    for (const char c : name) *end++ = c;
    *end++ = '=';
    for (const char c : value) *end++ = c;
    *end = 0;
    free(it->text);
    it->text = text;
}

std::string_view variable(std::string_view name) {
    const known_variable* const it = find(name);
    return it ? std::string_view(it->text + it->name_size + 1) : std::string_view{};
}

char** environment_of_variables(arena& memory) {
    size_t count = 0;
    for (known_variable* v = first; v; v = v->next) count++;
    char** const all = static_cast<char**>(memory.allocate((count + 1) * sizeof(char*)));
    all[count] = nullptr;
    for (known_variable* v = first; v; v = v->next) all[--count] = v->text;
    return all;
}
