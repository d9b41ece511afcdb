// What emulated firmware may ask of its machine: text, files on the host, instruction marks, stack use.
// Freestanding.
//
// A firmware defines `int main()`; start-up code calls it and ends the run with its result. Everything here
// goes through semihosting, so it works on every machine of QEMU and needs no driver and no C library.
#pragma once
#include <stdint.h>

extern "C" {

void board_print(const char* text);
void board_print_u32(uint32_t value);

// Ends the run. 70 to 72 are taken: a fault, a stack that overflowed, counts that cannot be written.
[[noreturn]] void board_exit(int code);

// Opens a file of the host, by a name relative to the folder of the run; -1 if that fails.
int board_open(const char* name, bool write);
// The number of bytes moved; fewer than asked for at the end of a file or on failure.
int32_t board_read(int file, void* data, int32_t bytes);
int32_t board_write(int file, const void* data, int32_t bytes);
void board_close(int file);

// From here to the next mark, instructions count for `id` (below 65,536). Counted is what the callers of
// board_mark execute, its own instructions are not. The last mark of a run only ends the one before it.
void board_mark(uint32_t id);

// Fills the unused stack with a pattern; board_stack_used() then tells how many bytes below the stack pointer
// of that moment have been written since.
void board_paint_stack();
uint32_t board_stack_used();

}  // extern "C"
