// Makes the files that an archive tells of.
#pragma once

#include "fs/unpack/cpio.hpp"
#include "fs/vfs/open_file.hpp"
#include "lib/list.hpp"

class archive_writer final : public cpio_visitor {
public:
    explicit archive_writer(const path& root) { from_.root = from_.at = root; }
    ~archive_writer();
    archive_writer(const archive_writer&) = delete;
    archive_writer& operator=(const archive_writer&) = delete;

    u32 entries() const { return entries_; }

    result<> begin(const cpio_entry& entry) override;
    result<> data(byte_span bytes) override;
    result<> end() override;
    void end_of_archive() override;

private:
    // An inode number of the archive, and the file that it became.
    struct known_file {
        path where;
        u32 ino, dev_major, dev_minor;
        list_head link;
    };
    // A directory that gets its time later.
    struct stamped_directory {
        path where;
        u32 mtime;
        list_head link;
    };

    known_file* find(const cpio_entry& entry);
    result<> remember_file(const cpio_entry& entry, const path& where);
    result<> remember_directory(const path& where, u32 mtime);
    void forget_all();

    result<> make_way(std::string_view name, u32 mode);
    result<> begin_file(const cpio_entry& entry);
    result<> make_other(const cpio_entry& entry);
    result<> set_attributes(std::string_view name, const cpio_entry& entry);

    lookup_origin from_{};
    cpio_entry entry_{};
    open_file* open_ = nullptr;  // the file whose contents come
    u32 target_length_ = 0;
    char target_[cpio_reader::longest_name];
    list<known_file, &known_file::link> files_;
    list<stamped_directory, &stamped_directory::link> directories_;
    u32 entries_ = 0;
};
