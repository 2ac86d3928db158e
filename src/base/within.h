// Errors that say where in a file or message something went wrong.
#pragma once

#include <string>

#include "base/error.h"

namespace pawl {

// What `body` returns; an Error it throws gets `where`, a file's name or a key, in front.
template <typename Body>
auto within(const std::string& where, Body&& body) {
  try {
    return body();
  } catch (const Error& error) {
    throw error.within(where);
  }
}

}  // namespace pawl
