// Reading files of text: those of /proc above all.
#pragma once

#include "user/lib/text.hpp"

// A file's lines, one after another. A line longer than the buffer comes in pieces.
class line_reader {
public:
    explicit line_reader(const char* path);
    ~line_reader();
    line_reader(const line_reader&) = delete;
    line_reader& operator=(const line_reader&) = delete;

    // Negative: the errno why nothing can be read.
    int error() const { return fd_ < 0 ? fd_ : 0; }
    // False at the end. The line holds until the next call.
    bool next(std::string_view& line);

private:
    bool fill();

    int fd_;
    size_t begin_ = 0, end_ = 0;
    char buffer_[1024];
};

// A whole small file, as far as it fits; empty where it cannot be read.
std::string_view read_text(const char* path, char* buffer, size_t size);

// An area as a line of /proc/PID/maps tells of it.
struct map_line {
    u32 begin, end;
    std::string_view permissions;  // "r-xp"
    u64 offset;
    std::string_view name;  // a path, "[heap]", or nothing

    bool contains(u32 address) const { return begin <= address && address < end; }
};
bool parse_map_line(std::string_view line, map_line& area);

// The first line of this process's maps for which `wanted` holds, written to `area`, whose
// texts are in `buffer`.
template <class Wanted>
bool find_area(map_line& area, char* buffer, size_t size, Wanted wanted) {
    line_reader maps("/proc/self/maps");
    std::string_view line;
    while (maps.next(line)) {
        if (!parse_map_line(line, area) || !wanted(area) || line.size() > size) continue;
        for (size_t i = 0; i < line.size(); i++) buffer[i] = line[i];
        return parse_map_line({buffer, line.size()}, area);
    }
    return false;
}

// The value of a field, "NAME:   VALUE kB" or "NAME VALUE", among lines; false: it is not
// there.
bool find_field(std::string_view text, std::string_view name, u64& value);
