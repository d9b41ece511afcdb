#include "mote/cli/stress.h"

#include <fmt/core.h>

#include "mote/evaluate/disturb.h"

namespace mote {
namespace {

// Makes wrong what is wrong at a level. `rng` begins anew with every level.
using Spoil = std::function<void(Take&, double level, Rng& rng)>;

struct Disturbance {
  std::string name, unit;
  std::vector<double> levels;
  Spoil spoil;  // none: bits of the weights flip
};

bool has_weights(const Graph& graph) {
  return std::any_of(graph.tensors.begin(), graph.tensors.end(),
                     [](const Tensor& t) { return t.is_constant() && t.type == DType::int8; });
}

std::vector<Disturbance> list_kinds(const Exam& exam) {
  const bool is_picture = exam.signal.width > 0;
  const double range = (is_picture ? 255 : 32768) * exam.signal.scale;
  const std::vector<Axis> axes = contract_of(exam.project).axes;
  std::vector<Disturbance> kinds{
      {"gain", "dB", {-12, -6, 6, 12}, [](Take& t, double level, Rng&) { apply_gain(t, level); }},
      {"offset",
       "% of range",
       {1, 5, 20},
       [range](Take& t, double level, Rng&) { add_offset(t, level / 100 * range); }},
      {"noise", "dB SNR", {30, 20, 10, 0}, add_noise}};
  if (!is_picture && !exam.makes_sound()) {  // a reference would not be lost and drift with it
    kinds.push_back(
        {"lost frames", "%", {0.1, 1, 5}, [](Take& t, double level, Rng& rng) { drop_frames(t, level / 100, rng); }});
    kinds.push_back(
        {"clock drift", "%", {-5, -1, 1, 5}, [](Take& t, double level, Rng&) { drift_clock(t, level / 100); }});
  }
  for (size_t i = 0; axes.size() > 1 && i < axes.size(); ++i)
    kinds.push_back({"stuck", axes[i].name, {1}, [i](Take& t, double, Rng&) { stick_axis(t, i); }});
  if (axes.size() % 3 == 0 && !is_picture) kinds.push_back({"rotation", "degrees", {10, 30, 90}, rotate_axes});
  if (has_weights(exam.model.original)) kinds.push_back({"flipped bits", "% of bits", {0.001, 0.01, 0.1}, {}});
  return kinds;
}

// The model with flipped bits in its 8-bit weights, as the host runs it.
Expected<Plan> plan_with_flips(const Exam& exam, double share, Rng& rng) {
  Graph graph = exam.model.original;
  for (Tensor& tensor : graph.tensors) {
    if (!tensor.is_constant() || tensor.type != DType::int8) continue;
    Bytes bytes(tensor.data.bytes().begin(), tensor.data.bytes().end());
    flip_bits(bytes, share, rng);
    tensor.data = Blob(std::move(bytes));
  }
  return plan_on_host(std::move(graph), exam.model.plan.stream.hop);
}

Expected<Answers> judge_at(const Exam& exam, const Disturbance& kind, const Trial& trial, Rng rng) {
  const std::string doing = kind.name + " " + describe_level(trial);
  if (kind.spoil) {
    const Disturb disturb = [&](Take& take, Rng& of_take) { kind.spoil(take, trial.level, of_take); };
    return judge(exam, exam.model.plan, disturb, doing, rng);
  }
  MOTE_TRY(const Plan plan, plan_with_flips(exam, trial.level / 100, rng));
  return judge(exam, plan, {}, doing);
}

}  // namespace

Expected<std::vector<Trial>> stress(const Exam& exam, const Resampling& how) {
  std::vector<Trial> trials;
  Rng seeds(how.seed);
  for (const Disturbance& kind : list_kinds(exam)) {
    const Rng rng(seeds.next());
    for (double level : kind.levels) {
      Trial trial{kind.name, level, kind.unit, {}, {}};
      MOTE_TRY(const Answers answers, judge_at(exam, kind, trial, rng));
      trial.figures = measure(keep_labelled(answers.results), how);
      trial.events = add_up(answers.events);
      trials.push_back(std::move(trial));
    }
  }
  return trials;
}

}  // namespace mote
