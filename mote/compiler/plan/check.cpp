// An independent proof that a plan computes what the graph means. It replays the schedule on a memory in which every
// byte knows its owner, with its own reading of windows, and believes nothing of what the planner found out.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "mote/compiler/plan/plan.h"
#include "mote/compiler/plan/row_values.h"

namespace mote {
namespace {

struct Range {
  int64_t begin, end;
  bool meets(Range o) const { return begin < o.end && o.begin < end; }
};

// Who wrote each byte last. Owners write ranges, so that the memory is a few ranges, too; an owner is whole as long as
// nobody else has written to any of its bytes.
class Memory {
 public:
  explicit Memory(int32_t owners) : whole_(static_cast<size_t>(owners), 0), begin_(static_cast<size_t>(owners), -1) {}

  int32_t add_owner() {
    whole_.push_back(0), begin_.push_back(-1);
    return static_cast<int32_t>(whole_.size()) - 1;
  }

  // `lost` hears of every owner that was whole until now.
  template <class Lost>
  void write(Range r, int32_t owner, Lost lost) {
    auto at = pieces_.upper_bound(r.begin);
    if (at != pieces_.begin() && std::prev(at)->second.end > r.begin) --at;
    while (at != pieces_.end() && at->first < r.end) {
      const int64_t begin = at->first;
      const Piece piece = at->second;
      at = pieces_.erase(at);
      if (piece.owner != owner && whole_[static_cast<size_t>(piece.owner)]) {
        whole_[static_cast<size_t>(piece.owner)] = 0;
        lost(piece.owner);
      }
      if (begin < r.begin) pieces_.emplace(begin, Piece{r.begin, piece.owner});
      if (piece.end > r.end) at = pieces_.emplace(r.end, Piece{piece.end, piece.owner}).first;
    }
    pieces_.emplace(r.begin, Piece{r.end, owner});
    whole_[static_cast<size_t>(owner)] = 1;
    begin_[static_cast<size_t>(owner)] = r.begin;
  }

  bool is_whole(int32_t owner) const { return whole_[static_cast<size_t>(owner)]; }
  bool is_whole_at(int32_t owner, int64_t begin) const {
    return is_whole(owner) && begin_[static_cast<size_t>(owner)] == begin;
  }

  int32_t owner_at(int64_t byte) const {
    const auto at = pieces_.upper_bound(byte);
    return at == pieces_.begin() || std::prev(at)->second.end <= byte ? 0 : std::prev(at)->second.owner;
  }

  // Where each owner that is whole begins.
  std::map<int64_t, int32_t> whole_owners() const {
    std::map<int64_t, int32_t> owners;
    for (const auto& [begin, piece] : pieces_)
      if (is_whole_at(piece.owner, begin)) owners[begin] = piece.owner;
    return owners;
  }

  // The first byte of the range that is not this owner's, and whose it is.
  std::pair<int64_t, int32_t> find_other(Range r, int32_t owner) const {
    int64_t byte = r.begin;
    while (byte < r.end) {
      auto at = pieces_.upper_bound(byte);
      if (at == pieces_.begin() || std::prev(at)->second.end <= byte) return {byte, 0};
      --at;
      if (at->second.owner != owner) return {byte, at->second.owner};
      byte = at->second.end;
    }
    return {r.begin, owner};
  }

 private:
  struct Piece {
    int64_t end;
    int32_t owner;
  };
  std::map<int64_t, Piece> pieces_;  // by their first bytes
  std::vector<char> whole_;
  std::vector<int64_t> begin_;
};

class Checker {
 public:
  explicit Checker(const Plan& plan)
      : plan_(plan),
        graph_(plan.graph),
        values_(plan),
        memory_(call_owner(plan.calls.size())),
        whole_rows_(plan.graph.tensors.size(), 0),
        done_(plan.calls.size(), 0),
        sums_of_window_(plan.calls.size(), -1) {}

  Status run() {
    MOTE_TRY_STATUS(check_shape());
    values_.number_window();
    MOTE_TRY_STATUS(run_first());
    return is_stream() ? run_hops() : Status();
  }

 private:
  bool is_stream() const { return plan_.stream.hop > 0; }

  Status run_first() {
    if (plan_.options.feed == Feed::whole)
      for (TensorId id : graph_.inputs)
        for (int32_t y = 0; y < row_count(graph_.at(id)); ++y) MOTE_TRY_STATUS(write(id, y));
    if (plan_.options.feed == Feed::whole)
      for (TensorId id : graph_.inputs)
        if (!plan_.places[static_cast<size_t>(id)].linear)
          return fault(fmt::format("input \"{}\" does not lie together", graph_.at(id).name));
    return run_schedule(plan_.schedule, "step");
  }

