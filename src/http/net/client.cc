#include "http/net/client.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <deque>

#include "base/error.h"
#include "http/net/asio.h"

namespace pawl::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr size_t kMaxAnswerHead = 64 * 1024;

// Unlike Beast's own bodies it reserves nothing for the length announced, which an upstream may
// choose freely.
struct PiecesBody {
  using value_type = std::string;

  class reader {
   public:
    template <bool isRequest, class Fields>
    reader(beast_http::header<isRequest, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, error_code& error) { error = {}; }
    template <class Buffers>
    size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      size_t size = 0;
      for (auto b = asio::buffer_sequence_begin(buffers); b != asio::buffer_sequence_end(buffers);
           ++b) {
        const asio::const_buffer buffer(*b);
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
        size += buffer.size();
      }
      return size;
    }
    void finish(error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};
using Parser = beast_http::response_parser<PiecesBody>;

}  // namespace

Origin parse_origin(const std::string& url) {
  Origin origin;
  std::string_view rest = url;
  const auto fail = [&url](const char* what) {
    throw Error(ErrorKind::kInvalidInput, "\"" + url + "\" " + what);
  };
  if (rest.starts_with("https://")) {
    origin.tls = true;
    origin.port = 443;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    fail("must begin with http:// or https://");
  }
  std::string_view authority = rest.substr(0, rest.find('/'));
  origin.base = std::string(rest.substr(authority.size()));
  while (origin.base.ends_with('/')) origin.base.pop_back();
  if (origin.base.find_first_of(" ?#\r\n") != std::string::npos) fail("has a path that is none");
  const size_t colon = authority.rfind(':');
  const size_t bracket = authority.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), origin.port);
    if (end.ec != std::errc() || end.ptr != digits.data() + digits.size() || origin.port == 0)
      fail("has a port that is none");
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  if (authority.empty() || authority.find_first_of(" @\r\n") != std::string_view::npos)
    fail("has no host");
  origin.host = std::string(authority);
  return origin;
}

namespace {

// A connection that waits for its next call, or for the end of its time.
struct Idle {
  std::unique_ptr<Stream> stream;
  Instant until;
};

struct Shared {
  Shared(Loop& l, Origin o, ClientOptions c)
      : loop(l), origin(std::move(o)), options(std::move(c)), resolver(l.impl().context) {}

  // Null when none that is still open waits.
  std::unique_ptr<Stream> take() {
    const Instant now = std::chrono::steady_clock::now();
    while (!idle.empty()) {
      Idle one = std::move(idle.back());
      idle.pop_back();
      if (one.until > now && still_open(*one.stream)) return std::move(one.stream);
      one.stream->close();
    }
    return nullptr;
  }

  void keep(std::unique_ptr<Stream> stream) {
    if (closed || idle.size() >= options.max_idle) return stream->close();
    const Instant now = std::chrono::steady_clock::now();
    while (!idle.empty() && idle.front().until <= now) {
      idle.front().stream->close();
      idle.pop_front();
    }
    idle.push_back({std::move(stream), now + options.idle_for});
  }

  // A server that closed it, or said something unasked, left something to read.
  static bool still_open(Stream& stream) {
    error_code error;
    stream.socket().non_blocking(true, error);
    char byte;
    stream.socket().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    return error == asio::error::would_block;
  }

  Loop& loop;
  Origin origin;
  ClientOptions options;
  tcp::resolver resolver;
  std::optional<asio::ssl::context> tls;
  std::deque<Idle> idle;
  bool closed = false;
};

class Call final : public ClientCall, public std::enable_shared_from_this<Call> {
 public:
  Call(std::shared_ptr<Shared> shared, std::string head_and_body, bool head_only,
       ClientEvents events)
      : shared_(std::move(shared)),
        outgoing_(std::move(head_and_body)),
        head_only_(head_only),
        events_(std::make_shared<ClientEvents>(std::move(events))),
        timer_(shared_->loop.impl().context) {}

  void start() {
    stream_ = shared_->take();
    reused_ = stream_ != nullptr;
    if (reused_)
      write();
    else
      connect();
  }

  void cancel() override {
    done_ = true;
    events_.reset();
    timer_.cancel();
    if (stream_) stream_->close();
  }
  void pause() override { paused_ = true; }
  void resume() override {
    if (!paused_) return;
    paused_ = false;
    if (stream_ && sent_ && !reading_ && !done_) read();
  }

