// mote_data_fuzz: mutants of small recordings, pictures, lists and dumps of recorders through mote's readers, a given
// number of them, the same ones for the same seed.
//
// A mutant fails the run where it crashes a reader, is refused without a message, gives frames that are not whole, or
// takes more than 1 s of CPU time or 256 MB. It is saved, and `mote_data_fuzz --replay FILE` tries it again.
#include <fmt/core.h>
#include <png.h>
#include <unistd.h>

#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "fuzz/crash.h"
#include "mote/compiler/base/file_set.h"
#include "mote/compiler/base/rng.h"
#include "mote/compiler/verify/replay.h"
#include "mote/data/acquisition.h"
#include "mote/data/conform.h"
#include "mote/data/fetch.h"
#include "mote/data/npy.h"
#include "mote/data/scan.h"
#include "mote/device/record.h"

namespace mote::fuzz {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr double kSlowdown = 5;
#else
constexpr double kSlowdown = 1;
#endif
constexpr double kMaxSeconds = 1;
constexpr int64_t kMaxMegabytes = 256;
constexpr size_t kMaxFrames = 1 << 16;

struct Settings {
  int64_t rounds = 1000, first = 0;
  uint64_t seed = 1;
  std::vector<std::string> replay;
  std::string save = "fuzz-failures";
};

struct Seed {
  std::string name, bytes;
};

// ---- seeds ----

std::string word(uint32_t v, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(v >> (8 * i));
  return text;
}

std::string wav(uint32_t tag, uint32_t channels, uint32_t bits) {
  const std::string data(channels * bits / 8 * 40, '\x35');
  return "RIFF" + word(0, 4) + "WAVEfmt " + word(16, 4) + word(tag, 2) + word(channels, 2) + word(16000, 4) +
         word(0, 4) + word(0, 2) + word(bits, 2) + "LIST" + word(4, 4) + "abcd" + "data" +
         word(static_cast<uint32_t>(data.size()), 4) + data;
}

Image small_image() {
  Image image{12, 9, 3, Bytes(12 * 9 * 3)};
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 7);
  return image;
}

// Of 8 or of 16 bits.
std::string png(bool deep) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = 12, png.height = 9, png.format = deep ? PNG_FORMAT_LINEAR_Y : PNG_FORMAT_RGB;
  const Bytes pixels = small_image().pixels;
  std::vector<uint16_t> values(pixels.begin(), pixels.end());
  std::string bytes(4096, '\0');
  png_alloc_size_t size = bytes.size();
  const void* from = deep ? static_cast<const void*>(values.data()) : pixels.data();
  png_image_write_to_memory(&png, bytes.data(), &size, 0, from, 0, nullptr);
  bytes.resize(size);
  return bytes;
}

std::string jpeg() {
  jpeg_compress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &buffer, &size);
  jpeg.image_width = 12, jpeg.image_height = 9, jpeg.input_components = 3, jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  Image image = small_image();
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = &image.pixels[jpeg.next_scanline * 36];
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string bytes(reinterpret_cast<char*>(buffer), size);
  jpeg_destroy_compress(&jpeg);
  std::free(buffer);
  return bytes;
}

std::string bmp(uint32_t bits) {
  const uint32_t row = (5 * bits / 8 + 3) / 4 * 4, palette = bits == 8 ? 1024 : 0;
  return "BM" + word(0, 4) + word(0, 4) + word(54 + palette, 4) + word(40, 4) + word(5, 4) + word(3, 4) + word(1, 2) +
         word(bits, 2) + word(0, 4) + std::string(20, '\0') + std::string(palette, '\x11') +
         std::string(3 * row, '\x22');
}

std::string cbor() {
  std::string text = "\xA3\x69protected\xA2\x63\x61lg\x65HS256\x63iat\x1A";
  text += word(0x01020304, 4) + "\x69signature\x78\x40" + std::string(64, '0');
  text += "\x67payload\xA3\x6Binterval_ms\xFA\x41\x80";
  text += word(0, 2) + "\x67sensors\x82\xA2\x64name\x61x\x65units\x64m/s2\xA1\x64name\x61y\x66values\x83";
  for (int i = 0; i < 3; ++i) text += "\x82\x01\x21";
  return text;
}

// A model that takes four samples as eight scores, a rule with all kinds of state, and a recorder of both.
struct Decided {
  Graph graph;
  Plan plan;
  DecisionPlan decision{{{8, 3, 128, 1, 2, 1, 2, 60, 2, 0, kNoClass, 0}, {}}, 4, 2, RecorderPlan{6, 3, true}};

