#include "mote/compiler/verify/instruction.h"

#include <bit>
#include <cctype>
#include <string_view>

namespace mote {
namespace {

// One row: an instruction word belongs to the first row with (word & mask) == value. A 32-bit Thumb word has its first
// half above.
//
// Operands are words of a small language: a role, then where the register's number is.
//   role   r reads  w writes  m reads and writes  b address  u address, updated  o address by register offset
//          + accumulator
//   place  8     a field at bit 8 (3 bits wide in 16-bit Thumb, 4 in 32-bit Thumb, 5 in RISC-V)
//          8:2   a field of another width
//          8'    a 3-bit field that means x8 to x15 (RISC-V)
//          8*    a 3-bit field that means the even registers (MVE)
//          #13   register 13
//          d     the FPU register in the field that Arm calls Vd; likewise n and m
// Without a role: "l8" and "l16" are lists in the low bits, "&" one word more (LR or PC in a list), "v" a count of FPU
// registers in the low 8 bits, "2" two words.
struct Row {
  uint32_t mask, value;
  Kind kind;
  const char* operands = "";
  Flow flow = Flow::next;
};

// Arm Architecture Reference Manual, Armv7-M (DDI 0403), A5.2.
constexpr Row kThumb16[] = {
    {0xFC00, 0x1800, Kind::alu, "w0 r3 r6"},                  // ADD, SUB
    {0xFC00, 0x1C00, Kind::alu, "w0 r3"},                     // ADD, SUB #
    {0xFFC0, 0x0000, Kind::alu, "w0 r3"},                     // MOV
    {0xE000, 0x0000, Kind::shift, "w0 r3"},                   // LSL, LSR, ASR #
    {0xF800, 0x2000, Kind::alu, "w8"},                        // MOV #
    {0xF800, 0x2800, Kind::alu, "r8"},                        // CMP #
    {0xF000, 0x3000, Kind::alu, "m8"},                        // ADD, SUB #
    {0xFFC0, 0x4080, Kind::shift, "m0 r3"},                   // LSL
    {0xFFC0, 0x40C0, Kind::shift, "m0 r3"},                   // LSR
    {0xFFC0, 0x4100, Kind::shift, "m0 r3"},                   // ASR
    {0xFFC0, 0x41C0, Kind::shift, "m0 r3"},                   // ROR
    {0xFFC0, 0x4200, Kind::alu, "r0 r3"},                     // TST
    {0xFFC0, 0x4240, Kind::alu, "w0 r3"},                     // RSB
    {0xFF80, 0x4280, Kind::alu, "r0 r3"},                     // CMP, CMN
    {0xFFC0, 0x4340, Kind::multiply, "m0 r3"},                // MUL
    {0xFFC0, 0x43C0, Kind::alu, "w0 r3"},                     // MVN
    {0xFC00, 0x4000, Kind::alu, "m0 r3"},                     // AND, EOR, ADC, SBC, ORR, BIC
    {0xFF87, 0x4487, Kind::branch, "r3:4", Flow::indirect},   // ADD PC
    {0xFF87, 0x4687, Kind::branch, "r3:4", Flow::indirect},   // MOV PC
    {0xFF80, 0x4400, Kind::alu, "m0 r3:4"},                   // ADD, low destination
    {0xFF80, 0x4480, Kind::alu, "mh r3:4"},                   // ADD, high destination
    {0xFF80, 0x4500, Kind::alu, "r0 r3:4"},                   // CMP
    {0xFF80, 0x4580, Kind::alu, "rh r3:4"},                   //
    {0xFF80, 0x4600, Kind::alu, "w0 r3:4"},                   // MOV
    {0xFF80, 0x4680, Kind::alu, "wh r3:4"},                   //
    {0xFF80, 0x4700, Kind::branch, "r3:4", Flow::indirect},   // BX
    {0xFF80, 0x4780, Kind::branch, "r3:4 w#14", Flow::call},  // BLX
    {0xF800, 0x4800, Kind::load, "w8"},                       // LDR from a literal pool
    {0xFE00, 0x5600, Kind::load, "w0 b3 o6"},                 // LDRSB
    {0xF800, 0x5800, Kind::load, "w0 b3 o6"},                 // LDR, LDRH, LDRB, LDRSH
    {0xF000, 0x5000, Kind::store, "r0 b3 o6"},                // STR, STRH, STRB
    {0xF800, 0x6000, Kind::store, "r0 b3"},                   // STR #
    {0xF800, 0x6800, Kind::load, "w0 b3"},                    // LDR #
    {0xF800, 0x7000, Kind::store, "r0 b3"},                   // STRB #
    {0xF800, 0x7800, Kind::load, "w0 b3"},                    // LDRB #
    {0xF800, 0x8000, Kind::store, "r0 b3"},                   // STRH #
    {0xF800, 0x8800, Kind::load, "w0 b3"},                    // LDRH #
    {0xF800, 0x9000, Kind::store, "r8 b#13"},                 // STR [SP]
    {0xF800, 0x9800, Kind::load, "w8 b#13"},                  // LDR [SP]
    {0xF800, 0xA000, Kind::alu, "w8"},                        // ADR
    {0xF800, 0xA800, Kind::alu, "w8 r#13"},                   // ADD SP
    {0xFF00, 0xB000, Kind::alu, "m#13"},                      // ADD, SUB SP
    {0xFF00, 0xB200, Kind::shift, "w0 r3"},                   // SXTH, SXTB, UXTH, UXTB
    {0xF500, 0xB100, Kind::branch, "r0", Flow::conditional},  // CBZ, CBNZ
    {0xFF00, 0xB400, Kind::store_many, "u#13 l8"},            // PUSH
    {0xFF00, 0xB500, Kind::store_many, "u#13 l8 & r#14"},     // PUSH with LR
    {0xFF00, 0xBC00, Kind::load_many, "u#13 l8"},             // POP
    {0xFF00, 0xBD00, Kind::load_many, "u#13 l8 &", Flow::load_pc},
    {0xFF00, 0xBA00, Kind::alu, "w0 r3"},  // REV
    {0xFF0F, 0xBF00, Kind::alu},           // NOP and other hints
    {0xFF00, 0xBF00, Kind::if_then},       // IT
    {0xF800, 0xC000, Kind::store_many, "u8 l8"},
    {0xF800, 0xC800, Kind::load_many, "u8 l8"},
    {0xFE00, 0xDE00, Kind::system},  // UDF, SVC
    {0xF000, 0xD000, Kind::branch, "", Flow::conditional},
    {0xF800, 0xE000, Kind::branch, "", Flow::jump},
    {0xF000, 0xB000, Kind::system},  // CPS, BKPT
};

// DDI 0403, A5.3; for MVE and loops of Armv8.1-M DDI 0553, C2.
constexpr Row kThumb32[] = {
    // Loads and stores of several registers.
    {0xFE508000, 0xE8108000, Kind::load_many, "u16 l16", Flow::load_pc},
    {0xFE700000, 0xE8300000, Kind::load_many, "u16 l16"},
    {0xFE700000, 0xE8100000, Kind::load_many, "b16 l16"},
    {0xFE700000, 0xE8200000, Kind::store_many, "u16 l16"},
    {0xFE700000, 0xE8000000, Kind::store_many, "b16 l16"},
    {0xFFF0FFE0, 0xE8D0F000, Kind::load, "b16 o0", Flow::load_pc},  // TBB, TBH
    {0xFF700000, 0xE8500000, Kind::load, "w12 b16"},                // LDREX and others
    {0xFF700000, 0xE8400000, Kind::store, "r12 w8 b16"},            // STREX
    {0xFE700000, 0xE8700000, Kind::load_many, "w12 w8 u16 2"},      // LDRD
    {0xFE700000, 0xE8500000, Kind::load_many, "w12 w8 b16 2"},
    {0xFE700000, 0xE8600000, Kind::store_many, "r12 r8 u16 2"},  // STRD
    {0xFE700000, 0xE8400000, Kind::store_many, "r12 r8 b16 2"},
    // Data processing.
    {0xFFF0F0F0, 0xEA4F0000, Kind::alu, "w8 r0"},      // MOV
    {0xFE0070F0, 0xEA000000, Kind::alu, "w8 r16 r0"},  // with a register
    {0xFE000000, 0xEA000000, Kind::shift, "w8 r16 r0"},
    {0xFBF08000, 0xF2400000, Kind::alu, "w8"},           // MOVW
    {0xFBF08000, 0xF2C00000, Kind::alu, "m8"},           // MOVT
    {0xFBF08000, 0xF3600000, Kind::shift, "m8 r16"},     // BFI
    {0xFB008000, 0xF3000000, Kind::shift, "w8 r16"},     // SSAT, USAT, SBFX, UBFX
    {0xF8008000, 0xF0000000, Kind::alu, "w8 r16"},       // with an immediate
    {0xFF80F0F0, 0xFA00F000, Kind::shift, "w8 r16 r0"},  // LSL, LSR, ASR, ROR
    {0xFF80F080, 0xFA00F080, Kind::shift, "w8 r16 r0"},  // SXTB16, UXTAB, ...
    {0xFF80F000, 0xFA80F000, Kind::alu, "w8 r16 r0"},    // SADD16, QADD, REV, CLZ, SEL, ...
    {0xFFF0F0F0, 0xFB00F000, Kind::multiply, "w8 r16 r0"},
    {0xFF80F000, 0xFB00F000, Kind::multiply, "w8 r16 r0"},          // SMULBB, SMUAD, SMMUL, ...
    {0xFF800000, 0xFB000000, Kind::multiply_add, "w8 r16 r0 +12"},  // MLA, MLS, SMLABB, SMLAD, SMMLA, ...
    {0xFFD0F0F0, 0xFB90F0F0, Kind::divide, "w8 r16 r0"},
    {0xFFD000F0, 0xFB800000, Kind::multiply_long, "w12 w8 r16 r0"},
    {0xFF800000, 0xFB800000, Kind::multiply_add_long, "w12 w8 r16 r0 +12 +8"},
    // Branches, loops, system.
    {0xFFCFF001, 0xF00FC001, Kind::loop_end, "m#14", Flow::conditional},    // LE, LETP
    {0xFF80F001, 0xF000C001, Kind::branch, "r16 w#14", Flow::conditional},  // WLS, WLSTP
    {0xFF80F001, 0xF000E001, Kind::alu, "r16 w#14"},                        // DLS, DLSTP, LCTP
    {0xF800D000, 0xF000D000, Kind::branch, "w#14", Flow::call},
    {0xF800D000, 0xF0009000, Kind::branch, "", Flow::jump},
    {0xFFF0D000, 0xF3E08000, Kind::system, "w8"},  // MRS
    {0xFB80D000, 0xF3808000, Kind::system},        // MSR, barriers, hints
    {0xF800D000, 0xF0008000, Kind::branch, "", Flow::conditional},
    // Loads and stores of one register.
    {0xFF70F000, 0xF850F000, Kind::load, "b16", Flow::load_pc},  // LDR PC
    {0xFE10F000, 0xF810F000, Kind::alu},                         // PLD, PLI
    {0xFE1F0000, 0xF81F0000, Kind::load, "w12"},                 // from a literal pool
    {0xFE900FC0, 0xF8100000, Kind::load, "w12 b16 o0"},
    {0xFE900900, 0xF8100900, Kind::load, "w12 u16"},
    {0xFE100000, 0xF8100000, Kind::load, "w12 b16"},
    {0xFF900FC0, 0xF8000000, Kind::store, "r12 b16 o0"},
    {0xFF900900, 0xF8000900, Kind::store, "r12 u16"},
    {0xFF100000, 0xF8000000, Kind::store, "r12 b16"},
    // FPU.
    {0xFFF00ED0, 0xEC400A10, Kind::fp, "wm r12 r16"},  // VMOV of two registers
    {0xFFF00ED0, 0xEC500A10, Kind::fp, "rm w12 w16"},
    {0xFF300E00, 0xED100A00, Kind::fp_load, "wd b16"},
    {0xFF300E00, 0xED000A00, Kind::fp_store, "rd b16"},
    {0xFE300E00, 0xEC300A00, Kind::load_many, "u16 v"},
    {0xFE300E00, 0xEC100A00, Kind::load_many, "b16 v"},
    {0xFE300E00, 0xEC200A00, Kind::store_many, "u16 v"},
    {0xFE300E00, 0xEC000A00, Kind::store_many, "b16 v"},
    {0xFFA00E10, 0xEE000A00, Kind::fp_multiply_add, "wd +d rn rm"},  // VMLA, VMLS, VNMLA, VNMLS
    {0xFFB00E10, 0xEE200A00, Kind::fp_multiply, "wd rn rm"},
    {0xFFB00E10, 0xEE300A00, Kind::fp, "wd rn rm"},  // VADD, VSUB
    {0xFFB00E10, 0xEE800A00, Kind::fp_divide, "wd rn rm"},
    {0xFFB00E10, 0xEE900A00, Kind::fp_multiply_add, "wd +d rn rm"},  // VFNMA, VFNMS
    {0xFFB00E10, 0xEEA00A00, Kind::fp_multiply_add, "wd +d rn rm"},  // VFMA, VFMS
    {0xFFBF0ED0, 0xEEB10AC0, Kind::fp_divide, "wd rm"},              // VSQRT
    {0xFFBE0E50, 0xEEB40A40, Kind::fp, "rd rm"},                     // VCMP
    {0xFFB00E50, 0xEEB00A00, Kind::fp, "wd"},                        // VMOV #
    {0xFFB00E10, 0xEEB00A00, Kind::fp, "wd rm"},                     // VABS, VNEG, VCVT, ...
    {0xFF100F10, 0xEE000A10, Kind::fp, "wn r12"},                    // VMOV, VMSR
    {0xFF100F10, 0xEE100A10, Kind::fp, "rn w12"},                    // VMOV, VMRS
    {0xFF000E10, 0xFE000A00, Kind::fp, "wd rn rm"},                  // VSEL, VMAXNM, VRINT
    // MVE: general registers only.
    {0xFF900F1F, 0xEE800B10, Kind::vector, "r12"},                 // VDUP
    {0xFF100F1F, 0xEE000B10, Kind::vector, "r12"},                 // VMOV to a lane
    {0xFF100F1F, 0xEE100B10, Kind::vector, "w12"},                 // VMOV from a lane
    {0xFFF01FE0, 0xEC000F00, Kind::vector, "r0 r16"},              // VMOV to two lanes
    {0xFFF01FE0, 0xEC100F00, Kind::vector, "w0 w16"},              // VMOV from two lanes
    {0xFE300E00, 0xEC300E00, Kind::vector_load, "u16"},            // VLDR
    {0xEE300E00, 0xEC300E00, Kind::vector_load, "u16"},            // VLD2, VLD4
    {0xEE300E00, 0xEC100E00, Kind::vector_load, "b16"},            //
    {0xEE300E00, 0xEC200E00, Kind::vector_store, "u16"},           //
    {0xEE300E00, 0xEC000E00, Kind::vector_store, "b16"},           //
    {0xEF800E01, 0xEE800E00, Kind::vector_multiply, "w13* +13*"},  // VMLADAV, VADDV
    {0xEF810F00, 0xEE010E00, Kind::vector_multiply},               // VMULL, VMULH, VMLA by a scalar
    {0xEF811F51, 0xEF000950, Kind::vector_multiply},               // VMUL
    {0xEF811F51, 0xEF000B40, Kind::vector_multiply},               // VQDMULH, VQRDMULH
    {0xEF801F51, 0xEF000C50, Kind::vector_multiply},               // VFMA, VFMS
    {0xEF811F51, 0xFF000D50, Kind::vector_multiply},               // VMUL of floats
    {0xEE000000, 0xEE000000, Kind::vector},
};

// The RISC-V Instruction Set Manual, volume I, 20191213, chapters 2, 7 and 16.
constexpr Row kRiscv16[] = {
    {0xE003, 0x0000, Kind::alu, "w2' r#2"},    // C.ADDI4SPN
    {0xE003, 0x4000, Kind::load, "w2' b7'"},   // C.LW
    {0xE003, 0xC000, Kind::store, "r2' b7'"},  // C.SW
    {0xE003, 0x0001, Kind::alu, "m7"},         // C.ADDI, C.NOP
    {0xE003, 0x2001, Kind::branch, "w#1", Flow::call},
    {0xE003, 0x4001, Kind::alu, "w7"},       // C.LI
    {0xEF83, 0x6101, Kind::alu, "m7"},       // C.ADDI16SP
    {0xE003, 0x6001, Kind::alu, "w7"},       // C.LUI
    {0xE803, 0x8001, Kind::shift, "m7'"},    // C.SRLI, C.SRAI
    {0xEC03, 0x8801, Kind::alu, "m7'"},      // C.ANDI
    {0xEC03, 0x8C01, Kind::alu, "m7' r2'"},  // C.SUB, C.XOR, C.OR, C.AND
    {0xE003, 0xA001, Kind::branch, "", Flow::jump},
    {0xC003, 0xC001, Kind::branch, "r7'", Flow::conditional},
    {0xE003, 0x0002, Kind::shift, "m7"},      // C.SLLI
    {0xE003, 0x4002, Kind::load, "w7 b#2"},   // C.LWSP
    {0xE003, 0xC002, Kind::store, "r2 b#2"},  // C.SWSP
    {0xFFFF, 0x9002, Kind::system},           // C.EBREAK
    {0xF07F, 0x8002, Kind::branch, "r7", Flow::indirect},
    {0xF07F, 0x9002, Kind::branch, "r7 w#1", Flow::call},
    {0xF003, 0x8002, Kind::alu, "w7 r2"},  // C.MV
    {0xF003, 0x9002, Kind::alu, "m7 r2"},  // C.ADD
};

constexpr Row kRiscv32[] = {
    {0x0000005F, 0x00000017, Kind::alu, "w7"},  // LUI, AUIPC
    {0x00000FFF, 0x0000006F, Kind::branch, "", Flow::jump},
    {0x0000007F, 0x0000006F, Kind::branch, "w7", Flow::call},
    {0x00000FFF, 0x00000067, Kind::branch, "r15", Flow::indirect},
    {0x0000007F, 0x00000067, Kind::branch, "r15 w7", Flow::call},
    {0x0000007F, 0x00000063, Kind::branch, "r15 r20", Flow::conditional},
    {0x0000007F, 0x00000003, Kind::load, "w7 b15"},
    {0x0000007F, 0x00000023, Kind::store, "r20 b15"},
    {0x0000307F, 0x00001013, Kind::shift, "w7 r15"},
    {0x0000007F, 0x00000013, Kind::alu, "w7 r15"},
    {0xFE00707F, 0x02000033, Kind::multiply, "w7 r15 r20"},
    {0xFE00407F, 0x02000033, Kind::multiply_long, "w7 r15 r20"},
    {0xFE00407F, 0x02004033, Kind::divide, "w7 r15 r20"},
    {0x0000307F, 0x00001033, Kind::shift, "w7 r15 r20"},
    {0x0000007F, 0x00000033, Kind::alu, "w7 r15 r20"},
    {0x0000007F, 0x0000000F, Kind::system},
    {0x0000007F, 0x00000073, Kind::system, "w7 r15"},
};

constexpr uint64_t bit(uint32_t reg) { return uint64_t{1} << reg; }

// Reads the operands of one word.
class Operands {
 public:
  Operands(uint32_t word, int field_bits, const char* text) : word_(word), field_bits_(field_bits), text_(text) {}