  // Windows after one another until the memory is as after the window before: then all that follow are as this one.
  Status run_hops() {
    const int32_t window = row_count(graph_.at(graph_.inputs[0])), hop = plan_.stream.hop;
    auto memory = rows_in_memory();
    for (int32_t windows = window / hop + 3; windows > 0; --windows) {
      values_.number_window();
      ++window_;
      taken_ = window - hop;
      std::fill(done_.begin(), done_.end(), 0);
      MOTE_TRY_STATUS(run_schedule(plan_.hop_schedule, "step of the hop"));
      if (taken_ != window) return fault(fmt::format("a hop takes {} rows too few", window - taken_));
      auto now = rows_in_memory();
      if (now == memory) return {};
      memory = std::move(now);
    }
    return fault("its hops never repeat");
  }

  // What lies in memory after a window, in the terms of that window: rows by their numbers in it, and sums.
  std::map<int64_t, int32_t> rows_in_memory() const {
    std::map<int64_t, int32_t> rows = memory_.whole_owners();
    for (auto& [begin, owner] : rows) owner = owner < call_end() ? -owner - 2 : values_.row_of(value_of(owner));
    return rows;
  }

  Status run_schedule(const std::vector<PlanStep>& schedule, const char* what) {
    for (size_t t = 0; t < schedule.size(); ++t)
      if (Status status = replay(schedule[t]); !status)
        return std::move(status.error()).at(fmt::format("{} {}", what, t));
    for (TensorId id : graph_.outputs) {
      if (!plan_.places[static_cast<size_t>(id)].linear)
        return fault(fmt::format("output \"{}\" does not lie together", graph_.at(id).name));
      for (int32_t y = 0; y < row_count(graph_.at(id)); ++y)
        MOTE_TRY_STATUS(owned(id, y, "the user after the last step"));
    }
    return {};
  }

 private:
  static constexpr int32_t kNobody = 0;
  static constexpr int32_t kPerCall = 3;  // owners of a call: its scratch, its carry, the row that it makes in parts

  static int32_t call_owner(size_t call) { return 1 + kPerCall * static_cast<int32_t>(call); }
  int32_t call_end() const { return call_owner(plan_.calls.size()); }  // rows are owners from here on

  int32_t value_of(int32_t owner) const { return row_values_[static_cast<size_t>(owner - call_end())]; }

  void occupy(Range r, int32_t owner) {
    memory_.write(r, owner, [&](int32_t lost) {
      if (lost >= call_end()) --whole_rows_[values_.name_of(value_of(lost)).tensor];
    });
  }

  // Each writing of a row is an owner of its own.
  void occupy_by_row(Range r, int32_t value) {
    row_values_.push_back(value);
    ++whole_rows_[values_.name_of(value).tensor];
    occupy(r, memory_.add_owner());
  }

  static Error fault(std::string what) { return internal_error("the plan is wrong: " + std::move(what)); }

  Status check_shape() {
    const size_t n = graph_.tensors.size(), c = plan_.calls.size();
    if (plan_.places.size() != n || plan_.scratch.size() != c || plan_.carry.size() != c)
      return fault("it lacks places");
    for (size_t i = 0; i < n; ++i)
      if (!plan_.places[i].rows.empty() &&
          static_cast<int32_t>(plan_.places[i].rows.size()) != row_count(graph_.tensors[i]))
        return fault(fmt::format("tensor \"{}\" has {} places for {} rows", graph_.tensors[i].name,
                                 plan_.places[i].rows.size(), row_count(graph_.tensors[i])));
    for (size_t i = 0; i < n; ++i)
      for (size_t y = 0; plan_.places[i].linear && y < plan_.places[i].rows.size(); ++y)
        if (plan_.places[i].rows[y] != plan_.places[i].rows[0] + static_cast<int64_t>(y) * row_bytes(graph_.tensors[i]))
          return fault(
              fmt::format("tensor \"{}\" is said to lie together, but row {} does not", graph_.tensors[i].name, y));
    for (size_t i = 0; i < n; ++i)
      for (int64_t at : plan_.places[i].rows)
        if (at % bytes_of(graph_.tensors[i].type) != 0)
          return fault(fmt::format("a row of \"{}\" ({}) lies at {}, which is not aligned", graph_.tensors[i].name,
                                   name_of(graph_.tensors[i].type), at));
    for (size_t i = 0; i < c; ++i)  // sums are 32 bits wide
      if (std::max<int64_t>(plan_.scratch[i], 0) % 4 != 0 || std::max<int64_t>(plan_.carry[i], 0) % 4 != 0)
        return fault(fmt::format("the memory of call {} is not aligned", i));
    for (size_t i = 0; i < c; ++i)
      if (plan_.calls[i].op < 0 || plan_.calls[i].op >= static_cast<int32_t>(graph_.ops.size()))
        return fault("a call belongs to no op");
    return {};
  }

