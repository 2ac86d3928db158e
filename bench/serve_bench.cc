// The two ends of the gateway's benchmark: an upstream that answers at once or streams on time, and
// a load generator with a constant rate whatever the answers do (open loop: a late answer does not
// delay the next request, and counts from when the request was due).
//
//   serve_bench upstream                         prints its port, answers until it is killed
//   serve_bench load URL KEY WHAT RATE SECONDS TEXTS FIRST   WHAT: chat, analyze, health
//   serve_bench streams URL KEY COUNT TEXTS FIRST            chat streams side by side
// TEXTS: JSON lines with "text". No text is sent twice: what has been sent before is numbered.
// FIRST: how many were sent before this call, since the service remembers what it analysed lately.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/thread_class.h"
#include "http/net/client.h"
#include "http/net/server.h"

namespace {

using namespace pawl;
using namespace pawl::http;
using std::chrono::milliseconds;

constexpr int kChunks = 50;
constexpr milliseconds kFirst{20}, kBetween{10};

int64_t now_nanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

const char* const kAnswer =
    R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"mock","choices":[{"index":0,)"
    R"("message":{"role":"assistant","content":"Try a clean build, then look at the first error."},)"
    R"("finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}})";

// A stream whose chunks tell when they were sent.
class Streaming : public std::enable_shared_from_this<Streaming> {
 public:
  Streaming(Loop& loop, std::shared_ptr<Exchange> exchange)
      : loop_(loop),
        exchange_(std::move(exchange)),
        due_(std::chrono::steady_clock::now() + kFirst) {}

  void start() {
    exchange_->begin(200, {{"Content-Type", "text/event-stream"}});
    wait();
  }

 private:
  void wait() {
    timer_ = loop_.after(due_ - std::chrono::steady_clock::now(),
                         [self = shared_from_this()] { self->next(); });
    due_ += kBetween;
  }
  void next() {
    if (exchange_->gone()) return exchange_->abort();
    if (sent_++ == kChunks) {
      exchange_->write(
          "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: "
          "[DONE]\n\n");
      return exchange_->finish();
    }
    exchange_->write(
        "data: "
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":"
        "\"mock\","
        "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"},\"finish_reason\":null}],"
        "\"at\":" +
        std::to_string(now_nanos()) + "}\n\n");
    wait();
  }

  Loop& loop_;
  std::shared_ptr<Exchange> exchange_;
  Instant due_;
  Loop::Timer timer_;
  int sent_ = 0;
};

class Upstream final : public Application {
 public:
  explicit Upstream(Loop& loop) : loop_(loop) {}
  std::variant<Admission, Response> admit(Request&) override { return Admission{1 << 20, nullptr}; }
  void handle(std::shared_ptr<Exchange> exchange, const Admission&) override {
    if (exchange->request().body.find("\"stream\":true") != std::string::npos)
      return std::make_shared<Streaming>(loop_, std::move(exchange))->start();
    exchange->respond({200, {{"Content-Type", "application/json"}}, kAnswer});
  }
  Response refuse(int status, std::string_view) override { return {status, {}, ""}; }

 private:
  Loop& loop_;
};

int run_upstream() {
  Loop loop;
  Upstream upstream(loop);
  Server server(loop, upstream,
                {.address = "127.0.0.1", .port = 0, .tls_certificate = {}, .tls_key = {}});
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  loop.on_signals({SIGTERM, SIGINT}, [&](int) { loop.stop(); });
  loop.run();
  return 0;
}

struct Figures {
  std::vector<int64_t> nanos;
  uint64_t failed = 0;

  double millis(double quantile) {
    if (nanos.empty()) return -1;
    const auto at = static_cast<size_t>(quantile * static_cast<double>(nanos.size() - 1));
    std::nth_element(nanos.begin(), nanos.begin() + static_cast<ptrdiff_t>(at), nanos.end());
    return static_cast<double>(nanos[at]) * 1e-6;
  }
  void print(double seconds) {
    std::printf(
        "{\"answered\": %zu, \"failed\": %llu, \"seconds\": %.3f, \"p50_ms\": %.4f, \"p90_ms\": "
        "%.4f, "
        "\"p99_ms\": %.4f, \"max_ms\": %.4f}\n",
        nanos.size(), static_cast<unsigned long long>(failed), seconds, millis(0.5), millis(0.9),
        millis(0.99), millis(1));
  }
};

struct Work {
  std::string method = "POST", target, body;
};

class Texts {
 public:
  explicit Texts(const char* file) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
      texts_.push_back(parse_json(line).at("text").as_string());
    if (texts_.empty()) throw Error(ErrorKind::kInvalidInput, std::string(file) + ": no texts");
  }
  // As a JSON string.
  std::string quoted(int number) const {
    const auto at = static_cast<size_t>(number);
    std::string text = texts_[at % texts_.size()];
    if (at >= texts_.size()) text += " (" + std::to_string(at / texts_.size()) + ")";
    return to_json(Json(text));
  }

 private:
  std::vector<std::string> texts_;
};