  void read_into(Instruction& instruction) {
    while (!text_.empty()) {
      if (text_[0] == ' ') take();
      else if (std::string_view("lv&2").find(text_[0]) != std::string_view::npos) add_words(instruction);
      else add_register(instruction);
    }
  }

 private:
  char take() {
    const char c = text_[0];
    text_.remove_prefix(1);
    return c;
  }

  bool take(char expected) {
    const bool there = !text_.empty() && text_[0] == expected;
    if (there) text_.remove_prefix(1);
    return there;
  }

  int take_number() {
    int number = 0;
    while (!text_.empty() && std::isdigit(static_cast<unsigned char>(text_[0]))) number = 10 * number + (take() - '0');
    return number;
  }

  uint32_t field(int at, int bits) const { return word_ >> at & ((1u << bits) - 1); }

  void add_words(Instruction& instruction) {
    const char what = take();
    uint64_t listed = 0;
    if (what == '2') instruction.words = 2;
    else if (what == '&') instruction.words += 1;
    else if (what == 'v') instruction.words = static_cast<uint8_t>(field(0, 8)), listed = fpu_list();
    else listed = field(0, take_number()), instruction.words = static_cast<uint8_t>(std::popcount(listed));
    (instruction.kind == Kind::load_many ? instruction.writes : instruction.reads) |= listed;
  }

