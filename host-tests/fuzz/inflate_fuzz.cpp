// Any bytes as a deflated stream, and as a gzip file: an error or so much output, the same
// for each division into pieces; and what Loci itself packs into stored blocks comes out.
#include "fs/unpack/crc32.hpp"
#include "fs/unpack/gzip.hpp"
#include "fs/unpack/pieces_source.hpp"
#include "host-tests/support/kernel_memory.hpp"

#include <cstdlib>
#include <vector>

namespace {

void require(bool truth) {
    if (!truth) abort();
}

struct collector final : byte_sink {
    static constexpr size_t most = 1 << 20;
    result<> write(byte_span bytes) override {
        if (bytes.size() > most - all.size()) return err{ENOSPC};
        all.insert(all.end(), bytes.begin(), bytes.end());
        return {};
    }
    std::vector<u8> all;
};

struct outcome {
    int error;
    std::vector<u8> all;
    bool operator==(const outcome&) const = default;
};

outcome inflated(byte_span packed, size_t piece) {
    collector out;
    pieces_source source(packed, piece);
    byte_reader in(source);
    inflater unpack;
    require(unpack.init());
    const int error = unpack.inflate(in, out).error();
    return {error, std::move(out.all)};
}

outcome gunzipped(byte_span packed) {
    collector out;
    memory_source source(packed);
    byte_reader in(source);
    gunzipper unpack;
    require(unpack.init());
    const int error = unpack.gunzip(in, out).error();
    return {error, std::move(out.all)};
}

void put_number(std::vector<u8>& to, u32 number, int bytes) {
    for (int i = 0; i < bytes; ++i) to.push_back(static_cast<u8>(number >> 8 * i));
}

std::vector<u8> gzip(byte_span bytes) {
    std::vector<u8> packed{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    crc32 crc;
    crc.add(bytes);
    packed.push_back(1);
    put_number(packed, static_cast<u32>(bytes.size()), 2);
    put_number(packed, ~static_cast<u32>(bytes.size()), 2);
    packed.insert(packed.end(), bytes.begin(), bytes.end());
    put_number(packed, crc.value(), 4);
    put_number(packed, static_cast<u32>(bytes.size()), 4);
    return packed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    set_up_kernel_memory();
    const byte_span bytes(data, size);
    const outcome whole = inflated(bytes, size + 1);
    require(whole.error == 0 || whole.error == EINVAL || whole.error == ENOSPC);
    require(inflated(bytes, 1) == whole);
    gunzipped(bytes);
    if (size > 0xffff) return 0;
    std::vector<u8> packed = gzip(bytes);
    require(gunzipped(packed) == outcome{0, {data, data + size}});
    packed[packed.size() - 5] ^= 1;
    require(gunzipped(packed).error == EINVAL);
    return 0;
}