  Decided() {
    Tensor samples;
    samples.name = "samples", samples.type = DType::int16, samples.shape = {1, 1, 4};
    graph.inputs = graph.outputs = {graph.add(samples)};
    plan.graph = graph;
    for (int c = 0; c < 8; ++c) decision.rule.classes.push_back({140 << kLevelBits, 100 << kLevelBits, 1});
  }
};

std::string dump() {
  const Decided d;
  const DecideParams& p = d.decision.rule.params;
  StreamState stream = {};
  ClassState classes[8] = {};
  int8_t scores[8 * 3] = {};
  uint16_t times[8 * 2] = {};
  const Decider decider{p, d.decision.rule.classes.data(), &stream, classes, scores, times};
  const uint8_t build[kBuildBytes] = {};
  int16_t samples[6] = {};
  Bytes records(3 * static_cast<size_t>(record_bytes(p, 0)));
  RecorderState state = {};
  const Recorder recorder{build, samples, 6, records.data(), 3, nullptr, 0, &state};
  for (int16_t t = 0; t < 14; ++t) {
    keep_sample(recorder, static_cast<int16_t>(t * 6007));
    int16_t window[4] = {};
    if (t < 3 || t % 2 == 0) continue;
    copy_newest(recorder, 4, window);
    decide_and_keep(recorder, decider, reinterpret_cast<const int8_t*>(window));
  }
  std::string bytes;
  const auto take = [](void* to, const uint8_t* from, int32_t n) {
    static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(from), static_cast<size_t>(n));
  };
  write_dump(recorder, p, take, &bytes);
  return bytes;
}

std::vector<Seed> make_seeds() {
  const Recording r{{62.5, {{"accX", "m/s2"}, {"accY", "g"}}, 0}, {1, 2.5f, -3, 4e-3f, 5, 6}, {}, {}};
  std::string rows;
  for (int i = 0; i < 300; ++i)
    rows += fmt::format("{},{:.3f},{},{}\n", 20 * i, 0.1 * i, i % 7, i % 100 < 50 ? "walk" : "run");
  return {
      {"pcm16.wav", wav(1, 1, 16)},
      {"pcm8.wav", wav(1, 2, 8)},
      {"pcm24.wav", wav(1, 3, 24)},
      {"float.wav", wav(3, 1, 32)},
      {"double.wav", wav(3, 2, 64)},
      {"times.csv", "time_ms,ax [g],ay [m/s2],label\n" + rows},
      {"iso.csv",
       "datetime;\"a\";b\n2020-03-09 10:14:33;1,5;-2\n2020-03-09 10:14:34.5;;3\n2020-03-09T10:14:36+01:00;nan;1e3\n"},
      {"clock.csv", "date;time;x\n2020-03-09;10:14:33,5;0,5\n2020-03-09;10:14:33,75;-1,5\n;10:14:34;2\n"},
      {"plain.csv", "1 2  3\n4\t5 6\n7 8 9\n"},
      {"floats.npy", npy_header_of_floats({3, 2}) + std::string(24, '\x3F')},
      {"signed.json", write_acquisition(r, "BOARD", "key")},
      {"small.cbor", cbor()},
      {"small.png", png(false)},
      {"deep.png", png(true)},
      {"small.jpg", jpeg()},
      {"deep.bmp", bmp(24)},
      {"palette.bmp", bmp(8)},
      {"labels.csv",
       "file,label,subject,split,begin_s,end_s\na.wav,walk,s1,train,0,1.5\na.wav,run,s1,train,1.5,2\nb.csv,\"r, s\",s2,test,,\n"},
      {"info.labels",
       R"({"version":1,"files":[{"path":"a.wav","category":"training","label":{"type":"label","label":"x"}},{"path":"b.csv","label":{"type":"unlabeled"}}]})"},
      {"recorder.dump", dump()},
      {"sensor.json", R"({"rate_hz":62.5,"range":2,"axes":[{"name":"ax","unit":"g"},{"name":"ay"}]})"},
      {"manifest.json",
       R"({"name":"set","licence":"CC BY 4.0","citation":"A, 2020","files":[{"url":"https://a.b/c.zip","path":"c.zip","sha256":")" +
           std::string(64, 'a') + R"(","bytes":12}]})"}};
}

// ---- mutants ----

char odd_byte(Rng& rng) {
  constexpr char bytes[] = {0,   1,   '\x7F', '\x80', '\xFF', ',', ';', '\n', '\r',
                            '"', '{', '[',    '-',    '.',    'e', ' ', '9',  '0'};
  return rng.chance(0.5) ? bytes[rng.pick(0, static_cast<int32_t>(std::size(bytes)) - 1)]
                         : static_cast<char>(rng.next());
}

