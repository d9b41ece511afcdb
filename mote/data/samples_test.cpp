// Readers: values, what is found out about a file, and what is said about bad ones.
#include "mote/data/samples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "mote/compiler/base/sha256.h"
#include "mote/data/acquisition.h"
#include "mote/data/npy.h"
#include "mote/data/timestamp.h"

namespace mote {
namespace {

Expected<Recording> read_text(const std::string& bytes, const std::string& name = "a.csv",
                              const ReadOptions& options = {}) {
  auto reader = open_samples(std::make_unique<std::istringstream>(bytes), name, options);
  if (!reader) return std::move(reader.error());
  auto all = read_all(**reader, 1 << 20);
  if (!all) return std::move(all.error()).at(name);
  return all;
}

Recording recording_of(const std::string& bytes, const std::string& name = "a.csv", const ReadOptions& options = {}) {
  auto r = read_text(bytes, name, options);
  EXPECT_TRUE(r) << r.error().text();
  return r ? *r : Recording{};
}

std::string error_of(const std::string& bytes, const std::string& name = "a.csv", const ReadOptions& options = {}) {
  const auto r = read_text(bytes, name, options);
  return r ? "no error" : r.error().text();
}

std::string word(uint32_t v, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(v >> (8 * i));
  return text;
}

std::string wav(int tag, int channels, int bits, const std::string& data) {
  const std::string format = word(static_cast<uint32_t>(tag), 2) + word(static_cast<uint32_t>(channels), 2) +
                             word(16000, 4) + word(0, 4) + word(0, 2) + word(static_cast<uint32_t>(bits), 2);
  // An odd chunk before, with its byte of padding.
  return "RIFF" + word(0, 4) + "WAVE" + "fmt " + word(16, 4) + format + "LIST" + word(3, 4) + "abc" +
         std::string(1, '\0') + "data" + word(static_cast<uint32_t>(data.size()), 4) + data;
}

TEST(Wav, EachWidth) {
  EXPECT_EQ(recording_of(wav(1, 1, 16, word(0x8000, 2) + word(1, 2) + word(0x7FFF, 2)), "a.wav").values,
            (std::vector<float>{-1, 1.0f / 32768, 32767.0f / 32768}));
  EXPECT_EQ(recording_of(wav(1, 1, 8, std::string("\x00\x80\xFF", 3)), "a.wav").values,
            (std::vector<float>{-1, 0, 127.0f / 128}));
  EXPECT_EQ(recording_of(wav(1, 1, 24, word(0x800000, 3) + word(0x400000, 3)), "a.wav").values,
            (std::vector<float>{-1, 0.5f}));
  EXPECT_EQ(recording_of(wav(1, 2, 32, word(0x80000000, 4) + word(0x20000000, 4)), "a.wav").values,
            (std::vector<float>{-1, 0.25f}));
  EXPECT_EQ(recording_of(wav(3, 1, 32, word(0x3FC00000, 4)), "a.wav").values, (std::vector<float>{1.5f}));
  const Recording stereo = recording_of(wav(1, 2, 16, word(1, 2) + word(2, 2)), "a.wav");
  EXPECT_EQ(stereo.frames(), 1u);
  EXPECT_EQ(stereo.sensor.rate_hz, 16000);
}

TEST(Wav, Refusals) {
  const std::string good = wav(1, 1, 16, word(1, 2) + word(2, 2));
  EXPECT_NE(error_of(good.substr(0, good.size() - 2), "a.wav").find("promises 2 frames, 1 are there"),
            std::string::npos);
  EXPECT_NE(error_of(good.substr(0, 20), "a.wav").find("ends before its samples"), std::string::npos);
  EXPECT_NE(error_of(wav(2, 1, 4, ""), "a.wav").find("format 2 with 4 bits"), std::string::npos);
  EXPECT_NE(error_of(wav(1, 2, 16, "xx"), "a.wav").find("not whole frames of 4 bytes"), std::string::npos);
  EXPECT_NE(error_of("text", "a.wav").find("does not begin with RIFF"), std::string::npos);
}

TEST(Csv, FindsTheDialect) {
  const Recording r =
      recording_of("timestamp (ms);ax [m/s^2];ay [m/s^2];label\n0;1,5;-2;walk\n20;2,5;;walk\n40;3;1;run\n");
  EXPECT_EQ(r.sensor.rate_hz, 50);
  EXPECT_EQ(r.sensor.axes, (std::vector<Axis>{{"ax", "m/s2"}, {"ay", "m/s2"}}));
  EXPECT_EQ(r.values[2], 2.5f);
  EXPECT_TRUE(std::isnan(r.values[3]));
  EXPECT_EQ(r.times_s, (std::vector<double>{0, 0.02, 0.04}));
  EXPECT_EQ(r.labels, (std::vector<std::string>{"walk", "walk", "run"}));
}

TEST(Csv, WithoutHeaderOrTimes) {
  const Recording r = recording_of("1 2  3\r\n4\t5 6\r\n\r\n");
  EXPECT_EQ(r.values, (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(r.sensor.rate_hz, 0);
  EXPECT_EQ(recording_of("1\n2\n").values, (std::vector<float>{1, 2}));
  EXPECT_EQ(recording_of("\xEF\xBB\xBFx\n1e-3\n").sensor.axes[0].name, "x");
}

TEST(Csv, Times) {
  EXPECT_NEAR(recording_of("time,x\n0,1\n33,1\n67,1\n100,1\n").sensor.rate_hz, 30, 1e-9);       // rounded to ms
  EXPECT_NEAR(recording_of("time,x\n0.00,1\n0.02,1\n9,1\n9.02,1\n").sensor.rate_hz, 50, 1e-9);  // a gap is no step
  EXPECT_EQ(recording_of("t_us,x\n0,1\n500,1\n").sensor.rate_hz, 2000);
  EXPECT_EQ(recording_of("d,x\n2020-03-09 10:14:33,1\n2020-03-09 10:14:34,1\n").sensor.rate_hz, 1);
  EXPECT_EQ(recording_of("time,x\n1583748873000,1\n1583748873010,1\n").sensor.rate_hz, 100);
  EXPECT_EQ(*parse_iso_time("1970-01-02T01:00:00.5+01:00"), 86400.5);
  EXPECT_FALSE(parse_iso_time("2021-02-29 00:00:00"));
}

double rate_of(const std::string& heading, const char* second) {
  return recording_of(heading + ",x\n0,1\n" + second + ",2\n").sensor.rate_hz;
}

TEST(Csv, UnitsOfTime) {
  for (const char* heading : {"micros", "Timestamp (µs)", "Timestamp (μs)", "time_us", "t [usec]", "elapsed_micros"})
    EXPECT_NEAR(rate_of(heading, "20000"), 50, 1e-9) << heading;
  for (const char* heading : {"millis", "Time [msec]", "elapsed_ms", "milliseconds"})
    EXPECT_NEAR(rate_of(heading, "20"), 50, 1e-9) << heading;
  for (const char* heading : {"seconds", "Time [sec]", "seconds_elapsed", "t_s"})
    EXPECT_NEAR(rate_of(heading, "1"), 1, 1e-9) << heading;
  EXPECT_NE(error_of("time [ticks],x\n0,1\n20,2\n").find("in \"ticks\", which is not known: --time-unit"),
            std::string::npos);
  ReadOptions o;
  o.time_unit = "us";
  EXPECT_EQ(recording_of("time [ticks],x\n0,1\n500,2\n", "a.csv", o).sensor.rate_hz, 2000);
  EXPECT_EQ(recording_of("time [UTC],x\n1700000000000,1\n1700000000010,2\n").sensor.rate_hz, 100);
  EXPECT_EQ(recording_of("timestamp,seconds_elapsed,x\n1700000000000000000,0,1\n1700000000010000000,0.01,2\n").values,
            (std::vector<float>{1, 2}));
}

TEST(Csv, TimesOfDay) {
  EXPECT_EQ(recording_of("time,x\n10:00:00.0,1\n10:00:00.5,2\n").sensor.rate_hz, 2);
  EXPECT_EQ(recording_of("date,time,x\n2024-03-31,10:00:00,1\n2024-03-31,10:00:01,2\n").values,
            (std::vector<float>{1, 2}));
  EXPECT_EQ(recording_of("Time;x\n2024-03-31 10:00:00,000;1\n2024-03-31 10:00:00,250;2\n").sensor.rate_hz, 4);
  EXPECT_EQ(*parse_time_text("00:01:00.25"), 60.25);
  EXPECT_FALSE(parse_time_text("10:00:00.5x"));
  const std::string error = error_of("time,x\n03/31/2024 10:00:00,1\n03/31/2024 10:00:01,2\n");
  for (const char* part : {"column \"time\"", "03/31/2024", "2020-03-09 10:14:33.25", "--time-column"})
    EXPECT_NE(error.find(part), std::string::npos) << error;
}

TEST(Csv, OneLetterIsNoTimeByItself) {
  EXPECT_EQ(recording_of("T,H,P\n21.4,40,1013\n21.1,41,1013\n21.7,40,1012\n").sensor.axes.size(), 3u);
  EXPECT_EQ(recording_of("t,x\n0,1\n0.5,2\n1.0,2\n").sensor.rate_hz, 2);
}

TEST(Csv, DecimalCommasWithoutAHeader) {
  EXPECT_EQ(recording_of("0,01;1,5;2,5\n0,02;-1,5;2\n").values,
            (std::vector<float>{0.01f, 1.5f, 2.5f, 0.02f, -1.5f, 2}));
  EXPECT_EQ(recording_of("1,2\n3,4\n").values, (std::vector<float>{1, 2, 3, 4}));
}

TEST(Csv, NumberedColumnsAreAHeader) {
  EXPECT_EQ(recording_of("0,1,2\n0.5,1.5,2.5\n").values, (std::vector<float>{0.5f, 1.5f, 2.5f}));
  EXPECT_EQ(recording_of(",0,1\n0,5,6\n1,7,8\n").values, (std::vector<float>{5, 6, 7, 8}));
  EXPECT_EQ(recording_of("0,1\n1,2\n").values.size(), 4u) << "may be values";
}

// The rate is that of the whole file, not of its begin; neither lost frames nor jitter move it.
TEST(Csv, TheRateIsThatOfAllTimes) {
  std::string drifting = "t [s],x\n", jittering = drifting;
  double t = 0;
  uint32_t random = 1;
  for (int i = 0; i < 5000; ++i) {
    drifting += std::to_string(i < 100 ? 0.01 * i : 1 + 0.0125 * (i - 100)) + ",1\n";
    jittering += std::to_string(t) + ",1\n";
    random = random * 1664525 + 1013904223;
    t += 0.02 * (0.3 + 1.4 * (random >> 8) / (1 << 24)) + (i % 1000 == 999 ? 3 : 0);
  }
  EXPECT_NEAR(recording_of(drifting).sensor.rate_hz, 80, 0.5);
  EXPECT_NEAR(recording_of(jittering).sensor.rate_hz, 50, 0.5);
}

TEST(Csv, WhatTheUserSaysGoes) {
  ReadOptions o;
  o.columns = {"z", "1"};
  o.units = {"x=g"};
  o.rate_hz = 50;
  const Recording r = recording_of("x,y,z\n1,2,3\n", "a.csv", o);
  EXPECT_EQ(r.values, (std::vector<float>{3, 1}));
  EXPECT_EQ(r.sensor.axes, (std::vector<Axis>{{"z", ""}, {"x", "g"}}));
  EXPECT_EQ(r.sensor.rate_hz, 50);
  o.columns = {"w"};
  EXPECT_EQ(error_of("x,y,z\n1,2,3\n", "a.csv", o), "a.csv: has no column \"w\"; its columns are: x, y, z");
}

TEST(Csv, Quotes) {
  const Recording r = recording_of("x,label\n\"1\",\"a, \"\"b\"\"\"\n");
  EXPECT_EQ(r.labels, (std::vector<std::string>{"a, \"b\""}));
  EXPECT_NE(error_of("x,label\n1,\"a\n").find("a quote is not closed"), std::string::npos);
}

TEST(Csv, Refusals) {
  EXPECT_EQ(error_of("x,y\n1,2\n3,4\n1,two\n"), "a.csv: line 4: column \"y\" holds \"two\"; a number is expected");
  EXPECT_EQ(error_of("x,y\n1,2\n3\n"), "a.csv: line 3: has 1 fields; 2 are expected, as in the first line");
  EXPECT_EQ(error_of("x;y\n1;2\n1;2\n1;2;3\n"), "a.csv: line 4: has 3 fields; 2 are expected, as in the first line");
  EXPECT_EQ(error_of("time,x\n0,1\nlater,2\n5,3\n6,4\n"), "a.csv: line 3: the time is \"later\"; a number is expected");
  EXPECT_NE(error_of("a,b\nc,d\n").find("no column of numbers"), std::string::npos);
  EXPECT_NE(error_of("x,x\n1,2\n").find("two columns \"x\""), std::string::npos);
  EXPECT_NE(error_of("").find("is empty"), std::string::npos);
  EXPECT_NE(error_of("x,y\r1,2\r3,4\r").find("with CR alone"), std::string::npos);
  std::string long_cr = "x,y\r";
  while (long_cr.size() < (3 << 20)) long_cr += "1,2\r";
  EXPECT_NE(error_of(long_cr).find("with CR alone"), std::string::npos);
  EXPECT_NE(error_of(std::string("\xFF\xFEx\0", 4)).find("UTF-16"), std::string::npos);
  EXPECT_NE(error_of(std::string("\0\1\2", 3)).find("this is no text"), std::string::npos);
  EXPECT_NE(error_of(std::string(3 << 20, '1')).find("longer than 1 MiB"), std::string::npos);
}

TEST(Acquisition, JsonAndSignature) {
  Recording r{{62.5, {{"accX", "m/s2"}, {"accY", "m/s2"}}, 0}, {1, 2, 3, 4}, {}, {}};
  const std::string plain = write_acquisition(r, "BOARD", ""), good = write_acquisition(r, "BOARD", "secret");
  const Recording back = recording_of(plain, "a.json");
  EXPECT_EQ(back.values, r.values);
  EXPECT_EQ(back.sensor.axes, r.sensor.axes);
  EXPECT_EQ(back.sensor.rate_hz, 62.5);
  ReadOptions o;
  o.hmac_key = "secret";
  EXPECT_EQ(recording_of(good, "a.json", o).values, r.values);
  EXPECT_NE(error_of(plain, "a.json", o).find("is not signed"), std::string::npos);
  std::string changed = good;
  changed[changed.find("[1.0,2.0]") + 1] = '9';
  EXPECT_NE(error_of(changed, "a.json", o).find("its signature does not fit"), std::string::npos);
  o.hmac_key = "other";
  EXPECT_NE(error_of(good, "a.json", o).find("its signature does not fit"), std::string::npos);
}

TEST(Acquisition, HmacIsThatOfRfc4231) {
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Acquisition, SignatureMadeElsewhere) {  // by Python's hmac, over the document with 64 zeros
  const std::string document =
      R"({"protected":{"ver":"v1","alg":"HS256"},"signature":"d3a23535f9859954e9b7dac6bbc6c5a422b64155d0538cb82c4c1edbe34c3d4e",)"
      R"("payload":{"device_type":"B","interval_ms":10,"sensors":[{"name":"x","units":"g"}],"values":[1,2]}})";
  EXPECT_TRUE(verify_signature(document, "secret"));
}

TEST(Acquisition, CborOfOneSensor) {
  // {"protected": {"alg": "none"}, "payload": {"interval_ms": 2, "sensors": [{"name": "a"}], "values": [1, -2]}}
  std::string doc =
      "\xA2\x69protected\xA1\x63\x61lg\x64none\x67payload\xA3\x6Binterval_ms\x02\x67sensors\x81\xA1\x64name\x61\x61\x66values\x82";
  doc += "\x01\x21";
  const Recording r = recording_of(doc, "a.cbor");
  EXPECT_EQ(r.values, (std::vector<float>{1, -2}));
  EXPECT_EQ(r.sensor.rate_hz, 500);
  EXPECT_NE(error_of("\xA2\x69protected" + std::string(100000, '\x81'), "a.cbor").find("nested too deeply"),
            std::string::npos);
}

TEST(Acquisition, Refusals) {
  const std::string head =
      R"({"protected":{}, "payload":{"interval_ms":1,"sensors":[{"name":"x"},{"name":"y"}],"values":)";
  EXPECT_NE(error_of(head + "[[1,2],[3]]}}", "a.json").find("has 2 values, another one 1"), std::string::npos);
  EXPECT_NE(error_of(head + "[1,2]}}", "a.json").find("there are 2 sensors"), std::string::npos);
  EXPECT_NE(error_of(head + "[\"Ref-BINARY\"]}}", "a.json").find("numbers are expected"), std::string::npos);
  EXPECT_NE(error_of(head, "a.json").find("cannot be read as JSON"), std::string::npos);
}

TEST(Npy, Recordings) {
  const std::string floats = word(0x3F800000, 4) + word(0x40000000, 4);
  const Recording r = recording_of(npy_header_of_floats({1, 2}) + floats, "a.npy");
  EXPECT_EQ(r.values, (std::vector<float>{1, 2}));
  EXPECT_EQ(r.sensor.axes.size(), 2u);
  EXPECT_EQ(recording_of(npy_header_of_floats({2}) + floats, "a.npy").frames(), 2u);
  EXPECT_NE(error_of(npy_header_of_floats({3}) + floats, "a.npy").find("promises 3 frames"), std::string::npos);
  EXPECT_NE(error_of(npy_header_of_floats({1, 1, 2}) + floats, "a.npy").find("has 3 dimensions"), std::string::npos);
}

TEST(Contract, StandsInForWhatFilesDoNotSay) {
  ReadOptions o;
  o.contract = Sensor{50, {{"ax", "g"}, {"ay", "g"}}, 2};
  EXPECT_EQ(describe(recording_of("1,2\n3,4\n", "a.csv", o).sensor), "50 Hz, 2 axes: ax [g], ay [g], ±2");
  EXPECT_EQ(describe(recording_of("t_ms,ay [mg],ax\n0,1,2\n10,3,4\n", "a.csv", o).sensor),
            "100 Hz, 2 axes: ay [mg], ax [g]")
      << "what the file says goes, and a range in g is none in mg";
  o.rate_hz = 25;
  EXPECT_EQ(recording_of("1,2\n3,4\n", "a.csv", o).sensor.rate_hz, 25);
}

TEST(Contract, Breaches) {
  const Sensor expected{62.5, {{"ax", "g"}, {"ay", "g"}}, 2};
  EXPECT_TRUE(contract_breaches(expected, {62.6, {{"ax", "g"}, {"ay", ""}}, 0}).empty());
  EXPECT_EQ(contract_breaches(expected, {50, {{"ay", "g"}, {"ax", "m/s2"}}, 4}),
            (std::vector<std::string>{"the rate is 50 Hz; 62.5 Hz is expected",
                                      "the axes are in another order: ay, ax; ax, ay is expected",
                                      "ax is in m/s2; g is expected", "the range is ±4; ±2 is expected"}));
  EXPECT_NEAR(*unit_factor("mg", "m/s2"), 9.80665e-3, 1e-12);
  EXPECT_FALSE(unit_factor("g", "rad/s"));
  const auto back = parse_sensor(to_json(expected).dump());
  ASSERT_TRUE(back);
  EXPECT_EQ(describe(*back), "62.5 Hz, 2 axes: ax [g], ay [g], ±2");
}

}  // namespace
}  // namespace mote
