// The numbers of what terminals can be asked, Linux's for i386. They are macros, as in
// fs/vfs/abi.hpp.
#pragma once

#ifndef TCGETS
#define TCGETS 0x5401
#define TCSETS 0x5402
#define TCSETSW 0x5403
#define TCSETSF 0x5404
#define TCSBRK 0x5409
#define TCXONC 0x540A
#define TCFLSH 0x540B
#define TIOCSCTTY 0x540E
#define TIOCGPGRP 0x540F
#define TIOCSPGRP 0x5410
#define TIOCOUTQ 0x5411
#define TIOCGWINSZ 0x5413
#define TIOCSWINSZ 0x5414
#define TIOCNOTTY 0x5422
#define TIOCGETD 0x5424
#define TCSBRKP 0x5425
#define TIOCGSID 0x5429
#endif
// The arguments of TCXONC and TCFLSH.
#ifndef TCOOFF
#define TCOOFF 0
#define TCOON 1
#define TCIOFF 2
#define TCION 3
#endif
#ifndef TCIFLUSH
#define TCIFLUSH 0
#define TCOFLUSH 1
#define TCIOFLUSH 2
#endif
#ifndef TCGETS2
#define TCGETS2 0x802C542A
#define TCSETS2 0x402C542B
#define TCSETSW2 0x402C542C
#define TCSETSF2 0x402C542D
#endif
