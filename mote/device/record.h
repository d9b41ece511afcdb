// A flight recorder: what a firmware remembers of its last hops, in rings in RAM, so that a host can repeat them
// (mote replay). It keeps
//
//   samples    the newest values that were pushed; a window and a hop, and the newest decision's window is there at any
//              time
//   records    of the newest hops: the decision, and what it was made from: the decider's state before it, the scores,
//   and
//              for each call of the program the checksum of the rows that it made, in the order in which it made them
//
// and the hash of the build. docs/RECORDER.md has every byte of a dump.
#pragma once
#include "mote/device/decide.h"
#include "mote/device/program.h"

namespace mote {

constexpr int32_t kBuildBytes = 32;

// Zero at the beginning of a stream.
struct RecorderState {
  uint32_t hops;        // decisions since the stream began
  int32_t next_sample;  // place in the ring; all places before it are filled, and `wrapped` says whether all are
  int32_t wrapped;
  int32_t decided_at;   // next_sample at the newest decision
  int32_t next_record;  // place in the ring
};

// Where all of it lies; the sizes are those of the rings. `checks` are those of the hop that is being made; where none
// are wanted it is null, and n_checks 0. Samples are of the type that push_samples() takes.
template <class Sample>
struct RecorderOf {
  const uint8_t* build;  // kBuildBytes
  Sample* samples;
  int32_t n_samples;
  uint8_t* records;  // record_bytes() each
  int32_t n_records;
  const uint32_t* checks;
  int32_t n_checks;
  RecorderState* state;
};
using Recorder = RecorderOf<int16_t>;
using PixelRecorder = RecorderOf<uint8_t>;

// A record: Decision, checks, the decider's state (save_state()), the scores, and zeros up to a multiple of 4.
constexpr int32_t record_bytes(const DecideParams& p, int32_t n_checks) {
  return (static_cast<int32_t>(sizeof(Decision)) + 4 * n_checks + state_bytes(p) + p.classes + 3) & ~3;
}

// The numbers with which a dump begins.
struct DumpHead {
  uint32_t magic;    // kDumpMagic
  uint32_t version;  // kDumpVersion
  uint8_t build[kBuildBytes];
  uint32_t hops;          // as in RecorderState
  uint32_t samples;       // how many follow
  uint32_t since;         // how many of them came after the newest decision
  uint32_t records;       // how many follow
  uint32_t record_bytes;  // of each
  uint32_t checks;        // how many are in each
};
constexpr uint32_t kDumpMagic = 0x444F544D;  // "MTOD"
constexpr uint32_t kDumpVersion = 1;

// The longest dump: head, records, samples, zeros up to a multiple of 4, CRC.
template <class Sample>
constexpr int32_t dump_bytes(const RecorderOf<Sample>& r, const DecideParams& p) {
  return static_cast<int32_t>(sizeof(DumpHead)) + r.n_records * record_bytes(p, r.n_checks) +
         ((static_cast<int32_t>(sizeof(Sample)) * r.n_samples + 3) & ~3) + 4;
}

// What follows is there for a Recorder and for a PixelRecorder; a program links the one that it uses.

// Begins a new stream: what was kept is forgotten.
template <class Sample>
void reset(const RecorderOf<Sample>& recorder) {
  *recorder.state = {};
}

// The ring's part of push_samples().
template <class Sample>
inline void keep_sample(const RecorderOf<Sample>& recorder, Sample sample) {
  RecorderState& state = *recorder.state;
  recorder.samples[state.next_sample++] = sample;
  if (state.next_sample == recorder.n_samples) state.next_sample = 0, state.wrapped = 1;
}

// Copies the newest `count` samples, at most n_samples, the oldest of them first.
template <class Sample>
void copy_newest(const RecorderOf<Sample>& recorder, int32_t count, Sample* to);

// decide(), and keeps what it was made from.
template <class Sample>
Decision decide_and_keep(const RecorderOf<Sample>& recorder, const Decider& decider, const int8_t* scores);

// Hands out the dump in pieces. Nothing may be pushed meanwhile; what is kept stays.
using TakeBytes = void (*)(void* context, const uint8_t* bytes, int32_t count);
template <class Sample>
void write_dump(const RecorderOf<Sample>& recorder, const DecideParams& params, TakeBytes take, void* context);

// make_steps(), with the checksums of all rows made since the schedule began: one for each call.
template <class EntryType>
Rc make_checked_steps(const ProgramOf<EntryType>& program, Walk& walk, uint32_t* checks);

// A checksum goes on over more bytes: c := (rotate c left by 5, xor w) * 0x9E3779B1 for each little-endian word w, the
// last one filled up with zeros. Each word can be told from all others, since both steps can be undone.
inline uint32_t mix_check(uint32_t check, uint32_t word) { return ((check << 5 | check >> 27) ^ word) * 0x9E3779B1u; }

inline uint32_t add_to_check(uint32_t check, const uint8_t* bytes, int32_t count) {
  uint32_t word;
  for (; count >= 4; bytes += 4, count -= 4) {
    __builtin_memcpy(&word, bytes, 4);
    check = mix_check(check, word);
  }
  if (count == 0) return check;
  word = bytes[0];
  if (count > 1) word |= static_cast<uint32_t>(bytes[1]) << 8;
  if (count > 2) word |= static_cast<uint32_t>(bytes[2]) << 16;
  return mix_check(check, word);
}

// CRC-32 of IEEE 802.3 over more bytes; begins with 0.
uint32_t add_to_crc(uint32_t crc, const uint8_t* bytes, int32_t count);

}  // namespace mote
