// Reads an input tensor, writes the output tensor: consumer INPUT OUTPUT
#include <cstdio>
#include <cstring>

#include "keywords.h"

int main(int argc, char** argv) {
  if (argc != 3 || !keywords::self_test()) return 1;
  FILE* in = std::fopen(argv[1], "rb");
  if (!in || std::fread(keywords::input(), 1, keywords::kInputValues, in) != keywords::kInputValues) return 2;
  std::fclose(in);
  if (keywords::infer() != mote::Rc::ok) return 3;
  FILE* out = std::fopen(argv[2], "wb");
  if (!out || std::fwrite(keywords::output(), 1, keywords::kOutputValues, out) != keywords::kOutputValues) return 4;
  std::fclose(out);
  int best = 0;
  for (int i = 1; i < keywords::kOutputValues; ++i)
    if (keywords::output()[i] > keywords::output()[best]) best = i;
  return std::strcmp(keywords::label(best), "right") == 0 ? 0 : 5;
}
