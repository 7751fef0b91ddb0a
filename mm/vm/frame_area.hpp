// Areas of frames that no page counts: a device's memory, and RAM as /dev/mem shows it.
//
//     of a file        entry ---> page     a reference, _mapcount, rss; all go with it
//     of frames        entry ---> frame    nothing: what is there stays there anyhow
//
// vm_operations_struct::frame says which frame stands behind a page of the area. A fault
// writes it into the entry, which is *special*; so whoever walks page tables takes it for
// nobody's, like the zero page.
//
// I1: vm_flags has VM_PFNMAP; the area is shared, or is never written: nothing is copied.
// I2: an entry is special, and may be written exactly if the area may.
// I3: every page of the area has a frame. So the area does not grow (VM_DONTEXPAND).
//
// fork copies no entries of it, for a fault finds them again; mremap moves them; munmap
// forgets them.
//
// Left out: private copies, which Linux makes when the first write comes.
#pragma once

#include "lib/result.hpp"
#include "mm/vm/mm_types.hpp"

struct device_frame {
    pfn frame;
    bool is_ram;  // cached, as the rest of RAM
};

// For a file's mmap(): its area is one of frames, which `operations` knows. EACCES: a
// private one that is to be written.
[[nodiscard]] result<> make_frame_area(vm_area_struct& area,
                                       const vm_operations_struct& operations);
