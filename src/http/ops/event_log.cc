#include "http/ops/event_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/error.h"
#include "base/thread_class.h"

namespace pawl::http {
namespace {

constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};
constexpr auto kGather = std::chrono::milliseconds(20);
constexpr size_t kMuch = 64 << 10;        // is written without gathering more
constexpr size_t kMostWaiting = 8 << 20;  // a disk that stands still must not cost all memory

}  // namespace

LogLevel log_level(std::string_view name) {
  for (size_t i = 0; i < std::size(kLevels); ++i) {
    if (kLevels[i] == name) return static_cast<LogLevel>(i);
  }
  return LogLevel::kInfo;
}

EventLog::EventLog(Env& env, EventLogOptions options) : env_(env), options_(std::move(options)) {
  if (!options_.file.empty()) open_file();
  thread_ = std::thread([this] { work(); });
}

EventLog::~EventLog() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
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
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() + line.size() > kMostWaiting) {
      ++lost_;
      return;
    }
    waiting_ += line;
    const bool urgent = level >= LogLevel::kWarning || waiting_.size() > kMuch;
    wake = waiting_.size() == line.size() || (urgent && !urgent_);
    urgent_ = urgent_ || urgent;
  }
  if (wake) wake_.notify_one();
}

void EventLog::work() {
  calm_this_thread("pawl-log", 0);
  std::string lines;
  for (bool more = true; more;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      wake_.wait_for(lock, kGather, [this] { return urgent_ || stopping_; });
      urgent_ = false;
      more = !stopping_;
      lines.clear();
      lines.swap(waiting_);
    }
    put(lines);
  }
}

// Whole lines; as many at once as go into the file before it is rotated.
void EventLog::put(std::string_view lines) {
  while (!lines.empty()) {
    const bool old = env_.now_micros() - opened_at_ > options_.max_age_seconds * 1'000'000;
    const size_t line = lines.find('\n') + 1;
    if (descriptor_ > 2 && size_ > 0 && (old || size_ + line > options_.max_bytes)) rotate();
    size_t fits = lines.size();
    if (descriptor_ > 2 && size_ + fits > options_.max_bytes) {
      const size_t room = options_.max_bytes > size_ ? options_.max_bytes - size_ : 0;
      fits = std::max(line, lines.substr(0, room).rfind('\n') + 1);
    }
    const std::string_view piece = lines.substr(0, fits);
    if (::write(descriptor_, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size()))
      lost_ += static_cast<uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    size_ += piece.size();
    lines.remove_prefix(fits);
  }
}

uint64_t EventLog::lost() const {
  return lost_;
}

}  // namespace pawl::http
