// Packs rows into the arena by their lifetimes. Every row is a block of its own, unless its tensor has to lie together
// (it is read whole, or is an input or output that the user sees): then its rows keep their distance, but live and die
// one by one.
#include <algorithm>
#include <numeric>

#include "mote/compiler/base/rng.h"
#include "mote/compiler/plan/plan.h"

namespace mote {
namespace {

constexpr int64_t kManyBlocks = 4000;  // beyond this, rows are placed several at once and in one order alone
constexpr int64_t kMostAlive = 64;     // blocks of a tensor, then
constexpr int64_t kMaxWork = 200'000'000;

struct Block {  // a row (or several), a scratch or a carry
  int64_t bytes = 0;
  int32_t birth = 0, death = 0;
  int32_t over_step = -1;  // the row made in this step may lie over this one, at or before its start
  int32_t made_step = -1;  // the step that makes this row, if in place is possible then
  int64_t inside = 0;      // offset within its group
  int32_t first_row = 0;   // by row number
};

struct Group {  // blocks with fixed distances
  std::vector<int32_t> blocks;
  int64_t align = 1, bytes = 0;
  int32_t birth = INT32_MAX, death = -1;
};

bool may_lie_over(const Block& out, const Block& in) {
  return in.over_step >= 0 && in.over_step == out.made_step && in.over_step == in.death && out.birth == in.death;
}

int64_t alignment_of(int64_t bytes) { return bytes % 4 == 0 ? 4 : bytes % 2 == 0 ? 2 : 1; }

class Packer {
 public:
  std::vector<Block> blocks;
  std::vector<Group> groups;
  int64_t work = 0;  // done so far, very roughly in nanoseconds

  int32_t add_block(Block block) {
    blocks.push_back(block);
    return static_cast<int32_t>(blocks.size()) - 1;
  }

  void add_group(std::vector<int32_t> members, int64_t align) {
    Group g;
    g.align = align;
    for (int32_t b : members) {
      Block& block = blocks[static_cast<size_t>(b)];
      g.bytes = std::max(g.bytes, block.inside + block.bytes);
      g.birth = std::min(g.birth, block.birth);
      g.death = std::max(g.death, block.death);
    }
    g.blocks = std::move(members);
    groups.push_back(std::move(g));
  }

  // Places the groups in the given order, each at the lowest offset where it collides with nothing placed before.
  // Gives up where it would end above `limit`.
  int64_t pack(const std::vector<int32_t>& order, std::vector<int64_t>& offsets, int64_t limit) {
    offsets.assign(groups.size(), -1);
    std::vector<Placed> placed;
    int64_t top = 0;
    const bool in_time = std::is_sorted(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      return groups[static_cast<size_t>(a)].birth < groups[static_cast<size_t>(b)].birth;
    });
    size_t checked = 64;
    for (int32_t g : order) {
      const Group& group = groups[static_cast<size_t>(g)];
      if (in_time && placed.size() > checked) {  // what is dead by now meets nothing that comes
        std::erase_if(placed,
                      [&](const Placed& p) { return blocks[static_cast<size_t>(p.block)].death < group.birth; });
        checked = 2 * placed.size() + 64;
      }
      const int64_t at = lowest_free(group, placed);
      offsets[static_cast<size_t>(g)] = at;
      top = std::max(top, at + group.bytes);
      if (top >= limit) return top;
      for (int32_t b : group.blocks) placed.push_back({b, at + blocks[static_cast<size_t>(b)].inside});
    }
    return top;
  }

 private:
  struct Placed {
    int32_t block;
    int64_t offset;
  };

