#include "kernel/log/log_buffer.hpp"

#include "lib/assert.hpp"

void log_buffer::put(u32 position, const void* from, size_t length) {
    const char* bytes = static_cast<const char*>(from);
    for (size_t i = 0; i < length; ++i) storage_[(position + i) & mask()] = bytes[i];
}

void log_buffer::get(u32 position, void* to, size_t length) const {
    char* bytes = static_cast<char*>(to);
    for (size_t i = 0; i < length; ++i) bytes[i] = storage_[(position + i) & mask()];
}

log_buffer::header log_buffer::header_at(u32 position) const {
    header found;
    get(position, &found, sizeof(found));
    return found;
}

void log_buffer::append(log_level level, u64 microseconds, std::string_view text,
                        bool truncated) {
    if (text.size() > log_record::max_text) {
        text = {text.data(), log_record::max_text};
        truncated = true;
    }
    header fresh{};
    fresh.microseconds = microseconds;
    fresh.length = static_cast<u16>(text.size());
    fresh.level = level;
    fresh.truncated = truncated;

    const u32 needed = static_cast<u32>(sizeof(fresh) + text.size());
    while (head_ - tail_ + needed > storage_.size()) {
        tail_ += sizeof(header) + header_at(tail_).length;
        ++first_;
    }
    put(head_, &fresh, sizeof(fresh));
    put(head_ + sizeof(fresh), text.data(), text.size());
    head_ += needed;
    ++next_;
}

bool log_buffer::read(log_reader& reader, log_record& record) const {
    if (reader.sequence < first_) {
        reader.missed += first_ - reader.sequence;
        reader.sequence = first_;
        reader.position = tail_;
    }
    if (reader.sequence >= next_) return false;

    const header found = header_at(reader.position);
    record.sequence = reader.sequence;
    record.microseconds = found.microseconds;
    record.level = found.level;
    record.truncated = found.truncated;
    record.length = found.length;
    get(reader.position + sizeof(found), record.text, found.length);

    reader.position += sizeof(found) + found.length;
    ++reader.sequence;
    return true;
}

void log_buffer::check_invariants() const {
    kassert(head_ - tail_ <= storage_.size(), "I2: {} bytes in a ring of {}", head_ - tail_,
            storage_.size());
    u64 records = 0;
    u32 position = tail_;
    while (position != head_) {
        const header found = header_at(position);
        kassert(found.length <= log_record::max_text, "I3: a record of {} bytes at {}",
                found.length, position);
        kassert(found.level <= log_level::debug, "I3: level {} at {}",
                static_cast<u8>(found.level), position);
        position += sizeof(found) + found.length;
        ++records;
        kassert(position - tail_ <= head_ - tail_,
                "I1: a record ends at {}, behind the head {}", position, head_);
    }
    kassert(records == next_ - first_, "I1: {} records, numbered {} to {}", records, first_,
            next_);
}
