// The kernel's own format, found by include path: PAE.
#pragma once

#include "arch/i386/paging/pae.hpp"

using kernel_format = pae;