  // Where a group must not start: for each of its blocks and each placed block that lives at the same time.
  int64_t lowest_free(const Group& group, const std::vector<Placed>& placed) {
    forbidden_.clear();
    for (const Placed& p : placed) {
      const Block& other = blocks[static_cast<size_t>(p.block)];
      if (other.death < group.birth || other.birth > group.death) continue;
      work += static_cast<int64_t>(2 * group.blocks.size());
      for (int32_t b : group.blocks) {
        const Block& mine = blocks[static_cast<size_t>(b)];
        if (other.death < mine.birth || other.birth > mine.death) continue;
        int64_t first = p.offset - mine.bytes - mine.inside + 1, last = p.offset + other.bytes - mine.inside - 1;
        if (may_lie_over(mine, other)) first = p.offset - mine.inside + 1;
        if (may_lie_over(other, mine)) last = p.offset - mine.inside - 1;
        if (first <= last && last >= 0) forbid(first, last);
      }
    }
    std::sort(forbidden_.begin(), forbidden_.end());
    work += static_cast<int64_t>(placed.size() + 16 * forbidden_.size());
    int64_t at = 0;
    for (const auto& [first, last] : forbidden_) {
      if (first > at) break;
      if (last >= at) at = (last + group.align) / group.align * group.align;
    }
    return at;
  }

  // Rows of a tensor that lie together come one after another: what they forbid is one range.
  void forbid(int64_t first, int64_t last) {
    if (!forbidden_.empty() && first <= forbidden_.back().second + 1 && last + 1 >= forbidden_.back().first)
      forbidden_.back() = {std::min(first, forbidden_.back().first), std::max(last, forbidden_.back().second)};
    else forbidden_.push_back({first, last});
  }

  std::vector<std::pair<int64_t, int64_t>> forbidden_;
};

class Placer {
 public:
  Placer(Plan& plan, const RowIndex& index, const Lives& lives) : plan_(plan), index_(index), lives_(lives) {}

  void run() {
    add_tensors();
    add_call_memory();
    search();
    plan_work += packer_.work;
    write_back();
  }

 private:
  void find_together() {
    together_.assign(plan_.graph.tensors.size(), 0);
    for (TensorId id : plan_.graph.outputs) together_[static_cast<size_t>(id)] = 1;
    if (plan_.options.feed == Feed::whole)
      for (TensorId id : plan_.graph.inputs) together_[static_cast<size_t>(id)] = 1;
    for (const KernelCall& call : plan_.calls)
      for (const Reads& r : call.reads)
        if (r.whole) together_[static_cast<size_t>(r.tensor)] = 1;
  }
  bool lies_together(TensorId id) const { return together_[static_cast<size_t>(id)]; }

  // A row's lives, in the first window and in the hop. Rows in a block with others live from the first to the last.
  std::vector<std::pair<Life, int>> lives_of(size_t row, bool apart) const {
    const Life first = lives_.rows[row], again = lives_.rows_again[row];
    if (again.birth < 0) return {{first, 0}};
    if (first.birth < 0) return {{again, 1}};
    if (!apart) return {{{first.birth, again.death}, 0}};
    return {{first, 0}, {again, 1}};
  }

  // How many rows of a tensor, one after another, make a block. One is best, but the work grows with the number of
  // blocks that are alive at once: where there are thousands, a block is a part of those and lives as long as any row
  // in it.
  int32_t rows_in_block(int32_t begin, int32_t end) const {
    if (index_.tensor.size() <= kManyBlocks) return 1;
    return static_cast<int32_t>((most_alive(begin, end) + kMostAlive - 1) / kMostAlive);
  }

  int64_t most_alive(int32_t begin, int32_t end) const {
    return std::max(most_alive(lives_.rows, begin, end), most_alive(lives_.rows_again, begin, end));
  }

  static int64_t most_alive(const std::vector<Life>& lives, int32_t begin, int32_t end) {
    std::vector<std::pair<int32_t, int>> events;
    for (int32_t row = begin; row < end; ++row) {
      const Life& life = lives[static_cast<size_t>(row)];
      if (life.birth < 0) continue;
      events.push_back({life.birth, 1});
      events.push_back({life.death + 1, -1});
    }
    std::sort(events.begin(), events.end());
    int64_t alive = 0, most = 0;
    for (const auto& [t, change] : events) alive += change, most = std::max(most, alive);
    return most;
  }

