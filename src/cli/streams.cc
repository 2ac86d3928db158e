#include "cli/streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "cli/console.h"
#include "cli/verb.h"

namespace pawl::cli {
namespace {

constexpr size_t kPiece = size_t{64} << 10;
constexpr size_t kBatch = 256;

[[noreturn]] void fail_output() {
  throw Error(ErrorKind::kIo, std::string("standard output: ") + std::strerror(errno));
}

}  // namespace

LineReader::LineReader(int descriptor, std::string name, bool owned)
    : descriptor_(descriptor), name_(std::move(name)), owned_(owned) {}

LineReader::LineReader(LineReader&& other) noexcept
    : descriptor_(other.descriptor_),
      name_(std::move(other.name_)),
      owned_(std::exchange(other.owned_, false)),
      fresh_(other.fresh_),
      buffer_(std::move(other.buffer_)),
      at_(other.at_) {}

LineReader::~LineReader() {
  if (owned_) ::close(descriptor_);
}

LineReader LineReader::standard_input() {
  return {STDIN_FILENO, "standard input", false};
}

LineReader LineReader::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    throw Error(ErrorKind::kNotFound,
                path + ": cannot be read (" + std::strerror(errno) + "); is the path right?");
  }
  return {descriptor, path, true};
}

bool LineReader::fill() {
  buffer_.resize(kPiece);
  at_ = 0;
  ssize_t got = 0;
  do got = ::read(descriptor_, buffer_.data(), buffer_.size());
  while (got < 0 && errno == EINTR);
  if (got < 0) {
    throw Error(ErrorKind::kIo, name_ + ": cannot be read (" + std::strerror(errno) + ")");
  }
  buffer_.resize(static_cast<size_t>(got));
  return got > 0;
}

bool LineReader::has_line() const {
  return std::string_view(buffer_).find('\n', at_) != std::string_view::npos;
}

LineReader::Result LineReader::next(std::string& line) {
  line.clear();
  bool any = false, too_long = false;
  for (bool whole = false; !whole; any = true) {
    if (at_ == buffer_.size()) {
      if (!wait_for_input(descriptor_)) return Result::kInterrupted;
      if (!fill()) break;
    }
    const size_t end = std::min(buffer_.find('\n', at_), buffer_.size());
    const std::string_view piece = std::string_view(buffer_).substr(at_, end - at_);
    too_long = too_long || piece.size() > kMaxLine - line.size();
    if (!too_long) line += piece;
    whole = end < buffer_.size();
    at_ = whole ? end + 1 : end;
  }
  if (!any) return Result::kEnd;
  if (std::exchange(fresh_, false) && line.starts_with(utf8::kByteOrderMark))
    line.erase(0, utf8::kByteOrderMark.size());
  return too_long ? Result::kTooLong : Result::kLine;
}

LineCounts for_each_json_line(LineReader& in,
                              const std::function<void(uint64_t, const Json&)>& good,
                              const std::function<void(uint64_t, const std::string&)>& bad) {
  LineCounts counts;
  std::string line;
  auto reject = [&](uint64_t number, const std::string& what) {
    ++counts.rejected;
    bad(number, what);
  };
  for (uint64_t number = 1;; ++number) {
    const LineReader::Result got =
        interrupt_requested() ? LineReader::Result::kInterrupted : in.next(line);
    counts.interrupted = got == LineReader::Result::kInterrupted;
    if (counts.interrupted || got == LineReader::Result::kEnd) return counts;
    const bool too_long = got == LineReader::Result::kTooLong;
    if (line.find_first_not_of(" \t\r") == std::string::npos && !too_long) continue;
    ++counts.lines;
    if (too_long) {
      reject(number, "longer than " + std::to_string(kMaxLine >> 20) + " MiB");
      continue;
    }
    if (const size_t at = utf8::find_invalid(line); at != utf8::kValid) {
      reject(number, "not valid UTF-8 at byte " + std::to_string(at));
      continue;
    }
    try {
      good(number, parse_json(line));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInvalidInput && error.kind() != ErrorKind::kFormat) throw;
      reject(number, error.what());
    }
  }
}

int stream_status(const LineCounts& counts) {
  if (counts.interrupted) {
    throw Error(ErrorKind::kInterrupted, "interrupted; what was done stays, of the input " +
                                             std::to_string(counts.lines) + " lines were read");
  }
  return counts.lines > 0 && counts.rejected == counts.lines ? kFailed : kDone;
}

