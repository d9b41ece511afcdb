#include "mote/cli/stress.h"

#include <fmt/core.h>

#include "mote/compiler/ir/flip_bits.h"
#include "mote/evaluate/disturb.h"

namespace mote {
namespace {

// Makes wrong what is wrong at a level. `rng` begins anew with every level.
using Spoil = std::function<void(Take&, double level, Rng& rng)>;

struct Disturbance {
  std::string name, unit;
  std::vector<double> levels;
  Spoil spoil;  // none: bits of what was learned flip
};

// The first op that was learned: those before it make features, with coefficients that follow from settings.
Expected<size_t> first_learned_op(const Exam& exam) {
  MOTE_TRY(const Graph features, make_vector_graph(exam.project));
  return features.ops.size();
}

std::vector<Disturbance> list_kinds(const Exam& exam, size_t first_learned) {
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
  if (count_number_bits(exam.model.original, first_learned) > 0)
    kinds.push_back({"flipped bits", "% of bits", {0.001, 0.01, 0.1, 1}, {}});
  return kinds;
}

// The model with flipped bits in what it has learned, as the host runs it.
Expected<Plan> plan_with_flips(const Exam& exam, size_t first_learned, double share, Rng& rng) {
  Graph graph = exam.model.original;
  flip_bits(graph, first_learned, share, rng);
  return plan_on_host(std::move(graph), exam.model.plan.stream.hop);
}

Expected<Answers> judge_at(const Exam& exam, const Disturbance& kind, const Trial& trial, size_t first_learned,
                           Rng rng) {
  const std::string doing = kind.name + " " + describe_level(trial);
  if (kind.spoil) {
    const Disturb disturb = [&](Take& take, Rng& of_take) { kind.spoil(take, trial.level, of_take); };
    return judge(exam, exam.model.plan, disturb, doing, rng);
  }
  MOTE_TRY(const Plan plan, plan_with_flips(exam, first_learned, trial.level / 100, rng));
  return judge(exam, plan, {}, doing);
}

}  // namespace

Expected<std::vector<Trial>> stress(const Exam& exam, const Resampling& how) {
  std::vector<Trial> trials;
  MOTE_TRY(const size_t first_learned, first_learned_op(exam));
  Rng seeds(how.seed);
  for (const Disturbance& kind : list_kinds(exam, first_learned)) {
    const Rng rng(seeds.next());
    for (double level : kind.levels) {
      Trial trial{kind.name, level, kind.unit, {}, {}};
      MOTE_TRY(const Answers answers, judge_at(exam, kind, trial, first_learned, rng));
      trial.figures = measure(keep_labelled(answers.results), how);
      trial.events = add_up(answers.events);
      trials.push_back(std::move(trial));
    }
  }
  return trials;
}

}  // namespace mote
