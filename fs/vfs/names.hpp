// What can be done to names: each call walks its path, checks in Linux's order, and asks
// the file system. Names are kernel memory without a zero byte; modes are as programs give
// them, before umask.
#pragma once

#include "fs/vfs/namei.hpp"

result<> do_mknod(const lookup_origin& from, std::string_view name, u32 mode, u32 device);
result<> do_mkdir(const lookup_origin& from, std::string_view name, u32 mode);
result<> do_symlink(const lookup_origin& from, std::string_view target,
                    std::string_view name);
// `flags`: AT_SYMLINK_FOLLOW.
result<> do_link(const lookup_origin& old_from, std::string_view old_name,
                 const lookup_origin& new_from, std::string_view new_name, u32 flags);
// Another name for what is at a place.
result<> link_place(const path& old, const lookup_origin& new_from,
                    std::string_view new_name);
result<> do_unlink(const lookup_origin& from, std::string_view name);
result<> do_rmdir(const lookup_origin& from, std::string_view name);
// `flags`: RENAME_NOREPLACE or RENAME_EXCHANGE.
result<> do_rename(const lookup_origin& old_from, std::string_view old_name,
                   const lookup_origin& new_from, std::string_view new_name, u32 flags);
// The link's text into the sink; EINVAL: it is no link.
result<> do_readlink(const lookup_origin& from, std::string_view name, text_sink& out);
result<> read_link(inode& inode, text_sink& out);

// ---- below names ------------------------------------------------------------------------
// Both with i_mutex of the directory held. May this name be made, or taken away, here?
result<> may_create(const inode& dir, const dentry& name, const cred& who);
result<> may_delete(const inode& dir, const dentry& victim, bool is_dir, const cred& who);
