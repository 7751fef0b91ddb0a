// The space that a command of the monitor is to look into: that of a program, by its
// number, or the one that is loaded.
#pragma once

#include "lib/format.hpp"
#include "mm/vm/mm_types.hpp"

// Kept while it is looked at. Where there is none, `out` has been told why.
class named_space {
public:
    named_space(std::string_view pid, text_sink& out);
    ~named_space();
    named_space(const named_space&) = delete;
    named_space& operator=(const named_space&) = delete;

    explicit operator bool() const { return mm_; }
    mm_struct& operator*() const { return *mm_; }

private:
    mm_struct* mm_ = nullptr;
};

// ---- what the floors above define -------------------------------------------------------
// The space of a program, with a reference (mmget); null: there is no such program, or it
// has none.
mm_struct* get_mm_of_pid(u32 pid);