 private:
  void connect() {
    timer_.expires_after(shared_->options.connect_timeout);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (error || self->done_ || self->connected_) return;
      self->fail(ClientFailure::kConnect, "no connection in time");
    });
    const Origin& origin = shared_->origin;
    error_code error;
    const auto address = asio::ip::make_address(origin.host, error);
    if (!error) return open({tcp::endpoint(address, origin.port)}, 0);
    shared_->resolver.async_resolve(
        origin.host, std::to_string(origin.port),
        [self = shared_from_this()](const error_code& failed, const auto& results) {
          if (self->done_) return;
          if (failed)
            return self->fail(ClientFailure::kConnect, "no such host: " + failed.message());
          std::vector<tcp::endpoint> endpoints;
          for (const auto& entry : results) endpoints.push_back(entry.endpoint());
          self->open(std::move(endpoints), 0);
        });
  }

  void open(std::vector<tcp::endpoint> endpoints, size_t at) {
    auto& context = shared_->loop.impl().context;
    if (shared_->tls)
      stream_ = std::make_unique<Stream>(tcp::socket(context), *shared_->tls);
    else
      stream_ = std::make_unique<Stream>(tcp::socket(context));
    const tcp::endpoint endpoint = endpoints[at];
    stream_->socket().async_connect(
        endpoint,
        [self = shared_from_this(), all = std::move(endpoints), at](const error_code& error) {
          if (self->done_) return;
          if (!error) return self->secure();
          self->stream_->close();
          if (at + 1 < all.size()) return self->open(all, at + 1);
          self->fail(ClientFailure::kConnect, "no connection: " + error.message());
        });
  }

  void secure() {
    error_code ignored;
    stream_->socket().set_option(tcp::no_delay(true), ignored);
    if (!stream_->is_tls()) return write();
    const std::string& host = shared_->origin.host;
    asio::ip::make_address(host, ignored);
    // Addresses have no place in SNI (RFC 6066).
    if (ignored) SSL_set_tlsext_host_name(stream_->tls().native_handle(), host.c_str());
    stream_->tls().set_verify_callback(asio::ssl::host_name_verification(host), ignored);
    stream_->tls().async_handshake(
        asio::ssl::stream_base::client, [self = shared_from_this()](const error_code& error) {
          if (self->done_) return;
          if (error) return self->fail(ClientFailure::kTls, "TLS: " + error.message());
          self->write();
        });
  }

  void write() {
    connected_ = true;
    timer_.cancel();
    expect_answer();
    stream_->write_all(asio::buffer(outgoing_),
                       [self = shared_from_this()](const error_code& error, size_t) {
                         if (self->done_) return;
                         // An upstream may refuse before it has read everything: its answer counts.
                         self->written_ = !error;
                       });
    sent_ = true;
    read();
  }

  void expect_answer() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(shared_->options.max_head_bytes));
    parser_->body_limit(boost::none);
    if (head_only_) parser_->skip(true);
  }

  // The kept connection was closed just now; nobody has read this request.
  void start_over() {
    stream_->close();
    dead_.push_back(std::move(stream_));
    reused_ = connected_ = sent_ = written_ = false;
    connect();
  }

  void read() {
    if (reading_ || paused_ || done_) return;
    reading_ = true;
    Stream* const source = stream_.get();
    stream_->read_some(asio::buffer(arriving_),
                       [self = shared_from_this(), source](const error_code& error, size_t size) {
                         if (self->stream_.get() != source) return;  // one that was given up
                         self->reading_ = false;
                         if (self->done_) return;
                         if (error) return self->on_closed();
                         self->got_bytes_ = true;
                         self->input_.append(self->arriving_.data(), size);
                         self->parse();
                       });
  }

  void on_closed() {
    if (!got_bytes_ && reused_) return start_over();
    if (!parser_->got_some()) return fail(ClientFailure::kClosed, "closed without an answer");
    error_code error;
    parser_->put_eof(error);
    if (error) return fail(ClientFailure::kTruncated, "closed within its answer");
    finish(false);
  }

  void parse() {
    size_t consumed = 0;
    error_code error;
    while (consumed < input_.size() && !parser_->is_done()) {
      const size_t used =
          parser_->put(asio::buffer(input_.data() + consumed, input_.size() - consumed), error);
      consumed += used;
      if (error && error != beast_http::error::need_more)
        return fail(ClientFailure::kMalformed, "its answer is malformed: " + error.message());
      if (!head_seen_ && parser_->is_header_done() && !on_head()) return;
      if (done_) return;
      if (error == beast_http::error::need_more || used == 0) break;
    }
    const bool pipelined = consumed < input_.size() && parser_->is_done();
    input_.erase(0, consumed);
    if (input_.size() > kMaxAnswerHead && !parser_->is_done())
      return fail(ClientFailure::kMalformed, "a chunk's head is too long");
    const auto self = shared_from_this();
    hand_on_body();
    if (done_) return;
    if (parser_->is_done()) return finish(parser_->keep_alive() && !pipelined);
    read();
  }

  // False when the call is over.
  bool on_head() {
    const auto& head = parser_->get();
    const int status = static_cast<int>(head.result_int());
    if (status / 100 == 1) {  // interim: the answer follows
      expect_answer();
      return true;
    }
    head_seen_ = true;
    Headers headers;
    for (const auto& field : head)
      headers.add(std::string(field.name_string()), std::string(field.value()));
    const auto self = shared_from_this();
    const auto events = events_;
    if (events && events->on_head) events->on_head(status, headers);
    return !done_;
  }

  void hand_on_body() {
    std::string& body = parser_->get().body();
    if (body.empty()) return;
    piece_.clear();
    piece_.swap(body);  // and back with the next piece: neither allocates again
    const auto events = events_;
    if (events && events->on_data) events->on_data(piece_);
  }

  void finish(bool keep) {
    done_ = true;
    timer_.cancel();
    if (keep && written_)
      shared_->keep(std::move(stream_));
    else
      stream_->close();
    const auto events = std::move(events_);
    if (events && events->on_end) events->on_end();
  }

  void fail(ClientFailure failure, const std::string& message) {
    if (done_) return;
    done_ = true;
    timer_.cancel();
    if (stream_) stream_->close();
    const auto events = std::move(events_);
    if (events && events->on_failure) events->on_failure(failure, message);
  }

  std::shared_ptr<Shared> shared_;
  std::string outgoing_, input_, piece_;
  std::array<char, 16 * 1024> arriving_;
  bool head_only_;
  std::shared_ptr<ClientEvents> events_;  // held by whoever is calling one of them
  asio::steady_timer timer_;
  std::unique_ptr<Stream> stream_;
  std::vector<std::unique_ptr<Stream>> dead_;  // whose last callbacks are still to come
  std::optional<Parser> parser_;
  bool reused_ = false, connected_ = false, sent_ = false, reading_ = false, paused_ = false;
  bool written_ = false, got_bytes_ = false, head_seen_ = false, done_ = false;
};

}  // namespace

