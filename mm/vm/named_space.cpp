#include "mm/vm/named_space.hpp"

#include "lib/parse.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

named_space::named_space(std::string_view pid, text_sink& out) {
    if (pid.empty()) {
        mm_ = current_mm();
        if (mm_) mmget(*mm_);
        else out.write("no address space of a program is loaded: name one, see \"ps\"\n");
        return;
    }
    const auto number = parse_number(pid);
    if (number && *number <= ~u32{0}) mm_ = get_mm_of_pid(static_cast<u32>(*number));
    if (!mm_) format_to(out, "{} is no program with an address space, see \"ps\"\n", pid);
}

named_space::~named_space() {
    if (mm_) mmput(*mm_);
}
