#include "print.h"

#include "board.h"

void print(const char* text) {
  while (*text) board::put(*text++);
}

void print_unsigned(uint64_t value) {
  char text[21];
  char* first = text + 20;
  *first = 0;
  do {
    *--first = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  print(first);
}

void print_hex(uint8_t byte) {
  const char* digits = "0123456789abcdef";
  board::put(digits[byte >> 4]);
  board::put(digits[byte & 15]);
}

namespace {

// value / 2^shift to nearest, ties to even.
uint64_t shift_to_nearest(uint64_t value, uint32_t shift) {
  if (shift == 0) return value;
  if (shift >= 63) return 0;  // value is below 2^34
  const uint64_t whole = value >> shift, rest = value - (whole << shift), half = uint64_t{1} << (shift - 1);
  return whole + (rest > half || (rest == half && (whole & 1)));
}

}  // namespace

void print_fixed3(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  const uint32_t exponent = bits >> 23 & 255, fraction = bits & 0x7FFFFFu;
  if (exponent == 255 && fraction != 0) return print("nan");
  if (bits >> 31) board::put('-');
  // |value| = mantissa * 2^(power - 150); times 1000 it still is exact in 64 bits.
  const uint64_t mantissa = exponent == 0 ? fraction : fraction | 0x800000u;
  const uint32_t power = exponent == 0 ? 1 : exponent;
  constexpr uint32_t kOne = 150;
  if (power >= kOne + 30) return print("inf");
  const uint64_t scaled = mantissa * 1000;
  const uint64_t thousandths = power >= kOne ? scaled << (power - kOne) : shift_to_nearest(scaled, kOne - power);
  print_unsigned(thousandths / 1000);
  board::put('.');
  const uint32_t decimals = static_cast<uint32_t>(thousandths % 1000);
  board::put(static_cast<char>('0' + decimals / 100));
  board::put(static_cast<char>('0' + decimals / 10 % 10));
  board::put(static_cast<char>('0' + decimals % 10));
}
