#include "mote/project/project.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/ir/evaluate.h"

namespace mote {
namespace {

Bytes random_bytes(Rng& rng, int64_t n) {
  Bytes bytes(static_cast<size_t>(n));
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(rng.next());
  return bytes;
}

// What int16 outputs stand for; scales are one, or one per index of the last dimension.
std::vector<double> real_outputs(const Graph& graph, const Bytes& window) {
  const Tensor& t = graph.at(graph.outputs[0]);
  const Bytes bytes = evaluate(graph, {window})[static_cast<size_t>(graph.outputs[0])];
  std::vector<double> values;
  for (int16_t q : view_as<int16_t>(bytes))
    values.push_back(q * double{t.quant.scale_at(values.size() % static_cast<size_t>(t.shape.back()))});
  return values;
}

std::string refusal(std::string_view toml) {
  const auto project = parse_project(toml, "mote.toml");
  return project ? "" : project.error().what;
}

TEST(Project, DefaultsAreAProject) {
  const auto project = parse_project("", "farm/mote.toml");
  ASSERT_TRUE(project) << project.error().text();
  EXPECT_EQ(project->folder, "farm");
  EXPECT_EQ(project->section("target").choice("name"), "cortex-m4");
  EXPECT_TRUE(project->blocks.empty());
}

TEST(Project, EveryMistakeIsNamedWithItsLine) {
  EXPECT_EQ(refusal("[input]\nrate = 16000\n"),
            "mote.toml:2: [input]: there is no setting \"rate\"; did you mean \"rate_hz\"?");
  EXPECT_EQ(
      refusal("[input]\nfrequency = 16000\n"),
      "mote.toml:2: [input]: there is no setting \"frequency\"; there are kind, rate_hz, axes, unit, range, ranges, window, hop, width, height");
  EXPECT_EQ(refusal("[input]\nrate_hs = 16000\nwindow = -1\n"),
            "mote.toml:2: [input]: there is no setting \"rate_hs\"; did you mean \"rate_hz\"?\n"
            "mote.toml:3: [input]: window = -1; allowed is a number from 0.0001 to 3600 s");
  EXPECT_EQ(refusal("\n[imput]\n"), "mote.toml:2: there is no section [imput]; did you mean [input]?");
  EXPECT_EQ(refusal("input = 3\n"), "mote.toml:1: input is a section: [input]");
  EXPECT_EQ(refusal("[[block]]\ntype = \"mfc\"\n"), "mote.toml:1: there is no block \"mfc\"; did you mean \"mfcc\"?");
  EXPECT_EQ(refusal("[[block]]\n"), "mote.toml:1: a block needs a type, such as type = \"mfcc\"");
  EXPECT_EQ(refusal("[input]\nrate_hz = 16000\naxes = [\"a\", \"b\"]\n[[block]]\ntype = \"mfe\"\n"),
            "mote.toml:4: it takes one axis, and the signal has 2; choose one of them");
  EXPECT_EQ(
      refusal("[input]\nwindow = 0.015\n"),
      "mote.toml:1: [input]: a window of 0.015 s at 100 Hz is 1.5 samples; 0.02 s would be a whole number of them");
  EXPECT_NE(refusal("[input\n").find("mote.toml:1: "), std::string::npos);
  EXPECT_EQ(refusal("[data]\npath = { a = 1 }\n"), "mote.toml:2: [data]: path is neither a value nor a list of values");
}

TEST(Project, NoSettingHidesAKeyOfAllBlocks) {
  for (const BlockDef* block : all_blocks())
    for (const Setting& key : block_keys())
      for (const Setting& setting : block->settings) EXPECT_NE(setting.name, key.name) << block->name;
}

constexpr std::string_view kMotion =
    "[input]\nrate_hz = 50\naxes = [\"x\", \"y\", \"z\"]\nunit = \"g\"\nrange = 4\nwindow = 2\nhop = 0.5\n";

std::string with_blocks(std::string_view blocks) { return std::string(kMotion) + std::string(blocks); }

TEST(Project, BlocksFeedOneAnother) {
  const auto project =
      parse_project(with_blocks("[[block]]\ntype = \"statistics\"\ninput = \"smooth\"\n"
                                "[[block]]\ntype = \"filter\"\nname = \"smooth\"\nkind = \"high\"\ncutoff = 1\n"),
                    "mote.toml");
  ASSERT_TRUE(project) << project.error().text();
  EXPECT_EQ(project->blocks[1].settings.at("kind"), "high");
  const auto features = make_block_graph(*project, 0), samples = make_block_graph(*project, 1);
  ASSERT_TRUE(features && samples);
  EXPECT_EQ(features->ops.size(), 2u);
  EXPECT_EQ(samples->ops.size(), 1u);
  EXPECT_EQ(refusal(with_blocks("[[block]]\ntype = \"tilt\"\n[[block]]\ntype = \"statistics\"\ninput = \"tild\"\n")),
            "mote.toml:10: statistics: there is no input \"tild\"; there are samples, statistics");
  EXPECT_EQ(refusal(with_blocks("[[block]]\ntype = \"tilt\"\ninput = \"tilt\"\n")),
            "mote.toml:8: tilt: its input is made from its own output");
  EXPECT_EQ(refusal(with_blocks("[[block]]\ntype = \"tilt\"\n[[block]]\ntype = \"tilt\"\n")),
            "mote.toml:8: two inputs are named \"tilt\"; give one of them another name");
}

TEST(Project, ACameraHasItsBlock) {
  const std::string camera = "[input]\nkind = \"image\"\n", size = "width = 20\nheight = 10\n",
                    image = "[[block]]\ntype = \"image\"\n";
  EXPECT_EQ(refusal(camera + size + image), "");
  EXPECT_EQ(refusal(camera + image), "mote.toml:1: [input]: a picture needs width and height");
  EXPECT_EQ(refusal(camera + size + "axes = [\"u\", \"v\"]\n" + image),
            "mote.toml:1: [input]: a picture with 2 axes; grey, or red, green and blue are supported");
  EXPECT_EQ(refusal(camera + size + "[[block]]\ntype = \"statistics\"\n"),
            "mote.toml:5: statistics: it takes samples in time; the sensor makes pictures");
  EXPECT_EQ(refusal(image), "mote.toml:1: image: it takes pictures; the sensor makes samples in time");
}

TEST(Project, FeaturesOfSeveralBlocksAreOneVector) {
  const auto project =
      parse_project(with_blocks("[[block]]\ntype = \"spectral\"\n[[block]]\ntype = \"statistics\"\n"), "mote.toml");
  ASSERT_TRUE(project) << project.error().text();
  const auto joined = make_project_graph(*project);
  ASSERT_TRUE(joined) << joined.error().text();
  Rng rng(1);
  const Bytes window = random_bytes(rng, byte_count(joined->at(joined->inputs[0])));
  const std::vector<double> all = real_outputs(*joined, window);
  std::vector<double> parts;
  for (size_t block : {0u, 1u}) {
    const auto part = make_block_graph(*project, block);
    ASSERT_TRUE(part);
    for (double value : real_outputs(*part, window)) parts.push_back(value);
  }
  EXPECT_EQ(all, parts);
}

TEST(Project, FeaturesCanBeFloats) {
  const std::string blocks = with_blocks("[[block]]\ntype = \"statistics\"\n[[block]]\ntype = \"raw\"\n");
  const auto whole = make_project_graph(*parse_project(blocks, "mote.toml"));
  const auto real = make_project_graph(*parse_project(blocks + "[model]\nfeatures = \"float32\"\n", "mote.toml"));
  ASSERT_TRUE(whole && real) << real.error().text();
  const Tensor &q = whole->at(whole->outputs[0]), &f = real->at(real->outputs[0]);
  EXPECT_EQ(f.type, DType::float32);
  EXPECT_EQ(f.shape, q.shape);
  Rng rng(2);
  const Bytes window = random_bytes(rng, byte_count(whole->at(whole->inputs[0])));
  const std::vector<double> want = real_outputs(*whole, window);
  const Bytes bytes = evaluate(*real, {window})[static_cast<size_t>(real->outputs[0])];
  const auto got = view_as<float>(bytes);
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) ASSERT_EQ(got[i], static_cast<float>(want[i])) << i;
}

TEST(Project, FeaturesCanBeInt8) {
  const auto project = parse_project(with_blocks("[[block]]\ntype = \"statistics\"\nint8_low = -4\nint8_high = 4\n"
                                                 "[[block]]\ntype = \"raw\"\nint8_low = -1\nint8_high = 1\n"),
                                     "mote.toml");
  ASSERT_TRUE(project) << project.error().text();
  const auto graph = make_project_graph(*project);
  ASSERT_TRUE(graph) << graph.error().text();
  const Tensor& features = graph->at(graph->outputs[0]);
  EXPECT_EQ(features.type, DType::int8);
  EXPECT_EQ(features.shape, (Shape{1, 3 * 7 + 300}));
  EXPECT_EQ(features.quant.scale[0], 8.0f / 255);
  EXPECT_EQ(features.quant.scale.back(), 2.0f / 255);
  EXPECT_EQ(refusal(with_blocks("[[block]]\ntype = \"raw\"\nint8_low = 1\n")),
            "mote.toml:10: raw: int8_low = 1; allowed is a number from -1000000000 to 0");
}

TEST(Project, HopsAreWholeRows) {
  auto rows = [](const std::string& input, std::string_view block) {
    const auto project =
        parse_project("[input]\n" + input + "\n[[block]]\ntype = \"" + std::string(block) + "\"\n", "mote.toml");
    if (!project) return project.error().what;
    const auto n = hop_rows_of(*project);
    return n ? std::to_string(*n) : n.error().what;
  };
  EXPECT_EQ(rows("rate_hz = 16000\nhop = 0.1", "mfcc"), "5");
  EXPECT_EQ(rows("rate_hz = 62.5\nwindow = 2\nhop = 0.4", "statistics"), "1");  // rows of 25 samples
  EXPECT_EQ(rows("hop = 0", "statistics"), "0");
  EXPECT_EQ(rows("hop = 1", "statistics"), "0");
  EXPECT_EQ(rows("hop = 60", "statistics"), "0");
  EXPECT_EQ(rows("hop = 0.015", "statistics"),
            "mote.toml:1: [input]: a hop of 0.015 s at 100 Hz is 1.5 samples; 0.02 s would be a whole number of them");
}

TEST(Project, TemplatesAreProjects) {
  for (std::string_view kind : kProjectKinds) {
    const auto text = write_template(kind, "farm");
    ASSERT_TRUE(text);
    const auto project = parse_project(*text, "mote.toml");
    ASSERT_TRUE(project) << kind << "\n" << project.error().text() << "\n" << *text;
    EXPECT_EQ(project->section("input").choice("kind"), kind);
    EXPECT_EQ(project->section("project").choice("name"), "farm");
  }
  EXPECT_FALSE(write_template("smell", "farm"));
}

TEST(Project, ThePageIsWhatTheTablesSay) {
  std::ifstream file(MOTE_SOURCE_DIR "/docs/PROJECT.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), write_reference()) << "docs/PROJECT.md is out of date: mote help project > docs/PROJECT.md";
}

}  // namespace
}  // namespace mote
