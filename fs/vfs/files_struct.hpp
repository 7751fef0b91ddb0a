// A task's descriptors, and where its paths begin. Tasks that share them share one of
// these.
//
//     fd           0     1     2     3     4    ...    max_fds
//     fd_array   file  file  file  null  file  null
//     open         1     1     1     1     1     0       3: on its way, not there yet
//     close_on_exec            0     0     1
//
// I1: a bit in `open` is set where there is a file, or where one was promised.
// I2: next_fd is not above the lowest descriptor that is free.
// I3: each file in the array has a reference for it.
//
// The array grows by doubling, to the limit that the caller names (RLIMIT_NOFILE) and to
// NR_OPEN at most; it never shrinks. What is closed is put after the lock is given back,
// for that may sleep.
#pragma once

#include "fs/vfs/open_file.hpp"
#include "lib/bitmap.hpp"

class files_struct {
public:
    static constexpr u32 NR_OPEN_DEFAULT = 32, NR_OPEN = 1u << 20;
    // Ends the search of a caller who has no limit of his own.
    static constexpr u32 no_limit = NR_OPEN;

    // Without descriptors, for one task. Null: no memory.
    static files_struct* create();
    // One more task shares it; one less, and the last closes all.
    void get() { count_.fetch_add(1, memory_order::relaxed); }
    void put();
    bool is_shared() const { return count_.load(memory_order::relaxed) > 1; }
    // For fork: the same files. ENOMEM.
    result<files_struct*> dup_fd();

    // The lowest free descriptor from `from` on, promised to the caller. EMFILE: it would
    // be `limit` or above. EINVAL: `from` already is. ENOMEM.
    result<u32> get_unused_fd(u32 limit, bool close_on_exec, u32 from = 0);
    // A promise is not kept.
    void put_unused_fd(u32 fd);
    // ... or is: the file's reference is the table's.
    void fd_install(u32 fd, open_file& file);

    // With a reference; null: EBADF.
    open_file* fget(u32 fd);
    // EBADF.
    result<> close(u32 fd);
    result<u32> dup(u32 fd, u32 limit, bool close_on_exec, u32 from = 0);
    // EBADF; EINVAL: dup3 of a descriptor onto itself; EBUSY: the place was promised.
    result<u32> dup2(u32 fd, u32 to, u32 limit);
    result<u32> dup3(u32 fd, u32 to, u32 limit, bool close_on_exec);
    // F_GETFD and F_SETFD. EBADF.
    result<bool> close_on_exec(u32 fd);
    result<> set_close_on_exec(u32 fd, bool close_on_exec);
    void close_all_on_exec();

    // The lowest one that is open, from `from` on; max: none. For /proc/PID/fd.
    u32 next_open(u32 from);
    u32 max_fds();

    void check_invariants();

    files_struct() = default;
    ~files_struct();

private:
    struct table {
        u32 max;
        open_file** files;
        bitmap::word* open;
        bitmap::word* close_on_exec;
        bitmap open_bits() const { return {open, max}; }
        bitmap close_bits() const { return {close_on_exec, max}; }
    };
    static bool alloc_table(table& table, u32 max);
    static void free_table(table& table);

    bool grow(u32 fd) EXCLUDES(lock_);
    bool is_open_locked(u32 fd) const REQUIRES(lock_) {
        return fd < table_.max && table_.files[fd];
    }
    // visit(fd, file) for each that is open.
    template <class Visit>
    void for_each_open_locked(Visit visit) const REQUIRES(lock_) {
        for (u32 first = 0; first < table_.max; first += bitmap::bits_per_word)
            for (bitmap::word bits = table_.open[first / bitmap::bits_per_word]; bits;
                 bits &= bits - 1) {
                const u32 fd = first + static_cast<u32>(std::countr_zero(bits));
                if (table_.files[fd]) visit(fd, *table_.files[fd]);
            }
    }
    open_file* take_locked(u32 fd) REQUIRES(lock_);
    result<u32> replace(open_file& file, u32 to, bool close_on_exec);

    irq_spinlock lock_{"a files_struct"};
    table table_ GUARDED_BY(lock_){};
    u32 next_fd_ GUARDED_BY(lock_) = 0;
    atomic<u32> count_{1};
};

// Where a task's paths begin (Linux's fs_struct).
class fs_struct {
public:
    // In this directory, which is the root of all for the task. Null: no memory.
    static fs_struct* create(const path& root);
    void get() { count_.fetch_add(1, memory_order::relaxed); }
    void put();
    fs_struct* dup();

    // With references.
    path root();
    path pwd();
    void set_root(const path& place);  // takes over the references
    void set_pwd(const path& place);
    u32 umask() const { return umask_; }
    u32 set_umask(u32 mask) {
        const u32 before = umask_;
        umask_ = mask & S_IRWXUGO;
        return before;
    }

    explicit fs_struct(const path& root, const path& pwd, u32 umask)
        : root_(root), pwd_(pwd), umask_(umask) {}

private:
    void replace(path& mine, const path& place);

    irq_spinlock lock_{"an fs_struct"};
    path root_ GUARDED_BY(lock_), pwd_ GUARDED_BY(lock_);
    relaxed<u32> umask_;
    atomic<u32> count_{1};
};

[[nodiscard]] bool files_struct_init();
