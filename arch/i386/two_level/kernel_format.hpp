// The kernel's own format, found by include path: two levels.
#pragma once

#include "arch/i386/paging/two_level.hpp"

using kernel_format = two_level;
