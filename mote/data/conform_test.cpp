// Recordings made to keep a contract, and data sets written anew.
#include "mote/data/conform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <sstream>

#include "mote/compiler/base/file_set.h"
#include "mote/data/convert.h"
#include "mote/data/scan.h"

namespace mote {
namespace {

std::unique_ptr<SampleReader> open_text(const std::string& csv, const ReadOptions& options = {}) {
  auto reader = open_samples(std::make_unique<std::istringstream>(csv), "a.csv", options);
  EXPECT_TRUE(reader) << reader.error().text();
  return *std::move(reader);
}

Expected<Recording> conformed(const std::string& csv, const Sensor& contract, const Conforming& how = {}) {
  MOTE_TRY(const auto reader, conform(open_text(csv), contract, how));
  return read_all(*reader, 1 << 20);
}

std::string error_of(const Expected<Recording>& r) { return r ? "no error" : r.error().what; }

TEST(Conform, AxesAndUnits) {
  const auto r = conformed("ax [mg],ay [g]\n1000,2\n500,-1\n", {0, {{"ay", "m/s2"}, {"ax", "g"}}, 0});
  ASSERT_TRUE(r) << r.error().text();
  EXPECT_EQ(r->values, (std::vector<float>{19.6133f, 1, -9.80665f, 0.5f}));
  EXPECT_EQ(r->sensor.axes, (std::vector<Axis>{{"ay", "m/s2"}, {"ax", "g"}}));
  const auto unnamed = conformed("ch1 [mg],ch2 [g]\n1000,2\n", {0, {{"ax", "g"}, {"ay", "g"}}, 0});
  ASSERT_TRUE(unnamed) << unnamed.error().text();
  EXPECT_EQ(unnamed->values, (std::vector<float>{1, 2}));
  EXPECT_EQ(unnamed->sensor.axes, (std::vector<Axis>{{"ax", "g"}, {"ay", "g"}}));
  EXPECT_EQ(error_of(conformed("ax [g]\n1\n", {0, {{"az", "g"}}, 0})),
            "has no axis \"az\"; it has rate not known, 1 axis: ax [g]");
  EXPECT_EQ(error_of(conformed("ax [g]\n1\n", {0, {{"ax", "V"}}, 0})), "ax is in g, which does not become V");
}

TEST(Conform, EvenTimes) {
  const std::string gap = "time_s,x\n0,0\n0.1,1\n0.2,2\n0.4,4\n0.5,5\n";
  EXPECT_NE(error_of(conformed(gap, {})).find("at 0.200 s: a gap of 0.2 s, the usual step is 0.1 s; --resample"),
            std::string::npos);
  const auto filled = conformed(gap, {}, {true, 0});
  ASSERT_TRUE(filled) << filled.error().text();
  ASSERT_EQ(filled->frames(), 6u);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(filled->values[i], i, 1e-5);
  EXPECT_NE(error_of(conformed(gap, {}, {true, 0.15})).find("--max-gap allows 0.15 s"), std::string::npos);
  EXPECT_NE(error_of(conformed("time_s,x\n0,0\n0.1,1\n0.1,2\n0.2,1\n", {})).find("the time does not grow"),
            std::string::npos);
  EXPECT_EQ(error_of(conformed("x,y\n0,1\n1,\n", {})),
            "at 0.000 s (frame 1): y has no value; cut the file there, or fill it");
}

// n values of a sine, as CSV.
std::string sine(double hz, double rate_hz, int n) {
  std::string text = "x\n";
  for (int i = 0; i < n; ++i) text += std::to_string(std::sin(2 * std::numbers::pi * hz * i / rate_hz)) + "\n";
  return text;
}

std::vector<float> resampled(const std::string& csv, double from_hz, double to_hz) {
  ReadOptions o;
  o.rate_hz = from_hz;
  const auto reader = resample(open_text(csv, o), to_hz);
  const auto r = read_all(*reader, 1 << 20);
  EXPECT_TRUE(r);
  return r->values;
}

TEST(Resample, KeepsWhatBothRatesCanHold) {
  for (double to : {62.5, 100.0, 40.0, 48.7}) {
    const std::vector<float> v = resampled(sine(5, 50, 1000), 50, to);
    EXPECT_NEAR(static_cast<double>(v.size()), 20 * to, 1);
    for (size_t i = v.size() / 10; i < v.size() * 9 / 10; ++i)
      ASSERT_NEAR(v[i], std::sin(2 * std::numbers::pi * 5 * static_cast<double>(i) / to), 5e-4) << to << " Hz, " << i;
  }
  for (float x : resampled("x\n3\n3\n3\n3\n3\n", 50, 62.5)) EXPECT_NEAR(x, 3, 1e-5);  // to the very ends
}

TEST(Resample, RemovesWhatTheLowerRateCannotHold) {
  const std::vector<float> v = resampled(sine(20, 50, 1000), 50, 25);
  for (size_t i = 50; i < 450; ++i) ASSERT_LT(std::abs(v[i]), 1e-3) << i;
}

TEST(Conform, Rates) {
  EXPECT_NE(error_of(conformed("t_ms,x\n0,1\n20,1\n", {62.5, {}, 0}))
                .find("the rate is 50 Hz; 62.5 Hz is expected: --resample"),
            std::string::npos);
  const auto r = conformed("t_ms,x,label\n0,1,a\n20,1,a\n40,1,b\n60,1,b\n", {100, {}, 0}, {true, 0});
  ASSERT_TRUE(r) << r.error().text();
  EXPECT_EQ(r->labels, (std::vector<std::string>{"a", "a", "a", "a", "b", "b", "b", "b"}));
  EXPECT_EQ(r->sensor.rate_hz, 100);
}

// ---- data sets written anew ----

struct Set {
  TemporaryFolder folder = *TemporaryFolder::make();
  Dataset d;
  Set() {
    write("walk/a.csv", "time_s,ax [g],label\n0,0.25,p\n0.02,-1,q\n");
    write("run/b.csv", "time_s,ax [g],label\n0,0.125,p\n0.02,2,p\n");
    d = *open_dataset(folder.path(), "");
  }
  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(write_file(folder.path() / name, text.data(), text.size()));
  }
  std::string out() const { return (folder.path() / "out").string(); }
  std::string text(const std::string& name) const {
    const auto bytes = read_file(folder.path() / "out" / name);
    return bytes ? std::string(bytes->begin(), bytes->end()) : "";
  }
  Status convert_to(FileFormat format, const std::string& unit = "") const {
    Conversion how;
    how.format = format;
    const auto faults = convert(d, *target_contract(d, {}, 0, unit), how, out(), [](size_t) {});
    return faults ? Status() : Status(faults.error());
  }
};

TEST(Convert, ToCsvAndBack) {
  const Set s;
  const Status status = s.convert_to(FileFormat::plain, "mg");
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(s.text("walk/a.csv"), "ax [mg],label\n250,p\n-1000,q\n");
  EXPECT_EQ(s.text("labels.csv"), "file,label,group,split\nrun/b.csv,run,,\nwalk/a.csv,walk,,\n");
  const auto again = open_dataset(s.out(), "");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(describe(*again->contract), "50 Hz, 1 axis: ax [mg]");
  EXPECT_NE(s.convert_to(FileFormat::csv).error().what.find("not empty"), std::string::npos);
}

TEST(Convert, ToOtherPrograms) {
  for (const auto& [format, file] :
       {std::pair{FileFormat::npy, "walk/a.npy"}, {FileFormat::edge_impulse, "walk/a.json"}}) {
    const Set s;
    const Status status = s.convert_to(format);
    ASSERT_TRUE(status) << status.error().text();
    auto reader = open_samples(s.folder.path() / "out" / file, {});
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ(read_all(**reader, 100)->values, (std::vector<float>{0.25f, -1}));
    EXPECT_EQ(s.text("info.labels").find("\"label\": \"walk\"") != std::string::npos,
              format == FileFormat::edge_impulse);
  }
}

// What import writes is read again as it was: its CSV has no times, its sensor.json the rate.
TEST(Convert, KeepsTheRate) {
  const Set s;
  ASSERT_TRUE(s.convert_to(FileFormat::csv));
  const auto d = open_dataset(s.out(), "");
  ASSERT_TRUE(d) << d.error().text();
  ReadOptions options;
  options.contract = d->recorded_by;
  EXPECT_EQ((*open_samples(d->path_of(d->items[0]), options))->sensor().rate_hz, 50);
  EXPECT_EQ((*open_samples(d->path_of(d->items[0]), {}))->sensor().rate_hz, 0);
  const Sensor slower = *target_contract(*d, options, 25, "");
  const std::string out = (s.folder.path() / "slower").string();
  Conversion how;
  how.read = options, how.conforming.resample = true, how.needs_rate = true;
  ASSERT_TRUE(convert(*d, slower, how, out, [](size_t) {}));
  options.contract = slower;
  EXPECT_EQ(read_all(**open_samples(out + "/walk/a.csv", options), 10)->frames(), 1u) << "of two frames at 50 Hz";
  how.read = {};
  const auto unknown = convert(*d, slower, how, out + "2", [](size_t) {});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().text().find("its rate is not known"), std::string::npos) << unknown.error().text();
}

