#pragma once

#include "pipeline/store/import_writer.h"
#include "pipeline/store/project.h"

#include <filesystem>

namespace mien::test {

/// A project at `folder` with `samples` rows of one import and known facts; row i (from 0, id i + 1) has
///   source "faces.csv#row:i", key "row:i", an 8x8 grey crop of its own (every 10th equal to its predecessor's),
///   given class 1 + i % 7 (every 20th unlabeled), split train, train, train, val, test by i % 5,
///   subject "S<i % 13>", votes for its class (every 2nd).
/// Throws std::runtime_error with the store's message when anything fails.
Project filledProject(const std::filesystem::path &folder, int samples);

/// One row as described above; its media and crop are added to `writer`.
NewSample plainSample(ImportWriter &writer, MediaId media, int row);

/// Every row's current facts as one text: equal text, equal state. What undo and redo are compared by.
std::string contentOf(const Project &project);

/// Gives the value or throws std::runtime_error with the message.
template <typename T>
T must(Result<T> result);

} // namespace mien::test

#include <stdexcept>

template <typename T>
T mien::test::must(Result<T> result)
{
    if (!result)
        throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}
