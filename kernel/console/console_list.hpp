// The console devices, and which of them `console=` has enabled (console.hpp). Nothing
// is ever removed, so walking needs no lock: a device is complete before the pointer to
// it is stored.
#pragma once

#include "kernel/console/console_choice.hpp"
#include "lib/console.hpp"

class console_list final : public text_sink {
public:
    void add(console_device& device);

    // One `console=` value; false when it is malformed, and nothing changes then.
    bool choose(std::string_view value);

    // False when none of the chosen devices is there: the choice is void then, and
    // every device enabled.
    [[nodiscard]] bool settle();

    // The one named last; null where none was named, or that one is not there.
    console_device* preferred() const;

    void write(std::string_view text) override;
    void write_bytes(std::string_view bytes);
    // By name, enabled or not; null: it is not there.
    console_device* find(std::string_view name) const;
    void enter_panic();

private:
    void apply_choice();

    console_device* first_ = nullptr;
    console_choice choice_;
};