  // Where Arm spreads the number of an FPU register: Vd, Vn, Vm and, apart from them, D, N, M.
  uint64_t fpu_register(char which) const {
    const int at = which == 'd' ? 12 : which == 'n' ? 16 : 0, extra = which == 'd' ? 22 : which == 'n' ? 7 : 5;
    const bool is_double = field(8, 1) != 0;
    if (!is_double) return bit(32 + 2 * field(at, 4) + field(extra, 1));
    return uint64_t{3} << (32 + 2 * field(at, 4));  // 16 registers of 64 bits
  }

  uint64_t fpu_list() const {
    const uint32_t first = 2 * field(12, 4) + (field(8, 1) ? 0 : field(22, 1));
    uint64_t list = 0;
    for (uint32_t i = first; i < first + field(0, 8) && i < 32; ++i) list |= bit(32 + i);
    return list;
  }

  uint64_t take_register() {
    if (take('d')) return fpu_register('d');
    if (take('n')) return fpu_register('n');
    if (take('m')) return fpu_register('m');
    if (take('h')) return bit(8 + field(0, 3));  // a high register, its top bit known
    if (take('#')) return bit(static_cast<uint32_t>(take_number()));
    const int at = take_number();
    if (take('\'')) return bit(8 + field(at, 3));
    if (take('*')) return bit(2 * field(at, 3));
    return bit(field(at, take(':') ? take_number() : field_bits_));
  }

