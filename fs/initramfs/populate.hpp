// The first files: archives in newc, plain or gzip, unpacked into the root file system.
//
//     modules, or what the kernel carries
//        |  byte_source
//        v
//     first byte 1f --> gunzip --+
//     '0' ----------------------+--> cpio_reader --> files, as init would make them
//     0   (filling)             |
//        ^                      |
//        +-- the archive ended -+    several may follow one another, packed or not
//
// A later file takes the place of an earlier one of that name; a directory that is there
// stays, and takes the new mode. Files of one inode number in one archive are links to each
// other, whichever of them has the contents. Directories get their times at the end of
// their archive, when nothing is put into them any more.
//
// A path is walked in the new tree only: "..", and links that lead upwards, end at its
// root.
#pragma once

#include "fs/unpack/byte_stream.hpp"
#include "fs/vfs/namei.hpp"

struct populate_outcome {
    int error;            // 0: all is there. What came before an error stays.
    const char* problem;  // in words, where there are any
    u32 entries;          // that were unpacked
};
populate_outcome populate_rootfs(const path& root, byte_source& from);
