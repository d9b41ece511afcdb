// Data sets: how they are told, how they are split, and what is found wrong with them.
#include "mote/data/dataset.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <set>
#include <sstream>

#include "mote/compiler/base/file_set.h"
#include "mote/compiler/base/rng.h"
#include "mote/data/check.h"
#include "mote/data/split.h"

namespace mote {
namespace {

struct Folder {
  TemporaryFolder folder = *TemporaryFolder::make();
  std::string path() const { return folder.path().string(); }
  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(write_file(folder.path() / name, text.data(), text.size()));
  }
};

std::string error_of(const Expected<Dataset>& d) { return d ? "no error" : d.error().what; }

TEST(Dataset, LabelsCsv) {
  const Folder f;
  f.write("a.csv", "x\n1\n"), f.write("b.csv", "x\n2\n");
  f.write("labels.csv", "file,label,subject,split\na.csv,walk,s1,training\nb.csv,\"run, fast\",s2,test\n");
  const auto d = open_dataset(f.path(), "");
  ASSERT_TRUE(d) << d.error().text();
  EXPECT_EQ(d->group_column, "subject");
  EXPECT_EQ(d->items[0].split, "train");
  EXPECT_EQ(d->items[1].label, "run, fast");
  EXPECT_EQ(write_labels(*d), "file,label,subject,split\na.csv,walk,s1,train\nb.csv,\"run, fast\",s2,test\n");
}

TEST(Dataset, LabelsOfRanges) {
  const Folder f;
  f.write("a.csv", "x\n1\n");
  f.write("labels.csv", "file,label,begin_s,end_s\na.csv,walk,0,1.5\na.csv,run,1.5,2\n");
  const auto d = open_dataset(f.path(), "");
  ASSERT_TRUE(d) << d.error().text();
  ASSERT_EQ(d->items.size(), 1u);
  EXPECT_EQ(d->items[0].ranges[1].label, "run");
  EXPECT_EQ(d->items[0].ranges[1].end_s, 2);
  EXPECT_EQ(write_labels(*d), "file,label,group,split,begin_s,end_s\na.csv,walk,,,0,1.5\na.csv,run,,,1.5,2\n");
}

TEST(Dataset, LabelsCsvRefusals) {
  const Folder f;
  f.write("a.csv", "x\n1\n");
  const std::pair<const char*, const char*> cases[] = {
      {"name,label\na.csv,x\n", "no column \"file\""},
      {"file,label\nnone.csv,x\n", "there is no file"},
      {"file,label\n../a.csv,x\n", "lies outside the folder"},
      {"file,label\n/etc/passwd,x\n", "lies outside the folder"},
      {"file,label\na.csv,x\na.csv,y\n", "is listed twice"},
      {"file,label,begin_s,end_s\na.csv,x,2,1\n", "the end not before the begin"},
      {"file,label\n", "lists no file"}};
  for (const auto& [text, says] : cases) {
    f.write("labels.csv", text);
    EXPECT_NE(error_of(open_dataset(f.path(), "")).find(says), std::string::npos)
        << text << error_of(open_dataset(f.path(), ""));
  }
  f.write("labels.csv", "file,label,subject\na.csv,x,s\n");
  EXPECT_NE(error_of(open_dataset(f.path(), "machine"))
                .find("no column \"machine\" of groups; its columns are: file, label, subject"),
            std::string::npos);
}

TEST(Dataset, SplitsAreWrittenAndAllElseStays) {
  const Folder f;
  f.write("a.csv", "x\n1\n"), f.write("b.csv", "x\n1\n");
  f.write("labels.csv",
          "\xEF\xBB\xBFnote;file;split;label;weight\r\n\"a; b\";b.csv;training;walk;7\r\n;a.csv;;run;8\r\n");
  auto d = open_dataset(f.path(), "");
  ASSERT_TRUE(d) << d.error().text();
  EXPECT_EQ(d->items[0].split, "train");
  d->items[1].split = "test";
  EXPECT_EQ(*write_splits(*d),
            "\xEF\xBB\xBFnote;file;split;label;weight\r\n\"a; b\";b.csv;training;walk;7\r\n;a.csv;test;run;8\r\n");
  f.write("labels.csv", "file,label,begin_s,end_s,who\na.csv,x,0,1,anna\na.csv,y,1,2,anna\n");
  d = open_dataset(f.path(), "");
  ASSERT_TRUE(d) << d.error().text();
  d->items[0].split = "val";
  EXPECT_EQ(*write_splits(*d), "file,label,begin_s,end_s,who,split\na.csv,x,0,1,anna,val\na.csv,y,1,2,anna,val\n");
  f.write("labels.csv", "file,label\na.csv,walk, slowly\n");
  EXPECT_NE(error_of(open_dataset(f.path(), "")).find("has 3 fields; the first line names 2"), std::string::npos);
}

TEST(Dataset, FoldersAndInfoLabels) {
  const Folder f;
  f.write("train/walk/1.csv", "x\n1\n"), f.write("test/run/2.csv", "x\n1\n"), f.write("README.md", "no data");
  auto d = open_dataset(f.path(), "");
  ASSERT_TRUE(d) << d.error().text();
  ASSERT_EQ(d->items.size(), 2u);
  EXPECT_EQ(d->items[0].file, "test/run/2.csv");
  EXPECT_EQ(d->items[0].label, "run");
  EXPECT_EQ(d->items[0].split, "test");
  f.write(
      "info.labels",
      R"({"version": 1, "files": [{"path": "train/walk/1.csv", "category": "training", "label": {"type": "label", "label": "w"}}]})");
  d = open_dataset(f.path(), "");
  ASSERT_TRUE(d) << d.error().text();
  EXPECT_EQ(d->items[0].label, "w");
  EXPECT_EQ(d->items[0].split, "train");
  const Folder empty;
  EXPECT_NE(error_of(open_dataset(empty.path(), "")).find("holds no recordings"), std::string::npos);
  EXPECT_NE(error_of(open_dataset(f.path(), "person")).find("come from a column of a labels.csv"), std::string::npos);
}

TEST(Dataset, LabelsBesideARecording) {
  const Folder f;
  std::string wav =
      std::string("RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x68\x01\0\0\0\0\0\0\0\0\x10\0data\x02\0\0\0\0\0", 46);
  f.write("100.wav", wav), f.write("100_beats.csv", "r_sample,label\n36,N\n72,V\n"),
      f.write("100_more.csv", "x,y,z,w\n1,2,3,4\n");
  const auto d = open_dataset(f.path(), "");
  ASSERT_TRUE(d) << d.error().text();
  ASSERT_EQ(d->items.size(), 2u);
  ASSERT_EQ(d->items[0].ranges.size(), 2u);
  EXPECT_DOUBLE_EQ(d->items[0].ranges[1].begin_s, 0.2);
  EXPECT_EQ(d->items[0].ranges[1].label, "V");
}

// ---- splits ----

Dataset people(size_t groups, size_t files_each) {
  Dataset d;
  Rng rng(7);
  for (size_t g = 0; g < groups; ++g)
    for (size_t i = 0; i < files_each + static_cast<size_t>(rng.pick(0, 5)); ++i)
      d.items.push_back({std::to_string(g) + "_" + std::to_string(i),
                         rng.chance(0.25) ? "rare" : "usual",
                         "person" + std::to_string(g),
                         "",
                         {}});
  return d;
}

TEST(Split, KeepsGroupsTogetherAndLabelsInShare) {
  Dataset d = people(60, 10);
  split_by_group(d, default_parts(), {});
  EXPECT_TRUE(leaking_groups(d).empty());
  std::map<std::string, double> rare, usual, rare_all{{"", 0}};
  double all_rare = 0, all_usual = 0;
  for (const Item& i : d.items) {
    (i.label == "rare" ? rare : usual)[i.split] += 1;
    (i.label == "rare" ? all_rare : all_usual) += 1;
  }
  for (const Part& p : default_parts()) {
    EXPECT_NEAR(rare[p.name] / all_rare, p.share, 0.03) << p.name;
    EXPECT_NEAR(usual[p.name] / all_usual, p.share, 0.03) << p.name;
  }
}

TEST(Split, KeepsWhatIsSplitAndWhatBelongsTogether) {
  Dataset d = people(20, 4);
  d.items[0].split = "test";
  const size_t last = d.items.size() - 1;
  split_by_group(d, equal_folds(5), {{1, last}});
  EXPECT_EQ(d.items[1].split, "test");
  EXPECT_EQ(d.items[last].split, "test");
  Dataset again = people(20, 4);
  again.items[0].split = "test";
  split_by_group(again, equal_folds(5), {{1, last}});
  for (size_t i = 0; i <= last; ++i) EXPECT_EQ(d.items[i].split, again.items[i].split);
}

TEST(Split, FoldsAndCopies) {
  Dataset d = people(4, 2);
  EXPECT_FALSE(split_into_folds(d, 10, {})) << "four groups";
  EXPECT_TRUE(split_into_folds(d, 4, {}));
  EXPECT_FALSE(split_into_folds(d, 2, {})) << "all have a split";
  d = people(4, 2);
  EXPECT_FALSE(split_into_folds(d, 4, {{0, d.items.size() - 1}})) << "two groups are one";
  EXPECT_FALSE(leave_one_group_out(d, {{0, d.items.size() - 1}}));
  EXPECT_TRUE(leave_one_group_out(d, {{0, 1}}));
}

TEST(Split, FindsSameFiles) {
  const Folder f;
  f.write("w/a.csv", "x\n1\n"), f.write("w/b.csv", "x\n2\n"), f.write("w/c.csv", "x\n1\n"),
      f.write("w/d.csv", "x\n10\n");
  const auto copies = find_same_files(*open_dataset(f.path(), ""));
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(copies[0].a, 0u);
  EXPECT_EQ(copies[0].b, 2u);
}

TEST(Split, LeavesOneGroupOut) {
  Dataset d = people(3, 2);
  ASSERT_TRUE(leave_one_group_out(d, {}));
  EXPECT_EQ(d.items[0].split, "person0");
  d.items[1].group.clear();
  EXPECT_NE(leave_one_group_out(d, {}).error().what.find("has no group"), std::string::npos);
}

TEST(Split, FindsLeaks) {
  Dataset d = people(2, 2);
  for (Item& i : d.items) i.split = "train";
  EXPECT_TRUE(check_leaks(d, {}).empty());
  d.items[0].split = "test";
  ASSERT_EQ(leaking_groups(d).size(), 1u);
  EXPECT_EQ(check_leaks(d, {})[0].level, Fault::error);
  const auto faults = check_leaks(d, {{0, d.items.size() - 1, true, 0}});
  EXPECT_NE(faults.back().what.find("is a copy of 0_0, in another split (train and test)"), std::string::npos)
      << faults.back().what;
}

// ---- faults of one recording ----

Scan scan_text(const std::string& csv, const ReadOptions& options = {}) {
  auto reader = open_samples(std::make_unique<std::istringstream>(csv), "a.csv", options);
  EXPECT_TRUE(reader) << reader.error().text();
  auto scan = scan_samples(**reader, "a.csv", true);
  EXPECT_TRUE(scan) << scan.error().text();
  return *scan;
}

// 400 frames at 50 Hz of two sines; `change` may alter the time (s) and the values of a frame, or leave it out.
template <class Change>
std::string make_csv(Change change) {
  std::string text = "time_s,a,b\n";
  for (int i = 0; i < 400; ++i) {
    double t = 0.02 * i, a = std::sin(0.3 * i), b = 2 * std::cos(0.17 * i);
    std::string line;
    if (!change(i, t, a, b)) continue;
    text += std::to_string(t) + "," + std::to_string(a) + "," + (std::isnan(b) ? "" : std::to_string(b)) + "\n";
  }
  return text;
}

std::string faults_of(const Scan& scan) {
  std::string text;
  for (const Fault& f : scan.faults)
    text += (f.time_s >= 0 ? std::to_string(f.time_s).substr(0, 5) + " " : "") + f.what + "\n";
  return text;
}

TEST(Check, AGoodRecordingHasNoFault) {
  const Scan s = scan_text(make_csv([](int, double&, double&, double&) { return true; }));
  EXPECT_EQ(faults_of(s), "");
  EXPECT_EQ(s.frames, 400);
  EXPECT_NEAR(s.duration_s, 8, 1e-6);
  EXPECT_NEAR(s.axes[0].deviation, std::sqrt(0.5), 0.01);
}

TEST(Check, FaultsOfARecording) {
  EXPECT_EQ(faults_of(scan_text(make_csv([](int i, double&, double&, double&) { return i < 100 || i >= 150; }))),
            "1.980 a gap of 1.02 s; the usual step is 0.02 s\n");
  EXPECT_EQ(faults_of(scan_text(make_csv([](int i, double& t, double&, double&) {
              return t -= i == 200 ? 0.05 : 0, true;
            }))).substr(0, 28),
            "3.950 the time goes back by ");
  EXPECT_EQ(faults_of(scan_text(
                make_csv([](int i, double&, double& a, double&) { return a = i >= 100 && i < 180 ? 0.5 : a, true; }))),
            "2.000 a: stuck at 0.5 for 1.6 s\n");
  EXPECT_EQ(faults_of(scan_text(make_csv([](int, double&, double&, double& b) { return b = 3, true; }))),
            "0.000 b: stuck at 3 in the whole file\n");
  EXPECT_EQ(
      faults_of(scan_text(make_csv([](int i, double&, double&, double& b) { return b = i == 50 ? NAN : b, true; }))),
      "1.000 b: 1 value is missing\n");
  EXPECT_EQ(
      faults_of(scan_text(make_csv([](int i, double& t, double&, double&) { return t += i % 2 ? 0.007 : 0, true; }))),
      "steps of time scatter by 35 % of 0.0200175 s\n");
}

TEST(Check, ClippedAtTheRange) {
  ReadOptions o;
  o.range = 1.5;
  const std::string clipped = make_csv([](int, double&, double&, double& b) { return b = std::min(b, 1.5), true; });
  EXPECT_NE(faults_of(scan_text(clipped, o)).find("b: clipped at 1.5: "), std::string::npos);
  o.range = 4;
  EXPECT_EQ(faults_of(scan_text(clipped, o)), "");
  // Rare peaks that are flat, of a sensor whose range is not known.
  const std::string peaks =
      make_csv([](int i, double&, double& a, double&) { return a = i % 97 < 4 ? 5 : 0.1 * a, true; });
  EXPECT_EQ(faults_of(scan_text(peaks)), "0.000 a: clipped at 5: 20 frames in 5 runs\n");
}

// ---- faults of a set ----

Scan still(const std::string& file, double x, double y, double z, const std::string& unit = "g") {
  Scan s;
  s.file = file;
  s.frames = 100;
  s.sensor = {50, {{"x", unit}, {"y", unit}, {"z", unit}}, 0};
  s.axes = {{0, 0, x, 0}, {0, 0, y, 0}, {0, 0, z, 0}};
  return s;
}

std::string faults_of(const std::vector<Scan>& scans, const std::optional<Sensor>& contract = {}) {
  std::string text;
  const Dataset d{"", "", "", contract, "sensor.json", {}, {}, {}};
  for (const Fault& f : check_sensors(scans, d)) text += f.file + ": " + f.what + "\n";
  return text;
}

TEST(Check, GravityTellsUnitsAndAxes) {
  std::vector<Scan> good;
  for (int i = 0; i < 6; ++i) good.push_back(still(std::to_string(i), 0.01 * i, 0.05, 0.99));
  EXPECT_EQ(faults_of(good), "");
  std::vector<Scan> scaled = good, turned = good, swapped = good;
  scaled.push_back(still("si", 0.1, 0.5, 9.7));
  EXPECT_NE(faults_of(scaled).find("si: its mean acceleration is 9.71, that of the other files 0.99"),
            std::string::npos)
      << faults_of(scaled);
  turned.push_back(still("turned", 0.02, 0.05, -0.99));
  EXPECT_NE(faults_of(turned).find("turned: gravity points elsewhere than in the other files"), std::string::npos);
  swapped.push_back(still("swapped", 0.99, 0.05, 0.02));
  EXPECT_NE(faults_of(swapped).find("swapped: gravity points elsewhere"), std::string::npos);
  const std::vector<Scan> mistaken(4, still("a", 0, 0, 1, "m/s2"));
  EXPECT_NE(faults_of(mistaken).find("the unit is given as m/s2, but the mean acceleration is 1, as gravity is in g"),
            std::string::npos);
}

TEST(Check, ValuesBeyondFullScale) {
  std::vector<Scan> scans{still("a", 0.1, 0.2, 1.1), still("b", 0.1, 30, 1.1, "m/s2")};
  scans[1].axes[1].max = 30;
  Dataset d{"", "", "", Sensor{50, {{"x", "g"}, {"y", "g"}, {"z", "g"}}, 2}, "[input]", {}, {}, {}};
  const auto text = [&] {
    std::string all;
    for (const Fault& f : check_range(scans, d))
      all += fmt::format("{} {}: {}\n", f.level == Fault::error ? "error" : "warning", f.file, f.what);
    return all;
  };
  EXPECT_TRUE(text().starts_with("warning b: y is 30 m/s2, beyond full scale, ±19.6133 m/s2: ")) << text();
  scans[1].axes[1].max = 0.5, scans[1].axes[1].min = -200, scans[1].axes[1].min_s = 1.5;
  EXPECT_TRUE(text().starts_with("error b: y is -200 m/s2")) << text();
  EXPECT_EQ(check_range(scans, d)[0].time_s, 1.5);
  d.full_scales = {2, 100, 2};
  EXPECT_EQ(text(), "");
}

TEST(Check, LabelsBeyondTheFile) {
  Scan scan;
  scan.file = "a", scan.duration_s = 10, scan.sensor.rate_hz = 50;
  const Dataset d{"", "", "", {}, "", {{"a", "", "", "", {{1, 2, "x"}, {9, 11, "y"}, {20, 20, "z"}}}}, {}, {}};
  const auto faults = check_label_times({scan}, d);
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].level, Fault::warning);
  EXPECT_EQ(faults[0].what, "the label \"y\" lasts until 11 s, the recording until 10 s");
  EXPECT_EQ(faults[1].level, Fault::error);
}

