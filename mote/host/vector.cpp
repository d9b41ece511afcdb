#include "mote/host/vector.h"

#include <atomic>
#include <vector>

#include "mote/host/forms.h"

namespace mote {
namespace {

std::vector<const VectorForms*> find_forms() {
  std::vector<const VectorForms*> found;
#ifdef __x86_64__
  for (const VectorForms* forms : {&avx512_vnni_forms, &avx2_forms})
    if (forms->runs_here()) found.push_back(forms);
#endif
  found.push_back(&plain_forms);
  return found;
}

std::atomic<const VectorForms*>& chosen() {
  static std::atomic<const VectorForms*> forms = vector_forms().front();
  return forms;
}

}  // namespace

std::span<const VectorForms* const> vector_forms() {
  static const std::vector<const VectorForms*> forms = find_forms();
  return forms;
}

const VectorForms& forms_in_use() { return *chosen().load(std::memory_order_relaxed); }

void use_vector_forms(const VectorForms& forms) { chosen() = &forms; }

}  // namespace mote
