// What a file of /proc says when it is read, and does when it is written.
#include "fs/proc/page_text.hpp"
#include "fs/proc/proc_inode.hpp"
#include "lib/sync/mutex.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

// Of an open file: its text, since it was read from the beginning.
struct shown_text {
    mutex lock{"a file of /proc"};
    page_text text GUARDED_BY(lock);
    bool made GUARDED_BY(lock) = false;

    void forget() REQUIRES(lock) {
        text.clear();
        made = false;
    }
};
constinit object_cache<shown_text> texts("proc_text");

result<> show_info(text_sink& out, task_struct& task, u32 fd) {
    const result<proc_descriptor> open = proc_describe(task, fd);
    if (!open) return err{open.error()};
    format_to(out, "pos:\t{}\nflags:\t0{:o}\nmnt_id:\t{}\n", open->pos, open->flags,
              open->where.mnt->mnt_id);
    path_put(open->where);
    return {};
}

// The task of a file, if it is there and one may look at it.
class looked_at_task {
public:
    explicit looked_at_task(const proc_inode& inode) : task_(proc_get_task(inode.tid)) {
        if (!task_) error_ = ESRCH;
        else if ((!inode.entry || inode.entry->guarded) && !proc_may_look(*task_))
            error_ = EACCES;
    }
    ~looked_at_task() {
        if (task_) proc_put_task(*task_);
    }
    looked_at_task(const looked_at_task&) = delete;
    looked_at_task& operator=(const looked_at_task&) = delete;

    int error() const { return error_; }
    task_struct& operator*() const { return *task_; }

private:
    task_struct* task_;
    int error_ = 0;
};

result<> make_text(const proc_inode& inode, text_sink& out) {
    if (inode.kind == proc_kind::file) {
        if (!inode.file->show) return err{EINVAL};
        inode.file->show(out);
        return {};
    }
    const looked_at_task task(inode);
    if (task.error()) return err{task.error()};
    if (inode.kind == proc_kind::info) return show_info(out, *task, inode.fd);
    if (!inode.entry->show) return err{EINVAL};
    return inode.entry->show(out, *task);
}

result<> open_text(inode& inode, open_file& file) {
    if (of(inode).kind != proc_kind::file) {
        const looked_at_task task(of(inode));
        if (task.error()) return err{task.error()};
    }
    file.private_data = texts.alloc(GFP_KERNEL);
    if (!file.private_data) return err{ENOMEM};
    return {};
}

void release_text(open_file& file) { texts.free(static_cast<shown_text*>(file.private_data)); }

result<size_t> read_text(open_file& file, iov_iter& to, u64& pos) {
    const proc_inode& inode = of(*file.f_inode);
    if (inode.entry && inode.entry->read) {
        const looked_at_task task(inode);
        if (task.error()) return err{task.error()};
        return inode.entry->read(*task, to, pos);
    }
    shown_text& shown = *static_cast<shown_text*>(file.private_data);
    const lock_guard held(shown.lock);
    if (pos == 0 || !shown.made) {
        shown.forget();
        result<> told = make_text(inode, shown.text);
        if (told && shown.text.truncated()) told = err{ENOMEM};
        if (!told) {
            shown.forget();
            return err{told.error()};
        }
        shown.made = true;
    }
    return shown.text.read(to, pos);
}

result<> store_text(const proc_inode& inode, std::string_view text) {
    if (inode.kind == proc_kind::file)
        return inode.file->store ? inode.file->store(text) : result<>(err{EACCES});
    if (!inode.entry || !inode.entry->store) return err{EACCES};
    const looked_at_task task(inode);
    if (task.error()) return err{task.error()};
    return inode.entry->store(*task, text);
}

result<size_t> write_text(open_file& file, iov_iter& from, u64& pos) {
    char bytes[128];
    const size_t size = from.count();
    if (size > sizeof bytes) return err{EINVAL};
    if (from.copy_from(bytes, size) < size) return err{EFAULT};
    std::string_view text(bytes, size);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.remove_suffix(1);
    if (const result<> stored = store_text(of(*file.f_inode), text); !stored)
        return err{stored.error()};
    pos += size;
    return size;
}

