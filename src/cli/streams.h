// JSON Lines on standard input and output.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace pawl::cli {

// A line longer than this is reported and skipped, never kept in memory.
inline constexpr size_t kMaxLine = size_t{16} << 20;

// The lines of a file or of standard input, of any size, in constant memory.
class LineReader {
 public:
  enum class Result { kLine, kTooLong, kEnd, kInterrupted };

  static LineReader standard_input();
  // Throws Error(kNotFound) naming the path.
  static LineReader open(const std::string& path);
  ~LineReader();
  LineReader(LineReader&& other) noexcept;
  LineReader& operator=(LineReader&&) = delete;

  // Without its '\n'; the last one may lack it. A byte order mark before the first one is passed
  // over. SIGINT and SIGTERM end the waiting for more (cli/console.h). Throws Error(kIo) naming the
  // source when it cannot be read.
  Result next(std::string& line);
  // Whether next() gives a line without waiting for whoever writes them.
  bool has_line() const;
  const std::string& name() const { return name_; }

 private:
  LineReader(int descriptor, std::string name, bool owned);
  bool wait() const;  // false: interrupted
  bool fill();        // false: nothing follows

  int descriptor_;
  std::string name_;
  bool owned_;
  bool fresh_ = true;
  std::string buffer_;
  size_t at_ = 0;
};

struct LineCounts {
  uint64_t lines = 0;  // with something on them
  uint64_t rejected = 0;
  bool interrupted = false;  // the rest was not read
};

// Calls `good` with every line that holds valid UTF-8 JSON, in order, and `bad` with the number of
// any other and what is wrong with it. An Error that `good` throws with kind kInvalidInput or
// kFormat goes to `bad` as well; others end the reading. Blank lines are passed over.
LineCounts for_each_json_line(
    LineReader& in, const std::function<void(uint64_t line, const Json& value)>& good,
    const std::function<void(uint64_t line, const std::string& what)>& bad);

// The exit status of a stream: a request of which nothing was done has failed. Throws
// Error(kInterrupted) when the rest of it was not read.
int stream_status(const LineCounts& counts);

// What becomes of a bad line where every line gets an answer.
enum class OnError {
  kReport,  // {"error", "line"} stands in its place; the stream's status is 1 at the end
  kSkip,    // nothing stands in its place
  kStop     // as kReport, and the rest is not read
};
// "report", "skip" or "stop"; throws UsageError for anything else.
OnError on_error_from(const std::string& name);
inline constexpr const char* kOnErrorHelp =
    "What a bad line becomes: report ({\"error\", \"line\"} in its place, status 1 at the end), "
    "skip (nothing), stop (reported, and the rest is not read)";

// Answers the texts of standard input, one line of output for each line that is not blank, in
// order: together as many as are there, so that one who waits for an answer before writing the next
// line gets it. `answer` gives one line for each text. A text it cannot answer (kInvalidInput,
// kFormat) is a bad line, the others are answered. Gives back the exit status.
using AnswerTexts = std::function<std::vector<std::string>(const std::vector<std::string>& texts)>;
int answer_texts(const AnswerTexts& answer, OnError on_error);

// The text of {"text": ...} or of a JSON string; throws Error(kInvalidInput) for anything else.
std::string text_of(const Json& value);

// One line to standard output. Throws Error(kIo) when nobody reads it any more or the disk is full.
void print_line(std::string_view text);
void print_json(const Json& value);
void flush_output();
// "pawl: line 3: ..." to standard error, with the file's name before it where there is one.
void report_line(uint64_t line, const std::string& what, const std::string& file = "");

}  // namespace pawl::cli
