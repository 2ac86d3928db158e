#include "http/net/session.h"

#include <algorithm>
#include <charconv>

namespace pawl::http {
namespace {

namespace beast_http = boost::beast::http;

// What a client may send ahead of its answer before it is read no further.
constexpr size_t kMaxAhead = 64 * 1024;
// Of a chunk's head and of trailers, which count for neither head nor body.
constexpr size_t kMaxFraming = 16 * 1024;
// Of an answer or a piece of one that is written without waiting.
constexpr size_t kMaxAtOnce = 64 * 1024;
constexpr Duration kLinger = std::chrono::seconds(2);

int status_of(const error_code& error) {
  if (error == beast_http::error::header_limit) return 431;
  if (error == beast_http::error::body_limit) return 413;
  if (error == beast_http::error::bad_version) return 400;
  return 400;
}

}  // namespace

Session::Session(std::shared_ptr<ServerShared> shared, Stream stream, std::string peer,
                 bool loopback)
    : shared_(std::move(shared)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      loopback_(loopback),
      timer_(stream_.socket().get_executor()) {
  shared_->sessions.insert(this);
  ++shared_->counts.open;
}

Session::~Session() {
  shared_->sessions.erase(this);
  --shared_->counts.open;
  if (shared_->sessions.empty() && shared_->on_empty) std::exchange(shared_->on_empty, nullptr)();
}

void Session::start() {
  error_code ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);
  stream_.start_writing_now();
  set_deadline(shared_->options.head_timeout);
  if (!stream_.is_tls()) return read();
  stream_.tls().async_handshake(asio::ssl::stream_base::server,
                                [self = shared_from_this()](const error_code& error) {
                                  if (error) return self->close();
                                  self->read();
                                });
}

void Session::drain() {
  if (state_ == State::kHead && parser_ == std::nullopt && input_size() == 0) close();
  keep_alive_ = false;
}

void Session::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  no_deadline();
  timer_.cancel();
  stream_.close();
  incoming_.reset();
  on_sent = nullptr;
  if (const auto exchange = current_.lock()) exchange->client_gone();
}

void Session::read() {
  if (reading_ || input_ended_ || state_ == State::kClosed) return;
  reading_ = true;
  stream_.read_some(asio::buffer(arriving_),
                    [self = shared_from_this()](const error_code& error, size_t size) {
                      self->on_read(error, size);
                    });
}

void Session::on_read(const error_code& error, size_t size) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (error) return on_end_of_input();
  if (state_ == State::kClosing) return read();
  input_.erase(0, consumed_);
  consumed_ = 0;
  input_.append(arriving_.data(), size);
  if (state_ != State::kAnswering) return advance();
  if (input_size() < kMaxAhead) read();
}

void Session::on_end_of_input() {
  input_ended_ = true;
  if (state_ != State::kAnswering) return close();
  keep_alive_ = false;
  if (const auto exchange = current_.lock()) exchange->client_gone();
}

// Parses as much as lies there.
void Session::advance() {
  while (state_ == State::kHead || state_ == State::kBody) {
    const bool more = state_ == State::kHead ? parse_head() : parse_body();
    if (more) continue;
    if (state_ == State::kHead || state_ == State::kBody) read();
    return;
  }
}

// False when bytes are missing.
bool Session::parse_head() {
  if (input_size() == 0) {
    if (shared_->draining) close();
    return false;
  }
  if (!parser_) {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(shared_->options.max_head_bytes));
    parser_->body_limit(boost::none);
    set_deadline(shared_->options.head_timeout);
  }
  error_code error;
  consumed_ += parser_->put(asio::buffer(input_.data() + consumed_, input_size()), error);
  if (error == beast_http::error::need_more) return false;
  if (error) {
    refuse(status_of(error), "the request's head is malformed: " + error.message());
    return false;
  }
  if (!parser_->is_header_done()) return true;
  on_head();
  return true;
}

// What this parser lets through although two parsers could read it differently.
std::string_view Session::head_fault() const {
  const auto& head = parser_->get();
  const auto count = [&](beast_http::field name) { return head.count(name); };
  if (count(beast_http::field::host) > 1 ||
      (head.version() == 11 && count(beast_http::field::host) == 0))
    return "exactly one Host is needed";
  if (count(beast_http::field::content_length) > 1) return "Content-Length stands there twice";
  const auto encoding = head.find(beast_http::field::transfer_encoding);
  if (encoding != head.end() &&
      (!boost::beast::iequals(encoding->value(), "chunked") || head.version() == 10)) {
    return "the only Transfer-Encoding is chunked, with HTTP/1.1";
  }
  const auto target = head.target();
  if (target.empty() || target.front() != '/') return "the target must be a path";
  return {};
}

