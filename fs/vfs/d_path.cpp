// Back from a place to its path: from its name upwards, written from the buffer's end.
#include "fs/vfs/open_file.hpp"
#include "lib/string.hpp"

namespace {

class backwards_text {
public:
    backwards_text(char* buffer, size_t size) : buffer_(buffer), size_(size), at_(size) {}
    void prepend(std::string_view text) {
        if (text.size() > at_) {
            fits_ = false;
            return;
        }
        at_ -= text.size();
        memcpy(buffer_ + at_, text.data(), text.size());
    }
    bool fits() const { return fits_; }
    bool empty() const { return at_ == size_; }
    std::string_view view() const { return {buffer_ + at_, size_ - at_}; }

private:
    char* buffer_;
    size_t size_, at_;
    bool fits_ = true;
};

}  // namespace

// Mounts stay in the tree while something is kept in them, so their places are read without
// their lock.
result<std::string_view> d_path(const path& where, const path& root, char* buffer,
                                size_t size) {
    backwards_text text(buffer, size);
    {
        lock_guard held(dcache_lock);
        const bool deleted = !where.dentry->is_root() && !where.dentry->d_hashed;
        if (deleted) text.prepend(" (deleted)");
        const vfsmount* mount = where.mnt;
        const dentry* at = where.dentry;
        bool named = false;
        while (mount != root.mnt || at != root.dentry) {
            if (at == mount->mnt_root) {
                if (!mount->mnt_parent) break;
                at = mount->mnt_mountpoint;
                mount = mount->mnt_parent;
                continue;
            }
            if (at->is_root()) {  // d_alloc_nameless()
                text.prepend(at->d_name.view());
                named = true;
                break;
            }
            text.prepend(at->d_name.view());
            text.prepend("/");
            named = true;
            at = at->d_parent;
        }
        if (!named) text.prepend("/");
    }
    if (!text.fits()) return err{ENAMETOOLONG};
    return text.view();
}
