#include "fs/initramfs/populate.hpp"

#include "fs/initramfs/archive_writer.hpp"
#include "fs/unpack/cpio.hpp"
#include "fs/unpack/gzip.hpp"
#include "mm/slab/kmalloc.hpp"

namespace {

constexpr const char* junk = "what comes behind an archive is none";

// What comes out of a packed archive, which begins nothing that is not cpio.
class unpacked_archive final : public byte_sink {
public:
    explicit unpacked_archive(cpio_reader& reader) : reader_(reader) {}
    result<> write(byte_span bytes) override {
        const result<size_t> fed = reader_.feed(bytes);
        if (!fed) {
            refused = true;
            return err{fed.error()};
        }
        if (*fed < bytes.size()) return err{EINVAL};
        return {};
    }
    bool refused = false;  // by the reader, or by who writes the files

private:
    cpio_reader& reader_;
};

// What is large is not kept on the stack.
struct workshop {
    explicit workshop(const path& root) : files(root), reader(files) {}
    archive_writer files;
    cpio_reader reader;
    gunzipper packed;
};

populate_outcome failed(const workshop& work, int error, const char* problem) {
    return {error, problem, work.files.entries()};
}

// One member, as a part of the archives that the reader sees.
populate_outcome unpack_member(workshop& work, byte_reader& in) {
    unpacked_archive to(work.reader);
    const result<> done = work.packed.gunzip(in, to);
    if (done) return failed(work, 0, "");
    if (to.refused) return failed(work, done.error(), work.reader.problem());
    return failed(work, done.error(),
                  done.error() == EINVAL ? work.packed.problem() : junk);
}

// As much as is there at once; what the reader does not want is left for the next round.
populate_outcome unpack_plain(workshop& work, byte_reader& in) {
    const byte_span piece = in.take(PAGE_SIZE);
    const result<size_t> fed = work.reader.feed(piece);
    if (!fed) return failed(work, fed.error(), work.reader.problem());
    in.put_back(piece.size() - *fed);
    const bool stuck = *fed == 0 && in.peek() != gzip_first_byte;
    return failed(work, stuck ? EINVAL : 0, stuck ? junk : "");
}

populate_outcome unpack_all(workshop& work, byte_reader& in) {
    for (int next = in.peek(); next != byte_reader::none; next = in.peek()) {
        const bool is_packed = next == gzip_first_byte && work.reader.between_archives();
        const populate_outcome done =
            is_packed ? unpack_member(work, in) : unpack_plain(work, in);
        if (done.error) return done;
    }
    const result<> finished = work.reader.finish();
    return failed(work, finished.error(), work.reader.problem());
}

}  // namespace

populate_outcome populate_rootfs(const path& root, byte_source& from) {
    workshop* const work = new (GFP_KERNEL) workshop(root);
    if (!work) return {ENOMEM, "", 0};
    populate_outcome outcome{ENOMEM, "", 0};
    if (work->packed.init()) {
        byte_reader in(from);
        outcome = unpack_all(*work, in);
    }
    work->~workshop();
    kfree(work);
    return outcome;
}
