// Two files of /proc for its tests, below /proc/loci-test: tests are packed in the image until
// they run (linker.ld), and what is registered is there from the beginning.
#pragma once

#include "lib/types.hpp"

// How often the text of "deep/blocks" was made: 700 lines, each its own number.
inline constinit u32 proc_probe_shown = 0;
// What "number" shows, and takes from 1 to 9.
inline constinit u32 proc_probe_number = 7;
