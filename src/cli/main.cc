#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <new>

#include "base/error.h"
#include "cli/console.h"
#include "cli/parser.h"
#include "cli/streams.h"

namespace {

// A closed descriptor below three would be given to the next file that is opened, and messages
// would be written into it. What takes its place refuses what the closed one would have refused.
void occupy_standard_descriptors() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    [[maybe_unused]] const int taken =
        ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

// The one place where errors become messages and exit statuses.
int run(int argc, char** argv) {
  using namespace pawl;
  occupy_standard_descriptors();
  const auto verbs = cli::all_verbs();
  const cli::Parsed parsed = cli::parse_command_line(verbs, argc, argv);
  if (parsed.verb == nullptr) {
    std::fputs(parsed.message.c_str(), parsed.status == cli::kDone ? stdout : stderr);
    cli::flush_output();
    return parsed.status;
  }
  cli::catch_interrupts();
  cli::ConsoleProgress progress;
  cli::Context context{Env::real(), progress, isatty(STDOUT_FILENO) != 0};
  const int status = parsed.verb->run(context);
  cli::flush_output();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const pawl::cli::UsageError& error) {
    std::fprintf(stderr, "pawl: %s\nRun with --help for more information.\n", error.what());
    return pawl::cli::kWrongUsage;
  } catch (const pawl::Error& error) {
    std::fprintf(stderr, "pawl: %s\n", error.what());
  } catch (const std::bad_alloc&) {
    std::fputs(
        "pawl: out of memory, with batches as small as they can be; what was being done is as it "
        "was before, or goes on where it was with the same command when there is more\n",
        stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pawl: unexpected failure: %s\n", error.what());
  }
  return pawl::cli::kFailed;
}