  void add_tensors() {
    find_together();
    InPlace in_place[2];
    find_in_place(plan_.schedule, 0, in_place[0]);
    find_in_place(plan_.hop_schedule, static_cast<int32_t>(plan_.schedule.size()), in_place[1]);
    block_of_row_.assign(index_.tensor.size(), -1);
    group_of_row_.assign(index_.tensor.size(), -1);
    for (size_t i = 0; i < plan_.graph.tensors.size(); ++i) {
      const auto id = static_cast<TensorId>(i);
      const int32_t begin = index_.first[i], end = index_.first[i + 1];
      const int64_t bytes = begin == end ? 0 : row_bytes(plan_.graph.at(id));
      const bool together = begin != end && lies_together(id);
      const int32_t several = rows_in_block(begin, end);
      std::vector<int32_t> members;
      auto finish_group = [&] {
        if (!members.empty())
          packer_.add_group(std::exchange(members, {}),
                            std::max(alignment_of(bytes), bytes_of(plan_.graph.at(id).type)));
      };
      for (int32_t row = begin; row < end; ++row) {
        const auto r = static_cast<size_t>(row);
        const auto lives = lives_of(r, several == 1);
        const Life life = lives[0].first;
        if (life.birth < 0) continue;
        const bool begins =
            members.empty() || row - packer_.blocks[static_cast<size_t>(members.back())].first_row >= several;
        if (begins && !together) finish_group();
        if (!begins) {
          Block& block = packer_.blocks[static_cast<size_t>(members.back())];
          block.bytes = (row - block.first_row + 1) * bytes;
          block.birth = std::min(block.birth, life.birth), block.death = std::max(block.death, life.death);
          block.over_step = block.made_step = -1;
        } else {
          for (const auto& [l, phase] : lives)
            members.push_back(packer_.add_block({bytes, l.birth, l.death, in_place[phase].over[r],
                                                 in_place[phase].made[r], together ? (row - begin) * bytes : 0, row}));
        }
        block_of_row_[r] = members.back();
        group_of_row_[r] = static_cast<int32_t>(packer_.groups.size());
      }
      finish_group();
    }
  }

  // By row: the step whose output row may be laid over it, and the step that makes it, if in place is possible then.
  struct InPlace {
    std::vector<int32_t> over, made;
  };

  void find_in_place(const std::vector<PlanStep>& schedule, int32_t begin, InPlace& in_place) const {
    in_place.over.assign(index_.tensor.size(), -1), in_place.made.assign(index_.tensor.size(), -1);
    for (size_t i = 0; i < schedule.size(); ++i) {
      const auto [c, step] = schedule[i];
      const int32_t t = begin + static_cast<int32_t>(i);
      if (c == kTake || plan_.stream.is_move(c)) continue;
      const KernelCall& call = plan_.calls[static_cast<size_t>(c)];
      if (call.rows_per_step != 1 || call.steps_per_row != 1 || call.writes.size() != 1) continue;
      const StepRows rows = rows_of_step(call, step);
      in_place.made[static_cast<size_t>(index_.at(call.writes[0].tensor, call.writes[0].begin + rows.first))] = t;
      for (const Reads& r : call.reads) {
        if (plan_.graph.at(r.tensor).is_constant() || r.whole) continue;
        visit_reads(r, rows.x, [&](int32_t y) {
          in_place.over[static_cast<size_t>(index_.at(r.tensor, y))] = r.may_overlap && !read_twice(call, r) ? t : -1;
        });
      }
    }
  }

  // x + x: both operands are the same row, read by the same kernel element by element: still safe. A tensor that is
  // also read through another, non-overlapping window of the same call is not.
  static bool read_twice(const KernelCall& call, const Reads& reads) {
    for (const Reads& other : call.reads)
      if (other.tensor == reads.tensor && !other.may_overlap) return true;
    return false;
  }

