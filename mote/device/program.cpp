#include "mote/device/program.h"

namespace mote {

uint8_t* row_address(const Rows& r, int32_t y) {
  uint8_t* base = const_cast<uint8_t*>(r.base);
  if (!r.offsets) return base + static_cast<uint32_t>(y) * r.row_bytes;
  if (r.wide) return base + static_cast<const uint32_t*>(r.offsets)[y];
  return base + static_cast<const uint16_t*>(r.offsets)[y];
}

namespace {

// Pointers to the rows of the windows of `rows` output rows, the first of them being number x.
const uint8_t** find_window(const Input& in, int32_t x, int32_t rows, const uint8_t** to) {
  if (in.span == 0) {
    *to++ = row_address(*in.rows, in.begin);
    return to;
  }
  int32_t y = in.begin + (in.first ? in.first[x] : x * in.stride + in.offset);
  for (int32_t n = in.span + (rows - 1) * in.stride; n > 0; --n, ++y)
    *to++ = y >= in.begin && y < in.end ? row_address(*in.rows, y) : nullptr;
  return to;
}

}  // namespace

void run_steps(const Call& call, int32_t step, int32_t count, const uint8_t** in, uint8_t** out) {
  KernelArgs args{call.params, call.data, in, out, call.scratch, call.carry, step, 0, 1};
  for (; count > 0; --count, ++args.step) {
    int32_t row = args.step;  // the first output row of this step
    if (call.steps_per_row > 1) {
      row = args.step / call.steps_per_row;
      args.part = args.step - row * call.steps_per_row;
    }
    if (call.rows_per_step > 1) {
      row = args.step * call.rows_per_step;
      args.rows = call.rows - row < call.rows_per_step ? call.rows - row : call.rows_per_step;
    }
    const uint8_t** to = in;
    for (int32_t i = 0; i < call.n_in; ++i) to = find_window(call.in[i], call.fold ? args.step : row, args.rows, to);
    uint8_t** made = out;
    for (int32_t i = 0; i < call.n_out; ++i)
      for (int32_t r = 0; r < args.rows; ++r) *made++ = row_address(*call.out[i].rows, call.out[i].begin + row + r);
    call.kernel(args);
  }
}

template <class EntryType>
Rc state_of(const ProgramOf<EntryType>& p, const Walk& w) {
  if (w.at.entry == p.n_entries) return Rc::ok;
  return takes_input(p.schedule[w.at.entry]) ? Rc::wants_row : Rc::more;
}

template <class EntryType>
Rc make_step(const ProgramOf<EntryType>& p, Walk& w) {
  if (state_of(p, w) != Rc::more) return state_of(p, w);
  const EntryType e = p.schedule[w.at.entry];
  run_steps(p.calls[entry_call(e)], static_cast<int32_t>(entry_first(e) + w.at.done), 1, w.in, w.out);
  if (++w.at.done == entry_count(e)) ++w.at.entry, w.at.done = 0;
  return state_of(p, w);
}

template <class EntryType>
Rc make_steps(const ProgramOf<EntryType>& p, Walk& w) {
  for (; state_of(p, w) == Rc::more; ++w.at.entry, w.at.done = 0) {
    const EntryType e = p.schedule[w.at.entry];
    run_steps(p.calls[entry_call(e)], static_cast<int32_t>(entry_first(e) + w.at.done),
              static_cast<int32_t>(entry_count(e) - w.at.done), w.in, w.out);
  }
  return state_of(p, w);
}

template <class EntryType>
Rc take_row(const ProgramOf<EntryType>& p, Walk& w, const Rows& rows, const void* row) {
  if (state_of(p, w) != Rc::wants_row) return Rc::misuse;
  uint8_t* to = row_address(rows, static_cast<int32_t>(entry_first(p.schedule[w.at.entry])));
  __builtin_memcpy(to, row, rows.row_bytes);
  ++w.at.entry;
  return state_of(p, w);
}

template Rc state_of(const Program&, const Walk&);
template Rc make_step(const Program&, Walk&);
template Rc make_steps(const Program&, Walk&);
template Rc take_row(const Program&, Walk&, const Rows&, const void*);

template Rc state_of(const WideProgram&, const Walk&);
template Rc make_step(const WideProgram&, Walk&);
template Rc make_steps(const WideProgram&, Walk&);
template Rc take_row(const WideProgram&, Walk&, const Rows&, const void*);

}  // namespace mote
