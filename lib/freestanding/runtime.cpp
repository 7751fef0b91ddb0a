// What compiled C++ asks of its run-time library, as far as the kernel uses it.
//
// Not here on purpose: operator new and delete (who allocates says from where; a
// virtual destructor fails to link), abort and the throwing helpers of libstdc++ (so
// that optional::value() and the like fail to link), guards of local statics
// (-fno-threadsafe-statics).
#include "lib/log.hpp"

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
