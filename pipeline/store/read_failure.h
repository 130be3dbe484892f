#pragma once

#include "models/base/result.h"

#include <functional>

namespace mien {

class Project;

/// Functions of the store that give plain values (names, counts, the history) cannot say that the database is damaged
/// or gone: they give nothing then, and the reason is told here, in the thread that was reading. A program sets this
/// once at its start; a window posts what it is told to its own thread and shows it once.
void setReadFailureListener(std::function<void(const Error &)> listener);

/// Tells the listener what could not be read.
void tellReadFailure(const Error &error);

/// For threads on which nobody else catches: what `read` throws because the database is damaged or gone comes back as
/// an Error, and the listener is told.
Result<> guardedRead(const Project &project, const std::function<void()> &read);

} // namespace mien
