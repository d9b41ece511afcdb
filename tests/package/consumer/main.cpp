// Reads an input tensor, writes the output tensor: consumer INPUT OUTPUT
#include <cstdio>
#include <cstring>

#include "keywords_model.h"

int main(int argc, char** argv) {
  if (argc != 3 || !keywords_model::self_test()) return 1;
  FILE* in = std::fopen(argv[1], "rb");
  if (!in || std::fread(keywords_model::input(), 1, keywords_model::kInputValues, in) != keywords_model::kInputValues)
    return 2;
  std::fclose(in);
  if (keywords_model::infer() != mote::Rc::ok) return 3;
  FILE* out = std::fopen(argv[2], "wb");
  if (!out ||
      std::fwrite(keywords_model::output(), 1, keywords_model::kOutputValues, out) != keywords_model::kOutputValues)
    return 4;
  std::fclose(out);
  int best = 0;
  for (int i = 1; i < keywords_model::kOutputValues; ++i)
    if (keywords_model::output()[i] > keywords_model::output()[best]) best = i;
  return std::strcmp(keywords_model::label(best), "right") == 0 ? 0 : 5;
}
