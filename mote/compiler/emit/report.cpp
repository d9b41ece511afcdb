// What a plan is, for people: a table of ops and a picture of the arena over time.
#include <fmt/core.h>

#include <algorithm>

#include "mote/compiler/emit/firmware.h"
#include "mote/compiler/emit/proofs.h"

namespace mote {
namespace {

// Hues that neighbours in a model tell apart.
std::string colour(size_t i) { return fmt::format("hsl({},{}%,{}%)", i * 137 % 360, 55 + i % 3 * 10, 62 + i % 2 * 8); }

std::string escape(const std::string& s) {
  std::string out;
  for (char c : s) {
    if (c == '<') out += "&lt;";
    else if (c == '&') out += "&amp;";
    else if (c == '"') out += "&quot;";
    else out += static_cast<unsigned char>(c) < 32 ? ' ' : c;
  }
  return out;
}

// The tensors by colour, in the order in which they are made.
std::string legend(const Plan& plan, double left, double top) {
  std::string svg;
  int n = 0;
  for (size_t i = 0; i < plan.graph.tensors.size(); ++i) {
    if (plan.places[i].rows.empty()) continue;
    const double x = left + n % 6 * 150, y = top + n / 6 * 16;
    svg += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{}\"/><text x=\"{}\" y=\"{}\" font-size=\"10\">{} {}</text>\n",
        x, y, colour(i), x + 14, y + 9, n == 0 ? "input" : "", print(plan.graph.tensors[i].shape));
    ++n;
  }
  return svg;
}

double legend_height(const Plan& plan) {
  const auto n = std::count_if(plan.places.begin(), plan.places.end(), [](const Place& p) { return !p.rows.empty(); });
  return 30 + static_cast<double>((n + 5) / 6) * 16;
}

}  // namespace

// What sliding the window saves, or that it saves nothing.
std::string describe_hop(const Plan& plan) {
  const HopWork work = count_hop_work(plan);
  std::string text = fmt::format(
      "a window of {} rows slides by {}: a hop makes {} of {} rows, {} of {} MACs; {} bytes are kept from hop to hop, {} of "
      "them moved\n",
      row_count(plan.graph.at(plan.graph.inputs[0])), plan.stream.hop, work.rows, work.all_rows, work.macs,
      work.all_macs, work.kept_bytes, work.moved_bytes);
  if (!plan.stream.slides.empty())
    text += fmt::format("{} over time become running sums\n",
                        plan.stream.slides.size() == 1 ? "one average or sum" : "averages and sums");
  if (work.rows == work.all_rows)
    text +=
        "nothing is gained: every row depends on a padding, or is read together with all others. --feed rows takes less RAM\n";
  return text + "\n";
}

std::string describe_plan(const Plan& plan) {
  const Graph& g = plan.graph;
  std::string text = fmt::format(
      "arena {} bytes (at least {} for this order; {} with every tensor whole), {} steps, {} stages, fed {}\n\n",
      plan.arena_bytes, plan.least_bytes, plan.whole_bytes, plan.schedule.size(), plan.stages.size(),
      plan.options.feed == Feed::rows ? "row by row" : "whole");
  if (plan.stream.hop > 0) text += describe_hop(plan);
  text += fmt::format("{:>4} {:<22} {:<18} {:>9} {:>10}  {}\n", "op", "type", "output", "rows kept", "bytes", "tensor");
  auto line = [&](const std::string& op, const std::string& type, TensorId id) {
    const Tensor& t = g.at(id);
    const Place& p = plan.places[static_cast<size_t>(id)];
    text += fmt::format("{:>4} {:<22} {:<18} {:>4}/{:<4} {:>10}  {}\n", op, type, print(t.shape), p.slots, row_count(t),
                        p.slots * row_bytes(t), short_name(t));
  };
  for (TensorId id : g.inputs) line("", "input", id);
  int32_t last = -1;
  for (const KernelCall& call : plan.calls) {
    if (plan.stream.is_move(static_cast<int32_t>(&call - plan.calls.data()))) break;
    const Op& op = g.ops[static_cast<size_t>(call.op)];
    if (call.op == last) continue;
    last = call.op;
    for (const auto& [first, end] : plan.stages)
      if (&call - plan.calls.data() == first && end > first)
        text += fmt::format("     -- calls {} to {} run through line buffers --\n", first, end);
    line(std::to_string(op.source), op.type, op.out[0]);
  }
  const std::string proofs = describe_proofs(g.proofs);
  return proofs.empty() ? text : text + "\n" + proofs;
}

std::string draw_plan(const Plan& plan) {
  const Graph& g = plan.graph;
  const RowIndex index(g);
  const Lives lives = find_lives(plan, index);
  const double width = 900, height = 420, left = 70, top = 40;
  const size_t all_steps = plan.schedule.size() + plan.hop_schedule.size();
  const auto steps = static_cast<double>(all_steps + 1),
             bytes = static_cast<double>(std::max<int64_t>(plan.arena_bytes, 1));
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"{}\" y=\"20\">{}: {} bytes of arena (up) over {} steps (right); each block is a row of a tensor while it is needed{}</text>\n",
      width + left + 20, height + top + legend_height(plan), left, escape(g.name), plan.arena_bytes, all_steps,
      plan.stream.hop > 0 ? fmt::format("; from step {} on, what a hop makes", plan.schedule.size()) : "");
  for (int i = 0; i <= 4; ++i) {
    const double y = top + height - height * i / 4;
    svg += fmt::format(
        "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#ccc\"/><text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        left, left + width, y, left - 6, y + 4, plan.arena_bytes * i / 4);
  }
  auto block = [&](int64_t at, int64_t size, Life life, const std::string& fill, const std::string& title) {
    svg += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\" stroke=\"#fff\" stroke-width=\"0.15\"><title>{}</title></rect>\n",
        left + width * life.birth / steps, top + height - height * static_cast<double>(at + size) / bytes,
        width * (life.death - life.birth + 1) / steps, height * static_cast<double>(size) / bytes, fill, title);
  };
  for (size_t i = 0; i < g.tensors.size(); ++i)
    for (int32_t row = index.first[i]; row < index.first[i + 1]; ++row) {
      const int32_t y = row - index.first[i];
      for (const Life& life : {lives.rows[static_cast<size_t>(row)], lives.rows_again[static_cast<size_t>(row)]})
        if (life.birth >= 0 && !plan.places[i].rows.empty())
          block(plan.places[i].rows[static_cast<size_t>(y)], row_bytes(g.tensors[i]), life, colour(i),
                fmt::format("{} {} row {}", escape(short_name(g.tensors[i])), print(g.tensors[i].shape), y));
    }
  svg += legend(plan, left, top + height + 18);
  for (size_t c = 0; c < plan.calls.size(); ++c)
    for (const Life& life : {lives.carry[c], lives.carry_again[c]})
      if (life.birth >= 0)
        block(plan.carry[c], plan.calls[c].carry_bytes, life, "#888", "sums of call " + std::to_string(c));
  return svg + "</svg>\n";
}

}  // namespace mote