  void add_register(Instruction& instruction) {
    const char role = take();
    const uint64_t reg = take_register();
    if (role == 'r' || role == 'm') instruction.reads |= reg;
    if (role == 'w' || role == 'm' || role == 'u') instruction.writes |= reg;
    if (role == 'b' || role == 'u' || role == 'o') instruction.address |= reg;
    if (role == 'u') instruction.updated |= reg;
    if (role == '+') instruction.accumulator |= reg;
    if (role == 'o') instruction.register_offset = true;
  }

  uint32_t word_;
  int field_bits_;
  std::string_view text_;
};

Instruction decode_by(std::span<const Row> rows, uint32_t word, int field_bits) {
  Instruction instruction;
  for (const Row& row : rows) {
    if ((word & row.mask) != row.value) continue;
    instruction.kind = row.kind;
    instruction.flow = row.flow;
    Operands(word, field_bits, row.operands).read_into(instruction);
    break;
  }
  return instruction;
}

uint32_t half(std::span<const uint8_t> code, size_t at) {
  return at + 1 < code.size() ? code[at] | uint32_t{code[at + 1]} << 8 : 0;
}

Instruction decode_thumb(std::span<const uint8_t> code) {
  const uint32_t first = half(code, 0);
  const bool is_long = first >= 0xE800;
  Instruction instruction =
      is_long ? decode_by(kThumb32, first << 16 | half(code, 2), 4) : decode_by(kThumb16, first, 3);
  instruction.bytes = is_long ? 4 : 2;
  for (uint64_t* set : {&instruction.reads, &instruction.writes, &instruction.address, &instruction.accumulator})
    *set &= ~bit(15);
  return instruction;
}

Instruction decode_riscv(std::span<const uint8_t> code) {
  const uint32_t first = half(code, 0);
  const bool is_long = (first & 3) == 3;
  Instruction instruction =
      is_long ? decode_by(kRiscv32, first | half(code, 2) << 16, 5) : decode_by(kRiscv16, first, 5);
  instruction.bytes = is_long ? 4 : 2;
  for (uint64_t* set : {&instruction.reads, &instruction.writes, &instruction.address}) *set &= ~bit(0);
  return instruction;
}

}  // namespace

Instruction decode(InstructionSet set, std::span<const uint8_t> code) {
  return set == InstructionSet::thumb ? decode_thumb(code) : decode_riscv(code);
}

}  // namespace mote
