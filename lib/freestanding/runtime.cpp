// What compiled C++ asks of its run-time library, as far as the kernel uses it.
//
// Not here on purpose: operator new and delete (who allocates says from where; a
// virtual destructor fails to link), abort and the throwing helpers of libstdc++ but
// one (so that optional::value() and the like fail to link), guards of local statics
// (-fno-threadsafe-statics).
#include "lib/log.hpp"

#include <string_view>

extern "C" {

// The table slot of a function that a class leaves to those derived from it. It is
// called when a constructor or destructor of the base calls it.
[[noreturn]] void __cxa_pure_virtual() { panic("a pure virtual function was called"); }

// Registers the destructor of a global object. The kernel never exits, so none is
// ever run.
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }

// Names the image to __cxa_atexit.
[[gnu::visibility("hidden")]] void* __dso_handle = nullptr;
}

// string_view::substr, and starts_with that is made of it, check their bounds. At -O2
// the check mostly folds away; where it stays, failing it is a bug like any other.
void std::__throw_out_of_range_fmt(const char*, ...) {
    panic("a string_view was cut beyond its end");
}