// Digits are changed into other numbers, bytes into others, ranges are doubled, cut, swapped or taken from another
// seed.
void mutate_once(std::string& s, const std::string& other, Rng& rng) {
  if (s.empty()) s = other;
  auto place = [&](const std::string& text) {
    return static_cast<size_t>(rng.pick(0, static_cast<int32_t>(text.size()) - 1));
  };
  const size_t at = place(s),
               length = std::min(s.size() - at, static_cast<size_t>(rng.pick(1, rng.chance(0.8) ? 8 : 200)));
  switch (rng.pick(0, 9)) {
    case 0: s[at] = static_cast<char>(s[at] ^ (1 << rng.pick(0, 7))); break;
    case 1: s[at] = odd_byte(rng); break;
    case 2: s.insert(at, 1, odd_byte(rng)); break;
    case 3: s.erase(at, length); break;
    case 4: s.insert(place(s), s.substr(at, length)); break;
    case 5: s.resize(at); break;
    case 6: {
      const size_t from = place(other);
      s.insert(at, other.substr(from, static_cast<size_t>(rng.pick(1, 60))));
      break;
    }
    case 7: {
      constexpr uint32_t words[] = {0,          1,          0x7FFF,     0x8000,  0xFFFF,
                                    0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x10000, 0x40000000};
      const std::string w = word(words[rng.pick(0, 9)], rng.chance(0.5) ? 2 : 4);
      s.replace(at, std::min(w.size(), s.size() - at), w);
      break;
    }
    case 8: {
      constexpr const char* numbers[] = {"1e308", "-1e-308", "nan",  "inf",       "99999999999999999999",
                                         "-0",    "1e999",   "0x10", "4294967296"};
      const size_t digit = s.find_first_of("0123456789", at);
      s.insert(digit == s.npos ? at : digit, numbers[rng.pick(0, 8)]);
      break;
    }
    default: {
      const std::string again = s.substr(at, length);
      for (int32_t n = rng.pick(1, 300); n > 0 && s.size() < 100000; --n) s.insert(at, again);
    }
  }
}

// ---- what is tried ----

struct Outcome {
  bool read = false;
  std::string refusal, fault;
};

template <class T>
void note(Outcome& o, const Expected<T>& result) {
  if (result) o.read = true;
  else if (result.error().what.empty()) o.fault = "it is refused without a message";
  else o.refusal = result.error().text();
}

void try_samples(Outcome& o, const std::string& name, const std::string& bytes, const ReadOptions& options,
                 bool change) {
  auto reader = open_samples(std::make_unique<std::istringstream>(bytes), name, options);
  note(o, reader);
  if (!reader) return;
  std::unique_ptr<SampleReader> r = *std::move(reader);
  if (change) {
    const Sensor contract{48.7, r->sensor().axes, 0};
    auto conforming = conform(std::move(r), contract, {true, 1e9});
    note(o, conforming);
    if (!conforming) return;
    r = *std::move(conforming);
    Chunk chunk;
    for (size_t frames = 0; frames < kMaxFrames;) {
      const Status status = r->read(chunk, 1000);
      note(o, status);
      if (!status || chunk.values.empty()) return;
      if (chunk.values.size() % r->axis_count() != 0) o.fault = "it gives frames that are not whole";
      frames += chunk.values.size() / r->axis_count();
    }
    return;
  }
  note(o, scan_samples(*r, name, true));
}

void try_list(Outcome& o, const std::string& name, const std::string& bytes) {
  static const TemporaryFolder folder = *TemporaryFolder::make();
  for (const char* file : {"a.wav", "b.csv"}) static_cast<void>(write_file(folder.path() / file, "x\n1\n", 4));
  static_cast<void>(write_file(folder.path() / name, bytes.data(), bytes.size()));
  note(o, open_dataset(folder.path() / name, ""));
}