Work work_of(const std::string& what, const Texts& texts, int number, bool streamed) {
  if (what == "health") return {"GET", "/healthz", ""};
  const std::string text = texts.quoted(number);
  if (what == "analyze") return {"POST", "/api/v1/analyze", "{\"text\":" + text + "}"};
  return {"POST", "/v1/chat/completions",
          "{\"model\":\"mock\",\"user\":\"u" + std::to_string(number % 500) +
              "\",\"metadata\":{\"consent\":\"true\"}," + (streamed ? "\"stream\":true," : "") +
              "\"messages\":[{\"role\":\"user\",\"content\":" + text + "}]}"};
}

Headers headers_for(const std::string& key) {
  return {{"Authorization", "Bearer " + key}, {"Content-Type", "application/json"}};
}

class Load {
 public:
  Load(const std::string& url, std::string key, std::string what, double rate, double seconds,
       const char* texts, int first)
      : texts_(texts),
        first_(first),
        client_(loop_, parse_origin(url),
                {.connect_timeout = std::chrono::seconds(5), .tls_ca_file = {}, .max_idle = 4096}),
        headers_(headers_for(key)),
        what_(std::move(what)),
        rate_(rate),
        total_(static_cast<int>(rate * seconds)) {}

  void run() {
    began_ = std::chrono::steady_clock::now();
    figures_.nanos.reserve(static_cast<size_t>(total_));
    tick();
    loop_.run();
    figures_.print(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count());
  }

 private:
  Instant due(int number) const {
    return began_ +
           std::chrono::duration_cast<Duration>(std::chrono::duration<double>(number / rate_));
  }
  void tick() {
    const Instant now = std::chrono::steady_clock::now();
    while (sent_ < total_ && due(sent_) <= now) send(due(sent_), sent_), ++sent_;
    if (sent_ < total_) timer_ = loop_.after(due(sent_) - now, [this] { tick(); });
  }
  void send(Instant at, int number) {
    const Work work = work_of(what_, texts_, first_ + number, false);
    ClientEvents events;
    auto good = std::make_shared<bool>(false);
    events.on_head = [good](int status, const Headers& headers) {
      *good = status == 200 && headers.find("x-pawl-degraded") == nullptr;
    };
    events.on_end = [this, at, good] {
      if (*good)
        figures_.nanos.push_back((std::chrono::steady_clock::now() - at).count());
      else
        ++figures_.failed;
      over();
    };
    events.on_failure = [this](ClientFailure, const std::string&) {
      ++figures_.failed;
      over();
    };
    client_.send(work.method, work.target, headers_, work.body, std::move(events));
  }
  void over() {
    if (++ended_ == total_) loop_.stop();
  }

  Texts texts_;
  int first_;
  Loop loop_;
  Client client_;
  Headers headers_;
  std::string what_;
  double rate_;
  int total_, sent_ = 0, ended_ = 0;
  Instant began_;
  Loop::Timer timer_;
  Figures figures_;
};

class Streams {
 public:
  Streams(const std::string& url, const std::string& key, int count, const char* texts, int first)
      : texts_(texts),
        first_(first),
        client_(loop_, parse_origin(url),
                {.connect_timeout = std::chrono::seconds(10), .tls_ca_file = {}}),
        headers_(headers_for(key)),
        count_(count) {}

  void run() {
    const Instant began = std::chrono::steady_clock::now();
    // Spread over one chunk's time, as streams of people are.
    for (int i = 0; i < count_; ++i)
      timers_.push_back(
          loop_.after(std::chrono::microseconds(i * 500000 / count_), [this, i] { start(i); }));
    loop_.run();
    figures_.print(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }

 private:
  void start(int number) {
    const Work work = work_of("chat", texts_, first_ + number, true);
    ClientEvents events;
    events.on_data = [this](std::string_view bytes) { look(bytes); };
    events.on_end = [this] { over(false); };
    events.on_failure = [this](ClientFailure, const std::string&) { over(true); };
    client_.send("POST", work.target, headers_, work.body, std::move(events));
  }
  void look(std::string_view bytes) {
    constexpr std::string_view kMark = "\"at\":";
    const int64_t now = now_nanos();
    for (size_t at = bytes.find(kMark); at != std::string_view::npos;
         at = bytes.find(kMark, at + 1)) {
      int64_t sent = 0;
      std::from_chars(bytes.data() + at + kMark.size(), bytes.data() + bytes.size(), sent);
      figures_.nanos.push_back(now - sent);
    }
  }
  void over(bool failed) {
    figures_.failed += failed;
    if (++ended_ == count_) loop_.stop();
  }

  Texts texts_;
  int first_;
  Loop loop_;
  Client client_;
  Headers headers_;
  int count_, ended_ = 0;
  std::vector<Loop::Timer> timers_;
  Figures figures_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  // Both ends share a core: neither is to wait for the other's turn to end, which would be counted
  // as the service's time.
  hurry_this_thread("serve-bench");
  try {
    if (mode == "upstream" && argc == 2) return run_upstream();
    if (mode == "load" && argc == 9) {
      Load(argv[2], argv[3], argv[4], std::atof(argv[5]), std::atof(argv[6]), argv[7],
           std::atoi(argv[8]))
          .run();
      return 0;
    }
    if (mode == "streams" && argc == 7) {
      Streams(argv[2], argv[3], std::atoi(argv[4]), argv[5], std::atoi(argv[6])).run();
      return 0;
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "serve_bench: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr,
               "usage: serve_bench upstream | load URL KEY WHAT RATE SECONDS TEXTS FIRST | streams "
               "URL KEY COUNT TEXTS FIRST\n");
  return 2;
}
