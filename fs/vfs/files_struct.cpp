#include "fs/vfs/files_struct.hpp"

#include "fs/vfs/file_lock.hpp"
#include "lib/string.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

constinit object_cache<files_struct> files_cache("files_cache");
constinit object_cache<fs_struct> fs_cache("fs_cache");

// A descriptor is no more: nor are the owner's locks on the file, whatever else it has of
// it.
void filp_close(open_file* closed, const files_struct* owner) {
    forget_file_locks(*closed->f_inode, owner);
    fput(closed);
}

constexpr size_t bitmap_bytes(u32 max) {
    return bitmap::words_for(max) * sizeof(bitmap::word);
}

}  // namespace

bool files_struct_init() { return files_cache.init() && fs_cache.init(); }

// ---- the table --------------------------------------------------------------------------
// One piece of memory: the files, then both bitmaps.

bool files_struct::alloc_table(table& table, u32 max) {
    const size_t files = size_t{max} * sizeof(open_file*);
    void* const room = kzalloc(files + 2 * bitmap_bytes(max), GFP_KERNEL | __GFP_NOWARN);
    if (!room) return false;
    u8* const bits = static_cast<u8*>(room) + files;
    table = {.max = max,
             .files = static_cast<open_file**>(room),
             .open = reinterpret_cast<bitmap::word*>(bits),
             .close_on_exec = reinterpret_cast<bitmap::word*>(bits + bitmap_bytes(max))};
    return true;
}

void files_struct::free_table(table& table) { kfree(table.files); }

// So that there is a place for it. False: no memory.
bool files_struct::grow(u32 fd) {
    for (;;) {
        u32 max;
        {
            lock_guard held(lock_);
            max = table_.max;
        }
        if (fd < max) return true;
        u32 wanted = NR_OPEN_DEFAULT;
        while (wanted <= fd) wanted *= 2;
        table larger;
        if (!alloc_table(larger, wanted)) return false;
        lock_guard held(lock_);
        if (table_.max != max) {  // somebody else was quicker
            free_table(larger);
            continue;
        }
        if (max > 0) {
            memcpy(larger.files, table_.files, max * sizeof(open_file*));
            memcpy(larger.open, table_.open, bitmap_bytes(max));
            memcpy(larger.close_on_exec, table_.close_on_exec, bitmap_bytes(max));
        }
        free_table(table_);
        table_ = larger;
        return true;
    }
}

// ---- life -------------------------------------------------------------------------------

files_struct* files_struct::create() {
    files_struct* const made = files_cache.alloc(GFP_KERNEL);
    if (!made) return nullptr;
    if (made->grow(0)) return made;
    made->put();
    return nullptr;
}

void files_struct::put() {
    if (count_.fetch_sub(1, memory_order::acq_rel) > 1) return;
    files_cache.free(this);
}

files_struct::~files_struct() NO_THREAD_SAFETY_ANALYSIS {
    for_each_open_locked([this](u32, open_file& file) { filp_close(&file, this); });
    free_table(table_);
}

result<files_struct*> files_struct::dup_fd() {
    files_struct* const copy = files_cache.alloc(GFP_KERNEL);
    if (!copy) return err{ENOMEM};
    for (;;) {
        const u32 max = max_fds();
        if (!copy->grow(max - 1)) {
            copy->put();
            return err{ENOMEM};
        }
        lock_guard held(lock_);
        if (table_.max > max) continue;  // it has grown meanwhile
        lock_guard nobody_elses(copy->lock_);
        // What is only promised stays with the promise.
        for_each_open_locked([&](u32 fd, open_file& file) NO_THREAD_SAFETY_ANALYSIS {
            get_file(&file);
            copy->table_.files[fd] = &file;
            copy->table_.open_bits().set(fd);
            if (table_.close_bits().test(fd)) copy->table_.close_bits().set(fd);
        });
        return copy;
    }
}

// ---- descriptors ------------------------------------------------------------------------

result<u32> files_struct::get_unused_fd(u32 limit, bool close_on_exec, u32 from) {
    limit = min_of(limit, NR_OPEN);
    if (from >= limit) return err{from == 0 ? EMFILE : EINVAL};
    for (;;) {
        u32 fd;
        {
            lock_guard held(lock_);
            const u32 start = max_of(from, next_fd_);
            const std::optional<size_t> free = table_.open_bits().find_next_zero(start);
            fd = free ? static_cast<u32>(*free) : max_of(start, table_.max);
            if (fd >= limit) return err{EMFILE};
            if (fd < table_.max) {
                table_.open_bits().set(fd);
                if (close_on_exec) table_.close_bits().set(fd);
                else table_.close_bits().clear(fd);
                if (start == next_fd_) next_fd_ = fd + 1;
                return fd;
            }
        }
        if (!grow(fd)) return err{ENOMEM};
    }
}

void files_struct::put_unused_fd(u32 fd) {
    lock_guard held(lock_);
    kassert(fd < table_.max && !table_.files[fd] && table_.open_bits().test(fd),
            "descriptor {} was not promised", fd);
    table_.open_bits().clear(fd);
    next_fd_ = min_of(next_fd_, fd);
}

void files_struct::fd_install(u32 fd, open_file& file) {
    lock_guard held(lock_);
    kassert(fd < table_.max && !table_.files[fd] && table_.open_bits().test(fd),
            "descriptor {} was not promised", fd);
    table_.files[fd] = &file;
}

open_file* files_struct::fget(u32 fd) {
    lock_guard held(lock_);
    if (!is_open_locked(fd)) return nullptr;
    get_file(table_.files[fd]);
    return table_.files[fd];
}