TEST(Check, OneFileAgainstTheOthersAndTheContract) {
  std::vector<Scan> scans(3, still("a", 0, 0, 1));
  scans.push_back(still("slow", 0, 0, 1));
  scans.back().sensor.rate_hz = 62.5;
  EXPECT_EQ(faults_of(scans), "slow: the rate is 62.5 Hz; 50 Hz is expected, as in most files\n");
  scans.resize(1);
  EXPECT_EQ(faults_of(scans, Sensor{50, {{"x", "g"}, {"y", "g"}}, 0}),
            "a: has 3 axes (x, y, z); 2 are expected (x, y) by sensor.json\n");
  scans[0].sensor.axes = {{"ch1", "g"}, {"ch2", ""}, {"ch3", "mg"}};
  EXPECT_EQ(faults_of(scans, Sensor{50, {{"x", "g"}, {"y", "g"}, {"z", "g"}}, 0}),
            "a: ch3 is in mg; g is expected by sensor.json\n");
}

// ---- copies ----

std::vector<float> sound(uint64_t seed, size_t n) {
  Rng rng(seed);
  std::vector<float> v(n);
  double phase = 0, hz = 400, level = 0;
  for (size_t i = 0; i < n; ++i) {
    if (i % 800 == 0) hz = 300 + 1500 * rng.unit(), level = rng.unit();
    phase += 2 * std::numbers::pi * hz / 16000;
    v[i] =
        static_cast<float>(level * 0.3 * (std::sin(phase) + 0.4 * std::sin(2.1 * phase)) + 0.02 * (rng.unit() - 0.5));
  }
  return v;
}

