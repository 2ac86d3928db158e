#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/pcre.h"

#include <pcre2.h>

#include <mutex>

#include "base/error.h"

namespace pawl {
namespace {

constexpr uint32_t kMatchLimit = 50'000'000;
constexpr uint32_t kHeapLimitKiB = 64 * 1024;
constexpr size_t kJitStackStart = 64 * 1024;
constexpr size_t kJitStackMax = 8 * 1024 * 1024;
constexpr int kTooLarge = 120;  // PCRE2's compile error "regular expression is too large"

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Code = std::unique_ptr<pcre2_code, Freer<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freer<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freer<pcre2_match_context_free>>;
using CompileContext = std::unique_ptr<pcre2_compile_context, Freer<pcre2_compile_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Freer<pcre2_jit_stack_free>>;

pcre2_match_data* thread_match_data() {
  thread_local const MatchData data(pcre2_match_data_create(1, nullptr));
  return data.get();
}

pcre2_jit_stack* thread_jit_stack(void*) {
  thread_local const JitStack stack(pcre2_jit_stack_create(kJitStackStart, kJitStackMax, nullptr));
  return stack.get();
}

std::string message_of(int code) {
  PCRE2_UCHAR buffer[256];
  pcre2_get_error_message(code, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

CompileContext make_compile_context() {
  CompileContext context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  return context;
}

MatchContext make_match_context() {
  MatchContext context(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), kMatchLimit);
  pcre2_set_heap_limit(context.get(), kHeapLimitKiB);
  pcre2_jit_stack_assign(context.get(), thread_jit_stack, nullptr);
  return context;
}

}  // namespace

struct Pcre::Impl {
  Code code;
  MatchContext context;
  std::string name;
  mutable std::once_flag translated;
  mutable bool jit = false;

  // To machine code when it is first used: many a pattern of a pipeline never is.
  bool has_jit() const {
    std::call_once(translated,
                   [this] { jit = pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE) == 0; });
    return jit;
  }

  int match(std::string_view text, size_t from, uint32_t options) const {
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    pcre2_match_data* data = thread_match_data();
    if (has_jit()) {
      const int result =
          pcre2_jit_match(code.get(), subject, text.size(), from, options, data, context.get());
      if (result != PCRE2_ERROR_JIT_STACKLIMIT) return result;
    }
    return pcre2_match(code.get(), subject, text.size(), from,
                       options | PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, context.get());
  }
};

Pcre::Pcre(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pcre::~Pcre() = default;

std::unique_ptr<Pcre> Pcre::compile(const std::string& pattern, bool anchored,
                                    const std::string& name) {
  const CompileContext context = make_compile_context();
  const uint32_t options = PCRE2_UTF | PCRE2_UCP | (anchored ? PCRE2_ANCHORED : 0);
  int error = 0;
  size_t offset = 0;
  auto impl = std::make_unique<Impl>();
  impl->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                 options, &error, &offset, context.get()));
  if (!impl->code) {
    if (error == kTooLarge) return nullptr;
    throw Error(ErrorKind::kFormat, name + " does not compile: " + message_of(error) + " near '" +
                                        pattern.substr(offset < 20 ? 0 : offset - 20, 40) + "'");
  }
  impl->context = make_match_context();
  impl->name = name;
  return std::unique_ptr<Pcre>(new Pcre(std::move(impl)));
}

std::optional<Found> Pcre::search(std::string_view text, size_t from, bool not_empty) const {
  const int result = impl_->match(text, from, not_empty ? PCRE2_NOTEMPTY_ATSTART : 0);
  if (result == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (result < 0) {
    throw Error(ErrorKind::kInvalidInput, impl_->name + " takes too long on a text of " +
                                              std::to_string(text.size()) +
                                              " bytes without blanks (" + message_of(result) + ")");
  }
  const size_t* ends = pcre2_get_ovector_pointer(thread_match_data());
  return Found{ends[0], ends[1]};
}

}  // namespace pawl
