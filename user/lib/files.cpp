#include "user/lib/files.hpp"

#include "user/lib/calls.hpp"

line_reader::line_reader(const char* path) : fd_(open(path, O_RDONLY)) {}

line_reader::~line_reader() {
    if (fd_ >= 0) close(fd_);
}

// Moves what is left to the front and reads behind it. False: nothing came.
bool line_reader::fill() {
    for (size_t i = begin_; i < end_; i++) buffer_[i - begin_] = buffer_[i];
    end_ -= begin_;
    begin_ = 0;
    const int got = read(fd_, buffer_ + end_, u32(sizeof buffer_ - end_));
    if (got > 0) end_ += u32(got);
    return got > 0;
}

bool line_reader::next(std::string_view& line) {
    if (fd_ < 0) return false;
    for (;;) {
        const std::string_view ready{buffer_ + begin_, end_ - begin_};
        const size_t place = place_of(ready, '\n');
        if (place < ready.size()) {
            line = part(ready, 0, place);
            begin_ += place + 1;
            return true;
        }
        if (ready.size() < sizeof buffer_ && fill()) continue;
        line = {buffer_ + begin_, end_ - begin_};
        begin_ = end_;
        return !line.empty();
    }
}

std::string_view read_text(const char* path, char* buffer, size_t size) {
    const int fd = open(path, O_RDONLY);
    if (fd < 0) return {};
    size_t length = 0;
    for (int got; length < size; length += u32(got)) {
        got = read(fd, buffer + length, u32(size - length));
        if (got <= 0) break;
    }
    close(fd);
    return {buffer, length};
}

bool parse_map_line(std::string_view line, map_line& area) {
    u64 begin = 0, end = 0;
    if (!take_number(line, begin, 16) || line.empty() || line[0] != '-') return false;
    line.remove_prefix(1);
    if (!take_number(line, end, 16)) return false;
    area.begin = u32(begin);
    area.end = u32(end);
    area.permissions = take_word(line);
    std::string_view offset = take_word(line);
    take_number(offset, area.offset, 16);
    take_word(line);  // device
    take_word(line);  // inode
    while (!line.empty() && line[0] == ' ') line.remove_prefix(1);
    area.name = line;
    return area.permissions.size() == 4;
}

bool find_field(std::string_view text, std::string_view name, u64& value) {
    while (!text.empty()) {
        std::string_view line = take_until(text, '\n');
        std::string_view word = take_word(line);
        if (!word.empty() && word.back() == ':') word.remove_suffix(1);
        if (word != name) continue;
        std::string_view number = take_word(line);
        return take_number(number, value);
    }
    return false;
}
