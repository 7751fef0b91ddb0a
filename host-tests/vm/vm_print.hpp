// Operations, answers and maps as one would write them.
#pragma once

#include "host-tests/vm/vm_program.hpp"

#include <string>

std::string to_text(const vm_operation& operation);
std::string answer_text(const vm_operation& operation, u32 answer);
std::string to_text(const vm_maps_line& line);
std::string to_text(const vm_maps& maps);  // a line each, indented
