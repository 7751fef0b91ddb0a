// Which names there are below a folder of /proc, and what each stands for.
#include "fs/proc/proc_inode.hpp"
#include "lib/string.hpp"

namespace {

constexpr std::string_view self_names[] = {"self", "thread-self"};

void write_self_text(std::string_view name, char (&text)[32]) {
    text_buffer<sizeof text - 1> out;
    const proc_task_facts me = proc_self();
    if (name == "self") format_to(out, "{}", me.tgid);
    else format_to(out, "{}/task/{}", me.tgid, me.tid);
    memset(text, 0, sizeof text);
    memcpy(text, out.view().data(), out.view().size());
}

// ---- lookup -----------------------------------------------------------------------------

result<> found(dentry& name, const result<proc_inode*>& made) {
    if (!made) return err{made.error()};
    d_instantiate(name, **made);
    return {};
}

// Numbers that tell what it is (I2): the entry's above the task's.
void number(proc_inode& inode, u32 entry) { inode.i_ino = (inode.tid << 12 | (entry + 16)); }

result<> lookup_registered(const proc_inode& dir, dentry& name) {
    for (const proc_file* const file : registered<proc_file>()) {
        const auto below = name_below(dir.prefix, *file);
        if (!below || below->name != name.d_name.view()) continue;
        const u32 mode = below->is_folder ? S_IFDIR | 0555 : S_IFREG | file->mode;
        const auto made = new_proc_inode(*dir.i_sb, mode,
                                         below->is_folder ? proc_kind::folder : proc_kind::file);
        if (!made) return err{made.error()};
        (*made)->file = file;
        const std::string_view whole = file->path;
        const char* const end = below->name.data() + below->name.size();
        (*made)->prefix = whole.substr(0, static_cast<size_t>(end - whole.data()));
        return found(name, made);
    }
    return {};
}

result<> make_link(const proc_inode& dir, dentry& name, proc_kind kind) {
    const auto made = new_proc_inode(*dir.i_sb, S_IFLNK | 0777, kind);
    if (!made) return err{made.error()};
    if (kind == proc_kind::mounts) memcpy((*made)->text, "self/mounts", 12);
    else write_self_text(name.d_name.view(), (*made)->text);
    (*made)->i_link = (*made)->text;
    return found(name, made);
}

// Of the folder of a task, or something in it.
result<> make_of_task(const proc_inode& dir, dentry& name, const task_struct& task, u32 mode,
                      proc_kind kind, u32 entry, const proc_task_file* file = nullptr,
                      u32 fd = 0) {
    const auto made = new_proc_inode(*dir.i_sb, mode, kind);
    if (!made) return err{made.error()};
    proc_inode& inode = **made;
    const proc_task_facts facts = proc_facts(task);
    inode.tid = facts.tid;
    inode.is_thread = dir.kind == proc_kind::threads || dir.is_thread;
    inode.entry = file;
    inode.fd = fd;
    inode.i_uid = facts.owner.uid;
    inode.i_gid = facts.owner.gid;
    number(inode, entry);
    return found(name, made);
}

result<> lookup_entry(const proc_inode& dir, dentry& name, task_struct& task) {
    const std::string_view wanted = name.d_name.view();
    if (wanted == "task" && !dir.is_thread)
        return make_of_task(dir, name, task, S_IFDIR | 0555, proc_kind::threads, 1);
    if (wanted == "fd")
        return make_of_task(dir, name, task, S_IFDIR | 0500, proc_kind::descriptors, 2);
    if (wanted == "fdinfo")
        return make_of_task(dir, name, task, S_IFDIR | 0500, proc_kind::infos, 3);
    u32 index = 4;
    for (const proc_task_file* const file : registered<proc_task_file>()) {
        ++index;
        if (wanted != file->name) continue;
        const u32 mode = file->follow ? S_IFLNK | 0777 : S_IFREG | file->mode;
        return make_of_task(dir, name, task, mode, proc_kind::task_entry, index, file);
    }
    return {};
}

result<> lookup_descriptor(const proc_inode& dir, dentry& name, task_struct& task, u32 fd) {
    const result<proc_descriptor> open = proc_describe(task, fd);
    if (!open) return {};
    path_put(open->where);
    if (dir.kind == proc_kind::infos)
        return make_of_task(dir, name, task, S_IFREG | 0400, proc_kind::info, 2048 + fd, nullptr,
                            fd);
    const u32 mode = (open->f_mode & FMODE_READ ? 0500 : 0) |
                     (open->f_mode & FMODE_WRITE ? 0300 : 0);
    return make_of_task(dir, name, task, S_IFLNK | mode, proc_kind::descriptor, 1024 + fd,
                        nullptr, fd);
}

// While it is looked at.
class held_task {
public:
    explicit held_task(u32 tid) : task_(proc_get_task(tid)) {}
    ~held_task() {
        if (task_) proc_put_task(*task_);
    }
    held_task(const held_task&) = delete;
    held_task& operator=(const held_task&) = delete;
    explicit operator bool() const { return task_; }
    task_struct& operator*() const { return *task_; }

private:
    task_struct* task_;
};

bool belongs_to(const task_struct& task, u32 tgid) { return proc_facts(task).tgid == tgid; }

result<> lookup(inode& where, dentry& name) {
    const proc_inode& dir = of(where);
    const std::optional<u32> number = parse_task_number(name.d_name.view());
    if (dir.kind == proc_kind::folder) {
        if (const result<> looked = lookup_registered(dir, name); !looked || name.d_inode)
            return looked;
        if (!dir.prefix.empty()) return {};
        for (const std::string_view self : self_names)
            if (name.d_name.view() == self) return make_link(dir, name, proc_kind::self);
        if (name.d_name.view() == "mounts") return make_link(dir, name, proc_kind::mounts);
        if (!number) return {};
        const held_task task(*number);
        if (!task) return {};
        return make_of_task(dir, name, *task, S_IFDIR | 0555, proc_kind::task_folder, 0);
    }
    const held_task owner(dir.tid);
    if (!owner) return {};
    switch (dir.kind) {
        case proc_kind::task_folder: return lookup_entry(dir, name, *owner);
        case proc_kind::threads: {
            if (!number) return {};
            const held_task thread(*number);
            if (!thread || !belongs_to(*thread, dir.tid)) return {};
            return make_of_task(dir, name, *thread, S_IFDIR | 0555, proc_kind::task_folder, 0);
        }
        case proc_kind::descriptors:
        case proc_kind::infos:
            if (!number || !proc_may_look(*owner)) return {};
            return lookup_descriptor(dir, name, *owner, *number);
        default: return {};
    }
}

// Registered names last; of tasks nothing does.
bool still_holds(inode&, const dentry& name) {
    if (name.is_negative()) return false;
    proc_inode& inode = of(*name.d_inode);
    switch (inode.kind) {
        case proc_kind::folder:
        case proc_kind::file:
        case proc_kind::mounts: return true;
        case proc_kind::self: {
            char now[sizeof inode.text];
            write_self_text(name.d_name.view(), now);
            return memcmp(now, inode.text, sizeof now) == 0;
        }
        case proc_kind::descriptor:
        case proc_kind::info: return false;
        default: break;
    }
    const held_task task(inode.tid);
    if (!task) return false;
    const cred owner = proc_facts(*task).owner;
    return inode.i_uid == owner.uid && inode.i_gid == owner.gid;
}

// ---- listing ----------------------------------------------------------------------------
// f_pos: 0 and 1 the dots, then names by their places, and tasks or descriptors by number
// behind these.

constexpr u64 first_number = 4096;

class lister {
public:
    lister(open_file& dir, dir_context& context)
        : dir_(dir), self_(of(*dir.f_inode)), context_(context) {}

