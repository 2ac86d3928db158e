// The one root error type. The library throws it for whatever ends an operation; an edge (a command
// line, a server, a binding) translates it once. What is expected to happen is returned.
#pragma once

#include <stdexcept>
#include <string>

namespace pawl {

enum class ErrorKind {
  kInvalidInput,  // the caller's data: a line, a value, a label
  kFormat,        // a file that is not what it should be
  kNotFound,      // a file, a generation, a component
  kUnsupported,   // well-formed, but not something pawl can do
  kIo,            // the operating system said no
  kBusy,          // somebody else holds it; try again
  kInterrupted,   // the user asked to stop
  kInternal,      // broken state that cannot be anyone else's fault
};

// The message is one sentence for a person: what, where (file, line or key), and what to do. It
// never holds a user's text.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  ErrorKind kind() const noexcept { return kind_; }

  // The same error with "where: " in front of its message.
  Error within(const std::string& where) const { return Error(kind_, where + ": " + what()); }

 private:
  ErrorKind kind_;
};

}  // namespace pawl
