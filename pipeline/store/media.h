#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/store/sample.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mien {

class Project;

/// A file that samples came from.
struct MediaRow
{
    MediaId id;
    std::filesystem::path path; ///< Absolute, as the roots lie now; bytes as the system gave them.
    std::string kind;           ///< image, video, table
    std::int64_t bytes = 0, modifiedMs = 0;
    std::optional<Hash128> hash;
    int widthPx = 0, heightPx = 0;
    int orientation = 1;
    /// Clockwise on top of its orientation (0, 90, 180, 270), as a person said; empty: its faces tell.
    std::optional<int> turnDeg;
};
std::optional<MediaRow> mediaOf(const Project &project, MediaId id);

/// Says how a picture or video lies; empty: its faces are to tell. No step of undo. What was cut out of it stays until
/// the next extraction, which looks at it anew. Invalid: not 0, 90, 180 or 270.
Result<> setTurn(Project &project, MediaId media, std::optional<int> turnDeg);

/// Where a sample lies in its media.
struct SampleOrigin
{
    MediaId media;
    std::optional<std::int64_t> timeUs;
    std::optional<BoxPx> box;
    std::string importer, sourceKey;
    std::string nativeLabel, nativeSpace, nativeSplit;
    std::optional<int> fold;
    std::string origin; ///< human, crowd, …
};
std::optional<SampleOrigin> originOf(const Project &project, SampleId sample);

/// Id of the sample that `importer` gave this key, newest source first.
std::optional<SampleId> sampleWithKey(const Project &project, const std::string &importer, const std::string &key);

/// Files that samples are read from, and that are not where they were; one entry for each root that misses any.
struct LostMedia
{
    std::filesystem::path root;
    std::int64_t files = 0; ///< Below the root, that samples are read from.
    std::int64_t lost = 0;
    std::filesystem::path example; ///< The first lost one.
};
/// Looks at names only. Media whose samples lie in the project themselves (tables of pixels), or were removed, are not
/// needed. Fails with Cancelled.
Result<std::vector<LostMedia>> lostMedia(const Project &project, const Job &job);

/// Repoints every root at or below `from` to the same place below `to`; returns how many moved.
Result<int> relocate(Project &project, const std::filesystem::path &from, const std::filesystem::path &to);

} // namespace mien
