// A directory is a file of names and inode numbers: getdents64() reads it, and stat() tells
// what an inode says of itself. The names come in no order; they are sorted here.
#include "user/lib/calls.hpp"
#include "user/lib/heap.hpp"
#include "user/lib/program.hpp"

namespace {

struct name_list {
    char** names = nullptr;
    u32 count = 0, room = 0;

    bool add(std::string_view name) {
        if (count == room) {
            const u32 wanted = room ? 2 * room : 64;
            char** const more = static_cast<char**>(malloc(wanted * sizeof(char*)));
            if (!more) return false;
            for (u32 i = 0; i < count; i++) more[i] = names[i];
            free(names);
            names = more;
            room = wanted;
        }
        char* const copy = static_cast<char*>(malloc(name.size() + 1));
        if (!copy) return false;
        for (size_t i = 0; i < name.size(); i++) copy[i] = name[i];
        copy[name.size()] = 0;
        names[count++] = copy;
        return true;
    }
    void sort() {
        for (u32 i = 1; i < count; i++)
            for (u32 j = i; j > 0 && std::string_view(names[j]) < names[j - 1]; j--) {
                char* const other = names[j];
                names[j] = names[j - 1];
                names[j - 1] = other;
            }
    }
};

struct options {
    bool all = false, details = false;
};

char kind_letter(u32 mode) {
    switch (mode & S_IFMT) {
    case S_IFDIR: return 'd';
    case S_IFCHR: return 'c';
    case S_IFBLK: return 'b';
    case S_IFLNK: return 'l';
    case S_IFIFO: return 'p';
    case S_IFSOCK: return 's';
    default: return '-';
    }
}

void print_details(const struct stat64& it) {
    char letters[] = "?rwxrwxrwx";
    letters[0] = kind_letter(it.mode);
    for (u32 i = 0; i < 9; i++)
        if (!(it.mode & 0400 >> i)) letters[i + 1] = '-';
    print("{} {:>3} {:>4} {:>4} ", letters, u32(it.nlink), u32(it.uid), u32(it.gid));
    const u32 device = u32(it.rdev);
    char numbers[24];
    if ((it.mode & S_IFMT) == S_IFCHR || (it.mode & S_IFMT) == S_IFBLK)
        print("{:>10} ", format_in(numbers, "{}, {}", device >> 8 & 0xfff,
                                   (device & 0xff) | (device >> 12 & 0xfff00)));
    else
        print("{:>10} ", s64(it.size));
}

int show(const char* path, std::string_view name, options how) {
    if (!how.details) return print("{}\n", name), 0;
    struct stat64 it;
    if (const int error = lstat(path, &it); error < 0)
        return complain("ls", path, error), 1;
    print_details(it);
    char target[256];
    const int length = system_call(call_number::readlink, path, target, sizeof target);
    if (length < 0)
        print("{}\n", name);
    else
        print("{} -> {}\n", name, std::string_view{target, size_t(length)});
    return 0;
}

int read_names(int fd, name_list& names, bool all) {
    alignas(8) char buffer[4096];
    for (;;) {
        const int got = getdents(fd, buffer, sizeof buffer);
        if (got <= 0) return got;
        for (int place = 0; place < got;) {
            const dirent64* const entry = reinterpret_cast<dirent64*>(buffer + place);
            place += entry->reclen;
            if (!all && entry->name[0] == '.') continue;
            if (!names.add(entry->name)) return -ENOMEM;
        }
    }
}

int list(const char* path, options how) {
    const int fd = open(path, O_RDONLY | O_DIRECTORY);
    if (fd == -ENOTDIR) return show(path, path, how);
    name_list names;
    const int error = fd < 0 ? fd : read_names(fd, names, how.all);
    if (fd >= 0) close(fd);
    if (error < 0) return complain("ls", path, error), 1;
    names.sort();
    int status = 0;
    for (u32 i = 0; i < names.count; i++) {
        char whole[1024];
        format_in(whole, "{}/{}", path, names.names[i]);
        status |= show(whole, names.names[i], how);
    }
    return status;
}

}  // namespace

PROGRAM(ls, "[-a] [-l] [PATH]...", "names in directories; -l: what the inodes say") {
    options how;
    for (;;) {
        if (args.take("-a"))
            how.all = true;
        else if (args.take("-l"))
            how.details = true;
        else if (args.take("-la") || args.take("-al"))
            how.all = how.details = true;
        else
            break;
    }
    if (args.count == 0) return list(".", how);
    int status = 0;
    for (int i = 0; i < args.count; i++) {
        if (args.count > 1) print("{}{}:\n", i ? "\n" : "", args[i]);
        status |= list(args[i], how);
    }
    return status;
}
