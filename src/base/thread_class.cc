#include "base/thread_class.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace pawl {
namespace {

// As sched_setattr(2) has it.
struct Attributes {
  uint32_t size = sizeof(Attributes);
  uint32_t policy = 0;  // SCHED_OTHER
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime = 0;  // the slice it asks for, in nanoseconds
  uint64_t deadline = 0, period = 0;
};

constexpr uint64_t kShortSlice = 200'000;
// Longer than those of threads in a hurry, which may thus cut it off; the kernel's own, some
// milliseconds, is what a busy thread in a hurry would wait each time this one has its share.
constexpr uint64_t kCalmSlice = 400'000;

int this_thread() {
  return static_cast<int>(::syscall(SYS_gettid));
}

// Where the kernel does not know of it, things stay as they were.
void ask_for_slice(uint64_t nanos) {
  Attributes wanted;
  wanted.nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(this_thread()));
  wanted.runtime = nanos;
  static_cast<void>(::syscall(SYS_sched_setattr, this_thread(), &wanted, 0));
}

}  // namespace

void hurry_this_thread(const char* name) {
  ::pthread_setname_np(::pthread_self(), name);
  ask_for_slice(kShortSlice);
}

void calm_this_thread(const char* name, int nice) {
  ::pthread_setname_np(::pthread_self(), name);
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(this_thread()), nice);
  ask_for_slice(kCalmSlice);
}

}  // namespace pawl
