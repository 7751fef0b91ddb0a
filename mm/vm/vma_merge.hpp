// Areas become one, and an area becomes two.
//
// Neighbours that say the same are one area: fewer of them to search, and whoever maps
// page by page does not run into the limit of map_count. So whoever makes an area, or
// changes a part of one, asks first whether a neighbour could have it (vma_merge), and
// splits only then.
//
// [addr, end) is the part that is to become as its neighbours are. It is a hole, or lies in
// prev (P), or in the area behind that (M); N comes behind. The letters say whose pages
// they are; the lower line is what vma_adjust makes of it. The numbers are Linux's.
//
//        addr   end       addr   end       addr   end
//     PPPP       NNNN   PPPP       NN..  PP..       NNNN       a hole: mmap, brk, mremap
//     PPPPPPPPPPPPPPP   PPPPPPPPPP NN..  PP..   NNNNNNNN
//           1                 2                 3
//
//       addr end           addr   end        addr   end
//     PPPPPPPPPNNNN     PPPPMMMMMMMM      PPPPMMMMMMNNNN       a part that changes: mprotect,
//     PPPPP NNNNNNNN    PPPPPPPPP MM      PPPPPPPPPPPPPP       madvise, mlock
//           4                 5                 6
//
//       addr   end         addr   end
//     PPPPMMMMMMNNNN    PPPPMMMMMMNNNN
//     PPPPPPPPPPNNNN    PPPPNNNNNNNNNN
//           7                 8
//
// One area grows; what it grows over is gone, or shorter by that. All eight are
// vma_adjust(), which asks for memory in one place only, and first: where a growing area
// has no anon_vma and takes over pages of one that has.
//
// Two areas may become one if their flags, their file and their place in it agree; if no
// close() is to hear of each; and if every page of one may be looked for by the other's
// anon_vma: they have the same, or one has none and the other's chain is only that.
//
// mmap_sem is held for writing.
#pragma once

#include "mm/vm/vma_tree.hpp"

vm_area_struct* vm_area_alloc(mm_struct& mm);  // null: no memory
// All fields but the chain, and in no tree or list; it holds no file yet.
vm_area_struct* vm_area_dup(const vm_area_struct& area);
void vm_area_free(vm_area_struct* area);
[[nodiscard]] bool vm_area_cache_init();

inline bool vma_is_anonymous(const vm_area_struct& area) {
    return !area.vm_file && !area.vm_ops;
}

// Into the file's i_mmap, and out of it; nothing where there is no file.
void vma_link_file(vm_area_struct& area);
void vma_unlink_file(vm_area_struct& area);
// No page of the area is in a page table: it leaves all lists and trees, its file is put,
// and it is freed.
void vma_remove(mm_struct& mm, vm_area_struct& area);
// The same for all areas of a space that ends: their tree is not kept in shape meanwhile.
void vma_remove_all(mm_struct& mm);

// What an area would have to be to join others.
struct vma_kind {
    u32 vm_flags;
    struct anon_vma* anon_vma;
    file* vm_file;
};
bool can_vma_merge_before(const vm_area_struct& area, const vma_kind& kind, u32 end_pgoff);
bool can_vma_merge_after(const vm_area_struct& area, const vma_kind& kind, u32 pgoff);

// The area that [start, end) is a part of from now on; null: there is none that could have
// it, or no memory for that, and nothing has changed.
vm_area_struct* vma_merge(mm_struct& mm, vm_area_struct* prev, u32 start, u32 end,
                          const vma_kind& kind, u32 pgoff);

// mmap's: the same for a hole. Both neighbours are asked in Linux 6.1's order there, which
// prefers the one behind.
vm_area_struct* vma_expand(mm_struct& mm, const vma_neighbours& around, u32 start, u32 end,
                           const vma_kind& kind, u32 pgoff);

// The area becomes [start, end). What that covers goes; what it meets in part, on one side
// at most, becomes shorter. False: no memory, nothing has changed; never, where it only
// becomes smaller or grows into a hole.
bool vma_adjust(mm_struct& mm, vm_area_struct& area, u32 start, u32 end);

// A new area takes the part below the address, or from it on. ENOMEM: also where there
// would be more than sysctl_max_map_count.
enum class new_half : u8 { below, above };
result<vm_area_struct*> split_vma(mm_struct& mm, vm_area_struct& area, u32 address,
                                  new_half which);

// The area becomes [start, end), and the rest areas beside it. ENOMEM: nothing has changed.
result<> cut_out(mm_struct& mm, vm_area_struct& area, u32 start, u32 end);
// Takes that back.
void rejoin(mm_struct& mm, vm_area_struct& area, u32 start, u32 end);

// [start, end) of the area is to have other flags. The area that it is then, by a merge or
// by being cut out: its flags are still to be set. ENOMEM: nothing has changed. `prev`: the
// area before start, this one itself if it begins before that.
result<vm_area_struct*> vma_modify(mm_struct& mm, vm_area_struct* prev, vm_area_struct& area,
                                   u32 start, u32 end, u32 new_flags);

// The same pages at another place, or a part of them: of the same space, connected as the
// area is, but in no list yet. Null: no memory.
vm_area_struct* copy_vma(const vm_area_struct& area, u32 start, u32 end, u32 pgoff);