  Expected<Range> range_of(TensorId id, int32_t y) const {
    const Place& place = plan_.places[static_cast<size_t>(id)];
    if (place.rows.empty()) return fault(fmt::format("tensor \"{}\" has no place", graph_.at(id).name));
    const int64_t begin = place.rows[static_cast<size_t>(y)], end = begin + row_bytes(graph_.at(id));
    if (begin < 0 || end > plan_.arena_bytes)
      return fault(fmt::format("row {} of \"{}\" lies at {}..{} of an arena of {}", y, graph_.at(id).name, begin, end,
                               plan_.arena_bytes));
    return Range{begin, end};
  }

  Status write(TensorId id, int32_t y) {
    MOTE_TRY(const Range r, range_of(id, y));
    occupy_by_row(r, values_.of(id, y));
    return {};
  }

  // `before`: the row of the window before is meant.
  Status owned(TensorId id, int32_t y, const std::string& reader, bool before = false) const {
    MOTE_TRY(const Range r, range_of(id, y));
    const int32_t owner = memory_.owner_at(r.begin);
    const bool meant = owner >= call_end() && value_of(owner) == (before ? values_.before(id, y) : values_.of(id, y));
    if (meant && memory_.is_whole_at(owner, r.begin)) return {};
    const auto [b, other] = memory_.find_other(r, meant ? owner : kNobody);
    return fault(fmt::format("{} needs row {} of \"{}\", whose byte {} (arena {}) holds {}", reader, y,
                             graph_.at(id).name, b - r.begin, b, name_owner(other)));
  }

  std::string name_owner(int32_t owner) const {
    if (owner == kNobody) return "nothing yet";
    if (owner < call_end()) return fmt::format("memory of call {}", (owner - 1) / kPerCall);
    const auto [t, row] = values_.name_of(value_of(owner));
    return fmt::format("row {} of \"{}\"{}", row, graph_.tensors[t].name,
                       is_stream() && values_.row_of(value_of(owner)) < 0 ? " of an earlier window" : "");
  }

  struct RowRead {
    Range range;
    bool may_overlap;
  };

  Status replay(PlanStep s) {
    if (s.call == kTake) {
      if (plan_.options.feed != Feed::rows) return fault("a row is taken from an input that is there as a whole");
      if (s.step != taken_++) return fault(fmt::format("row {} of the input is taken out of order", s.step));
      return write(graph_.inputs[0], s.step);
    }
    if (s.call < 0 || s.call >= static_cast<int32_t>(plan_.calls.size())) return fault("a step names no call");
    const auto c = static_cast<size_t>(s.call);
    const KernelCall& call = plan_.calls[c];
    // A hop leaves out the rows that it need not make, but no part of a row.
    const bool skips = window_ > 0 && s.step > done_[c] && s.step % call.steps_per_row == 0;
    if (s.step != done_[c] && !(skips && done_[c] % call.steps_per_row == 0))
      return fault(fmt::format("call {} makes step {} when {} is due", c, s.step, done_[c]));
    done_[c] = s.step + 1;
    const std::string name = describe(graph_.ops[static_cast<size_t>(call.op)], graph_);
    int32_t from = s.step, until = s.step + 1, x = s.step;  // output rows of this step, and what its windows count by
    bool first_part = true, last_part = true;
    if (call.rows_per_step > 1) {
      from = s.step * call.rows_per_step;
      until = std::min(call.rows, from + call.rows_per_step);
      x = from;
    } else if (call.steps_per_row > 1) {
      from = s.step / call.steps_per_row, until = from + 1;
      first_part = s.step % call.steps_per_row == 0, last_part = (s.step + 1) % call.steps_per_row == 0;
      x = call.fold ? s.step : from;
    }
    if (until > call.rows) return fault(name + " makes more rows than it has");
    if (plan_.stream.is_move(s.call)) return replay_moves(call, from, until);
    const Stream::Slide* slide = is_stream() ? plan_.stream.slide_of(s.call) : nullptr;
    std::vector<RowRead> reads;
    for (const Reads& r : call.reads)
      for (int32_t k = 0; k < until - from; ++k)
        MOTE_TRY_STATUS(replay_read(call, r, x + k, name, reads, slide && s.step < slide->leaving));
    const bool begins = s.step == 0 || (window_ > 0 && call.fold && first_part);
    MOTE_TRY_STATUS(replay_memory(call, c, begins && !slide, name, reads));
    if (slide) MOTE_TRY_STATUS(replay_slide(*slide, name));
    if (call.fold && last_part) sums_of_window_[slide ? static_cast<size_t>(slide->fold) : c] = window_;
    for (const Writes& w : call.writes)
      for (int32_t y = from; y < until; ++y) {
        if (call.fold && !last_part) continue;
        // A row made in parts is nobody's to read before its last part, and nobody's to write in between.
        const bool in_parts = !call.fold && call.steps_per_row > 1;
        const int32_t partial = call_owner(c) + 2;
        if (in_parts && !first_part && !memory_.is_whole(partial))
          return fault(name + ": the row it makes in parts was overwritten");
        MOTE_TRY_STATUS(replay_write(call, w.tensor, w.begin + y, name, reads));
        MOTE_TRY(const Range row, range_of(w.tensor, w.begin + y));
        if (in_parts && !last_part) occupy(row, partial);
      }
    return {};
  }

