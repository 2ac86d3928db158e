// The error type of the library's interface is that of all its layers: an edge (command line, HTTP,
// Python) translates it once. Our own mistakes are asserted.
#pragma once

#include <utility>

#include "pawl/error.h"