result<u64> llseek(open_file& file, s64 offset, int whence) {
    return generic_llseek(file, offset, whence, ~u64{0} >> 1);
}

// ---- inodes -----------------------------------------------------------------------------

// Opening to write anew changes nothing: there is no old text to throw away.
result<> stay_as_it_is(inode&, u64) { return {}; }

result<path> follow(inode& link) {
    const proc_inode& inode = of(link);
    task_struct* const task = proc_get_task(inode.tid);
    if (!task) return err{ENOENT};
    result<path> led = err{EACCES};
    if (proc_may_look(*task)) {
        if (inode.entry) {
            led = inode.entry->follow(*task);
        } else if (const result<proc_descriptor> open = proc_describe(*task, inode.fd)) {
            led = open->where;
        } else {
            led = err{ENOENT};
        }
    }
    proc_put_task(*task);
    return led;
}

// The root that such paths are told from is that of all.
result<> readlink(inode& link, text_sink& out) {
    const result<path> led = follow(link);
    if (!led) return err{led.error()};
    const held_path where(*led);
    char* const buffer = static_cast<char*>(kmalloc(PATH_MAX, GFP_KERNEL));
    if (!buffer) return err{ENOMEM};
    const result<std::string_view> text = d_path(*where, {}, buffer, PATH_MAX);
    if (text) out.write(*text);
    kfree(buffer);
    if (!text) return err{text.error()};
    return {};
}

constexpr inode_operations text_inode_operations = {.truncate = stay_as_it_is};
constexpr inode_operations text_link_operations = {};
constexpr inode_operations jumping_link_operations = {.readlink = readlink, .follow = follow};

constinit object_cache<proc_inode> inodes("proc_inode_cache");

// ---- the file system --------------------------------------------------------------------

constinit object_cache<super_block> supers("proc_super");

constexpr super_operations operations = {
    .destroy_inode = [](inode& gone) { inodes.free(&of(gone)); },
    .put_super = [](super_block& sb) { supers.free(&sb); },
};

constexpr u32 PROC_SUPER_MAGIC = 0x9fa0;

result<super_block*> mount_proc(const file_system_type& type, std::string_view) {
    super_block* const sb = supers.alloc(GFP_KERNEL, type, operations, PROC_SUPER_MAGIC);
    if (!sb) return err{ENOMEM};
    const result<proc_inode*> root = new_proc_inode(*sb, S_IFDIR | 0555, proc_kind::folder);
    if (root) {
        (*root)->i_ino = 1;
        sb->s_root = d_alloc_root(*root);
        if (sb->s_root) return sb;
    }
    supers.free(sb);
    return err{ENOMEM};
}

}  // namespace

proc_inode::proc_inode(super_block& sb, u32 mode, proc_kind what) : inode(sb, mode), kind(what) {
    if (is_dir()) {
        i_op = &proc_dir_inode_operations;
        i_fop = &proc_dir_operations;
        i_nlink = 2;
    } else if (is_link()) {
        const bool has_text = what == proc_kind::self || what == proc_kind::mounts;
        i_op = has_text ? &text_link_operations : &jumping_link_operations;
    } else {
        i_op = &text_inode_operations;
        i_fop = &proc_text_operations;
    }
}

result<proc_inode*> new_proc_inode(super_block& sb, u32 mode, proc_kind kind) {
    proc_inode* const made = inodes.alloc(GFP_KERNEL, sb, mode, kind);
    if (!made) return err{ENOMEM};
    return made;
}

constinit const open_file_operations proc_text_operations = {.open = open_text,
                                                             .release = release_text,
                                                             .read = read_text,
                                                             .write = write_text,
                                                             .llseek = llseek};

bool proc_init() { return texts.init() && inodes.init() && supers.init(); }

REGISTER(file_system_type, proc_file_system) = {.name = "proc", .mount = mount_proc};