TEST(Convert, SaysWhatIsClippedAndWhatOnlyGetsAnotherName) {
  const Set s;
  s.write("walk/a.csv", "x\n1\n5\n-6\n2\n"), s.write("run/b.csv", "x\n1\n1\n1\n2\n");
  Conversion how;
  how.read.rate_hz = 10, how.read.range = 4;
  const auto faults = convert(s.d, *target_contract(s.d, how.read, 0, "g"), how, s.out(), [](size_t) {});
  ASSERT_TRUE(faults) << faults.error().text();
  ASSERT_EQ(faults->size(), 2u);
  EXPECT_EQ((*faults)[0].what, "2 of 4 values lie beyond ±4, the range; they are written as they are");
  EXPECT_EQ((*faults)[0].time_s, 0.1);
  EXPECT_EQ((*faults)[1].what, "2 of 2 files say no unit: their values were not converted, only called g");
  s.write("walk/a.csv", "\x89PNG and no more");
  EXPECT_FALSE(convert(s.d, {}, how, s.out() + "2", [](size_t) {})) << "a picture that cannot be read";
}

TEST(Convert, LeavesNothingBehindWhereAFileIsRefused) {
  const Set s;
  s.write("walk/a.csv", "time_s,ax [V]\n0,1\n0.02,1\n");
  const Status status = s.convert_to(FileFormat::csv);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().text(), "walk/a.csv: ax is in V, which does not become g");
  for (const auto& entry : std::filesystem::directory_iterator(s.folder.path()))
    EXPECT_EQ(entry.path().filename().string().find("out"), std::string::npos) << entry.path();
}

}  // namespace
}  // namespace mote
