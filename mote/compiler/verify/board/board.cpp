// The services of board.h over semihosting. All its memory lies in section .bss.mote_board, which the linker
// script keeps out of .bss: a firmware's static RAM is measured, and this is not part of it.
#include "mote/compiler/verify/board/board.h"

#include <stddef.h>

#include "mote/compiler/verify/board/machine.h"

extern "C" int main();

namespace board {
namespace {

enum Operation : int32_t {
  kOpen = 0x01,
  kClose = 0x02,
  kWriteText = 0x04,
  kWrite = 0x05,
  kRead = 0x06,
  kCommandLine = 0x15,
  kExit = 0x20,
};
enum ExitCode { kFault = 70, kStackOverflow = 71, kNoCounts = 72 };

constexpr uint32_t kPaint = 0xA5C3F00Du;
constexpr uint32_t kMaxRecords = 512;
// The command line of a run that counts by time instead of by plugin: this, then the file for the records.
constexpr char kCountPrefix[] = "mote-count:";

// Times when a mark began and ended; what lies between two records is the firmware's own.
struct MarkRecord {
  uint32_t id, enter, leave;
};

struct State {
  uint32_t logging;  // 1: marks are logged with the time
  int32_t log_file;
  uint32_t records;
  uint32_t painted_from;
  MarkRecord record[kMaxRecords];
};
__attribute__((section(".bss.mote_board"))) State state;

uint32_t address_of(const void* pointer) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointer)); }

uint32_t text_length(const char* text) {
  uint32_t length = 0;
  while (text[length] != 0) ++length;
  return length;
}

void flush_records() {
  const int32_t bytes = static_cast<int32_t>(state.records * sizeof(MarkRecord));
  if (board_write(state.log_file, state.record, bytes) != bytes) {
    state.logging = 0;
    board_print("the instruction counts cannot be written\n");
    board_exit(kNoCounts);
  }
  state.records = 0;
}

// Apart from board_mark, so that the latter needs no stack. From reading `leave` to reading the next `enter`
// always the same instructions run, whatever the path in between; the host takes them off.
__attribute__((noinline)) void log_mark(uint32_t id) {
  const uint32_t enter = read_counter();
  if (state.records == kMaxRecords) flush_records();
  MarkRecord& record = state.record[state.records];
  state.records += 1;
  record.id = id;
  record.enter = enter;
  record.leave = read_counter();
}

// A path on the host may be long, so the buffer is; the stack is still unused when this runs.
__attribute__((noinline)) void start_logging() {
  char line[1024];
  const uint32_t block[2] = {address_of(line), sizeof line};
  if (semihost(kCommandLine, block) != 0) return;
  for (uint32_t i = 0; kCountPrefix[i] != 0; ++i)
    if (line[i] != kCountPrefix[i]) return;
  state.log_file = board_open(line + sizeof kCountPrefix - 1, true);
  if (state.log_file < 0) {
    board_print("the file for the instruction counts cannot be opened\n");
    board_exit(kNoCounts);
  }
  state.logging = 1;
  mark_twice();  // tells the host what one mark costs
}

void print_hex(uint32_t value) {
  char text[11] = "0x";
  for (int i = 0; i < 8; ++i) text[2 + i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
  text[10] = 0;
  board_print(text);
}

}  // namespace

extern "C" void board_start() {
  for (uint32_t *to = __data_start, *from = __data_load; to < __data_end;) *to++ = *from++;
  for (uint32_t* word = __bss_start; word < __bss_end;) *word++ = 0;
  state.logging = 0;
  state.records = 0;
  state.painted_from = 0;
  __stack_limit[0] = kPaint;
  start_logging();
  board_exit(main());
}

extern "C" void board_fault(uint32_t address) {
  board_print("fault at ");
  print_hex(address);
  board_print("\n");
  board_exit(kFault);
}

}  // namespace board

using namespace board;

extern "C" {

void board_print(const char* text) { semihost(kWriteText, text); }

void board_print_u32(uint32_t value) {
  char text[11];
  char* first = text + 10;
  *first = 0;
  do {
    *--first = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  board_print(first);
}

void board_exit(int code) {
  if (state.logging != 0) flush_records();
  if (__stack_limit[0] != kPaint) {
    board_print("the stack overflowed\n");
    code = kStackOverflow;
  }
  constexpr uint32_t kApplicationExit = 0x20026;
  const uint32_t block[2] = {kApplicationExit, static_cast<uint32_t>(code)};
  semihost(kExit, block);
  for (;;) {}
}

int board_open(const char* name, bool write) {
  constexpr uint32_t kModeRb = 1, kModeWb = 5;
  const uint32_t block[3] = {address_of(name), write ? kModeWb : kModeRb, text_length(name)};
  return semihost(kOpen, block);
}

// Read and write return how many bytes are left over.
static int32_t move_bytes(Operation operation, int file, const void* data, int32_t bytes) {
  const uint32_t block[3] = {static_cast<uint32_t>(file), address_of(data), static_cast<uint32_t>(bytes)};
  const int32_t left = semihost(operation, block);
  return left < 0 || left > bytes ? 0 : bytes - left;
}

int32_t board_read(int file, void* data, int32_t bytes) { return move_bytes(kRead, file, data, bytes); }
int32_t board_write(int file, const void* data, int32_t bytes) { return move_bytes(kWrite, file, data, bytes); }

void board_close(int file) {
  const uint32_t block[1] = {static_cast<uint32_t>(file)};
  semihost(kClose, block);
}

// The plugin knows a mark by a store to __mote_marks from inside this function, and counts nothing between
// the function's first and last address: no call may be inlined here but the tail call.
__attribute__((noinline, used)) void board_mark(uint32_t id) {
  id &= 0xFFFFu;
  if (state.logging != 0) return log_mark(id);
  static_cast<volatile uint32_t*>(__mote_marks)[id] = id;
}

void board_paint_stack() { state.painted_from = fill_stack(__stack_limit, kPaint); }

uint32_t board_stack_used() {
  const volatile uint32_t* word = __stack_limit;
  while (address_of(const_cast<const uint32_t*>(word)) < state.painted_from && *word == kPaint) ++word;
  return state.painted_from - address_of(const_cast<const uint32_t*>(word));
}

}  // extern "C"
