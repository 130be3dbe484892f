#pragma once

#include "models/base/result.h"

#include <functional>

namespace mien {

/// Functions of the store that give plain values (names, counts, the history) cannot say that the database is damaged
/// or gone: they give nothing then, and the reason is told here, in the thread that was reading. A program sets this
/// once at its start; a window posts what it is told to its own thread and shows it once.
void setReadFailureListener(std::function<void(const Error &)> listener);

/// Room-internal: tells the listener.
void tellReadFailure(const Error &error);

} // namespace mien
