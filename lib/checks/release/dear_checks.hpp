// Release: kdebug_assert costs nothing.
#pragma once

inline constexpr bool dear_checks = false;