    void list() {
        if (!dots()) return;
        switch (self_.kind) {
            case proc_kind::folder:
                if (registered_names() && self_.prefix.empty() && links()) numbers();
                return;
            case proc_kind::task_folder: entries(); return;
            default: numbers(); return;
        }
    }

private:
    // Its turn has not come yet, or is over: true; else whether there was room.
    bool emit(u64 place, std::string_view name, u32 kind) {
        if (dir_.f_pos > place) return true;
        if (!context_.emit(name, place + 1, static_cast<u32>(place) + 1, dt_type(kind)))
            return false;
        dir_.f_pos = place + 1;
        return true;
    }
    bool dots() { return emit(0, ".", S_IFDIR) && emit(1, "..", S_IFDIR); }

    bool registered_names() {
        u64 place = 2;
        const auto files = registered<proc_file>();
        for (size_t i = 0; i < files.size(); ++i, ++place) {
            const auto below = name_below(self_.prefix, *files[i]);
            if (!below || was_before(files, i, below->name)) continue;
            if (!emit(place, below->name, below->is_folder ? S_IFDIR : S_IFREG)) return false;
        }
        return true;
    }
    bool was_before(std::span<const proc_file* const> files, size_t end, std::string_view name) {
        for (size_t i = 0; i < end; ++i) {
            const auto other = name_below(self_.prefix, *files[i]);
            if (other && other->name == name) return true;
        }
        return false;
    }
    bool links() {
        return emit(1000, "self", S_IFLNK) && emit(1001, "thread-self", S_IFLNK) &&
               emit(1002, "mounts", S_IFLNK);
    }
    void entries() {
        u64 place = 2;
        if (!self_.is_thread && !emit(place, "task", S_IFDIR)) return;
        if (!emit(++place, "fd", S_IFDIR) || !emit(++place, "fdinfo", S_IFDIR)) return;
        for (const proc_task_file* const file : registered<proc_task_file>())
            if (!emit(++place, file->name, file->follow ? S_IFLNK : S_IFREG)) return;
    }