Request Session::take_head() {
  auto& head = parser_->get();
  Request request;
  request.method = std::string(head.method_string());
  request.target = std::string(head.target());
  for (const auto& field : head)
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  request.peer = peer_;
  request.loopback = loopback_;
  return request;
}

void Session::on_head() {
  http11_ = parser_->get().version() == 11;
  keep_alive_ = parser_->keep_alive() && !shared_->draining;
  is_head_ = parser_->get().method() == beast_http::verb::head;
  answered_ = false;
  if (const std::string_view fault = head_fault(); !fault.empty()) return refuse(400, fault);
  Request request = take_head();
  const bool has_body = !parser_->is_done();
  auto admission = shared_->application.admit(request);
  if (auto* refusal = std::get_if<Response>(&admission)) {
    keep_alive_ = keep_alive_ && !has_body;
    state_ = State::kAnswering;
    return send_whole(std::move(*refusal));
  }
  admission_ = std::get<Admission>(admission);
  const auto length = parser_->content_length();
  if (length && *length > admission_.max_body) {
    return refuse(413, "the body may have " + std::to_string(admission_.max_body) + " bytes");
  }
  incoming_ = std::make_shared<LiveExchange>(shared_from_this(), std::move(request));
  if (!has_body) return on_body();
  parser_->body_limit(admission_.max_body);
  parser_->eager(true);
  state_ = State::kBody;
  const auto seconds = std::chrono::seconds(length ? *length / 65536 : 0);
  set_deadline(shared_->options.body_timeout + seconds);
  const std::string_view expected = incoming_->request().headers.get("Expect");
  if (!expected.empty() && input_size() == 0 && http11_) {
    outgoing_ += "HTTP/1.1 100 Continue\r\n\r\n";
    flush();
  }
}

bool Session::parse_body() {
  if (input_size() == 0) return false;
  error_code error;
  consumed_ += parser_->put(asio::buffer(input_.data() + consumed_, input_size()), error);
  if (error && error != beast_http::error::need_more) {
    refuse(status_of(error), "the request's body is malformed: " + error.message());
    return false;
  }
  if (parser_->is_done()) {
    on_body();
    return true;
  }
  if (input_size() > kMaxFraming) refuse(400, "a chunk's head is too long");
  return !error && input_size() > 0 && state_ == State::kBody;
}

void Session::on_body() {
  incoming_->request().body = std::move(parser_->get().body());
  parser_.reset();
  state_ = State::kAnswering;
  no_deadline();
  const auto exchange = std::move(incoming_);
  incoming_.reset();
  current_ = exchange;
  if (input_size() < kMaxAhead) read();
  shared_->application.handle(exchange, admission_);
}

void Session::refuse(int status, std::string_view detail) {
  ++shared_->counts.malformed;
  keep_alive_ = false;
  if (incoming_) incoming_->client_gone();
  incoming_.reset();
  state_ = State::kAnswering;
  send_whole(shared_->application.refuse(status, detail));
}

void Session::append_head(int status, const Headers& headers, std::optional<size_t> length) {
  outgoing_ += "HTTP/1.1 " + std::to_string(status) + " ";
  outgoing_ += reason_phrase(status);
  outgoing_ += "\r\n";
  for (const auto& [name, value] : headers) {
    outgoing_.append(name).append(": ").append(value).append("\r\n");
  }
  if (length && status != 204 && status != 304)
    outgoing_ += "Content-Length: " + std::to_string(*length) + "\r\n";
  if (!length && http11_) outgoing_ += "Transfer-Encoding: chunked\r\n";
  if (!keep_alive_)
    outgoing_ += "Connection: close\r\n";
  else if (!http11_)
    outgoing_ += "Connection: keep-alive\r\n";
  outgoing_ += "\r\n";
}

void Session::send_whole(Response response) {
  if (state_ != State::kAnswering) return;
  append_head(response.status, response.headers, response.body.size());
  if (!is_head_ && response.status != 204 && response.status != 304) outgoing_ += response.body;
  answer_complete();
}

void Session::send_head(int status, const Headers& headers) {
  if (state_ != State::kAnswering) return;
  chunked_ = http11_;
  if (!chunked_) keep_alive_ = false;
  append_head(status, headers, std::nullopt);
  flush();
}

