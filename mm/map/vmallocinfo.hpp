// What areas there are: the monitor's `vmallocinfo`.
#pragma once

#include "mm/map/vmalloc_space.hpp"

void print_vmallocinfo(text_sink& out, const vmalloc_space& space);
