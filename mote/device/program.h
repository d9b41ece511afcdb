// A compiled model as tables, and the few lines that run it.
//
// The compiler has decided everything: which kernel makes which row when, and where each row lives. A Program is that
// decision as constants in flash: calls (one or more per op), where the rows of each tensor lie, and a schedule of
// (call, first step, count). Running it is a walk along the schedule; one step makes one row (or a part of a wide one),
// so the walk can stop after any step and go on later.
//
// The host runs the same code over the same tables, built in memory.
#pragma once
#include "mote/device/rows.h"
#include "mote/device/status.h"

namespace mote {

// Where the rows of a tensor are. Rows that lie one after another need no table.
struct Rows {
  const uint8_t* base;  // the arena, or row 0 where the rows lie together; in flash for a constant
  const void* offsets;  // byte offset of each row from `base` (uint16_t, or uint32_t if wide); null: y * row_bytes
  uint32_t row_bytes : 31;
  uint32_t wide : 1;
};

struct Input {
  const Rows* rows;
  const uint16_t* first;  // not null: step x reads from row first[x] on
  uint16_t begin, end;    // the image: rows [begin, end) of the tensor; outside of it a window's row is null
  int16_t stride;         // step x reads from row begin + x * stride + offset on
  int16_t offset;
  uint16_t span;  // rows in a window; 0: the tensor is read whole, through one pointer to row `begin`
};

struct Output {
  const Rows* rows;
  uint16_t begin;  // step x writes row begin + x
};

struct Call {
  Kernel kernel;
  const void* params;
  const void* const* data;
  const Input* in;
  const Output* out;
  uint8_t* scratch;
  uint8_t* carry;
  uint16_t rows;           // rows that this call makes in all
  uint16_t rows_per_step;  // > 1: rows made at once, where one row is too narrow for the kernel's block
  uint16_t steps_per_row;  // > 1: a row is made in parts, or (fold) from as many steps
  uint16_t op;             // index of the op in the model file, for reports
  uint8_t n_in, n_out;
  uint8_t fold;  // 1: a step consumes one input row; its output row is written by the last step of the row
};

// One entry of the schedule, packed into 32 bits: `count` steps of `call` from step `first` on. The call kTakeInput
// stands for "row `first` of the input has to be here now" in programs that are fed row by row.
using Entry = uint32_t;
constexpr uint32_t kTakeInput = 511;
constexpr uint32_t kMaxCalls = 511, kMaxSteps = 65535, kMaxCount = 127;
constexpr Entry make_entry(uint32_t call, uint32_t first, uint32_t count) { return call << 23 | count << 16 | first; }
constexpr uint32_t entry_call(Entry e) { return e >> 23; }
constexpr uint32_t entry_count(Entry e) { return (e >> 16) & 127; }
constexpr uint32_t entry_first(Entry e) { return e & 0xFFFF; }
constexpr bool takes_input(Entry e) { return entry_call(e) == kTakeInput; }

// The same in 64 bits, for programs of more than kMaxCalls calls.
using WideEntry = uint64_t;
constexpr uint32_t kWideTakeInput = 65535;
constexpr uint32_t kMaxWideCalls = 4095;
constexpr WideEntry make_wide_entry(uint32_t call, uint32_t first, uint32_t count) {
  return static_cast<WideEntry>(call) << 32 | count << 16 | first;
}
constexpr uint32_t entry_call(WideEntry e) { return static_cast<uint32_t>(e >> 32); }
constexpr uint32_t entry_count(WideEntry e) { return static_cast<uint32_t>(e) >> 16; }
constexpr uint32_t entry_first(WideEntry e) { return static_cast<uint32_t>(e) & 0xFFFF; }
constexpr bool takes_input(WideEntry e) { return entry_call(e) == kWideTakeInput; }

template <class EntryType>
struct ProgramOf {
  const Call* calls;
  const EntryType* schedule;
  uint16_t n_calls;
  uint16_t n_entries;
  uint16_t max_in, max_out;  // most row pointers that any step needs
};
using Program = ProgramOf<Entry>;
using WideProgram = ProgramOf<WideEntry>;

// Where a walk along the schedule stands.
struct Cursor {
  uint16_t entry;
  uint16_t done;  // steps of the entry already made
};

// A walk: its cursor, and room for the row pointers of a step (max_in, max_out).
struct Walk {
  Cursor at;
  const uint8_t** in;
  uint8_t** out;
};

// The address of row y.
uint8_t* row_address(const Rows& rows, int32_t y);

// Runs `count` steps of a call.
void run_steps(const Call& call, int32_t step, int32_t count, const uint8_t** in, uint8_t** out);

// The walk is there for a Program and for a WideProgram; a program links the one that it uses.

// What the walk can do next: Rc::ok at the end, Rc::wants_row, else Rc::more.
template <class EntryType>
Rc state_of(const ProgramOf<EntryType>& program, const Walk& walk);

// Makes one step, if it can.
template <class EntryType>
Rc make_step(const ProgramOf<EntryType>& program, Walk& walk);

// Makes all steps until the end or until a row is wanted.
template <class EntryType>
Rc make_steps(const ProgramOf<EntryType>& program, Walk& walk);

// Copies the row that is wanted to its place among `rows`.
template <class EntryType>
Rc take_row(const ProgramOf<EntryType>& program, Walk& walk, const Rows& rows, const void* row);

}  // namespace mote
