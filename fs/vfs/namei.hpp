// From paths to places, and what can be done to names (Linux's namei).
//
//     origin.root ----+          +---- origin.at
//                     v          v
//     "/bin/../etc/passwd"      "link/x"
//       |   |   |    |             |
//       |   |   |    last          a symbolic link in the middle: its text is walked first,
//       |   |   `- parent          from the directory that it stands in
//       |   `- up, through mounts, never above origin.root
//       `- each directory on the way must allow MAY_EXEC
//
// I1: at most 40 symbolic links in one walk, those in links counted: ELOOP.
// I2: what a walk stands on, it holds a reference to; a failed walk holds nothing.
//
// The errno values are Linux's, in the order in which Linux would find them.
#pragma once

#include "fs/vfs/mount.hpp"

// Where a path begins, and who walks it. Nothing in here is counted: the caller keeps it.
struct lookup_origin {
    path root;  // of "/..."
    path at;    // of anything else: the working directory, or that of an ...at() call
    cred who{};
    u32 umask = 0;
};

inline constexpr u32 LOOKUP_FOLLOW = 1;     // a symbolic link at the end is followed
inline constexpr u32 LOOKUP_DIRECTORY = 2;  // ENOTDIR if the end is none
inline constexpr u32 MAXSYMLINKS = 40;

// What is there, with a reference. ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, ENOMEM.
result<path> path_lookup(const lookup_origin& from, std::string_view name, u32 flags);

// ---- a walk that ends before the last name ----------------------------------------------

class path_walk {
public:
    explicit path_walk(const lookup_origin& from) : from_(from) {}
    ~path_walk();
    path_walk(const path_walk&) = delete;
    path_walk& operator=(const path_walk&) = delete;

    // What the last name is: LAST_NORM a name, the others what they say ("/" alone).
    enum last_kind : u8 { LAST_NORM, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

    // To the directory that the last name stands in.
    result<> to_parent(std::string_view name);
    last_kind kind() const { return kind_; }
    std::string_view last() const { return last_; }
    // There was a slash behind it: it must be a directory.
    bool slashes() const { return slashes_; }

    const path& at() const { return at_; }
    inode& dir() const { return at_.inode(); }

    // The last name of kind LAST_NORM, in the cache from now on, negative perhaps, with a
    // reference. The second with i_mutex of the directory held by the caller.
    result<dentry*> lookup_last();
    result<dentry*> lookup_last_locked();
    // On to the last one, mounts included, which takes over the reference; or to where "."
    // or ".." leads.
    void step_to(dentry* last);
    void step_to_special();
    // The last name is a symbolic link, whose reference is taken over: on to the parent of
    // the last name in its text. True: it led to the end at once, as those of /proc do.
    result<bool> follow_last(dentry* link);
    // The end of the walk: what it stands on is the caller's.
    path release();

private:
    struct saved_rest {
        std::string_view rest;
        path link;  // whose text is being walked meanwhile
    };

    result<> walk_names();
    result<> step(std::string_view name);
    result<bool> push_link(dentry* link, std::string_view rest);
    void pop_link();
    void go_up();
    void go_to(const path& place);
    bool more_follows() const;

    const lookup_origin& from_;
    path at_{};
    std::string_view rest_, last_;
    last_kind kind_ = LAST_ROOT;
    bool slashes_ = false;
    u32 links_ = 0;  // in all (I1)
    u32 depth_ = 0;  // of them, whose text or what comes behind is still to be walked
    saved_rest saved_[MAXSYMLINKS];
};
