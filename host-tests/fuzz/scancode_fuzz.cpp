// Any bytes from a keyboard: one key at the most from each, inside its buffer, and
// after a report of lost keys F1 is F1 again.
#include "drivers/keyboard/scancode_decoder.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    scancode_decoder decoder;
    for (size_t i = 0; i < size; ++i) {
        const key_event event = decoder.feed(data[i]);
        if (event.length > sizeof(event.bytes)) std::abort();
        if ((event.length > 0) != (event.kind == key_event::kind_t::text)) std::abort();
    }
    decoder.feed(0xFF);
    if (decoder.feed(0x3B).text() != "\033OP") std::abort();
    return 0;
}
