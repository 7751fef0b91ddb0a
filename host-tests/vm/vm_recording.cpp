#include "host-tests/vm/vm_recording.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace {

[[noreturn]] void broken(const std::string& what) {
    throw std::runtime_error("not a recording: " + what);
}

// "name=hex name=hex ...": all of the fields, in any order.
void read_layout(std::istream& words, vm_layout& layout) {
    size_t found = 0;
    for (std::string word; words >> word;) {
        const size_t equals = word.find('=');
        for (const vm_layout_field& field : vm_layout_fields) {
            if (word.substr(0, equals) != field.name) continue;
            layout.*field.value =
                static_cast<u32>(std::stoul(word.substr(equals + 1), nullptr, 16));
            ++found;
        }
    }
    if (found != std::size(vm_layout_fields)) broken("its layout lacks a field");
}

void read_maps(const std::string& text, vm_layout& layout) {
    vm_trace_reader reader(text.data(), text.data() + text.size());
    reader.maps(vm_maps(), layout.maps);
    if (!reader.good()) broken("the first maps: " + text);
}

}  // namespace

std::string vm_recording_path(const std::string& kernel) {
    return "host-tests/vm/recordings/linux-6.1-" + kernel + ".trace";
}

vm_layout usual_vm_layout(bool no_execute) {
    vm_layout layout = read_vm_recording(vm_recording_path("amd64")).layout;
    layout.no_execute = no_execute ? 1 : 0;
    return layout;
}

vm_recording read_vm_recording(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    vm_recording recording;
    for (std::string line; std::getline(file, line);) {
        if (line[0] == '#') {
            recording.description += line.substr(1) + "\n";
            continue;
        }
        std::istringstream words(line);
        std::string first, second;
        words >> first;
        if (first == "layout") {
            read_layout(words, recording.layout);
            continue;
        }
        words >> second;
        if (second.empty()) broken(line);
        if (first == "steps") recording.steps = static_cast<u32>(std::stoul(second));
        else if (first == "maps") read_maps(second, recording.layout);
        else recording.programs.push_back({std::stoull(first, nullptr, 16), second});
    }
    if (recording.steps == 0 || recording.layout.maps.count == 0) broken(path);
    return recording;
}

recorded_machine::recorded_machine(const vm_layout& layout,
                                   const vm_recorded_program& program)
    : reader_(program.answers.data(), program.answers.data() + program.answers.size()),
      maps_(layout.maps) {}

u32 recorded_machine::next(u32 address) {
    vm_operation asked;
    asked.address = address;
    const u32 answer = reader_.answer(asked);
    if (!reader_.good()) broken("a program ends early, or was recorded from another one");
    return answer;
}

// Its answer comes first, and behind it, where it went well, the child's.
u32 recorded_machine::fork(const std::function<void(vm_machine&)>& child) {
    const u32 answer = next(0);
    if (answer != 0) return answer;
    const vm_maps parents = maps_;
    child(*this);
    maps_ = parents;
    return 0;
}

void recorded_machine::next_maps(const vm_maps& before, vm_maps& now) {
    reader_.maps(before, now);
    if (!reader_.good()) broken("the maps of a program");
}

void recorded_machine::maps(vm_maps& listing) {
    const vm_maps before = maps_;
    next_maps(before, maps_);
    listing = maps_;
}
