// What the firmware needs of a board: a serial line and a clock. One file per board defines it, with the start-up code
// that calls `firmware()`.
#pragma once
#include <stdint.h>

[[noreturn]] void firmware();

namespace board {

void start();             // serial line at 115200 baud, 8N1, and the clock
char get();               // waits for a character
void put(char c);         // waits until the line takes it
uint64_t microseconds();  // since start()

}  // namespace board
