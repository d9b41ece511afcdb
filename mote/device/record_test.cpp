// What a recorder keeps, read back from its dumps.
#include "mote/device/record.h"

#include <gtest/gtest.h>

#include <cstring>

#include "mote/compiler/verify/dump.h"
#include "tests/define_decision.h"

namespace mote {
namespace {

constexpr int32_t kWindow = 6, kHop = 4;

template <class Sample>
std::vector<Sample> samples_of(const Dump& dump) {
  std::vector<Sample> samples(dump.samples.size() / sizeof(Sample));
  if (!samples.empty()) std::memcpy(samples.data(), dump.samples.data(), samples.size() * sizeof(Sample));
  return samples;
}

// The recorder of a rule, with memory for its rings; every kHop samples after the first window there is a decision.
template <class Sample>
class Stream {
 public:
  Stream(const DecisionRule& rule, RecorderPlan plan, int32_t calls)
      : plan_{rule, kWindow, kHop, plan, sizeof(Sample) == 1 ? DType::uint8 : DType::int16},
        calls_(static_cast<size_t>(calls)),
        decider_{rule.params, plan_.rule.classes.data(), &stream_, classes_, scores_.data(), times_.data()},
        samples_(static_cast<size_t>(plan.samples)),
        records_(static_cast<size_t>(plan.decisions * record_bytes(rule.params, calls))),
        recorder_{build_,         samples_.data(), plan.samples, records_.data(),
                  plan.decisions, calls_.data(),   calls,        &state_} {
    for (int i = 0; i < kBuildBytes; ++i) build_[i] = static_cast<uint8_t>(i);
  }

  void push(Sample sample, const std::vector<int8_t>& scores) {
    keep_sample(recorder_, sample);
    if (++pushed_ < kWindow || (pushed_ - kWindow) % kHop != 0) return;
    for (uint32_t& check : calls_) ++check;
    made.push_back(decide_and_keep(recorder_, decider_, scores.data()));
  }

  std::vector<Sample> newest(int32_t count) const {
    std::vector<Sample> samples(static_cast<size_t>(count));
    copy_newest(recorder_, count, samples.data());
    return samples;
  }

  Bytes dump() const {
    Bytes bytes;
    const auto take = [](void* to, const uint8_t* p, int32_t n) {
      static_cast<Bytes*>(to)->insert(static_cast<Bytes*>(to)->end(), p, p + n);
    };
    write_dump(recorder_, decider_.params, take, &bytes);
    EXPECT_LE(bytes.size(), static_cast<size_t>(dump_bytes(recorder_, decider_.params)));
    return bytes;
  }

  Expected<Dump> read() const { return read_dump(dump(), plan_, calls_.size()); }

  std::vector<Decision> made;

