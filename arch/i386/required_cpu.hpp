// Returns only on a CPU that can execute this kernel's code. The very first call,
// before paging, the segments and the console; one definition a paging mode.
#pragma once

void require_cpu();