  void add_call_memory() {
    first_call_group_ = packer_.groups.size();
    for (size_t c = 0; c < plan_.calls.size(); ++c) {
      std::vector<int32_t> blocks;
      for (const Life& life : {lives_.carry[c], lives_.carry_again[c]})
        if (life.birth >= 0)
          blocks.push_back(packer_.add_block({plan_.calls[c].carry_bytes, life.birth, life.death, -1, -1, 0}));
      carry_group_.push_back(-1);
      if (blocks.empty()) continue;
      carry_group_.back() = static_cast<int32_t>(packer_.groups.size());
      packer_.add_group(std::move(blocks), 4);
    }
    for (const Stream::Slide& s : plan_.stream.slides)  // the sums of the fold that it stands for
      carry_group_[static_cast<size_t>(s.call)] = carry_group_[static_cast<size_t>(s.fold)];
    // Scratch has to be at one place for all steps of a call: blocks at distance 0.
    std::vector<std::vector<int32_t>> scratch(plan_.calls.size());
    const size_t first = plan_.schedule.size();
    for (size_t t = 0; t < first + plan_.hop_schedule.size(); ++t) {
      const int32_t c = t < first ? plan_.schedule[t].call : plan_.hop_schedule[t - first].call;
      if (c == kTake || plan_.calls[static_cast<size_t>(c)].scratch_bytes == 0) continue;
      const auto now = static_cast<int32_t>(t);
      std::vector<int32_t>& of_call = scratch[static_cast<size_t>(c)];
      if (!of_call.empty() && packer_.blocks[static_cast<size_t>(of_call.back())].death == now - 1) {
        packer_.blocks[static_cast<size_t>(of_call.back())].death = now;  // steps after one another
        continue;
      }
      of_call.push_back(packer_.add_block({plan_.calls[static_cast<size_t>(c)].scratch_bytes, now, now, -1, -1, 0}));
    }
    for (std::vector<int32_t>& blocks : scratch) {
      scratch_group_.push_back(-1);
      if (blocks.empty()) continue;
      scratch_group_.back() = static_cast<int32_t>(packer_.groups.size());
      packer_.add_group(std::move(blocks), 4);
    }
  }

  struct Packing {
    int64_t bytes = INT64_MAX;
    std::vector<int32_t> order;  // of the groups
    std::vector<int64_t> offsets;
  };