    // The next task or descriptor from `from` on.
    std::optional<u32> next(u32 from, task_struct* owner) {
        u32 number = 0;
        switch (self_.kind) {
            case proc_kind::folder: number = proc_next_program(from); break;
            case proc_kind::threads: number = proc_next_thread(self_.tid, from); break;
            default: {
                const result<u32> fd = proc_next_descriptor(*owner, from);
                if (!fd) return {};
                return *fd;
            }
        }
        if (number == 0) return {};
        return number;
    }
    void numbers() {
        const held_task owner(self_.tid);
        const bool is_root = self_.kind == proc_kind::folder;
        if (!is_root && !owner) return;
        if (dir_.f_pos < first_number) dir_.f_pos = first_number;
        while (dir_.f_pos < first_number + ~u32{0}) {
            const u32 from = static_cast<u32>(dir_.f_pos - first_number);
            const std::optional<u32> number = next(from, is_root ? nullptr : &*owner);
            if (!number) return;
            text_buffer<12> name;
            format_to(name, "{}", *number);
            const bool is_link = self_.kind == proc_kind::descriptors;
            const bool is_file = self_.kind == proc_kind::infos;
            dir_.f_pos = first_number + *number;
            if (!emit(dir_.f_pos, name.view(), is_link ? S_IFLNK : is_file ? S_IFREG : S_IFDIR))
                return;
        }
    }

    open_file& dir_;
    const proc_inode& self_;
    dir_context& context_;
};

result<> iterate(open_file& dir, dir_context& context) {
    const proc_inode& self = of(*dir.f_inode);
    if (self.kind == proc_kind::descriptors || self.kind == proc_kind::infos) {
        const held_task owner(self.tid);
        if (!owner) return err{ENOENT};
        if (!proc_may_look(*owner)) return err{EACCES};
    }
    lister(dir, context).list();
    return {};
}

}  // namespace

std::optional<proc_name> name_below(std::string_view folder, const proc_file& file) {
    std::string_view path = file.path;
    if (!folder.empty()) {
        if (!path.starts_with(folder) || path.size() <= folder.size() ||
            path[folder.size()] != '/')
            return {};
        path.remove_prefix(folder.size() + 1);
    }
    const size_t slash = path.find('/');
    return proc_name{path.substr(0, slash), slash != std::string_view::npos};
}

// As Linux has it: digits, and no zero before them.
std::optional<u32> parse_task_number(std::string_view name) {
    if (name.empty() || name.size() > 9 || (name[0] == '0' && name.size() > 1)) return {};
    u32 number = 0;
    for (const char c : name) {
        if (c < '0' || c > '9') return {};
        number = number * 10 + static_cast<u32>(c - '0');
    }
    return number;
}

constinit const inode_operations proc_dir_inode_operations = {.lookup = lookup,
                                                              .revalidate = still_holds};
constinit const open_file_operations proc_dir_operations = {.llseek = dcache_dir_llseek,
                                                            .iterate = iterate};
