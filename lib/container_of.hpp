// From a member to the object that it lies in: what makes intrusive structures
// possible. `container_of<&page::lru>(node)` is the page whose lru is *node.
//
// In the ABI that g++ and clang share, a pointer to a data member is the member's
// offset; so this costs one subtraction of a constant.
#pragma once

#include <bit>
#include <cstddef>

namespace container_of_detail {

template <auto Member>
struct member_pointer;

template <class T, class M, M T::*Member>
struct member_pointer<Member> {
    using object = T;
    using member = M;
};

}  // namespace container_of_detail

// Always inlined, and not for speed: g++ 12 gives this function one name for all
// files whose anonymous namespaces have a `struct item` with a `link`, and the
// linker would keep the offset of one of them.
template <auto Member, class Pointer = container_of_detail::member_pointer<Member>>
[[gnu::always_inline]] inline auto* container_of(typename Pointer::member* member) {
    using object = typename Pointer::object;
    static_assert(sizeof(Member) == sizeof(std::ptrdiff_t));
    return reinterpret_cast<object*>(reinterpret_cast<char*>(member) -
                                     std::bit_cast<std::ptrdiff_t>(Member));
}
