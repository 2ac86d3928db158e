// The library behind net/, for its sources alone.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string_view>

#include "http/net/loop.h"

namespace pawl::http {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

struct Loop::Impl {
  asio::io_context context{1};
  std::optional<asio::signal_set> signals;
  std::function<void(int)> on_signal;
};

// A TCP socket, with TLS around it or without.
class Stream {
 public:
  explicit Stream(tcp::socket socket) : socket_(std::move(socket)) {}
  Stream(tcp::socket socket, asio::ssl::context& context)
      : tls_(std::in_place, std::move(socket), context) {}

  tcp::socket& socket() { return tls_ ? tls_->next_layer() : *socket_; }
  bool is_tls() const { return tls_.has_value(); }
  asio::ssl::stream<tcp::socket>& tls() { return *tls_; }

  template <typename Call>
  void read_some(asio::mutable_buffer into, Call&& call) {
    if (tls_)
      tls_->async_read_some(into, std::forward<Call>(call));
    else
      socket_->async_read_some(into, std::forward<Call>(call));
  }
  template <typename Call>
  void write_all(asio::const_buffer from, Call&& call) {
    if (tls_)
      asio::async_write(*tls_, from, std::forward<Call>(call));
    else
      asio::async_write(*socket_, from, std::forward<Call>(call));
  }
  // What of it the socket takes without waiting; nothing with TLS, whose records take turns. The
  // socket must not block (start_writing_now).
  size_t write_now(std::string_view bytes) {
    if (tls_) return 0;
    error_code error;
    const size_t sent = socket_->send(asio::buffer(bytes.data(), bytes.size()), 0, error);
    return error ? 0 : sent;
  }
  void start_writing_now() {
    error_code ignored;
    socket().non_blocking(true, ignored);
  }
  void close() {
    error_code ignored;
    socket().close(ignored);
  }

 private:
  std::optional<tcp::socket> socket_;
  std::optional<asio::ssl::stream<tcp::socket>> tls_;
};

}  // namespace pawl::http