 private:
  DecisionPlan plan_;
  std::vector<uint32_t> calls_;
  StreamState stream_ = {};
  ClassState classes_[8] = {};
  std::vector<int8_t> scores_ = std::vector<int8_t>(8 * kMaxAverage);
  std::vector<uint16_t> times_ = std::vector<uint16_t>(8 * 255);
  Decider decider_;
  uint8_t build_[kBuildBytes];
  std::vector<Sample> samples_;
  Bytes records_;
  RecorderState state_ = {};
  RecorderOf<Sample> recorder_;
  int32_t pushed_ = 0;
};

// At any moment: the newest samples, and decisions that can be made again from what each was made from.
template <class Sample>
void keep_hops() {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed);
    const DecisionRule rule = random_rule(rng);
    const RecorderPlan plan{rng.pick(kWindow, 20), rng.pick(1, 5), true};
    const int32_t calls = rng.pick(0, 3);
    const ScoreStream scores = random_scores(rng, rule.params.classes, 60);
    Stream<Sample> stream(rule, plan, calls);
    std::vector<Sample> all;
    for (int t = 0; t < 200; ++t) {
      all.push_back(static_cast<Sample>(t));
      stream.push(all.back(), scores[stream.made.size()]);
      const auto dump = stream.read();
      ASSERT_TRUE(dump) << dump.error().text();
      const size_t kept = std::min(all.size(), static_cast<size_t>(plan.samples));
      ASSERT_EQ(samples_of<Sample>(*dump), std::vector<Sample>(all.end() - static_cast<ptrdiff_t>(kept), all.end()));
      ASSERT_EQ(stream.newest(static_cast<int32_t>(kept)), samples_of<Sample>(*dump));
      ASSERT_EQ(dump->hops, stream.made.size());
      ASSERT_EQ(dump->records.size(), std::min(stream.made.size(), static_cast<size_t>(plan.decisions)));
      if (!stream.made.empty()) {
        ASSERT_EQ(dump->since, (all.size() - kWindow) % kHop);
      }
      DecisionRunner runner(rule);
      for (size_t i = 0; i < dump->records.size(); ++i) {
        const size_t hop = stream.made.size() - dump->records.size() + i;
        const DumpRecord& record = dump->records[i];
        ASSERT_TRUE(record.decision == stream.made[hop]);
        ASSERT_EQ(record.scores, scores[hop]);
        ASSERT_EQ(record.checks, std::vector<uint32_t>(static_cast<size_t>(calls), static_cast<uint32_t>(hop + 1)));
        ASSERT_TRUE(runner.load(record.state));
        ASSERT_TRUE(runner(record.scores.data()) == record.decision);
      }
    }
  }
}

TEST(Recorder, KeepsTheNewestHops) { keep_hops<int16_t>(); }
TEST(Recorder, KeepsTheNewestPixels) { keep_hops<uint8_t>(); }

DecisionRule rule_of_two() {
  DecisionRule rule;
  rule.params = {2, 3, kFullWeight, 1, 2, 1, 0, 60, 2, 0, kNoClass, 0};
  rule.classes = {{128 << kLevelBits, 128 << kLevelBits, 1}, {128 << kLevelBits, 128 << kLevelBits, 0}};
  return rule;
}

// All bytes of the example in docs/RECORDER.md.
TEST(Recorder, TheExampleOfTheDocumentIsADump) {
  Bytes bytes{'M', 'T', 'O', 'D', 1, 0, 0, 0};
  bytes.resize(8 + 32);
  for (uint32_t word : {0u, 3u, 0u, 0u, 84u, 0u})
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(word >> (8 * i)));
  for (int b : {0x01, 0x00, 0xff, 0xff, 0x00, 0x01, 0x00, 0x00}) bytes.push_back(static_cast<uint8_t>(b));
  const uint32_t crc = add_to_crc(0, bytes.data(), static_cast<int32_t>(bytes.size()));
  EXPECT_EQ(crc, 0xE7D8838Bu);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(crc >> (8 * i)));
  const DecisionPlan plan{rule_of_two(), kWindow, kHop, RecorderPlan{9, 1, false}};
  EXPECT_EQ(record_bytes(plan.rule.params, 0), 84);
  const auto dump = read_dump(bytes, plan, 7);
  ASSERT_TRUE(dump) << dump.error().text();
  EXPECT_EQ(samples_of<int16_t>(*dump), (std::vector<int16_t>{1, -1, 256}));
  EXPECT_EQ(dump->build, std::string(64, '0'));
}

