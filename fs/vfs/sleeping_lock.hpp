// The lock of fs/ that is held while its owner sleeps: for memory, for pages, for a
// program's memory. Who waits for it sleeps as well.
#pragma once

#include "lib/sync/mutex.hpp"

using sleeping_lock = mutex;