void Session::send_piece(std::string_view bytes) {
  if (state_ != State::kAnswering || bytes.empty() || is_head_) return;
  if (chunked_) {
    char size[20];
    const auto end = std::to_chars(size, size + sizeof size, bytes.size(), 16);
    outgoing_.append(size, static_cast<size_t>(end.ptr - size)).append("\r\n");
    outgoing_.append(bytes).append("\r\n");
  } else {
    outgoing_ += bytes;
  }
  flush();
}

void Session::send_end() {
  if (state_ != State::kAnswering) return;
  if (chunked_ && !is_head_) outgoing_ += "0\r\n\r\n";
  answer_complete();
}

// Nobody will answer.
void Session::abandon() {
  keep_alive_ = false;
  close();
}

void Session::answer_complete() {
  answered_ = true;
  flush();
}

// What is short mostly goes out at once, and nobody needs to be told later. Requests that lie
// behind an answer are taken up by the loop, not from within the answer to the one before.
bool Session::send_now() {
  if (outgoing_.size() > kMaxAtOnce || (answered_ && input_size() > 0)) return false;
  const size_t sent = stream_.write_now(outgoing_);
  outgoing_.erase(0, sent);
  if (!outgoing_.empty()) return false;
  all_written();
  return true;
}

void Session::flush() {
  if (write_busy_ || outgoing_.empty() || state_ == State::kClosed || send_now()) return;
  write_busy_ = true;
  writing_.swap(outgoing_);
  set_deadline(shared_->options.write_timeout);
  stream_.write_all(
      asio::buffer(writing_),
      [self = shared_from_this()](const error_code& error, size_t) { self->on_written(error); });
}

void Session::on_written(const error_code& error) {
  write_busy_ = false;
  writing_.clear();
  if (writing_.capacity() > 4 * kMaxAhead) writing_.shrink_to_fit();
  if (state_ == State::kClosed) return;
  if (error) return close();
  if (!outgoing_.empty()) return flush();
  all_written();
}

void Session::all_written() {
  if (state_ != State::kAnswering) return;
  if (!answered_) {
    no_deadline();
    if (const auto call = std::exchange(on_sent, nullptr)) call();
    return;
  }
  if (!keep_alive_ || input_ended_ || shared_->draining) return linger();
  state_ = State::kHead;
  parser_.reset();
  set_deadline(shared_->options.idle_timeout);
  advance();
}

// So that the answer arrives although the client may still be sending: end our side, read on for a
// moment, then close.
void Session::linger() {
  if (input_ended_) return close();
  state_ = State::kClosing;
  error_code ignored;
  if (stream_.is_tls()) {
    return close();
  }
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  set_deadline(kLinger);
  read();
}

void Session::set_deadline(Duration from_now) {
  deadline_ = std::chrono::steady_clock::now() + from_now;
  if (deadline_ < armed_) arm(deadline_);
}

void Session::arm(Instant at) {
  armed_ = at;
  timer_.expires_at(at);
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    if (error) return;
    if (const auto self = weak.lock()) self->on_deadline();
  });
}

// The timer is not moved with every request: it looks when it rings whether it is time.
void Session::on_deadline() {
  armed_ = Instant::max();
  if (state_ == State::kClosed) return;
  if (deadline_ == Instant::max()) return;
  if (std::chrono::steady_clock::now() < deadline_) return arm(deadline_);
  if (state_ == State::kClosing) return close();
  ++shared_->counts.timed_out;
  const bool waiting = state_ == State::kHead && !parser_;
  if (waiting || state_ == State::kAnswering) return close();
  refuse(408, "the request did not arrive in time");
}

LiveExchange::~LiveExchange() {
  if (session_ != nullptr && !gone_) session_->abandon();
}

std::shared_ptr<Session> LiveExchange::release() {
  on_gone_ = nullptr;
  return std::move(session_);
}

void LiveExchange::respond(Response response) {
  if (const auto session = release()) session->send_whole(std::move(response));
}

void LiveExchange::begin(int status, Headers headers) {
  if (session_ != nullptr) session_->send_head(status, headers);
}

void LiveExchange::write(std::string_view bytes) {
  if (session_ != nullptr) session_->send_piece(bytes);
}

void LiveExchange::finish() {
  if (const auto session = release()) session->send_end();
}

void LiveExchange::abort() {
  if (const auto session = release()) session->abandon();
}

void LiveExchange::on_sent(std::function<void()> call) {
  if (session_ != nullptr) session_->on_sent = std::move(call);
}

void LiveExchange::on_gone(std::function<void()> call) {
  if (session_ == nullptr || gone_) return;
  on_gone_ = std::move(call);
}

void LiveExchange::client_gone() {
  gone_ = true;
  if (const auto call = std::exchange(on_gone_, nullptr)) call();
}

}  // namespace pawl::http
