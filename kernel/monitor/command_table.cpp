#include "kernel/monitor/command_table.hpp"

const monitor_command* find_command(command_table table, std::string_view name) {
    for (const monitor_command* c : table)
        if (name == c->name) return c;
    return nullptr;
}

const monitor_command* command_after(command_table table, const monitor_command* last) {
    const monitor_command* next = nullptr;
    for (const monitor_command* c : table) {
        if (last && std::string_view(c->name) <= last->name) continue;
        if (!next || std::string_view(c->name) < next->name) next = c;
    }
    return next;
}

// The table of Wagner and Fischer by rows, of which three are alive:
// row[i][j] is the distance of a's first i letters and b's first j.
size_t typing_errors(std::string_view a, std::string_view b) {
    constexpr size_t longest = 24;
    if (a.size() > longest || b.size() > longest) return ~size_t{0};
    u8 rows[3][longest + 1];
    for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = static_cast<u8>(j);
    for (size_t i = 1; i <= a.size(); ++i) {
        const u8* const two_up = rows[(i + 1) % 3];
        const u8* const up = rows[(i + 2) % 3];
        u8* const row = rows[i % 3];
        row[0] = static_cast<u8>(i);
        for (size_t j = 1; j <= b.size(); ++j) {
            u8 best = up[j - 1] + (a[i - 1] != b[j - 1]);
            best = min_of<u8>(best, up[j] + 1);
            best = min_of<u8>(best, row[j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = min_of<u8>(best, two_up[j - 2] + 1);
            row[j] = best;
        }
    }
    return rows[a.size() % 3][b.size()];
}

const monitor_command* nearest_command(command_table table, std::string_view name) {
    for (const monitor_command* c : table)
        if (name.size() >= 2 && std::string_view(c->name).starts_with(name)) return c;
    const monitor_command* nearest = nullptr;
    size_t fewest = name.size() < 4 ? 2 : 3;
    for (const monitor_command* c : table) {
        const size_t errors = typing_errors(name, c->name);
        if (errors >= fewest || errors >= name.size()) continue;
        nearest = c;
        fewest = errors;
    }
    return nearest;
}