// What lies behind the CRC is reached by mutants whose CRC is right.
void try_dump(Outcome& o, std::string bytes) {
  static const Decided d;
  const auto read = [&] {
    return read_dump({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, d.decision, 0);
  };
  note(o, read());
  if (bytes.size() < 4) return;
  const auto crc =
      add_to_crc(0, reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int32_t>(bytes.size() - 4));
  bytes.replace(bytes.size() - 4, 4, word(crc, 4));
  const auto dump = read();
  note(o, dump);
  if (dump) static_cast<void>(replay(d.graph, d.plan, d.decision, *dump));
}

Outcome try_file(const std::string& name, const std::string& bytes) {
  Outcome o;
  const std::span raw(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (name.ends_with("labels.csv") || name.ends_with("info.labels")) {
    try_list(o, name.ends_with("csv") ? "labels.csv" : "info.labels", bytes);
  } else if (name.ends_with("sensor.json")) {
    note(o, parse_sensor(bytes));
  } else if (name.ends_with(".dump")) {
    try_dump(o, bytes);
  } else if (name.ends_with("manifest.json")) {
    note(o, parse_manifest(bytes));
  } else if (is_image(raw)) {
    note(o, scan_picture(raw, name));
  } else {
    ReadOptions options;
    try_samples(o, name, bytes, options, false);
    try_samples(o, name, bytes, options, true);
    options.header = "no", options.time_column = "1", options.rate_hz = 50;
    try_samples(o, name, bytes, options, false);
    options = {};
    options.hmac_key = "key";
    try_samples(o, name, bytes, options, false);
  }
  return o;
}

class Run {
 public:
  explicit Run(const Settings& settings) : settings_(settings), base_(peak_megabytes()) {}

  void check(const std::string& name, const std::string& bytes, const std::string& save_as) {
    at_hand = {Bytes(bytes.begin(), bytes.end()), save_as};
    alarm(kStuckSeconds);
    const std::clock_t start = std::clock();
    Outcome o = try_file(name, bytes);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    alarm(0);
    ++rounds_, read_ += o.read;
    slowest_ = std::max(slowest_, seconds);
    if (o.fault.empty() && seconds > kMaxSeconds * kSlowdown)
      o.fault = fmt::format("it took {:.2f} s of CPU time", seconds);
    if (const int64_t used = peak_megabytes() - base_; used > kMaxMegabytes) {
      if (o.fault.empty()) o.fault = fmt::format("it took {} MB of memory", used);
      forget_peak();
    }
    if (!o.fault.empty()) {
      ++failed_;
      fmt::print("FAILED {}: {}\n", save_as.empty() ? name : save_as, o.fault);
      save_mutant();
    }
    at_hand.save_as.clear();
  }

  int report() const {
    fmt::print("{} files: read {} ({:.1f} %), slowest {:.3f} s, failed {}\n", rounds_, read_,
               100.0 * static_cast<double>(read_) / static_cast<double>(std::max<int64_t>(rounds_, 1)), slowest_,
               failed_);
    const bool shallow = settings_.replay.empty() && rounds_ >= 1000 && read_ * 5 < rounds_;
    if (shallow) fmt::print("FAILED: fewer than 20 % are read\n");
    return failed_ > 0 || shallow;
  }

 private:
  const Settings& settings_;
  int64_t base_, rounds_ = 0, read_ = 0, failed_ = 0;
  double slowest_ = 0;
};

int fuzz(const Settings& settings) {
  const std::vector<Seed> seeds = make_seeds();
  Run run(settings);
  for (const Seed& seed : seeds) {
    const Outcome o = try_file(seed.name, seed.bytes);
    if (!o.read) return fmt::print("the seed {} is refused: {}\n", seed.name, o.refusal), 1;
  }
  for (int64_t i = settings.first; i < settings.first + settings.rounds; ++i) {
    Rng rng(settings.seed * 1'000'003 + static_cast<uint64_t>(i));
    const Seed& seed = seeds[static_cast<size_t>(i) % seeds.size()];
    const std::string& other = seeds[static_cast<size_t>(rng.pick(0, static_cast<int32_t>(seeds.size()) - 1))].bytes;
    std::string bytes = seed.bytes;
    for (int32_t n = rng.pick(1, 4); n > 0; --n) mutate_once(bytes, other, rng);
    run.check(seed.name, bytes, fmt::format("{}/{}-{}-{}", settings.save, settings.seed, i, seed.name));
  }
  return run.report();
}

int replay(const Settings& settings) {
  Run run(settings);
  for (const std::string& path : settings.replay) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return fmt::print("cannot read {}\n", path), 1;
    run.check(std::filesystem::path(path).filename().string(), std::string(std::istreambuf_iterator<char>(in), {}), "");
  }
  return run.report();
}

}  // namespace
}  // namespace mote::fuzz

int main(int argc, char** argv) {
  mote::fuzz::Settings s;
  CLI::App app("Mutants of recordings, pictures and lists through mote's readers");
  app.add_option("--rounds", s.rounds, "How many mutants")->capture_default_str();
  app.add_option("--first", s.first, "The number of the first one")->capture_default_str();
  app.add_option("--seed", s.seed, "Other mutants for other numbers")->capture_default_str();
  app.add_option("--save", s.save, "The folder for files that fail")->capture_default_str();
  app.add_option("--replay", s.replay, "Check these files as they are; the end of the name tells the kind");
  CLI11_PARSE(app, argc, argv);
  mote::fuzz::catch_crashes("mote_data_fuzz");
  return s.replay.empty() ? mote::fuzz::fuzz(s) : mote::fuzz::replay(s);
}
