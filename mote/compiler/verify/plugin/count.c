/* A QEMU TCG plugin that counts instructions exactly, by mark, and can record what a cycle model needs.
 *
 *   -plugin libmote_countN.so,out=FILE,begin=ADDR,end=ADDR,marks=ADDR
 *           [,flow=1][,flash=BEGIN:END][,cache=PORTS:LINE:SETS:WAYS]...
 *
 * A mark is a store to marks + 4 * id by the code in [begin, end), which is the function board_mark; that
 * code itself is not counted. Everything else is counted as its translation block starts: blocks of an
 * emulated program without interrupts run to their end. A mark thus falls between two blocks, and the count
 * of a visit is exact.
 *
 * flow: how often each block ran after each other one is counted too, by mark.
 * cache: a least-recently-used cache for reads from flash; PORTS is 1 for code, 2 for data, 3 for both, LINE the
 * bytes of a line, and with WAYS = 0 every read misses. Up to kCaches of them watch the same reads; none changes
 * what is executed.
 *
 * QEMU's header is not needed: the few functions used are declared here, as all versions since 6 have them.
 * QEMU refuses a plugin of another API version, so this file is compiled once for each MOTE_PLUGIN_API.
 *
 * FILE holds "mote-count" as soon as QEMU has accepted the plugin, and at the end, in decimal,
 *   mark ID VISITS INSTRUCTIONS LONGEST MISSES...   for each mark that was met, with the misses of each cache
 *   block ADDRESS INSTRUCTIONS                      blocks, numbered from 1 as they come
 *   edge MARK FROM TO COUNT                         FROM is 0 for the first block after a mark
 *   end
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = MOTE_PLUGIN_API;

typedef uint64_t PluginId;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { kCallbackNoRegisters = 0, kMemoryWrite = 2, kMemoryAny = 3, kInlineAdd = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb* block);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn* instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn* instruction);
void qemu_plugin_register_vcpu_tb_trans_cb(PluginId id, void (*callback)(PluginId, struct qemu_plugin_tb*));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb* block, void (*callback)(unsigned, void*),
                                          int registers, void* data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn* instruction,
                                      void (*callback)(unsigned, uint32_t, uint64_t, void*), int registers, int access,
                                      void* data);
void qemu_plugin_register_atexit_cb(PluginId id, void (*callback)(PluginId, void*), void* data);
/* The cheapest way to count; QEMU 9.1 has it no more. */
__attribute__((weak)) void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb* block, int operation,
                                                                    void* counter, uint64_t amount);

enum { kMarks = 65536, kCaches = 4 };
enum { kCodePort = 1, kDataPort = 2 };

struct Visit {
  uint64_t visits, instructions, longest, misses[kCaches];
};

static struct Visit by_mark[kMarks];
static uint64_t executed;    /* instructions so far, those of board_mark left out */
static uint64_t visit_start; /* `executed` when the current visit began */
static long current = -1;    /* the mark whose visit this is */
static uint64_t code_begin, code_end, marks;
static FILE* out;

static void* allocate(size_t count, size_t bytes) {
  void* memory = calloc(count, bytes);
  if (!memory) {
    fprintf(stderr, "mote-count: out of memory\n");
    abort();
  }
  return memory;
}

/* Caches of the flash. */

struct Cache {
  unsigned ports, ways;
  uint64_t line_bytes, sets;
  uint64_t* lines; /* by set, the latest first: 1 + the number of the line */
  uint64_t misses;
  uint64_t counted; /* misses when the current visit began */
};

static struct Cache caches[kCaches];
static size_t cache_count;
static uint64_t flash_begin, flash_end;

static void read_line(struct Cache* cache, uint64_t line) {
  uint64_t* set = cache->lines + line % cache->sets * cache->ways;
  unsigned way = 0;
  while (way < cache->ways && set[way] != line + 1) ++way;
  if (way == cache->ways) {
    cache->misses += 1;
    if (way == 0) return;
    way -= 1;
  }
  memmove(set + 1, set, way * sizeof *set);
  set[0] = line + 1;
}

