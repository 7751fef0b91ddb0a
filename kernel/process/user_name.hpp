// A path that a program has passed, and where such a path begins for it.
#pragma once

#include "fs/vfs/files_struct.hpp"
#include "kernel/sched/task.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/vm/user_access.hpp"

// Its copy in the kernel. ENOENT: it is empty; ENAMETOOLONG, EFAULT, ENOMEM.
class user_name {
public:
    explicit user_name(user_ptr<const char> from)
        : text_(static_cast<char*>(kmalloc(PATH_MAX, GFP_KERNEL))) {
        if (!text_) {
            error_ = ENOMEM;
            return;
        }
        const auto length = strncpy_from_user(text_, from, PATH_MAX);
        if (!length)
            error_ = length.error();
        else if (*length == PATH_MAX)
            error_ = ENAMETOOLONG;
        else if (*length == 0)
            error_ = ENOENT;
        else
            length_ = *length;
    }
    ~user_name() { kfree(text_); }
    user_name(const user_name&) = delete;
    user_name& operator=(const user_name&) = delete;

    explicit operator bool() const { return error_ == 0; }
    int error() const { return error_; }
    const char* c_str() const { return text_; }
    std::string_view view() const { return {text_, length_}; }

private:
    char* text_;
    u32 length_ = 0;
    int error_ = 0;
};

// The current task's root and working directory, held.
class task_origin {
public:
    task_origin() {
        const task_struct& task = *current_task();
        origin_.root = task.fs->root();
        origin_.at = task.fs->pwd();
        origin_.who = task.cred;
        origin_.umask = task.fs->umask();
    }
    ~task_origin() {
        path_put(origin_.root);
        path_put(origin_.at);
    }
    task_origin(const task_origin&) = delete;
    task_origin& operator=(const task_origin&) = delete;
    const lookup_origin& operator*() const { return origin_; }

private:
    lookup_origin origin_{};
};
