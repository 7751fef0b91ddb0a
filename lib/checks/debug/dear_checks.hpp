// DEBUG=1: kdebug_assert is checked.
#pragma once

inline constexpr bool dear_checks = true;