std::vector<uint16_t> print_of(const std::vector<float>& v, double rate_hz = 16000, size_t axes = 1) {
  Fingerprinter f(rate_hz, axes);
  f.add(v);
  return f.frames();
}

TEST(Copies, LouderShiftedCutAndNoisyOnesAreFound) {
  const std::vector<float> original = sound(1, 24000);
  std::vector<float> louder = original, noisy = original, shifted(original.begin() + 137, original.end()),
                     cut(original.begin() + 5000, original.begin() + 18000);
  Rng rng(3);
  for (float& x : louder) x *= 1.7f;
  for (float& x : noisy) x += static_cast<float>(0.01 * (rng.unit() - 0.5));
  for (const auto& copy : {louder, noisy, shifted, cut})
    EXPECT_LT(distance(print_of(original), print_of(copy)), kNearRecording);
  for (uint64_t seed = 2; seed < 20; ++seed)
    EXPECT_GT(distance(print_of(original), print_of(sound(seed, 24000))), kNearRecording) << seed;
  const auto pairs = near_pairs(
      {print_of(original), print_of(sound(2, 24000)), print_of(cut), print_of(sound(3, 24000))}, kNearRecording);
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(pairs[0].a, 0u);
  EXPECT_EQ(pairs[0].b, 2u);
}

