// The kernel log's memory: a ring of bytes that holds whole records, oldest
// first. A new record overwrites as many of the oldest as it needs room for.
//
//      tail_                                                      head_
//        v                                                          v
//   ─────┬────────┬──────────┬────────┬─────┬────────┬──────────────┬──────
//  free  │ header │ text ... │ header │ ... │ header │ text ...     │  free
//   ─────┴────────┴──────────┴────────┴─────┴────────┴──────────────┴──────
//        └ sequence first_   └ first_ + 1   └ next_ - 1
//
// Positions count bytes since the beginning and are taken modulo the ring's size,
// a power of two; records wrap round its end. A record's sequence number is not
// stored: it is its place counted from the first one ever written. A reader
// carries the number and the position of the record it wants next, so reading
// costs nothing to find; one that was overtaken goes on with the oldest record
// and learns how many it missed.
//
// I1: the bytes from tail_ to head_ are exactly next_ - first_ whole records.
// I2: head_ - tail_ is at most the ring's size.
// I3: no record's text is longer than max_text, its level is one of log_level.
//
// No lock in here: kernel/log/printk.cpp holds one round each call.
#pragma once

#include "lib/log.hpp"

struct log_record {
    static constexpr size_t max_text = 240;

    u64 sequence;
    u64 microseconds;
    log_level level;
    bool truncated;  // the line was longer than max_text
    u16 length;
    char text[max_text];

    std::string_view view() const { return {text, length}; }
};

struct log_reader {
    u64 sequence = 0;
    u32 position = 0;
    u64 missed = 0;  // records overwritten before they were read
};

class log_buffer {
    struct header {
        u64 microseconds;
        u16 length;
        log_level level;
        bool truncated;
    };

public:
    // `storage` has a power of two of bytes, at least 1 KiB.
    constexpr explicit log_buffer(std::span<char> storage) : storage_(storage) {}

    // Keeps the first max_text bytes of the text, and whether there were more.
    void append(log_level level, u64 microseconds, std::string_view text, bool truncated);

    // The record the reader wants next, and steps over it; false at the end.
    bool read(log_reader& reader, log_record& record) const;

    // What a record takes beside its text.
    static constexpr u32 bytes_beside_text() { return sizeof(header); }

    log_reader oldest() const { return {first_, tail_, 0}; }
    u64 first_sequence() const { return first_; }
    u64 next_sequence() const { return next_; }
    u32 bytes_used() const { return head_ - tail_; }

    void check_invariants() const;

private:
    u32 mask() const { return static_cast<u32>(storage_.size()) - 1; }
    void put(u32 position, const void* from, size_t length);
    void get(u32 position, void* to, size_t length) const;
    header header_at(u32 position) const;

    std::span<char> storage_;
    u32 head_ = 0;
    u32 tail_ = 0;
    u64 first_ = 0;
    u64 next_ = 0;
};
