// The corpus: maps seen on real and virtual machines, and maps that nobody
// should ever see, each with the answer that was worked out for it.
//
// A file of host-tests/maps/ has, after its comment,
//     mem ADDRESS  phys_bits N            the options, where there are any
//     e820 BASE LENGTH TYPE               the raw entries, in order
//     want START END KIND                 the resolved ranges, in order
//     usable BYTES                        and their sum
#include "mm/phys/memory_map.hpp"

#include <test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct map_case {
    std::string comment;
    memory_map_options options;
    std::vector<e820_entry> raw;
    std::vector<std::string> want;
    u64 usable = 0;
    std::string error;
};

std::string range_text(u64 start, u64 end, const std::string& kind) {
    std::ostringstream out;
    out << std::hex << "0x" << start << " 0x" << end << " " << kind;
    return out.str();
}

map_case parse(const std::filesystem::path& path) {
    map_case result;
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        if (line.empty()) continue;
        if (line[0] == '#') {
            result.comment += line;
            continue;
        }
        std::istringstream words(line);
        std::string word;
        words >> word >> std::setbase(0);
        if (word == "mem") {
            words >> result.options.mem_limit;
        } else if (word == "phys_bits") {
            words >> result.options.phys_bits;
        } else if (word == "e820") {
            e820_entry entry;
            words >> entry.base >> entry.length >> entry.type;
            result.raw.push_back(entry);
        } else if (word == "want") {
            u64 start, end;
            std::string kind;
            words >> start >> end >> std::ws;
            std::getline(words, kind);
            result.want.push_back(range_text(start, end, kind));
        } else if (word == "usable") {
            words >> result.usable;
        } else {
            result.error = "unknown word: " + line;
        }
        if (words.fail()) result.error = "cannot read: " + line;
    }
    return result;
}

// The source root is above this file, or where the tests are run.
std::filesystem::path corpus() {
    const auto beside = std::filesystem::path(__FILE__).parent_path() / "maps";
    return std::filesystem::is_directory(beside) ? beside : "host-tests/maps";
}

std::vector<std::filesystem::path> map_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(corpus()))
        if (entry.path().extension() == ".map") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::string> found_ranges(const memory_map& map) {
    std::vector<std::string> found;
    for (const memory_range& range : map.ranges())
        found.push_back(range_text(range.start, range.end, memory_kind_name(range.kind)));
    return found;
}

memory_map map;

}  // namespace

TEST(memory_map_corpus, every_map_resolves_as_expected) {
    size_t files = 0;
    for (const auto& path : map_files()) {
        SCOPED_TRACE(path.filename().string());
        const map_case given = parse(path);
        EXPECT_EQ(given.error, "");
        EXPECT_FALSE(given.comment.empty()) << "says not where it comes from";
        EXPECT_LE(given.raw.size(), boot_info::max_e820);

        map.build(given.raw, given.options);
        map.check_invariants();
        EXPECT_EQ(found_ranges(map), given.want);
        EXPECT_EQ(map.usable_bytes(), given.usable);
        EXPECT_EQ(map.tally(map_note::no_room).count, 0u);
        ++files;
    }
    EXPECT_GE(files, 45u);
}

// What comes out, fed in again, comes out the same.
TEST(memory_map_corpus, resolving_twice_changes_nothing) {
    for (const auto& path : map_files()) {
        SCOPED_TRACE(path.filename().string());
        const map_case given = parse(path);
        map.build(given.raw, given.options);
        std::vector<e820_entry> again;
        for (const memory_range& range : map.ranges()) {
            u32 type = E820_RESERVED;
            if (range.kind == memory_kind::usable) type = E820_RAM;
            if (range.kind == memory_kind::acpi_reclaimable) type = E820_ACPI;
            if (range.kind == memory_kind::acpi_nvs) type = E820_NVS;
            if (range.kind == memory_kind::unusable) type = E820_UNUSABLE;
            again.push_back({range.start, range.size(), type});
        }
        const std::vector<std::string> first = found_ranges(map);
        map.build(again, {});
        EXPECT_EQ(found_ranges(map), first);
        EXPECT_EQ(map.tally(map_note::overlap).count, 0u);
    }
}