  // Each row is copied before the next one is read.
  Status replay_moves(const KernelCall& call, int32_t from, int32_t until) {
    const Reads& r = call.reads[0];
    const Writes& w = call.writes[0];
    const std::string& name = graph_.at(r.tensor).name;
    if (call.reads.size() != 1 || call.writes.size() != 1 || r.tensor != w.tensor || r.count != call.rows || r.whole ||
        r.span != 1 || r.stride != 1 || r.offset != 0 || !r.table.empty())
      return fault("a move of \"" + name + "\" is more than that");
    for (int32_t y = from; y < until; ++y) {
      if (r.begin + y >= row_count(graph_.at(r.tensor)) || w.begin + y >= row_count(graph_.at(r.tensor)))
        return fault("a move reaches beyond \"" + name + "\"");
      MOTE_TRY(const Range source, range_of(r.tensor, r.begin + y));
      MOTE_TRY(const Range to, range_of(w.tensor, w.begin + y));
      const int32_t owner = memory_.owner_at(source.begin);
      if (owner < call_end() || !memory_.is_whole_at(owner, source.begin) ||
          values_.name_of(value_of(owner)).tensor != static_cast<size_t>(r.tensor))
        return fault(fmt::format("row {} of \"{}\" is moved, but it is not there", r.begin + y, name));
      if (source.meets(to) && to.begin > source.begin)
        return fault(fmt::format("row {} of \"{}\" is moved up over itself", r.begin + y, name));
      occupy_by_row(to, value_of(owner));
    }
    return {};
  }

  // After its last step the sums are those of this window: they were those of the window before, whose rows less those
  // that left and with those that entered are this window's.
  Status replay_slide(const Stream::Slide& slide, const std::string& name) {
    const KernelCall &fold = plan_.calls[static_cast<size_t>(slide.fold)],
                     &call = plan_.calls[static_cast<size_t>(slide.call)];
    if (plan_.carry[static_cast<size_t>(slide.fold)] != plan_.carry[static_cast<size_t>(slide.call)])
      return fault(name + " slides other sums than its own");
    if (sums_of_window_[static_cast<size_t>(slide.fold)] != window_ - 1)
      return fault(name + " slides sums that are not those of the window before");
    if (done_[static_cast<size_t>(slide.call)] != call.step_count()) return {};
    const Reads& r = call.reads[0];
    std::map<int32_t, int> count;
    for (int32_t y = 0; y < fold.reads[0].count; ++y)
      ++count[values_.before(r.tensor, y)], --count[values_.of(r.tensor, y)];
    for (int32_t i = 0; i < call.steps_per_row; ++i) {
      const int32_t y = r.table[static_cast<size_t>(i)];
      if (i < slide.leaving) --count[values_.before(r.tensor, y)];
      else ++count[values_.of(r.tensor, y)];
    }
    for (const auto& [value, n] : count)
      if (n != 0) return fault(name + ": what its sums lose and gain is not what left and entered the window");
    return {};
  }