struct Client::Impl {
  std::shared_ptr<Shared> shared;
};

Client::Client(Loop& loop, Origin origin, ClientOptions options) : impl_(std::make_shared<Impl>()) {
  impl_->shared = std::make_shared<Shared>(loop, std::move(origin), std::move(options));
  Shared& shared = *impl_->shared;
  if (!shared.origin.tls) return;
  shared.tls.emplace(asio::ssl::context::tls_client);
  shared.tls->set_verify_mode(asio::ssl::verify_peer);
  error_code error;
  if (shared.options.tls_ca_file.empty())
    shared.tls->set_default_verify_paths(error);
  else
    shared.tls->load_verify_file(shared.options.tls_ca_file, error);
  if (error) throw Error(ErrorKind::kFormat, shared.options.tls_ca_file + ": " + error.message());
}

Client::~Client() {
  impl_->shared->closed = true;
  for (Idle& idle : impl_->shared->idle) idle.stream->close();
  impl_->shared->idle.clear();
}

const Origin& Client::origin() const {
  return impl_->shared->origin;
}

std::shared_ptr<ClientCall> Client::send(const std::string& method, const std::string& target,
                                         const Headers& headers, std::string_view body,
                                         ClientEvents events) {
  const Origin& origin = impl_->shared->origin;
  std::string out = method + " " + origin.base + target + " HTTP/1.1\r\nHost: ";
  out += origin.host.find(':') != std::string::npos ? "[" + origin.host + "]" : origin.host;
  if (origin.port != (origin.tls ? 443 : 80)) out += ":" + std::to_string(origin.port);
  out += "\r\n";
  for (const auto& [name, value] : headers)
    out.append(name).append(": ").append(value).append("\r\n");
  if (!body.empty() || method == "POST" || method == "PUT")
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  out += "\r\n";
  out += body;
  auto call =
      std::make_shared<Call>(impl_->shared, std::move(out), method == "HEAD", std::move(events));
  call->start();
  return call;
}

}  // namespace pawl::http
