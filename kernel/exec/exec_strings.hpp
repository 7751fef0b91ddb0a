// argv and envp, wherever they are: in the memory of the program that calls execve(), or in
// the kernel, which starts init.
#pragma once

#include "lib/result.hpp"
#include "mm/vm/user_access.hpp"

#include <span>

// The longest string, with its zero.
inline constexpr u32 MAX_ARG_STRLEN = 128 * KiB;

class exec_strings {
public:
    // How many. EFAULT.
    virtual result<u32> count() const = 0;
    // With its zero; more than MAX_ARG_STRLEN, if it is longer than that. EFAULT.
    virtual result<u32> bytes(u32 index) const = 0;
    // A part of it. EFAULT.
    virtual result<> copy(void* to, u32 index, u32 offset, u32 bytes) const = 0;

protected:
    ~exec_strings() = default;
};

class kernel_strings final : public exec_strings {
public:
    explicit kernel_strings(std::span<const char* const> strings) : strings_(strings) {}

    result<u32> count() const override;
    result<u32> bytes(u32 index) const override;
    result<> copy(void* to, u32 index, u32 offset, u32 bytes) const override;

private:
    const std::span<const char* const> strings_;
};

// Pointers in the current space, a null behind the last. Another task of it may change all
// of that while it is read: what was read is what counts.
class user_strings final : public exec_strings {
public:
    explicit user_strings(user_ptr<const u32> pointers) : pointers_(pointers) {}

    result<u32> count() const override;
    result<u32> bytes(u32 index) const override;
    result<> copy(void* to, u32 index, u32 offset, u32 bytes) const override;

private:
    result<u32> string(u32 index) const;

    const user_ptr<const u32> pointers_;  // null: there are none
};
