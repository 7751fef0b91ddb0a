// /dev/null, /dev/zero and /dev/full.
#include "fs/vfs/char_device.hpp"

namespace {

result<size_t> read_nothing(open_file&, iov_iter&, u64&) { return size_t{0}; }

result<size_t> read_zeroes(open_file&, iov_iter& to, u64&) {
    const size_t done = to.zero(to.count());
    if (done == 0) return err{EFAULT};
    return done;
}

result<size_t> write_nowhere(open_file&, iov_iter& from, u64&) { return from.count(); }
result<size_t> no_space(open_file&, iov_iter&, u64&) { return err{ENOSPC}; }

// All of it is at its beginning.
result<u64> stay(open_file& file, s64, int) { return file.f_pos = 0; }

constexpr open_file_operations null_operations = {
    .read = read_nothing, .write = write_nowhere, .llseek = stay};
constexpr open_file_operations zero_operations = {
    .read = read_zeroes, .write = write_nowhere, .llseek = stay, .maps_zeroes = true};
constexpr open_file_operations full_operations = {
    .read = read_zeroes, .write = no_space, .llseek = stay};

}  // namespace

REGISTER(char_device, null_device) = {
    .name = "null", .device = MKDEV(1, 3), .mode = 0666, .operations = &null_operations};
REGISTER(char_device, zero_device) = {
    .name = "zero", .device = MKDEV(1, 5), .mode = 0666, .operations = &zero_operations};
REGISTER(char_device, full_device) = {
    .name = "full", .device = MKDEV(1, 7), .mode = 0666, .operations = &full_operations};
