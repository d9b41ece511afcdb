// The four functions that compilers call unasked: memcpy, memmove, memset, memcmp. Compiled with
// -fno-tree-loop-distribute-patterns, or their loops would become calls to themselves.
#include <stddef.h>
#include <stdint.h>

namespace {

#if defined(__ARM_FEATURE_UNALIGNED)
constexpr bool kUnalignedWords = true;
struct __attribute__((packed, may_alias)) Word {
  uint32_t value;
};
#else
constexpr bool kUnalignedWords = false;
struct __attribute__((may_alias)) Word {
  uint32_t value;
};
#endif

bool words_allowed(const void* a, const void* b) {
  return kUnalignedWords || ((reinterpret_cast<uintptr_t>(a) | reinterpret_cast<uintptr_t>(b)) & 3u) == 0;
}

// Ascending, each word read before it is written: right as well where `to` overlaps `from` from below.
void copy_up(uint8_t* to, const uint8_t* from, size_t bytes) {
  if (words_allowed(to, from)) {
    for (; bytes >= 4; bytes -= 4, to += 4, from += 4)
      reinterpret_cast<Word*>(to)->value = reinterpret_cast<const Word*>(from)->value;
  }
  for (; bytes != 0; --bytes) *to++ = *from++;
}

void copy_down(uint8_t* to, const uint8_t* from, size_t bytes) {
  if (words_allowed(to + bytes, from + bytes)) {
    for (; bytes >= 4; bytes -= 4)
      reinterpret_cast<Word*>(to + bytes - 4)->value = reinterpret_cast<const Word*>(from + bytes - 4)->value;
  }
  for (; bytes != 0; --bytes) to[bytes - 1] = from[bytes - 1];
}

}  // namespace

extern "C" {

void* memcpy(void* to, const void* from, size_t bytes) {
  copy_up(static_cast<uint8_t*>(to), static_cast<const uint8_t*>(from), bytes);
  return to;
}

void* memmove(void* to, const void* from, size_t bytes) {
  uint8_t* target = static_cast<uint8_t*>(to);
  const uint8_t* source = static_cast<const uint8_t*>(from);
  if (target <= source) copy_up(target, source, bytes);
  else copy_down(target, source, bytes);
  return to;
}

void* memset(void* to, int value, size_t bytes) {
  uint8_t* target = static_cast<uint8_t*>(to);
  const uint8_t byte = static_cast<uint8_t>(value);
  if (words_allowed(to, to)) {
    const uint32_t word = byte * 0x01010101u;
    for (; bytes >= 4; bytes -= 4, target += 4) reinterpret_cast<Word*>(target)->value = word;
  }
  for (; bytes != 0; --bytes) *target++ = byte;
  return to;
}

int memcmp(const void* left, const void* right, size_t bytes) {
  const uint8_t* a = static_cast<const uint8_t*>(left);
  const uint8_t* b = static_cast<const uint8_t*>(right);
  for (; bytes != 0; --bytes, ++a, ++b)
    if (*a != *b) return *a < *b ? -1 : 1;
  return 0;
}

}  // extern "C"