  Status replay_read(const KernelCall& call, const Reads& r, int32_t x, const std::string& name,
                     std::vector<RowRead>& reads, bool before) {
    const Tensor& t = graph_.at(r.tensor);
    if (r.begin < 0 || r.begin + r.count > row_count(t)) return fault(name + " reads an image outside its tensor");
    if (t.is_constant()) return {};
    if (r.whole) {
      if (!plan_.places[static_cast<size_t>(r.tensor)].linear)
        return fault(fmt::format("{} reads \"{}\" whole, but it does not lie together", name, t.name));
      if (r.count < 1) return {};
      if (is_stream() || whole_rows_[static_cast<size_t>(r.tensor)] < row_count(t))
        for (int32_t y = 0; y < r.count; ++y) MOTE_TRY_STATUS(owned(r.tensor, r.begin + y, name));
      MOTE_TRY(const Range begin, range_of(r.tensor, r.begin));
      MOTE_TRY(const Range end, range_of(r.tensor, r.begin + r.count - 1));
      reads.push_back({{begin.begin, end.end}, false});
      return {};
    }
    const int32_t first = r.table.empty() ? r.offset + r.stride * x : r.table[static_cast<size_t>(x)];
    for (int32_t i = 0; i < r.span; ++i) {
      const int32_t y = first + r.dilation * i;
      if (y < 0 || y >= r.count) continue;
      MOTE_TRY_STATUS(owned(r.tensor, r.begin + y, name, before));
      MOTE_TRY(const Range range, range_of(r.tensor, r.begin + y));
      reads.push_back({range, r.may_overlap && call.rows_per_step == 1 && call.steps_per_row == 1});
    }
    return {};
  }

  // Scratch and carry lie apart from everything the step touches; carry is still there from the step before.
  Status replay_memory(const KernelCall& call, size_t c, bool first_step, const std::string& name,
                       const std::vector<RowRead>& reads) {
    const Stream::Slide* slide = is_stream() ? plan_.stream.slide_of(static_cast<int32_t>(c)) : nullptr;
    const int32_t scratch_owner = call_owner(c),
                  carry_owner = call_owner(slide ? static_cast<size_t>(slide->fold) : c) + 1;
    if (call.carry_bytes > 0) {
      const Range carry{plan_.carry[c], plan_.carry[c] + call.carry_bytes};
      if (carry.begin < 0 || carry.end > plan_.arena_bytes) return fault(name + ": its carry lies outside the arena");
      if (!first_step && !memory_.is_whole(carry_owner)) return fault(name + ": its carry was overwritten");
      occupy(carry, carry_owner);
      for (const RowRead& r : reads)
        if (carry.meets(r.range)) return fault(name + ": its carry lies over its input");
    }
    if (call.scratch_bytes > 0) {
      const Range scratch{plan_.scratch[c], plan_.scratch[c] + call.scratch_bytes};
      if (scratch.begin < 0 || scratch.end > plan_.arena_bytes)
        return fault(name + ": its scratch lies outside the arena");
      for (const RowRead& r : reads)
        if (scratch.meets(r.range)) return fault(name + ": its scratch lies over its input");
      if (call.carry_bytes > 0 && scratch.meets({plan_.carry[c], plan_.carry[c] + call.carry_bytes}))
        return fault(name + ": its scratch lies over its carry");
      occupy(scratch, scratch_owner);
    }
    return {};
  }

  Status replay_write(const KernelCall& call, TensorId id, int32_t y, const std::string& name,
                      const std::vector<RowRead>& reads) {
    MOTE_TRY(const Range out, range_of(id, y));
    for (const RowRead& r : reads)
      if (out.meets(r.range) && !(r.may_overlap && out.begin <= r.range.begin))
        return fault(fmt::format("{} writes row {} at {}..{} over its input at {}..{}", name, y, out.begin, out.end,
                                 r.range.begin, r.range.end));
    const auto c = static_cast<size_t>(&call - plan_.calls.data());
    if (call.carry_bytes > 0 && out.meets({plan_.carry[c], plan_.carry[c] + call.carry_bytes}))
      return fault(name + " writes over its carry");
    if (call.scratch_bytes > 0 && out.meets({plan_.scratch[c], plan_.scratch[c] + call.scratch_bytes}))
      return fault(name + " writes over its scratch");
    return write(id, y);
  }

  const Plan& plan_;
  const Graph& graph_;
  RowValues values_;
  Memory memory_;                        // owners: the memory of calls, then rows as they are written
  std::vector<int32_t> row_values_;      // of the owners that are rows
  std::vector<int32_t> whole_rows_;      // by tensor: how many of its rows are whole in memory
  std::vector<int32_t> done_;            // by call: steps made in this window
  std::vector<int32_t> sums_of_window_;  // by call: the window whose sums a fold has made last
  int32_t window_ = 0, taken_ = 0;
};

}  // namespace

Status check_plan(const Plan& plan) { return Checker(plan).run(); }

}  // namespace mote
