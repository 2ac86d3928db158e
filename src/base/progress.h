// The progress observer of the library's interface is that of all its layers.
#pragma once

#include "pawl/progress.h"
