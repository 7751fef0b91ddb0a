// What a program is started with.
#pragma once

// "NAME=VALUE" each, and a null pointer behind the last.
extern char** environment;
