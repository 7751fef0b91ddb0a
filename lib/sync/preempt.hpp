#pragma once
inline void might_sleep(const char*) {}
