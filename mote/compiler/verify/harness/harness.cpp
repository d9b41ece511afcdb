// The firmware that runs a compiled model in the emulator: inputs come from a file, outputs, stack use and, when asked
// for, the rows made by every step go back to files. It knows the model by "model_under_test.h" alone.
#include "model_under_test.h"
#include "mote/compiler/verify/board/board.h"
#include "mote/device/program.h"

namespace {

using namespace mote;

// What to do: written by the host.
struct Job {
  uint32_t inputs;  // how many, one after another in input.bin; where the window slides: how many windows of the stream
  uint32_t steps;   // 1: run the first input (all windows) once more, step by step, each call under its own mark
  uint32_t trace;   // 1: and write the rows that each step completes to trace.bin
  uint32_t samples;  // push so many from input.bin instead; the decisions go to decisions.bin, what the recorder keeps
                     // to dump.bin
};
struct Result {
  uint32_t done;         // inputs run
  uint32_t stack_bytes;  // most stack of one inference
  uint32_t self_test;    // 1: passed
};

// Where the window slides, the first counts as the inference, and each one after it by itself.
constexpr uint32_t kOutside = 0, kInference = 1, kFirstCall = 2, kFirstHop = kFirstCall + kMaxWideCalls;

// Not part of the model's memory.
__attribute__((section(".bss.mote_board"))) alignas(8) uint8_t row_buffer[kLargestInputRow > 0 ? kLargestInputRow : 8];

void fail(const char* why) {
  board_print(why);
  board_exit(2);
}

void read_exactly(int file, void* to, int32_t bytes) {
  if (board_read(file, to, bytes) != bytes) fail("the input file is too short\n");
}

void load_inputs(int file) {
  if (kFedByRows) return;
  for (const Edge& e : kInputs) read_exactly(file, e.data(), e.bytes);
}

void infer(int file, uint32_t mark) {
  if (!kFedByRows) {
    board_mark(kInference);
    const Rc rc = run_model(nullptr);
    board_mark(kOutside);
    if (rc != Rc::ok) fail("infer() did not finish\n");
    return;
  }
  for (Rc rc = Rc::wants_row; rc == Rc::wants_row;) {
    read_exactly(file, row_buffer, kLargestInputRow);
    board_mark(mark);
    rc = run_model(row_buffer);
    board_mark(kOutside);
    if (rc == Rc::misuse || rc == Rc::more) fail("push_row() did not finish\n");
  }
}

// The rows that this step completes, to the trace.
void write_rows(const Call& call, int32_t step, int trace) {
  int32_t row = step * call.rows_per_step, rows = call.rows_per_step;
  if (call.steps_per_row > 1) {
    if ((step + 1) % call.steps_per_row != 0) return;
    row = step / call.steps_per_row;
  }
  if (rows > call.rows - row) rows = call.rows - row;
  for (int32_t i = 0; i < call.n_out; ++i)
    for (int32_t r = 0; r < rows; ++r)
      board_write(trace, row_address(*call.out[i].rows, call.out[i].begin + row + r),
                  static_cast<int32_t>(call.out[i].rows->row_bytes));
}

// The schedule, walked step by step through the cooperative form. `counted`: each call under its own mark.
void walk(int file, int trace, bool counted) {
  const auto& p = model::program();
  for (uint32_t i = 0; i < p.n_entries; ++i) {
    const uint32_t call = entry_call(p.schedule[i]);
    for (uint32_t k = 0; k < entry_count(p.schedule[i]); ++k) {
      if (takes_input(p.schedule[i])) {
        read_exactly(file, row_buffer, kLargestInputRow);
        take_input(row_buffer);
        continue;
      }
      board_mark(counted ? kFirstCall + call : kOutside);
      const Rc rc = model::step();
      board_mark(kOutside);
      if (rc == Rc::misuse) fail("step() out of order\n");
      if (trace >= 0) write_rows(p.calls[call], static_cast<int32_t>(entry_first(p.schedule[i]) + k), trace);
    }
  }
}

// What is pushed for a decision, and made of it, counts as its hop.
__attribute__((section(".bss.mote_board"))) uint32_t decided;
uint32_t hop_mark() { return kFirstHop + decided; }

// Pieces of changing length: what is decided does not depend on how samples arrive.
void push_all(int file, uint32_t samples) {
  Sample piece[64];
  for (uint32_t done = 0, n = 1; done < samples; done += n, n = n % 61 + 7) {
    if (n > samples - done) n = samples - done;
    read_exactly(file, piece, static_cast<int32_t>(sizeof(Sample) * n));
    board_mark(hop_mark());
    push(piece, static_cast<int32_t>(n));
    board_mark(kOutside);
  }
}

__attribute__((section(".bss.mote_board"))) int decisions, dump;  // files

void write_piece(void*, const uint8_t* bytes, int32_t count) {
  if (board_write(dump, bytes, count) != count) fail("the dump could not be written\n");
}

}  // namespace

void take_decision(const Decision& decision) {
  board_mark(kOutside);
  board_write(decisions, &decision, static_cast<int32_t>(sizeof decision));
  ++decided;
  board_mark(hop_mark());
}

int main() {
  Job job;
  const int jobs = board_open("job.bin", false), out = board_open("output.bin", true);
  int file = board_open("input.bin", false);
  if (jobs < 0 || out < 0 || file < 0) fail("the files of the run are missing\n");
  read_exactly(jobs, &job, sizeof job);
  Result result = {0, 0, 0};
  if (job.samples) {
    decisions = board_open("decisions.bin", true);
    board_paint_stack();
    push_all(file, job.samples);
    result.stack_bytes = board_stack_used();
    dump = board_open("dump.bin", true);
    write_kept(write_piece);
  }
  for (; result.done < job.inputs; ++result.done) {
    load_inputs(file);
    board_paint_stack();
    infer(file, kSlides && result.done > 0 ? kFirstHop + result.done : kInference);
    const uint32_t used = board_stack_used();
    if (used > result.stack_bytes) result.stack_bytes = used;
    for (const Edge& e : kOutputs) board_write(out, e.data(), e.bytes);
  }
  board_close(file);
  if (job.steps) {
    file = board_open("input.bin", false);
    const int trace = job.trace ? board_open("trace.bin", true) : -1;
    load_inputs(file);
    restart();
    for (uint32_t window = 0; window < (kSlides ? job.inputs : 1); ++window) walk(file, trace, !kSlides || window > 0);
  }
  result.self_test = model::self_test();
  board_write(board_open("result.bin", true), &result, sizeof result);
  return 0;
}
