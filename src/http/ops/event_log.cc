#include "http/ops/event_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace pawl::http {
namespace {

constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};

}  // namespace

LogLevel log_level(std::string_view name) {
  for (size_t i = 0; i < std::size(kLevels); ++i) {
    if (kLevels[i] == name) return static_cast<LogLevel>(i);
  }
  return LogLevel::kInfo;
}

EventLog::EventLog(Env& env, EventLogOptions options) : env_(env), options_(std::move(options)) {
  if (!options_.file.empty()) open_file();
}

EventLog::~EventLog() {
  if (descriptor_ > 2) ::close(descriptor_);
}

void EventLog::open_file() {
  descriptor_ = ::open(options_.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor_ < 0) {
    throw Error(ErrorKind::kIo, "serve.log_file: " + options_.file + ": " + std::strerror(errno));
  }
  struct stat facts{};
  ::fstat(descriptor_, &facts);
  size_ = static_cast<uint64_t>(facts.st_size);
  opened_at_ = env_.now_micros();
}

// When the new file cannot be opened the old one goes on.
void EventLog::rotate() {
  const auto numbered = [this](int n) { return options_.file + "." + std::to_string(n); };
  for (int n = options_.keep - 1; n >= 1; --n)
    std::rename(numbered(n).c_str(), numbered(n + 1).c_str());
  if (std::rename(options_.file.c_str(), numbered(1).c_str()) != 0) return;
  const int old = descriptor_;
  try {
    open_file();
    ::close(old);
  } catch (const Error&) {
    descriptor_ = old;
    size_ = 0;
  }
}

void EventLog::write(LogLevel level, std::string_view event,
                     std::initializer_list<std::pair<std::string_view, Json>> fields) {
  if (!wants(level)) return;
  const int64_t now = env_.now_micros();
  std::string line = "{\"time\":\"" + format_time(now) + "\",\"level\":\"";
  line.append(kLevels[static_cast<size_t>(level)]).append("\",\"event\":");
  append_json_string(line, event);
  for (const auto& [name, value] : fields) {
    line += ',';
    append_json_string(line, name);
    line += ':';
    append_json(line, value);
  }
  line += '}';
  line += '\n';
  const std::scoped_lock lock(mutex_);
  if (descriptor_ > 2 && size_ > 0 &&
      (size_ + line.size() > options_.max_bytes ||
       now - opened_at_ > options_.max_age_seconds * 1'000'000)) {
    rotate();
  }
  if (::write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ++lost_;
  size_ += line.size();
}

uint64_t EventLog::lost() const {
  const std::scoped_lock lock(mutex_);
  return lost_;
}

}  // namespace pawl::http