TEST(Recorder, CrcIsThatOfIeee) {
  const Bytes digits{'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  EXPECT_EQ(add_to_crc(0, digits.data(), 9), 0xCBF43926u);
  EXPECT_EQ(add_to_crc(add_to_crc(0, digits.data(), 4), digits.data() + 4, 5), 0xCBF43926u);
}

// Words with the same sign bits flipped would cancel each other out without the rotation.
TEST(Recorder, ChecksTellWordsApart) {
  Rng rng(1);
  for (int round = 0; round < 2000; ++round) {
    Bytes row(static_cast<size_t>(rng.pick(1, 40)));
    for (uint8_t& b : row) b = static_cast<uint8_t>(rng.next());
    const auto check = [&] { return add_to_check(7, row.data(), static_cast<int32_t>(row.size())); };
    const uint32_t right = check();
    const auto at = static_cast<size_t>(rng.pick(0, static_cast<int32_t>(row.size()) - 1));
    row[at] = static_cast<uint8_t>(row[at] ^ (1 << rng.pick(0, 7)));
    EXPECT_NE(check(), right);
  }
  Bytes zeros(8), signs(8);
  signs[3] = signs[7] = 0x80;
  EXPECT_NE(add_to_check(0, zeros.data(), 8), add_to_check(0, signs.data(), 8));
  EXPECT_EQ(add_to_check(1, zeros.data(), 5), add_to_check(1, zeros.data(), 8));
}

TEST(Recorder, DamagedDumpsAreRefused) {
  Stream<int16_t> stream(rule_of_two(), {9, 2, true}, 1);
  for (int16_t t = 0; t < 30; ++t) stream.push(t, {100, -100});
  const Bytes whole = stream.dump();
  const DecisionPlan plan{rule_of_two(), kWindow, kHop, RecorderPlan{9, 2, true}};
  const auto said = [&](Bytes bytes, const DecisionPlan& of, size_t calls, bool right_crc) {
    if (right_crc) {
      const uint32_t crc = add_to_crc(0, bytes.data(), static_cast<int32_t>(bytes.size() - 4));
      std::memcpy(bytes.data() + bytes.size() - 4, &crc, 4);
    }
    const auto dump = read_dump(bytes, of, calls);
    return dump ? std::string("nothing") : dump.error().what;
  };
  EXPECT_EQ(said(whole, plan, 1, false), "nothing");
  for (size_t at = 0; at < whole.size(); ++at) {
    Bytes bytes = whole;
    bytes[at] ^= 0x10;
    EXPECT_NE(said(bytes, plan, 1, false), "nothing") << at;
    bytes.resize(at);
    EXPECT_NE(said(bytes, plan, 1, false), "nothing") << at;
  }
  const auto changed = [&](size_t at, uint8_t to, const DecisionPlan& of, size_t calls) {
    Bytes bytes = whole;
    bytes[at] = to;
    return said(bytes, of, calls, true);
  };
  const auto expect = [](const std::string& text, const char* part) { EXPECT_NE(text.find(part), text.npos) << text; };
  expect(changed(0, 'X', plan, 1), "it does not begin with \"MTOD\"");
  expect(changed(4, 9, plan, 1), "version 9; this mote reads version 1");
  expect(changed(44, 8, plan, 1), "two of them are in one file");
  expect(changed(48, 12, plan, 1), "newer samples than any");
  expect(changed(40, 1, plan, 1), "more records than decisions");
  expect(said(whole, plan, 2, false), "1 checks in 88 bytes; those of this build have 2 in 92");
  DecisionPlan smaller = plan;
  smaller.recorder->samples = 8;
  expect(said(whole, smaller, 1, false), "9 samples; this build has 8 at most");
  smaller = plan, smaller.samples = DType::uint8;
  expect(said(whole, smaller, 1, false), "not of 1 byte each");
  smaller = plan, smaller.recorder->decisions = 1;
  expect(said(whole, smaller, 1, false), "2 records; this build has 1 at most");
}

TEST(Recorder, ImpossibleStatesAreNotLoaded) {
  DecisionRunner runner(rule_of_two());
  const int8_t scores[] = {100, -100};
  for (int i = 0; i < 5; ++i) runner(scores);
  const Bytes state = runner.save();
  ASSERT_TRUE(runner.load(state));
  EXPECT_FALSE(runner.load(std::span(state).first(state.size() - 1)));
  // newest and filled; level, sum, rate and first of class 0; a score.
  const size_t kClass = sizeof(StreamState);
  for (size_t at : {size_t{2}, size_t{3}, kClass + 3, kClass + 12, kClass + 18, kClass + 19, state.size() - 1}) {
    Bytes changed = state;
    changed[at] = 200;
    EXPECT_FALSE(runner.load(changed)) << at;
  }
  EXPECT_EQ(runner.save(), state);
}

}  // namespace
}  // namespace mote
