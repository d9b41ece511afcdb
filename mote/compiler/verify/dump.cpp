#include "mote/compiler/verify/dump.h"

#include <fmt/core.h>

#include <cstring>

#include "mote/device/record.h"

namespace mote {
namespace {

struct Framed {
  DumpHead head = {};
  std::span<const uint8_t> body;  // behind the head, before the CRC
};

// In 64 bits no product of two numbers of a head overflows.
uint64_t record_bytes(const DumpHead& head) { return uint64_t{head.records} * head.record_bytes; }
uint64_t sample_bytes(const DumpHead& head, uint64_t size) { return (head.samples * size + 3) / 4 * 4; }

// Samples are of one byte or of two: which, says the project.
bool is_length(const DumpHead& head, uint64_t body) {
  const uint64_t records = record_bytes(head);
  return body == records + sample_bytes(head, 1) || body == records + sample_bytes(head, 2);
}

Expected<Framed> read_frame(std::span<const uint8_t> bytes) {
  Framed f;
  if (bytes.size() < sizeof f.head + 4)
    return malformed(fmt::format("a dump has at least {} bytes; there are {}", sizeof f.head + 4, bytes.size()));
  std::memcpy(&f.head, bytes.data(), sizeof f.head);
  if (f.head.magic != kDumpMagic) return malformed("this is no dump of a recorder: it does not begin with \"MTOD\"");
  if (f.head.version != kDumpVersion)
    return unsupported(
        fmt::format("the dump has version {}; this mote reads version {}", f.head.version, kDumpVersion));
  f.body = bytes.subspan(sizeof f.head, bytes.size() - sizeof f.head - 4);
  if (!is_length(f.head, f.body.size()))
    return malformed(
        fmt::format("the dump has {} bytes behind its head, which says something else: it is cut short, or "
                    "two of them are in one file",
                    f.body.size()));
  uint32_t crc = 0;
  std::memcpy(&crc, bytes.data() + bytes.size() - 4, 4);
  if (add_to_crc(0, bytes.data(), static_cast<int32_t>(bytes.size() - 4)) != crc)
    return malformed("the dump's CRC is wrong: it was damaged on its way");
  return f;
}

std::string hexadecimal(std::span<const uint8_t> bytes) {
  std::string text;
  for (uint8_t b : bytes) text += fmt::format("{:02x}", b);
  return text;
}

Status check_counts(const DumpHead& head, uint64_t body, const DecisionPlan& d, size_t calls) {
  const RecorderPlan& plan = *d.recorder;
  auto refuse = [](const char* what, uint64_t found, uint64_t most) {
    return malformed(fmt::format("the dump has {} {}; this build has {} at most", found, what, most));
  };
  const auto samples = static_cast<uint32_t>(plan.samples), records = static_cast<uint32_t>(plan.decisions);
  if (head.samples > samples) return refuse("samples", head.samples, samples);
  if (head.records > records) return refuse("records", head.records, records);
  const size_t checks = plan.ops ? calls : 0;
  const auto bytes = static_cast<uint32_t>(mote::record_bytes(d.rule.params, static_cast<int32_t>(checks)));
  if (head.checks != checks || head.record_bytes != bytes)
    return malformed(fmt::format("the dump's records have {} checks in {} bytes; those of this build have {} in {}",
                                 head.checks, head.record_bytes, checks, bytes));
  if (head.records > head.hops || head.since > head.samples)
    return malformed(
        "the dump's head contradicts itself: it has more records than decisions, or newer samples than any");
  const auto size = static_cast<uint64_t>(bytes_of(d.samples));
  if (body != record_bytes(head) + sample_bytes(head, size))
    return malformed(fmt::format("the dump's samples are not of {} byte{} each, as those of this build", size,
                                 size == 1 ? "" : "s"));
  return {};
}

// The first `count` elements, which are then gone from `bytes`.
template <class T>
std::vector<T> take(std::span<const uint8_t>& bytes, size_t count) {
  std::vector<T> all(count);
  if (count > 0) std::memcpy(all.data(), bytes.data(), count * sizeof(T));
  bytes = bytes.subspan(count * sizeof(T));
  return all;
}

DumpRecord read_record(std::span<const uint8_t> bytes, const DumpHead& head, const DecideParams& p) {
  DumpRecord r;
  r.decision = take<Decision>(bytes, 1)[0];
  r.checks = take<uint32_t>(bytes, head.checks);
  r.state = take<uint8_t>(bytes, static_cast<size_t>(state_bytes(p)));
  r.scores = take<int8_t>(bytes, static_cast<size_t>(p.classes));
  return r;
}

}  // namespace

Expected<std::string> read_dump_build(std::span<const uint8_t> bytes) {
  MOTE_TRY(const Framed f, read_frame(bytes));
  return hexadecimal(f.head.build);
}

Expected<Dump> read_dump(std::span<const uint8_t> bytes, const DecisionPlan& decision, size_t calls) {
  MOTE_TRY(const Framed f, read_frame(bytes));
  MOTE_TRY_STATUS(check_counts(f.head, f.body.size(), decision, calls));
  Dump dump{hexadecimal(f.head.build), f.head.hops, f.head.since, {}, {}};
  std::span<const uint8_t> body = f.body;
  for (uint32_t i = 0; i < f.head.records; ++i) {
    dump.records.push_back(read_record(body, f.head, decision.rule.params));
    body = body.subspan(f.head.record_bytes);
  }
  dump.samples = take<uint8_t>(body, f.head.samples * static_cast<size_t>(bytes_of(decision.samples)));
  return dump;
}

}  // namespace mote
