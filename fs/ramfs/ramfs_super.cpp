#include "fs/ramfs/ramfs_inode.hpp"

#include "lib/parse.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

constinit object_cache<ramfs_super> supers("ramfs_super");

void put_super(super_block& sb) {
    ramfs_super& gone = of(sb);
    kassert(gone.pages.load() == 0 && gone.inodes.load() == 0,
            "ramfs I1: {} goes with {} pages and {} inodes", gone.s_type.name,
            gone.pages.load(), gone.inodes.load());
    supers.free(&gone);
}

void statfs(const super_block& sb, kstatfs& out) {
    const ramfs_super& super = of(sb);
    if (super.limits.pages != ramfs_limits::none) {
        out.blocks = super.limits.pages;
        out.bfree = out.bavail =
            super.limits.pages - super.pages.load(memory_order::relaxed);
    }
    if (super.limits.inodes != ramfs_limits::none) {
        out.files = super.limits.inodes;
        out.ffree = super.limits.inodes - super.inodes.load(memory_order::relaxed);
    }
}

void show_options(const super_block& sb, text_sink& out) {
    const ramfs_limits& limits = of(sb).limits;
    if (limits.pages != ramfs_limits::none)
        format_to(out, ",size={}k", u64{limits.pages} * (PAGE_SIZE / 1024));
    if (limits.inodes != ramfs_limits::none) format_to(out, ",nr_inodes={}", limits.inodes);
    if (limits.mode != 01777) format_to(out, ",mode={:o}", limits.mode);
}

constexpr super_operations operations = {.destroy_inode = destroy_ramfs_inode,
                                         .put_super = put_super,
                                         .statfs = statfs,
                                         .show_options = show_options};

result<super_block*> mount_with(const file_system_type& type, u32 magic,
                                const ramfs_limits& limits) {
    ramfs_super* const sb = supers.alloc(GFP_KERNEL, type, operations, magic, limits);
    if (!sb) return err{ENOMEM};
    const result<ramfs_inode*> top = new_ramfs_inode(*sb, S_IFDIR | limits.mode);
    if (!top) {
        supers.free(sb);
        return err{top.error()};
    }
    inode& root = **top;
    root.i_nlink = 2;
    root.i_uid = limits.uid;
    root.i_gid = limits.gid;
    sb->s_root = d_alloc_root(&root);
    if (sb->s_root) return sb;
    supers.free(sb);
    return err{ENOMEM};
}

result<super_block*> mount_ramfs(const file_system_type& type, std::string_view options) {
    ramfs_limits limits{.mode = 0755};
    if (!parse_ramfs_options(options, limits)) return err{EINVAL};
    limits.pages = limits.inodes = ramfs_limits::none;
    return mount_with(type, RAMFS_MAGIC, limits);
}

// ---- options ----------------------------------------------------------------------------

std::optional<u32> parse_octal(std::string_view text) {
    u32 number = 0;
    if (text.empty() || text.size() > 6) return {};
    for (const char c : text) {
        if (c < '0' || c > '7') return {};
        number = number << 3 | static_cast<u32>(c - '0');
    }
    return number;
}

// 0 is no limit, as for Linux.
u32 limit_of(u64 wanted) {
    return wanted == 0 || wanted >= ramfs_limits::none ? ramfs_limits::none
                                                       : static_cast<u32>(wanted);
}

bool parse_option(std::string_view name, std::string_view value, ramfs_limits& limits) {
    if (name == "mode") {
        const std::optional<u32> mode = parse_octal(value);
        if (mode) limits.mode = *mode & S_IALLUGO;
        return mode.has_value();
    }
    if (name == "size" && value.ends_with('%')) {
        const std::optional<u64> percent = parse_number(value.substr(0, value.size() - 1));
        if (!percent || *percent > 1000) return false;
        limits.pages =
            limit_of(*percent * the_page_allocator().managed_pages() / 100);
        return true;
    }
    const std::optional<u64> number = parse_size(value);
    if (!number) return false;
    if (name == "size")
        limits.pages = limit_of((*number >> PAGE_SHIFT) + (*number % PAGE_SIZE != 0));
    else if (name == "nr_blocks") limits.pages = limit_of(*number);
    else if (name == "nr_inodes") limits.inodes = limit_of(*number);
    else if (name == "uid") limits.uid = static_cast<u32>(*number);
    else if (name == "gid") limits.gid = static_cast<u32>(*number);
    else return false;
    return true;
}

}  // namespace

bool parse_ramfs_options(std::string_view options, ramfs_limits& limits) {
    while (!options.empty()) {
        const size_t comma = options.find(',');
        const std::string_view option = options.substr(0, comma);
        options = comma == options.npos ? std::string_view{} : options.substr(comma + 1);
        if (option.empty()) continue;
        const size_t equals = option.find('=');
        if (equals == option.npos) return false;
        if (!parse_option(option.substr(0, equals), option.substr(equals + 1), limits))
            return false;
    }
    return true;
}

result<super_block*> mount_tmpfs(const file_system_type& type, std::string_view options) {
    const u32 half = the_page_allocator().managed_pages() / 2;
    ramfs_limits limits{.pages = half, .inodes = half};
    if (!parse_ramfs_options(options, limits)) return err{EINVAL};
    return mount_with(type, TMPFS_MAGIC, limits);
}

bool ramfs_init() { return ramfs_inode_init() && supers.init(); }

REGISTER(file_system_type, ramfs_type) = {.name = "ramfs", .mount = mount_ramfs};
REGISTER(file_system_type, tmpfs_type) = {.name = "tmpfs", .mount = mount_tmpfs};