TEST(Copies, OfMotionAndOfSilence) {
  Rng rng(5);
  std::vector<float> motion(3 * 2000), other(3 * 2000);
  for (size_t i = 0; i < motion.size(); ++i) {
    motion[i] = static_cast<float>((i < 3 ? 0 : 0.7 * motion[i - 3]) + rng.unit() - 0.5);
    other[i] = static_cast<float>((i < 3 ? 0 : 0.7 * other[i - 3]) + rng.unit() - 0.5);
  }
  std::vector<float> later(motion.begin() + 3 * 5, motion.end());
  for (float& x : later) x *= 9.80665f;
  EXPECT_LT(distance(print_of(motion, 50, 3), print_of(later, 50, 3)), kNearRecording);
  EXPECT_GT(distance(print_of(motion, 50, 3), print_of(other, 50, 3)), kNearRecording);
  // Noise of one colour is not one recording.
  auto rumble = [&] {
    std::vector<float> v(40000);
    double once = 0, twice = 0;
    for (float& x : v) {
      once = 0.98 * once + rng.unit() - 0.5;
      twice = 0.98 * twice + once;
      x = static_cast<float>(0.01 * twice);
    }
    return v;
  };
  EXPECT_GT(distance(print_of(rumble()), print_of(rumble())), 0.35);
  EXPECT_TRUE(
      near_pairs({print_of(std::vector<float>(16000)), print_of(std::vector<float>(20000))}, kNearRecording).empty());
}

TEST(Copies, OfPictures) {
  Image a{96, 96, 1, Bytes(96 * 96)}, b = a, small{48, 48, 1, Bytes(48 * 48)};
  for (size_t y = 0; y < 96; ++y)
    for (size_t x = 0; x < 96; ++x) {
      a.pixels[96 * y + x] = static_cast<uint8_t>(128 + 100 * std::sin(0.11 * static_cast<double>(x)) *
                                                            std::cos(0.07 * static_cast<double>(y)));
      b.pixels[96 * y + x] = static_cast<uint8_t>(128 + 100 * std::cos(0.13 * static_cast<double>(x + y)));
      small.pixels[48 * (y / 2) + x / 2] = static_cast<uint8_t>(0.8 * a.pixels[96 * y + x]);
    }
  EXPECT_LE(differing_bits(image_hash(a), image_hash(small)), kNearPictureBits);
  EXPECT_GT(differing_bits(image_hash(a), image_hash(b)), 30);
}

}  // namespace
}  // namespace mote