// Out of the table, with the table's reference.
open_file* files_struct::take_locked(u32 fd) {
    open_file* const file = table_.files[fd];
    table_.files[fd] = nullptr;
    table_.open_bits().clear(fd);
    table_.close_bits().clear(fd);
    next_fd_ = min_of(next_fd_, fd);
    return file;
}

result<> files_struct::close(u32 fd) {
    open_file* closed;
    {
        lock_guard held(lock_);
        if (!is_open_locked(fd)) return err{EBADF};
        closed = take_locked(fd);
    }
    filp_close(closed, this);
    return {};
}

result<u32> files_struct::dup(u32 fd, u32 limit, bool close_on_exec, u32 from) {
    open_file* const file = fget(fd);
    if (!file) return err{EBADF};
    const result<u32> copy = get_unused_fd(limit, close_on_exec, from);
    if (copy) fd_install(*copy, *file);
    else fput(file);
    return copy;
}

result<u32> files_struct::dup2(u32 fd, u32 to, u32 limit) {
    if (fd != to) return dup3(fd, to, limit, false);
    open_file* const file = fget(fd);
    if (!file) return err{EBADF};
    fput(file);
    return to;
}

result<u32> files_struct::dup3(u32 fd, u32 to, u32 limit, bool close_on_exec) {
    if (fd == to) return err{EINVAL};
    if (to >= min_of(limit, NR_OPEN)) return err{EBADF};
    open_file* const file = fget(fd);
    if (!file) return err{EBADF};
    const result<u32> done =
        grow(to) ? replace(*file, to, close_on_exec) : result<u32>(err{ENOMEM});
    if (!done) fput(file);
    return done;
}

result<u32> files_struct::replace(open_file& file, u32 to, bool close_on_exec) {
    open_file* closed;
    {
        lock_guard held(lock_);
        closed = table_.files[to];
        if (!closed && table_.open_bits().test(to)) return err{EBUSY};
        table_.files[to] = &file;
        table_.open_bits().set(to);
        if (close_on_exec) table_.close_bits().set(to);
        else table_.close_bits().clear(to);
    }
    if (closed) filp_close(closed, this);
    return to;
}

result<bool> files_struct::close_on_exec(u32 fd) {
    lock_guard held(lock_);
    if (!is_open_locked(fd)) return err{EBADF};
    return table_.close_bits().test(fd);
}

result<> files_struct::set_close_on_exec(u32 fd, bool close_on_exec) {
    lock_guard held(lock_);
    if (!is_open_locked(fd)) return err{EBADF};
    if (close_on_exec) table_.close_bits().set(fd);
    else table_.close_bits().clear(fd);
    return {};
}

void files_struct::close_all_on_exec() {
    for (u32 fd = 0;; ++fd) {
        open_file* closed = nullptr;
        {
            lock_guard held(lock_);
            const std::optional<size_t> next = table_.close_bits().find_next_set(fd);
            if (!next) return;
            fd = static_cast<u32>(*next);
            if (table_.files[fd]) closed = take_locked(fd);
        }
        if (closed) filp_close(closed, this);
    }
}

u32 files_struct::next_open(u32 from) {
    lock_guard held(lock_);
    while (from < table_.max && !table_.files[from]) ++from;
    return min_of(from, table_.max);
}

u32 files_struct::max_fds() {
    lock_guard held(lock_);
    return table_.max;
}

void files_struct::check_invariants() {
    lock_guard held(lock_);
    for (u32 fd = 0; fd < table_.max; ++fd) {
        kassert(!table_.files[fd] || table_.open_bits().test(fd),
                "files_struct I1: {} has a file, and is free", fd);
        kassert(table_.open_bits().test(fd) || fd >= next_fd_,
                "files_struct I2: {} is free, and next_fd is {}", fd, next_fd_);
        kassert(!table_.files[fd] || table_.files[fd]->f_count.load() > 0,
                "files_struct I3: {} has a file of nobody's", fd);
    }
}

// ---- where paths begin ------------------------------------------------------------------

fs_struct* fs_struct::create(const path& root) {
    path_get(root);
    path_get(root);
    fs_struct* const made = fs_cache.alloc(GFP_KERNEL, root, root, 022u);
    if (made) return made;
    path_put(root);
    path_put(root);
    return nullptr;
}

fs_struct* fs_struct::dup() {
    const path root = this->root(), pwd = this->pwd();
    fs_struct* const made = fs_cache.alloc(GFP_KERNEL, root, pwd, u32{umask_});
    if (made) return made;
    path_put(root);
    path_put(pwd);
    return nullptr;
}

void fs_struct::put() NO_THREAD_SAFETY_ANALYSIS {
    if (count_.fetch_sub(1, memory_order::acq_rel) > 1) return;
    path_put(root_);
    path_put(pwd_);
    fs_cache.free(this);
}

path fs_struct::root() {
    lock_guard held(lock_);
    return path_get(root_);
}
path fs_struct::pwd() {
    lock_guard held(lock_);
    return path_get(pwd_);
}

void fs_struct::set_root(const path& place) NO_THREAD_SAFETY_ANALYSIS {
    replace(root_, place);
}
void fs_struct::set_pwd(const path& place) NO_THREAD_SAFETY_ANALYSIS {
    replace(pwd_, place);
}

void fs_struct::replace(path& mine, const path& place) {
    path before;
    {
        lock_guard held(lock_);
        before = mine;
        mine = place;
    }
    path_put(before);
}
