#include "mm/vm/fault_decide.hpp"

const char* fault_decision_text(fault_decision decision) {
    switch (decision) {
        case fault_decision::no_area: return "no area is there: SIGSEGV, SEGV_MAPERR";
        case fault_decision::no_right: return "the area forbids it: SIGSEGV, SEGV_ACCERR";
        case fault_decision::map_zero_page: return "demand zero, read: the shared zero page";
        case fault_decision::map_new_page: return "demand zero, write: a page of its own";
        case fault_decision::map_file_page: return "file, read: the page of the page cache";
        case fault_decision::copy_file_page: return "private file, write: a copy of its page";
        case fault_decision::write_file_page: return "shared file, write: its page, dirty";
        case fault_decision::map_frame: return "frames that nobody counts: a device's, /dev/mem";
        case fault_decision::copy_page: return "copy on write: others see the page, too";
        case fault_decision::reuse_page: return "copy on write: the last owner keeps it";
        case fault_decision::make_writable: return "shared file, first write to a clean page";
        case fault_decision::spurious: return "spurious: the CPU remembered an older entry";
        case fault_decision::corrupt: return "an entry that nobody makes: a bug";
    }
    return "?";
}
