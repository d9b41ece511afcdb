// Text to the serial line, without a C library.
#pragma once
#include <stdint.h>

void print(const char* text);
void print_unsigned(uint64_t value);
void print_hex(uint8_t byte);

// As printf does "%.3f": the exact value rounded to nearest, ties to even. "nan"; "inf" from 2^53 on.
void print_fixed3(float value);
