// Failing on purpose, so that the test rig can prove it would notice. The word
// `rigtest=KIND` on the command line chooses how:
//
//     panic         an assertion fails           panic-early   before paging
//     panic-irq     inside an interrupt          panic-twice   while panicking
//     panic-stack   on a stack that is garbage   overflow      of the kernel stack
//     triplefault   the machine resets           hang          an endless loop
//     silence       not a word, ever             fail          a failing test
//     exec-null     a jump to address 0          read-null     a read of address 8
//     exec-data     a jump to data               write-text    a write to the kernel's text
//     guard         behind an area of vmalloc    freed         an area that is no more
//     user-address  without copy_from_user       stack         overflow of another stack
//
// Nothing here runs unless that word is there.
#pragma once

#include <string_view>

void rigtest_before_output(std::string_view command_line);
void rigtest_before_paging();
void rigtest_after_paging();
void rigtest_with_interrupts();
