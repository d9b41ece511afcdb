/* A QEMU TCG plugin that counts instructions exactly, by mark.
 *
 *   -plugin libmote_countN.so,out=FILE,begin=ADDR,end=ADDR,marks=ADDR
 *
 * A mark is a store to marks + 4 * id by the code in [begin, end), which is the function board_mark; that
 * code itself is not counted. Everything else is counted as its translation block starts: blocks of an
 * emulated program without interrupts run to their end. A mark thus falls between two blocks, and the count
 * of a visit is exact.
 *
 * QEMU's header is not needed: the few functions used are declared here, as all versions since 6 have them.
 * QEMU refuses a plugin of another API version, so this file is compiled once for each MOTE_PLUGIN_API.
 *
 * FILE holds "mote-count" as soon as QEMU has accepted the plugin, and at the end a line "id visits
 * instructions longest" for each mark that was met, then "end".
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
enum { kCallbackNoRegisters = 0, kMemoryWrite = 2, kInlineAdd = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb* block);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* block, size_t index);
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

enum { kMarks = 65536 };

struct Visit {
  uint64_t visits, instructions, longest;
};

static struct Visit by_mark[kMarks];
static uint64_t executed;    /* instructions so far, those of board_mark left out */
static uint64_t visit_start; /* `executed` when the current visit began */
static long current = -1;    /* the mark whose visit this is */
static uint64_t code_begin, code_end, marks;
static FILE* out;

static void on_block(unsigned cpu, void* instructions) {
  (void)cpu;
  executed += (uintptr_t)instructions;
}

static void on_store(unsigned cpu, uint32_t info, uint64_t address, void* data) {
  (void)cpu, (void)info, (void)data;
  if (address < marks || address >= marks + 4u * kMarks) return;
  if (current >= 0) {
    struct Visit* visit = &by_mark[current];
    const uint64_t instructions = executed - visit_start;
    visit->instructions += instructions;
    if (instructions > visit->longest) visit->longest = instructions;
  }
  current = (long)((address - marks) / 4);
  by_mark[current].visits += 1;
  visit_start = executed;
}

static void on_translate(PluginId id, struct qemu_plugin_tb* block) {
  (void)id;
  const uint64_t address = qemu_plugin_tb_vaddr(block);
  const size_t instructions = qemu_plugin_tb_n_insns(block);
  if (address >= code_begin && address < code_end) {
    for (size_t i = 0; i < instructions; ++i)
      qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(block, i), on_store, kCallbackNoRegisters, kMemoryWrite,
                                       NULL);
  } else if (qemu_plugin_register_vcpu_tb_exec_inline) {
    qemu_plugin_register_vcpu_tb_exec_inline(block, kInlineAdd, &executed, instructions);
  } else {
    qemu_plugin_register_vcpu_tb_exec_cb(block, on_block, kCallbackNoRegisters, (void*)(uintptr_t)instructions);
  }
}

static void at_end(PluginId id, void* data) {
  (void)id, (void)data;
  if (!out) return;
  for (long i = 0; i < kMarks; ++i) {
    const struct Visit* visit = &by_mark[i];
    if (visit->visits)
      fprintf(out, "%ld %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", i, visit->visits, visit->instructions, visit->longest);
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

EXPORT int qemu_plugin_install(PluginId id, const void* info, int argc, char** argv) {
  (void)info;
  const char* path = NULL;
  for (int i = 0; i < argc; ++i) {
    const char* value;
    if ((value = value_of(argv[i], "out"))) path = value;
    else if ((value = value_of(argv[i], "begin"))) code_begin = strtoull(value, NULL, 0);
    else if ((value = value_of(argv[i], "end"))) code_end = strtoull(value, NULL, 0);
    else if ((value = value_of(argv[i], "marks"))) marks = strtoull(value, NULL, 0);
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
