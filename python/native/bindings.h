// What the parts of pawl._native share. Functions here need the GIL unless they say otherwise.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>
#include <pawl/error.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace nb = nanobind;

namespace pawl_python {

// A value of another type than it should be: pawl.InvalidTypeError.
struct TypeProblem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The name of the value's type.
std::string kind_of(nb::handle value);
// A Python string as UTF-8. Throws TypeProblem or Error(kInvalidInput) naming `what`; the text
// itself is never in the message.
std::string text_of(nb::handle value, const char* what);
// Of an iterable of strings; a lone string is a mistake, not a list of letters.
std::vector<std::string> texts_of(nb::handle values, const char* what);

void bind_errors(nb::module_& module);
void bind_pipeline(nb::module_& module);
void bind_engine(nb::module_& module);

}  // namespace pawl_python
