// An HTTP/1.1 client on the loop: streamed answers, kept-alive connections, TLS. One pool an
// origin. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/net/loop.h"
#include "http/net/message.h"

namespace pawl::http {

struct Origin {
  bool tls = false;
  std::string host;
  uint16_t port = 80;
  std::string base;  // path in front of every target, "" or "/v1"
};

// "http://host[:port][/base]" or https. Throws Error(kInvalidInput) saying what is wrong.
Origin parse_origin(const std::string& url);

struct ClientOptions {
  Duration connect_timeout = std::chrono::seconds(3);  // name, connection and TLS together
  std::string tls_ca_file;                             // PEM; empty: the system's
  size_t max_idle = 64;                                // connections kept
  Duration idle_for = std::chrono::seconds(30);
  size_t max_head_bytes = 64 * 1024;
};

enum class ClientFailure {
  kConnect,    // nobody there, in time or at all; nothing was sent
  kTls,        // no trust
  kClosed,     // closed before an answer
  kTruncated,  // closed within the answer
  kMalformed,  // not HTTP
};

// What happens to a call; each is called on the loop's thread. After on_end or on_failure nothing
// follows. Headers are as sent; the body comes without its framing, encodings untouched.
struct ClientEvents {
  std::function<void(int status, const Headers& headers)> on_head;
  std::function<void(std::string_view bytes)> on_data;
  std::function<void()> on_end;
  std::function<void(ClientFailure failure, const std::string& message)> on_failure;
};

class ClientCall {
 public:
  virtual ~ClientCall() = default;
  // Closes the connection at once; no event follows.
  virtual void cancel() = 0;
  // Reads no more until resume(), so that a slow reader slows the sender.
  virtual void pause() = 0;
  virtual void resume() = 0;
};

class Client {
 public:
  Client(Loop& loop, Origin origin, ClientOptions options);
  ~Client();

  // `target` is put behind the origin's base. Host, Content-Length and Connection are the client's
  // own. A kept connection that turns out closed before any byte of an answer is replaced once.
  std::shared_ptr<ClientCall> send(const std::string& method, const std::string& target,
                                   const Headers& headers, std::string_view body,
                                   ClientEvents events);
  const Origin& origin() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pawl::http