static void read_flash(unsigned port, uint64_t begin, uint64_t end) {
  if (begin < flash_begin || begin >= flash_end) return;
  for (size_t i = 0; i < cache_count; ++i) {
    struct Cache* cache = &caches[i];
    if (!(cache->ports & port)) continue;
    for (uint64_t line = begin / cache->line_bytes; line <= (end - 1) / cache->line_bytes; ++line)
      read_line(cache, line);
  }
}

/* The flow of control: which block ran after which. */

struct Block {
  uint64_t address, end;
  uint32_t number, instructions;
  struct Block* next;
};

struct Edge {
  uint64_t key; /* mark, from, to in 16, 24 and 24 bits */
  uint64_t count;
};

static bool flow;
static struct Block *first_block, **last_block = &first_block;
static uint32_t block_count, previous;
static struct Edge* edges; /* a hash table with open addressing */
static uint64_t edge_slots, edge_count;

static struct Edge* find_edge(uint64_t key) {
  uint64_t slot = key * 0x9E3779B97F4A7C15u >> 20;
  for (;; ++slot) {
    struct Edge* edge = &edges[slot & (edge_slots - 1)];
    if (edge->count == 0 || edge->key == key) return edge;
  }
}

static void grow_edges(void) {
  struct Edge* old = edges;
  const uint64_t old_slots = edge_slots;
  edge_slots = old_slots ? 2 * old_slots : 1 << 14;
  edges = allocate(edge_slots, sizeof *edges);
  for (uint64_t i = 0; i < old_slots; ++i)
    if (old[i].count) *find_edge(old[i].key) = old[i];
  free(old);
}

static void count_edge(uint32_t to) {
  if (2 * edge_count >= edge_slots) grow_edges();
  const uint64_t key = (uint64_t)current << 48 | (uint64_t)previous << 24 | to;
  struct Edge* edge = find_edge(key);
  edge_count += edge->count == 0;
  edge->key = key;
  edge->count += 1;
  previous = to;
}

/* What happens as the program runs. */

static void on_block(unsigned cpu, void* instructions) {
  (void)cpu;
  executed += (uintptr_t)instructions;
}

static void on_recorded_block(unsigned cpu, void* data) {
  (void)cpu;
  const struct Block* block = data;
  executed += block->instructions;
  if (current < 0) return;
  count_edge(block->number);
  read_flash(kCodePort, block->address, block->end);
}

/* QEMU 7.2 calls back for no loads if asked for loads alone. That stores come too does no harm: none goes to flash. */
static void on_access(unsigned cpu, uint32_t info, uint64_t address, void* data) {
  (void)cpu, (void)info, (void)data;
  read_flash(kDataPort, address, address + 1);
}

static void end_visit(void) {
  if (current < 0) return;
  struct Visit* visit = &by_mark[current];
  const uint64_t instructions = executed - visit_start;
  visit->instructions += instructions;
  if (instructions > visit->longest) visit->longest = instructions;
  for (size_t i = 0; i < cache_count; ++i) visit->misses[i] += caches[i].misses - caches[i].counted;
}

static void on_store(unsigned cpu, uint32_t info, uint64_t address, void* data) {
  (void)cpu, (void)info, (void)data;
  if (address < marks || address >= marks + 4u * kMarks) return;
  end_visit();
  current = (long)((address - marks) / 4);
  by_mark[current].visits += 1;
  visit_start = executed;
  previous = 0;
  for (size_t i = 0; i < cache_count; ++i) caches[i].counted = caches[i].misses;
}

static void record_block(struct qemu_plugin_tb* tb, uint64_t address, size_t instructions) {
  const struct qemu_plugin_insn* last = qemu_plugin_tb_get_insn(tb, instructions - 1);
  struct Block* block = allocate(1, sizeof *block);
  block->address = address;
  block->end = qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last);
  block->instructions = (uint32_t)instructions;
  block->number = ++block_count;
  *last_block = block;
  last_block = &block->next;
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_recorded_block, kCallbackNoRegisters, block);
  for (size_t i = 0; cache_count && i < instructions; ++i)
    qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), on_access, kCallbackNoRegisters, kMemoryAny, NULL);
}

