#include "lib/fault_injection.hpp"

#include "lib/parse.hpp"

namespace {

// Takes the text before the next comma; all of it where there is none.
std::string_view take_field(std::string_view& text) {
    const size_t comma = text.find(',');
    const std::string_view field = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    return field;
}

std::optional<u32> number_up_to(std::string_view word, u32 most) {
    const std::optional<u64> value = parse_number(word);
    if (!value || *value > most) return std::nullopt;
    return static_cast<u32>(*value);
}

}  // namespace

std::optional<fault_settings> parse_fault_settings(std::string_view text) {
    constexpr u32 no_limit = 0x7fffffff;  // what an s32 holds
    unsigned commas = 0;
    for (char c : text) commas += c == ',';
    if (commas != 3) return std::nullopt;
    const auto interval = number_up_to(take_field(text), ~u32{0});
    const auto probability = number_up_to(take_field(text), 100);
    const auto space = number_up_to(take_field(text), ~u32{0});
    const bool endless = text == "-1";
    const auto times = number_up_to(endless ? "0" : text, no_limit);
    if (!interval || !probability || !space || !times) return std::nullopt;
    return fault_settings{*interval, *probability, *space,
                          endless ? -1 : static_cast<s32>(*times)};
}

fault_settings fault_attr::settings() const {
    lock_guard held(lock_);
    return settings_;
}

void fault_attr::set(const fault_settings& settings) {
    lock_guard held(lock_);
    settings_ = settings;
    since_interval_ = 0;
    random_ = random_source(1);
    rearm_locked();
}

bool fault_attr::set(std::string_view text) {
    const std::optional<fault_settings> settings = parse_fault_settings(text);
    if (settings) set(*settings);
    return settings.has_value();
}

void fault_attr::set_nth(u32 n) {
    lock_guard held(lock_);
    nth_ = n;
    rearm_locked();
}

u32 fault_attr::calls() const {
    lock_guard held(lock_);
    return calls_;
}

u32 fault_attr::failures() const {
    lock_guard held(lock_);
    return failures_;
}

bool fault_attr::decide(u32 size) {
    lock_guard held(lock_);
    if (!wanted_locked()) return false;  // another CPU's call was the last to fail
    ++calls_;
    const bool by_number = fails_by_number_locked();
    const bool fails = by_number || fails_by_chance_locked(size);
    failures_ += fails;
    rearm_locked();
    return fails;
}

bool fault_attr::fails_by_number_locked() {
    if (nth_ == 0) return false;
    return --nth_ == 0;
}

// The order is Linux's: what is handed out of `space` does not count as a call.
bool fault_attr::fails_by_chance_locked(u32 size) {
    if (settings_.probability == 0 || settings_.times == 0) return false;
    if (settings_.space > size) {
        settings_.space -= size;
        return false;
    }
    if (settings_.interval > 1 && ++since_interval_ % settings_.interval != 0) return false;
    if (random_.below(100) >= settings_.probability) return false;
    if (settings_.times > 0) --settings_.times;
    return true;
}

void fault_attr::check_invariants() const {
    lock_guard held(lock_);
    kassert(armed_.load(memory_order::relaxed) == wanted_locked(),
            "fault_attr I1: {} is armed: {}, wanted: {}", name_, armed_.load(), wanted_locked());
    kassert(failures_ <= calls_, "{}: {} failures in {} calls", name_, failures_, calls_);
}