OnError on_error_from(const std::string& name) {
  if (name == "report") return OnError::kReport;
  if (name == "skip") return OnError::kSkip;
  if (name == "stop") return OnError::kStop;
  throw UsageError("--on-error: '" + name + "' must be report, skip or stop");
}

namespace {

// Lines on their way to being answered, bad ones among them.
class TextBatch {
 public:
  TextBatch(const AnswerTexts& answer, OnError on_error) : answer_(answer), on_error_(on_error) {}

  void add(uint64_t line, std::string text) { lines_.push_back({line, std::move(text), {}, {}}); }
  void add_bad(uint64_t line, std::string problem) {
    lines_.push_back({line, {}, std::move(problem), {}});
  }
  bool full() const { return lines_.size() >= kBatch; }

  // All that were added; false when one was bad and the rest is not to be read.
  bool answer() {
    answer_good();
    bool all_good = true;
    for (const Line& line : lines_) {
      if (line.problem.empty()) {
        print_line(line.answer);
        continue;
      }
      all_good = false;
      ++rejected_;
      report_line(line.number, line.problem);
      if (on_error_ != OnError::kSkip) print_problem(line);
      if (on_error_ == OnError::kStop) break;
    }
    lines_.clear();
    flush_output();
    return all_good || on_error_ != OnError::kStop;
  }
  uint64_t rejected() const { return rejected_; }

 private:
  struct Line {
    uint64_t number = 0;
    std::string text, problem;  // of a bad line there is no text
    std::string answer;
  };

  // Together; when that fails each by itself.
  void answer_good() {
    std::vector<Line*> good;
    for (Line& line : lines_) {
      if (line.problem.empty()) good.push_back(&line);
    }
    if (good.empty() || try_answer(good).empty()) return;
    for (Line* line : good) line->problem = try_answer({line});
  }

  std::string try_answer(const std::vector<Line*>& lines) const {
    std::vector<std::string> texts;
    for (const Line* line : lines) texts.push_back(line->text);
    try {
      std::vector<std::string> answers = answer_(texts);
      for (size_t i = 0; i < lines.size(); ++i) lines[i]->answer = std::move(answers.at(i));
      return "";
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInvalidInput && error.kind() != ErrorKind::kFormat) throw;
      return error.what();
    }
  }

  static void print_problem(const Line& line) {
    Json out = Json::object();
    out["error"] = line.problem;
    out["line"] = line.number;
    print_json(out);
  }

  const AnswerTexts& answer_;
  OnError on_error_;
  std::vector<Line> lines_;
  uint64_t rejected_ = 0;
};

// Ends the reading of a stream from within.
struct Stopped {};

}  // namespace

int answer_texts(const AnswerTexts& answer, OnError on_error) {
  LineReader in = LineReader::standard_input();
  TextBatch batch(answer, on_error);
  const auto answer_some = [&] {
    if ((batch.full() || !in.has_line()) && !batch.answer()) throw Stopped();
  };
  LineCounts counts;
  try {
    counts = for_each_json_line(
        in,
        [&](uint64_t number, const Json& line) {
          batch.add(number, text_of(line));
          answer_some();
        },
        [&](uint64_t number, const std::string& what) {
          batch.add_bad(number, what);
          answer_some();
        });
    batch.answer();
  } catch (const Stopped&) {
    return kFailed;
  }
  counts.rejected = batch.rejected();
  const int status = stream_status(counts);
  return on_error != OnError::kSkip && counts.rejected > 0 ? kFailed : status;
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.as_string();
  const Json* text = value.is_object() ? value.find("text") : nullptr;
  if (text == nullptr || !text->is_string())
    throw Error(ErrorKind::kInvalidInput, "must be a string or an object with a string \"text\"");
  return text->as_string();
}

void print_line(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
      std::fputc('\n', stdout) == EOF)
    fail_output();
}

void print_json(const Json& value) {
  print_line(to_json(value));
}

void flush_output() {
  if (std::fflush(stdout) != 0) fail_output();
}

void report_line(uint64_t line, const std::string& what, const std::string& file) {
  std::fprintf(stderr, "pawl: %s%sline %llu: %s\n", file.c_str(), file.empty() ? "" : ": ",
               static_cast<unsigned long long>(line), what.c_str());
}

}  // namespace pawl::cli
