// Any bytes typed at the line editor: its invariants hold, and nothing it writes is
// strange to a terminal or reaches the last column.
#include "kernel/monitor/editor_fixture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    editing e;
    for (size_t i = 0; i < size; ++i) {
        const char byte = static_cast<char>(data[i]);
        e.type({&byte, 1});
        if (e.terminal.strange() != 0) __builtin_trap();
        // Ctrl-D that means nothing leaves the line as it is.
        if (e.last == line_editor::event::editing || e.last == line_editor::event::ended)
            continue;
        word_splitter words(e.editor.line());
        while (words.next() == word_splitter::outcome::command) {}
        e.editor.begin();
    }
    return 0;
}
