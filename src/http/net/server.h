// An HTTP/1.1 server: sockets, parsing, limits, time-outs, keep-alive, TLS. It knows nothing of
// what is asked or answered. Source of the rules of parsing: RFC 9110 and 9112; whatever is
// ambiguous between two parsers (a length given twice, bare line feeds, both framings at once) is
// refused and the connection closed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "http/net/loop.h"
#include "http/net/message.h"

namespace pawl::http {

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 8765;         // 0: any free one
  std::string tls_certificate;  // PEM files, both or neither
  std::string tls_key;
  size_t max_connections = 4096;
  size_t max_head_bytes = 32 * 1024;
  Duration head_timeout = std::chrono::seconds(10);   // from its first byte to its last
  Duration body_timeout = std::chrono::seconds(30);   // the same of the body, and 1 s per 64 KiB
  Duration idle_timeout = std::chrono::seconds(75);   // between two requests
  Duration write_timeout = std::chrono::seconds(60);  // for a client that reads nothing
};

// One request and its answer. On the loop's thread only. Whoever answers keeps it; when the last
// one lets go of an exchange without an answer, the connection is closed.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  virtual Request& request() = 0;

  // The whole answer. Once, and not after begin().
  virtual void respond(Response response) = 0;

  // An answer in pieces: begin, any number of writes, then finish, or abort, which closes the
  // connection so that the client sees it was cut off.
  virtual void begin(int status, Headers headers) = 0;
  virtual void write(std::string_view bytes) = 0;
  virtual void finish() = 0;
  virtual void abort() = 0;
  virtual size_t unsent() const = 0;  // bytes that wait for the client to read
  // Called once when unsent() has fallen to zero.
  virtual void on_sent(std::function<void()> call) = 0;

  // Called once when the client closes its side before the answer is complete.
  virtual void on_gone(std::function<void()> call) = 0;
  virtual bool gone() const = 0;
};

// What becomes of a request whose head has arrived, before a byte of its body is read.
struct Admission {
  size_t max_body = 0;
  std::shared_ptr<void> mark = {};  // the application's own
};

class Application {
 public:
  virtual ~Application() = default;
  // Either how large its body may be or the answer that refuses it; then the connection is closed
  // when a body was announced.
  virtual std::variant<Admission, Response> admit(Request& head) = 0;
  virtual void handle(std::shared_ptr<Exchange> exchange, const Admission& admission) = 0;
  // The answer to a request that is broken or too large: status 400, 408, 413, 431 ...
  virtual Response refuse(int status, std::string_view detail) = 0;
};

// Written on the loop's thread, read on any.
struct ServerCounts {
  std::atomic<uint64_t> accepted{0}, open{0}, turned_away{0}, malformed{0}, timed_out{0};
};

class Server {
 public:
  // Throws Error(kIo) naming the address that cannot be listened on, Error(kFormat) for a
  // certificate or key that cannot be used. Loop thread from here on.
  Server(Loop& loop, Application& application, ServerOptions options);
  ~Server();

  uint16_t port() const;
  // No new connections; idle ones are closed, others after the answer they wait for. `done` is
  // called when the last one is gone, or after `patience`, when those that remain are cut.
  void drain(Duration patience, std::function<void()> done);
  const ServerCounts& counts() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pawl::http