  // Several orders, then a descent from the best few of them. Large models get fewer tries: the work is bounded.
  void search() {
    constexpr int kDescents = 2, kTries = 200;
    std::vector<Packing> starts = first_packings();
    std::stable_sort(starts.begin(), starts.end(), [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
    best_ = starts[0];
    if (packer_.blocks.size() > kManyBlocks) return;
    Rng rng(1);
    for (size_t i = 0; i < std::min<size_t>(kDescents, starts.size()); ++i) {
      descend(starts[i], rng, kTries);
      if (starts[i].bytes < best_.bytes) best_ = std::move(starts[i]);
    }
  }

  bool spent() const { return packer_.work > kMaxWork; }

  std::vector<Packing> first_packings() {
    std::vector<int32_t> order(packer_.groups.size());
    std::iota(order.begin(), order.end(), 0);
    std::vector<Packing> found;
    auto group = [&](int32_t g) -> const Group& { return packer_.groups[static_cast<size_t>(g)]; };
    auto attempt = [&](auto before) {
      if (!found.empty() && spent()) return;
      std::stable_sort(order.begin(), order.end(), before);
      Packing p{0, order, {}};
      p.bytes = packer_.pack(order, p.offsets, INT64_MAX);
      found.push_back(std::move(p));
    };
    auto by_birth = [&](int32_t a, int32_t b) { return group(a).birth < group(b).birth; };
    auto by_size = [&](int32_t a, int32_t b) {
      return group(a).bytes != group(b).bytes ? group(a).bytes > group(b).bytes : by_birth(a, b);
    };
    auto area = [&](int32_t g) { return group(g).bytes * (group(g).death - group(g).birth + 1); };
    auto life = [&](int32_t g) { return group(g).death - group(g).birth; };
    // What a call keeps at one place for many steps first: rows find gaps around it more easily than it among rows.
    auto is_row = [&](int32_t g) { return g < static_cast<int32_t>(first_call_group_); };
    auto calls_first = [&](auto then) {
      return [is_row, then](int32_t a, int32_t b) { return is_row(a) != is_row(b) ? is_row(b) : then(a, b); };
    };
    attempt(by_birth);
    if (packer_.blocks.size() > kManyBlocks) return found;  // in the order of time, blocks that are dead need no look
    attempt(by_size);
    attempt([&](int32_t a, int32_t b) { return life(a) > life(b); });
    attempt([&](int32_t a, int32_t b) { return area(a) > area(b); });
    attempt(calls_first(by_birth));
    attempt(calls_first(by_size));
    return found;
  }

  // What ends at the top of the arena is placed earlier, which pushes something else up; steps sideways lead out of
  // dead ends.
  void descend(Packing& best, Rng& rng, int tries) {
    for (; tries > 0 && !spent() && best.bytes > plan_.least_bytes; --tries) {
      Packing next{0, best.order, {}};
      const size_t from = rng.chance(0.8)
                              ? pick_topmost(best, rng)
                              : static_cast<size_t>(rng.pick(0, static_cast<int32_t>(next.order.size()) - 1));
      const size_t to = rng.chance(0.3) ? 0 : static_cast<size_t>(rng.pick(0, static_cast<int32_t>(from)));
      const auto begin = next.order.begin();
      std::rotate(begin + static_cast<std::ptrdiff_t>(to), begin + static_cast<std::ptrdiff_t>(from),
                  begin + static_cast<std::ptrdiff_t>(from) + 1);
      next.bytes = packer_.pack(next.order, next.offsets, best.bytes + 1);
      if (next.bytes <= best.bytes) best = std::move(next);
    }
  }

  // The place in the order of a group that ends at the top of the arena (one of them).
  size_t pick_topmost(const Packing& packing, Rng& rng) const {
    size_t found = 0;
    int32_t ties = 0;
    for (size_t i = 0; i < packing.order.size(); ++i) {
      const auto g = static_cast<size_t>(packing.order[i]);
      if (packing.offsets[g] + packer_.groups[g].bytes == packing.bytes && rng.pick(0, ties++) == 0) found = i;
    }
    return found;
  }

  void write_back() {
    auto offset = [&](int32_t g) { return g < 0 ? -1 : best_.offsets[static_cast<size_t>(g)]; };
    plan_.arena_bytes = best_.bytes;
    plan_.places.assign(plan_.graph.tensors.size(), {});
    for (size_t i = 0; i < plan_.graph.tensors.size(); ++i) {
      const int32_t begin = index_.first[i], end = index_.first[i + 1];
      bool any = false;
      for (int32_t row = begin; row < end; ++row) any |= block_of_row_[static_cast<size_t>(row)] >= 0;
      if (any)
        fill_place(plan_.places[i], begin, end, row_bytes(plan_.graph.tensors[i]),
                   lies_together(static_cast<TensorId>(i)));
    }
    for (int32_t g : carry_group_) plan_.carry.push_back(offset(g));
    for (int32_t g : scratch_group_) plan_.scratch.push_back(offset(g));
  }

  void fill_place(Place& place, int32_t begin, int32_t end, int64_t bytes, bool together) {
    for (int32_t row = begin; row < end; ++row) {
      const int32_t block = block_of_row_[static_cast<size_t>(row)];
      int64_t at = 0;  // a row that is never made has no place; 0 keeps the table simple
      if (block >= 0) {
        const Block& b = packer_.blocks[static_cast<size_t>(block)];
        at = best_.offsets[static_cast<size_t>(group_of_row_[static_cast<size_t>(row)])] + b.inside +
             (row - b.first_row) * bytes;
      } else if (together && !place.rows.empty()) {
        at = place.rows.back() + bytes;
      }
      place.rows.push_back(at);
    }
    place.slots = most_alive(begin, end);
    place.linear = true;
    for (size_t y = 0; y < place.rows.size(); ++y)
      place.linear &= place.rows[y] == place.rows[0] + static_cast<int64_t>(y) * bytes;
  }

  Plan& plan_;
  const RowIndex& index_;
  const Lives& lives_;
  Packer packer_;
  std::vector<char> together_;  // by tensor: its rows lie one after another
  std::vector<int32_t> block_of_row_, group_of_row_, carry_group_, scratch_group_;
  size_t first_call_group_ = 0;  // those before are rows
  Packing best_;
};

}  // namespace

void place_rows(Plan& plan, const RowIndex& index, const Lives& lives) { Placer(plan, index, lives).run(); }

}  // namespace mote
