#include "kernel/monitor/history.hpp"

void line_history::add(std::string_view text) {
    if (text.empty() || text.size() > max_length || text == line(0)) return;
    slot& place = slots_[count_++ % max_lines];
    place.length = static_cast<u8>(text.size());
    for (size_t i = 0; i < text.size(); ++i) place.text[i] = text[i];
}

std::string_view line_history::line(size_t age) const {
    if (age >= size()) return {};
    const slot& place = slots_[(count_ - 1 - age) % max_lines];
    return {place.text, place.length};
}

size_t line_history::find(std::string_view text, size_t age) const {
    while (age < size() && line(age).find(text) == std::string_view::npos) ++age;
    return age < size() ? age : size();
}
