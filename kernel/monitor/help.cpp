#include "kernel/monitor/help.hpp"

namespace {

void write_blanks(text_sink& out, size_t count) {
    while (count-- > 0) out.put(' ');
}

// Takes as many whole words off the front as fit, but at least one.
std::string_view take_line(std::string_view& text, size_t width) {
    size_t end = text.size();
    if (end > width) {
        end = width;
        while (end > 0 && text[end] != ' ') --end;
        if (end == 0) end = min_of(text.find(' '), text.size());
    }
    const std::string_view line(text.data(), end);
    text.remove_prefix(end);
    while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
    return line;
}

}  // namespace

void write_two_columns(text_sink& out, size_t indent, std::string_view left,
                       std::string_view right) {
    out.write("  ");
    out.write(left);
    size_t column = 2 + left.size();
    if (column + 2 > indent) {
        out.write("\n");
        column = 0;
    }
    do {
        write_blanks(out, indent - column);
        out.write(take_line(right, help_width - indent));
        out.write("\n");
        column = 0;
    } while (!right.empty());
}

void write_help(text_sink& out, command_table table) {
    constexpr size_t indent = 30;
    const monitor_command* c = nullptr;
    while ((c = command_after(table, c))) write_two_columns(out, indent, c->usage, c->help);
}
