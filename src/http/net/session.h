// One connection of the server; for net/'s sources alone.
#pragma once

#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "http/net/asio.h"
#include "http/net/server.h"

namespace pawl::http {

class Session;
class LiveExchange;

// What all sessions of a server share.
struct ServerShared {
  ServerShared(Loop& l, Application& a, ServerOptions o)
      : loop(l), application(a), options(std::move(o)) {}

  Loop& loop;
  Application& application;
  ServerOptions options;
  ServerCounts counts;
  std::unordered_set<Session*> sessions;
  bool draining = false;
  std::function<void()> on_empty;
};

// Reads a request, hands it on, writes the answer, and so on until one side has had enough. At most
// one read and one write are under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<ServerShared> shared, Stream stream, std::string peer, bool loopback);
  ~Session();

  void start();
  void drain();  // closes it now if nobody waits for an answer
  void close();

  // --- for the exchange
  void send_whole(Response response);
  void send_head(int status, const Headers& headers);
  void send_piece(std::string_view bytes);
  void send_end();
  void abandon();
  size_t unsent() const { return outgoing_.size() + writing_.size(); }
  std::function<void()> on_sent;

 private:
  enum class State { kHead, kBody, kAnswering, kClosing, kClosed };
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void read();
  void on_read(const error_code& error, size_t size);
  void on_end_of_input();
  void advance();
  bool parse_head();
  bool parse_body();
  void on_head();
  void on_body();
  std::string_view head_fault() const;
  Request take_head();
  void refuse(int status, std::string_view detail);
  void append_head(int status, const Headers& headers, std::optional<size_t> length);
  void flush();
  bool send_now();
  void on_written(const error_code& error);
  void all_written();
  void answer_complete();
  void linger();
  void set_deadline(Duration from_now);
  void no_deadline() { deadline_ = Instant::max(); }
  void arm(Instant at);
  void on_deadline();
  size_t input_size() const { return input_.size() - consumed_; }

  std::shared_ptr<ServerShared> shared_;
  Stream stream_;
  std::string peer_;
  bool loopback_;
  State state_ = State::kHead;
  std::optional<Parser> parser_;
  Admission admission_;
  std::shared_ptr<LiveExchange> incoming_;  // whose body is being read
  std::weak_ptr<LiveExchange> current_;
  std::array<char, 8 * 1024> arriving_;
  std::string input_, outgoing_, writing_;
  size_t consumed_ = 0;
  bool reading_ = false, write_busy_ = false;
  bool input_ended_ = false, keep_alive_ = false, http11_ = true, is_head_ = false;
  bool chunked_ = false, answered_ = false;
  asio::steady_timer timer_;
  Instant deadline_ = Instant::max(), armed_ = Instant::max();
};

class LiveExchange final : public Exchange {
 public:
  LiveExchange(std::shared_ptr<Session> session, Request request)
      : session_(std::move(session)), request_(std::move(request)) {}
  ~LiveExchange() override;

  const Request& request() const override { return request_; }
  Request& request() override { return request_; }
  void respond(Response response) override;
  void begin(int status, Headers headers) override;
  void write(std::string_view bytes) override;
  void finish() override;
  void abort() override;
  size_t unsent() const override { return session_ ? session_->unsent() : 0; }
  void on_sent(std::function<void()> call) override;
  void on_gone(std::function<void()> call) override;
  bool gone() const override { return gone_; }

  void client_gone();  // by the session

 private:
  std::shared_ptr<Session> release();  // the answer is complete

  std::shared_ptr<Session> session_;  // null once answered
  Request request_;
  std::function<void()> on_gone_;
  bool gone_ = false;
};

}  // namespace pawl::http
