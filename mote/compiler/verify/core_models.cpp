// The values, core by core. "TRM" is Arm's technical reference manual of the core. Where no table is published, the
// comment says what the numbers rest on.
#include "mote/compiler/verify/core_model.h"
#include "mote/compiler/verify/cycles.h"

namespace mote {
namespace {

// Cortex-M0 TRM (DDI 0432), table 3-1. The multiplier is an option of the silicon: 1 or 32 cycles.
CoreModel cortex_m0() {
  CoreModel core{.name = "cortex-m0"};
  core.issue[Kind::load] = core.issue[Kind::store] = {2, 2, 2};
  core.issue[Kind::multiply] = {1, 1, 32};
  core.issue[Kind::system] = {4, 4, 4};
  core.taken = {2, 2, 2};
  core.link = {1, 1, 1};
  return core;
}

// Cortex-M0+ TRM (DDI 0484), table 3-1. Our boards have the multiplier of one cycle.
CoreModel cortex_m0plus() {
  CoreModel core = cortex_m0();
  core.name = "cortex-m0plus";
  core.issue[Kind::multiply] = {1, 1, 1};
  core.issue[Kind::system] = {3, 3, 3};
  core.taken = {1, 1, 1};
  return core;
}

// Cortex-M4 TRM (100166), table 3-1 "processor instructions" and the notes on load/store timings, by which LDR and STR
// are pipelined behind an LDR, LDRD and LDM behind nothing; the FPU's table 7-1.
CoreModel cortex_m4() {
  CoreModel core{.name = "cortex-m4"};
  core.pipelined_loads = true;
  core.latency[Kind::load] = {2, 2, 2};
  core.register_offset_store = {0, 1, 1};
  core.issue[Kind::divide] = {2, 6, 12};
  core.issue[Kind::if_then] = {0, 1, 1};  // may fold into the instruction before
  core.issue[Kind::system] = {1, 1, 3};
  core.issue[Kind::fp_load] = core.issue[Kind::fp_store] = {1, 2, 2};
  core.latency[Kind::fp_load] = {2, 2, 2};
  core.issue[Kind::fp_multiply_add] = {3, 3, 3};
  core.issue[Kind::fp_divide] = {14, 14, 14};
  core.latency[Kind::fp] = core.latency[Kind::fp_multiply] = {1, 2, 2};
  core.latency[Kind::fp_multiply_add] = {3, 4, 4};
  core.latency[Kind::fp_divide] = {14, 15, 15};
  core.address_latency = {0, 1, 1};
  core.taken = {1, 1, 3};  // the TRM: 1 to 3, for alignment and width of the target and early decision
  core.unaligned_target = core.indirect = {0, 1, 0};
  core.loaded_target = {3, 2, 1};  // LDR to PC blocks: two cycles to load and three to refill the pipeline at least
  return core;
}

// Cortex-M3 TRM (100165), table 3-1.
CoreModel cortex_m3() {
  CoreModel core = cortex_m4();
  core.name = "cortex-m3";
  core.issue[Kind::multiply_add] = {2, 2, 2};
  core.issue[Kind::multiply_long] = {3, 4, 5};
  core.issue[Kind::multiply_add_long] = {4, 6, 7};
  return core;
}

// Cortex-M33 TRM (100230) gives no table. Branches and the FPU as on Cortex-M4, which has as many stages; a loaded
// value comes one cycle late; products come one cycle late except to the next sum.
CoreModel cortex_m33() {
  CoreModel core = cortex_m4();
  core.name = "cortex-m33";
  core.pipelined_loads = false;
  core.register_offset_store = {0, 0, 0};
  core.address_latency = core.loaded_target = {0, 0, 0};
  core.issue[Kind::load] = {1, 1, 2};
  core.latency[Kind::load] = {1, 2, 2};
  core.issue[Kind::load_many] = {0, 1, 1};
  core.issue[Kind::store_many] = {0, 0, 1};
  for (const Kind kind : {Kind::multiply, Kind::multiply_add, Kind::multiply_long, Kind::multiply_add_long})
    core.latency[kind] = {1, 2, 2};
  core.accumulator_forwarding = true;
  core.issue[Kind::fp_load] = core.issue[Kind::fp_store] = core.issue[Kind::fp_multiply_add] = {1, 1, 1};
  core.latency[Kind::fp_multiply_add] = {1, 3, 3};
  return core;
}

// Cortex-M55 TRM (101051) gives no table. Scalar code as on Cortex-M33. A vector instruction passes its unit in two
// beats, which overlap with those of another unit (Armv8-M ARM DDI 0553, B5); LE is free once the loop is known.
CoreModel cortex_m55() {
  CoreModel core = cortex_m33();
  core.name = "cortex-m55";
  core.vector_beats = 2;
  for (const Kind kind : {Kind::vector, Kind::vector_multiply, Kind::vector_load, Kind::vector_store})
    core.issue[kind] = {1, 1, 2};
  for (const Kind kind : {Kind::vector, Kind::vector_multiply})
    core.latency[kind] = {1, 2, 3};  // to a general register
  core.issue[Kind::loop_end] = {0, 0, 1};
  return core;
}

// Cortex-M85: no table of Arm's was found. Parameters are those by which LLVM schedules for it (ARMScheduleM85.td): two
// instructions issue together, a vector instruction ends such a group and holds its unit for two cycles, an address
// takes arithmetic's result a cycle late, a misprediction costs 4 to 7. What that does not say is as on Cortex-M55, but
// that a branch that is taken may be free. Two shifts or two stores, which issue together there, do not here.
CoreModel cortex_m85() {
  CoreModel core = cortex_m55();
  core.name = "cortex-m85";
  core.width = 2;
  core.address_latency = {0, 1, 1};
  core.issue[Kind::divide] = {2, 7, 12};
  core.latency[Kind::fp] = {2, 2, 2};
  core.latency[Kind::fp_multiply] = {3, 3, 3};
  core.latency[Kind::fp_multiply_add] = {2, 4, 5};
  for (const Kind kind : {Kind::vector, Kind::vector_multiply})
    core.latency[kind] = {1, 2, 4};  // to a general register: 2 to the next sum, 4 to others
  core.taken = {0, 1, 3};
  core.mispredicted = {0, 4, 7};
  return core;
}

// Cortex-M7 TRM (DDI 0489) gives no table. Dual issue as in Arm's public descriptions; that plain arithmetic takes a
// loaded value early was set after seeing the CoreMark of a Teensy 4.0, so the table is calibrated on it, not checked.
CoreModel cortex_m7() {
  CoreModel core{.name = "cortex-m7"};
  core.width = 2;
  core.issue[Kind::load_many] = core.issue[Kind::store_many] = {0, 0, 1};
  core.issue[Kind::divide] = {2, 6, 12};
  core.issue[Kind::fp_divide] = {14, 14, 14};
  core.issue[Kind::if_then] = {0, 1, 1};
  core.issue[Kind::system] = {1, 1, 3};
  core.latency[Kind::load] = {1, 2, 3};
  core.latency[Kind::fp_load] = {2, 2, 3};
  core.late_alu = true;
  for (const Kind kind : {Kind::multiply, Kind::multiply_add, Kind::multiply_long, Kind::multiply_add_long})
    core.latency[kind] = {1, 2, 2};
  core.accumulator_forwarding = true;
  core.latency[Kind::fp] = core.latency[Kind::fp_multiply] = {3, 3, 3};
  core.latency[Kind::fp_multiply_add] = {3, 5, 5};
  core.latency[Kind::fp_divide] = {15, 15, 15};
  core.taken = {0, 0, 1};
  core.mispredicted = {0, 6, 8};
  return core;
}

// A four-stage in-order core of the class of ESP32-C3's. Espressif publishes no table: an assumption throughout.
CoreModel rv32imc() {
  CoreModel core{.name = "rv32imc", .set = InstructionSet::riscv};
  core.issue[Kind::load] = {1, 1, 2};
  core.latency[Kind::load] = {1, 2, 2};
  core.issue[Kind::multiply] = core.issue[Kind::multiply_long] = {1, 1, 3};
  core.issue[Kind::divide] = {4, 17, 35};
  core.taken = {1, 2, 3};
  return core;
}

}  // namespace

const CoreModel* find_core_model(const std::string& pipeline) {
  static const CoreModel all[] = {cortex_m0(),  cortex_m0plus(), cortex_m3(), cortex_m4(), cortex_m33(),
                                  cortex_m55(), cortex_m85(),    cortex_m7(), rv32imc()};
  for (const CoreModel& core : all)
    if (pipeline == core.name) return &core;
  return nullptr;
}

}  // namespace mote