static void on_translate(PluginId id, struct qemu_plugin_tb* block) {
  (void)id;
  const uint64_t address = qemu_plugin_tb_vaddr(block);
  const size_t instructions = qemu_plugin_tb_n_insns(block);
  if (address >= code_begin && address < code_end) {
    for (size_t i = 0; i < instructions; ++i)
      qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(block, i), on_store, kCallbackNoRegisters, kMemoryWrite,
                                       NULL);
  } else if (flow) {
    record_block(block, address, instructions);
  } else if (qemu_plugin_register_vcpu_tb_exec_inline) {
    qemu_plugin_register_vcpu_tb_exec_inline(block, kInlineAdd, &executed, instructions);
  } else {
    qemu_plugin_register_vcpu_tb_exec_cb(block, on_block, kCallbackNoRegisters, (void*)(uintptr_t)instructions);
  }
}

static void print_visit(long id, const struct Visit* visit) {
  fprintf(out, "mark %ld %" PRIu64 " %" PRIu64 " %" PRIu64, id, visit->visits, visit->instructions, visit->longest);
  for (size_t i = 0; i < cache_count; ++i) fprintf(out, " %" PRIu64, visit->misses[i]);
  fputc('\n', out);
}

static void at_end(PluginId id, void* data) {
  (void)id, (void)data;
  if (!out) return;
  for (long i = 0; i < kMarks; ++i)
    if (by_mark[i].visits) print_visit(i, &by_mark[i]);
  for (const struct Block* block = first_block; block; block = block->next)
    fprintf(out, "block %" PRIu64 " %" PRIu32 "\n", block->address, block->instructions);
  for (uint64_t i = 0; i < edge_slots; ++i) {
    const struct Edge* edge = &edges[i];
    if (edge->count)
      fprintf(out, "edge %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", edge->key >> 48,
              edge->key >> 24 & 0xFFFFFF, edge->key & 0xFFFFFF, edge->count);
  }
  fputs("end\n", out);
  fclose(out);
  out = NULL;
}

/* The value of "key=value" if `argument` has that key. */
static const char* value_of(const char* argument, const char* key) {
  const size_t length = strlen(key);
  return strncmp(argument, key, length) == 0 && argument[length] == '=' ? argument + length + 1 : NULL;
}

static bool add_cache(const char* shape) {
  if (cache_count == kCaches) return false;
  struct Cache* cache = &caches[cache_count];
  if (sscanf(shape, "%u:%" SCNu64 ":%" SCNu64 ":%u", &cache->ports, &cache->line_bytes, &cache->sets, &cache->ways) !=
          4 ||
      cache->line_bytes == 0 || cache->sets == 0)
    return false;
  cache->lines = allocate(cache->sets * cache->ways + 1, sizeof *cache->lines);
  cache_count += 1;
  return true;
}

EXPORT int qemu_plugin_install(PluginId id, const void* info, int argc, char** argv) {
  (void)info;
  const char* path = NULL;
  bool understood = true;
  for (int i = 0; i < argc; ++i) {
    const char* value;
    if ((value = value_of(argv[i], "out"))) path = value;
    else if ((value = value_of(argv[i], "begin"))) code_begin = strtoull(value, NULL, 0);
    else if ((value = value_of(argv[i], "end"))) code_end = strtoull(value, NULL, 0);
    else if ((value = value_of(argv[i], "marks"))) marks = strtoull(value, NULL, 0);
    else if ((value = value_of(argv[i], "flow"))) flow = *value == '1';
    else if ((value = value_of(argv[i], "flash")))
      understood &= sscanf(value, "%" SCNu64 ":%" SCNu64, &flash_begin, &flash_end) == 2;
    else if ((value = value_of(argv[i], "cache"))) understood &= add_cache(value);
  }
  if (!understood) {
    fprintf(stderr, "mote-count: an option is malformed\n");
    return -1;
  }
  out = path ? fopen(path, "w") : NULL;
  if (!out) {
    fprintf(stderr, "mote-count: the output file cannot be opened\n");
    return -1;
  }
  fputs("mote-count\n", out);
  fflush(out);
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  qemu_plugin_register_atexit_cb(id, at_end, NULL);
  return 0;
}
