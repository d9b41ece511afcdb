// Projects whose sensor is a camera: pictures are checked, learned from and judged, and their rows go through the chip.
#include <gtest/gtest.h>

#include <fstream>

#include "mote/compiler/base/rng.h"
#include "mote/data/image.h"
#include "mote/device/record.h"
#include "tests/cli/program.h"

namespace mote {
namespace {

// Forty noisy pictures of 40 x 30, which are bright on the left or on the right, in all colours.
void write_pictures(const Scratch& s) {
  std::filesystem::create_directories(s.path / "data");
  std::string labels = "file,label,split\n";
  Rng rng(5);
  for (int i = 0; i < 40; ++i) {
    Image image{40, 30, 3, {}};
    for (int y = 0; y < image.height; ++y)
      for (int x = 0; x < image.width; ++x)
        for (int c = 0; c < 3; ++c)
          image.pixels.push_back(static_cast<uint8_t>(((x < 20) == (i % 2 == 0) ? 120 : 20) + rng.pick(0, 100)));
    const Bytes png = write_png(image);
    const std::string name = "p" + std::to_string(i) + ".png";
    ASSERT_TRUE(write_file(s.path / "data" / name, png.data(), png.size()));
    labels += name + (i % 2 == 0 ? ",left" : ",right") + (i < 20 ? ",train\n" : i < 28 ? ",val\n" : ",test\n");
  }
  ASSERT_TRUE(write_file(s / "data/labels.csv", labels.data(), labels.size()));
}

std::string write_project(const Scratch& s, const std::string& input, const std::string& block,
                          const std::string& more = "") {
  const std::string toml = "[input]\nkind = \"image\"\n" + input + "[[block]]\ntype = \"image\"\n" + block +
                           "[model]\nfile = \"model.json\"\n[learn]\nmethod = \"tree\"\n" + more;
  EXPECT_TRUE(write_file(s / "mote.toml", toml.data(), toml.size()));
  return s / "mote.toml";
}

const std::string kCamera = "width = 40\nheight = 30\naxes = [\"red\", \"green\", \"blue\"]\n";

TEST(Pictures, AreLearnedAndRunOnTheChipRowByRow) {
  const Scratch s;
  write_pictures(s);
  const std::string project =
      write_project(s, kCamera, "width = 4\nheight = 3\nfit = \"squash\"\nchannels = \"grey\"\n");
  const Ran trained = run_mote({"train", project});
  ASSERT_EQ(trained.exit_code, 0) << transcript(trained);
  const auto tested = json_of(run_mote({"test", project, "--json", "--rounds", "100"}));
  ASSERT_TRUE(tested.contains("metrics"));
  EXPECT_EQ(tested["windows"], 12);
  EXPECT_GT(tested["metrics"]["accuracy"], 0.9);
  const Ran verified = run_mote({"verify", project, "--feed", "rows", "--json"});
  ASSERT_EQ(verified.exit_code, 0) << transcript(verified);
  EXPECT_LT(json_of(verified)["targets"][0]["ram"]["arena_bytes"], 4 * 40 * 3);  // rows of the camera, which has 30
}

// Pixels are bytes, pushed as they come; a hop is a picture.
TEST(Pictures, AreDecidedOf) {
  const Scratch s;
  write_pictures(s);
  const std::string
      block = "width = 4\nheight = 3\nfit = \"squash\"\nchannels = \"grey\"\n",
      decision = "[decision]\nthreshold = 0.6\nvotes = 2\nvoters = 3\nrefractory = 1\n[project]\nname = \"camera\"\n";
  const std::string project = write_project(s, kCamera + "rate_hz = 4\n", block, decision);
  ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
  for (const char* feed : {"whole", "rows"}) {
    const Ran verified = run_mote({"verify", project, "--feed", feed, "--json"});
    ASSERT_EQ(verified.exit_code, 0) << transcript(verified);
    EXPECT_GT(json_of(verified)["targets"][0]["decisions"], 10);
    EXPECT_GT(json_of(verified)["targets"][0]["events"], 0);
  }
  const Ran compiled = run_mote({"compile", s.path.string(), "-o", s / "package"});
  ASSERT_EQ(compiled.exit_code, 0) << transcript(compiled);
  const std::string rule = text_of(s / "package/src/camera_model_decision.cpp");
  EXPECT_NE(rule.find("/*refractory*/ 4"), rule.npos) << "a second is four pictures: " << rule;
  EXPECT_NE(rule.find("push_samples(const uint8_t* samples"), rule.npos) << rule;
}

// The newest picture is kept as bytes, and what was decided of it is done again on the host.
TEST(Pictures, AreKeptAndReplayed) {
  const Scratch s;
  write_pictures(s);
  const std::string block = "width = 4\nheight = 3\nfit = \"squash\"\nchannels = \"grey\"\n",
                    camera = kCamera + "rate_hz = 4\n",
                    recorder = "[project]\nname = \"camera\"\n[decision]\nthreshold = 0.6\n[recorder]\ndecisions = 3\n";
  const std::string project = write_project(s, camera, block, recorder + "signal = 0.5\n");
  ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
  for (const char* feed : {"whole", "rows"}) {
    const Ran verified = run_mote({"verify", project, "--feed", feed, "--dump", s / "dump.bin", "--json"});
    ASSERT_EQ(verified.exit_code, 0) << transcript(verified);
    const Ran replayed = run_mote({"replay", s / "dump.bin", project, "--feed", feed, "--json"});
    ASSERT_EQ(replayed.exit_code, 0) << transcript(replayed);
    const nlohmann::json hops = json_of(replayed)["hops"];
    ASSERT_EQ(hops.size(), 3u);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(hops[i]["window_kept"], i > 0) << "two pictures are kept";
    // A pixel that is not what the camera saw: the scores of the picture are others, or its features are.
    Bytes bytes = *read_file(s / "dump.bin");
    const size_t samples = bytes.size() - 4 - 2 * 40 * 30 * 3;
    for (size_t at = samples; at < samples + 2 * 40 * 30 * 3; ++at) bytes[at] = static_cast<uint8_t>(~bytes[at]);
    const uint32_t crc = add_to_crc(0, bytes.data(), static_cast<int32_t>(bytes.size() - 4));
    for (size_t i = 0; i < 4; ++i) bytes[bytes.size() - 4 + i] = static_cast<uint8_t>(crc >> 8 * i);
    ASSERT_TRUE(write_file(s / "other.bin", bytes.data(), bytes.size()));
    const Ran wrong = run_mote({"replay", s / "other.bin", project, "--feed", feed, "--json"});
    EXPECT_EQ(wrong.exit_code, 1) << transcript(wrong);
    EXPECT_FALSE(json_of(wrong)["right"].get<bool>());
  }
  const Ran compiled = run_mote({"compile", project, "-o", s / "package", "--json"});
  ASSERT_EQ(compiled.exit_code, 0) << transcript(compiled);
  EXPECT_EQ(json_of(compiled)["recorder"]["sample_bytes"], 2 * 40 * 30 * 3);
  const Ran refused = run_mote({"check", write_project(s, camera, block, recorder + "signal = 0.2\n")});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("signal = 0.2 s is less than the 0.25 s of a window"), refused.err.npos) << refused.err;
}

TEST(Pictures, OfOtherCamerasAreRefusedOrTakenAgain) {
  const Scratch s;
  write_pictures(s);
  const std::string other = "width = 20\nheight = 20\naxes = [\"grey\"]\n", block = "width = 4\nheight = 3\n";
  const Ran refused = run_mote({"check", write_project(s, other, block)});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("is a picture of 40 x 30; [input] says 20 x 20"), std::string::npos) << refused.err;
  const std::string project = write_project(s, other, block, "[data]\nmismatch = \"resample\"\n");
  ASSERT_EQ(run_mote({"train", project}).exit_code, 0);
  const auto tested = json_of(run_mote({"test", project, "--json", "--stress", "--rounds", "100"}));
  EXPECT_GT(tested["metrics"]["accuracy"], 0.9);
}

}  // namespace
}  // namespace mote
