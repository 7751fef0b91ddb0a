// Files in memory that never had a name: memfd_create().
#pragma once

#include "fs/vfs/open_file.hpp"

// Open for reading and writing; "/memfd:NAME (deleted)" is what it is called. ENOMEM.
result<open_file*> open_memfd(std::string_view name, const cred& who);

[[nodiscard]] bool memfd_init();
