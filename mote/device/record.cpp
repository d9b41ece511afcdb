#include "mote/device/record.h"

namespace mote {
namespace {

// The bytes on their way out, with the CRC of all so far.
struct DumpWriter {
  TakeBytes take;
  void* context;
  uint32_t crc;

  void write(const void* bytes, int32_t count) {
    if (count == 0) return;
    const auto* p = static_cast<const uint8_t*>(bytes);
    crc = add_to_crc(crc, p, count);
    take(context, p, count);
  }
};

template <class Sample>
uint8_t* record_at(const RecorderOf<Sample>& r, int32_t bytes, int32_t n) {
  return r.records + n * bytes;
}

template <class Sample>
DumpHead make_head(const RecorderOf<Sample>& r, int32_t bytes) {
  const RecorderState& state = *r.state;
  const auto checks = static_cast<uint32_t>(r.n_checks);
  DumpHead head = {kDumpMagic, kDumpVersion, {}, state.hops, 0, 0, 0, static_cast<uint32_t>(bytes), checks};
  __builtin_memcpy(head.build, r.build, kBuildBytes);
  head.samples = static_cast<uint32_t>(state.wrapped ? r.n_samples : state.next_sample);
  if (state.hops == 0) return head;
  const int32_t since = state.next_sample - state.decided_at;
  head.since = static_cast<uint32_t>(since < 0 ? since + r.n_samples : since);
  head.records = state.hops < static_cast<uint32_t>(r.n_records) ? state.hops : static_cast<uint32_t>(r.n_records);
  return head;
}

// A hop's checksums begin with it.
template <class EntryType>
void begin_checks(const ProgramOf<EntryType>& program, const Walk& walk, uint32_t* checks) {
  if (walk.at.entry != 0 || walk.at.done != 0) return;
  for (int32_t c = 0; c < program.n_calls; ++c) checks[c] = 0;
}

// The rows that a step has completed.
void check_rows(const Call& call, int32_t step, uint32_t& check) {
  int32_t row = step, rows = 1;
  if (call.steps_per_row > 1) {
    row = step / call.steps_per_row;
    if ((row + 1) * call.steps_per_row != step + 1) return;
  } else if (call.rows_per_step > 1) {
    row = step * call.rows_per_step;
    rows = call.rows - row < call.rows_per_step ? call.rows - row : call.rows_per_step;
  }
  for (int32_t i = 0; i < call.n_out; ++i)
    for (int32_t y = 0; y < rows; ++y) {
      const Rows& to = *call.out[i].rows;
      check = add_to_check(check, row_address(to, call.out[i].begin + row + y), static_cast<int32_t>(to.row_bytes));
    }
}

}  // namespace

template <class Sample>
void copy_newest(const RecorderOf<Sample>& r, int32_t count, Sample* to) {
  int32_t at = r.state->next_sample - count;
  if (at < 0) at += r.n_samples;
  for (; count > 0; --count) {
    *to++ = r.samples[at++];
    if (at == r.n_samples) at = 0;
  }
}

template <class Sample>
Decision decide_and_keep(const RecorderOf<Sample>& r, const Decider& decider, const int8_t* scores) {
  RecorderState& state = *r.state;
  const int32_t bytes = record_bytes(decider.params, r.n_checks);
  uint8_t* record = record_at(r, bytes, state.next_record);
  uint8_t* to = record + sizeof(Decision);
  for (int32_t c = 0; c < r.n_checks; ++c, to += 4) __builtin_memcpy(to, &r.checks[c], 4);
  to = save_state(decider, to);
  for (int32_t c = 0; c < decider.params.classes; ++c) *to++ = static_cast<uint8_t>(scores[c]);
  while (to < record + bytes) *to++ = 0;
  const Decision decision = decide(decider, scores);
  __builtin_memcpy(record, &decision, sizeof decision);
  if (state.hops != UINT32_MAX) ++state.hops;
  state.decided_at = state.next_sample;
  if (++state.next_record == r.n_records) state.next_record = 0;
  return decision;
}

template <class Sample>
void write_dump(const RecorderOf<Sample>& r, const DecideParams& params, TakeBytes take, void* context) {
  const int32_t bytes = record_bytes(params, r.n_checks);
  const DumpHead head = make_head(r, bytes);
  DumpWriter out = {take, context, 0};
  out.write(&head, sizeof head);
  const auto records = static_cast<int32_t>(head.records), samples = static_cast<int32_t>(head.samples);
  const int32_t oldest = records < r.n_records ? 0 : r.state->next_record;
  out.write(record_at(r, bytes, oldest), (records - oldest) * bytes);
  out.write(r.records, oldest * bytes);
  const int32_t begin = samples < r.n_samples ? 0 : r.state->next_sample;
  constexpr auto kSize = static_cast<int32_t>(sizeof(Sample));
  out.write(r.samples + begin, kSize * (samples - begin));
  out.write(r.samples, kSize * begin);
  const uint8_t zeros[3] = {0, 0, 0};
  out.write(zeros, -kSize * samples & 3);
  const uint32_t crc = out.crc;
  out.write(&crc, sizeof crc);
}

uint32_t add_to_crc(uint32_t crc, const uint8_t* bytes, int32_t count) {
  // Of four bits at a time.
  static constexpr uint32_t kTable[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
                                          0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                          0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
  crc = ~crc;
  for (; count > 0; --count) {
    crc ^= *bytes++;
    crc = crc >> 4 ^ kTable[crc & 15];
    crc = crc >> 4 ^ kTable[crc & 15];
  }
  return ~crc;
}

template <class EntryType>
Rc make_checked_steps(const ProgramOf<EntryType>& p, Walk& w, uint32_t* checks) {
  begin_checks(p, w, checks);
  while (state_of(p, w) == Rc::more) {
    const uint32_t call = entry_call(p.schedule[w.at.entry]);
    const auto step = static_cast<int32_t>(entry_first(p.schedule[w.at.entry]) + w.at.done);
    if (make_step(p, w) == Rc::misuse) break;
    check_rows(p.calls[call], step, checks[call]);
  }
  return state_of(p, w);
}

template void copy_newest(const Recorder&, int32_t, int16_t*);
template void copy_newest(const PixelRecorder&, int32_t, uint8_t*);
template Decision decide_and_keep(const Recorder&, const Decider&, const int8_t*);
template Decision decide_and_keep(const PixelRecorder&, const Decider&, const int8_t*);
template void write_dump(const Recorder&, const DecideParams&, TakeBytes, void*);
template void write_dump(const PixelRecorder&, const DecideParams&, TakeBytes, void*);

template Rc make_checked_steps(const Program&, Walk&, uint32_t*);
template Rc make_checked_steps(const WideProgram&, Walk&, uint32_t*);

}  // namespace mote
