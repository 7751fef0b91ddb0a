#pragma once
#include "lib/types.hpp"
class fault_attr { public: bool should_fail(u32) { return false; } };
