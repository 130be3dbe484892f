#pragma once

#include "models/base/job.h"
#include "models/base/result.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

class Project;

/// What happens to picture files; pixels that the project keeps itself are always written out.
enum class MediaPolicy {
    Copy,
    HardLink, ///< Copies where the file system cannot link.
    SymLink,
    None, ///< Tables name the originals; only formats without pictures of their own allow it.
};
/// All of them; the first is what is done unless told otherwise.
inline constexpr std::array mediaPolicies{MediaPolicy::Copy, MediaPolicy::HardLink, MediaPolicy::SymLink,
                                          MediaPolicy::None};
std::string_view nameOf(MediaPolicy policy); ///< "copy", "hardlink", "symlink", "none"
std::optional<MediaPolicy> mediaPolicyNamed(std::string_view name);

struct ExportRequest
{
    std::string format;                  ///< Id of exportFormats(): "class-folder", "csv", "fer2013", "rafdb".
    std::filesystem::path out;           ///< A new folder.
    std::string filter;                  ///< Which samples; empty: all that are not excluded.
    std::optional<std::string> snapshot; ///< Those of its samples; labels and splits are the snapshot's.
    MediaPolicy media = MediaPolicy::Copy;
};

struct ExportReport
{
    std::string format;
    std::filesystem::path out;
    std::int64_t files = 0, bytes = 0;
    std::int64_t samples = 0;                    ///< Written.
    std::map<std::string, std::int64_t> leftOut; ///< Reason in words -> samples.
    struct Skipped
    {
        std::string source, reason;
        std::string code; ///< MISSING_FILE or UNREADABLE_FILE.
    };
    /// Ids of terms (terms.h) that speak of the pictures that were written; empty where none were.
    std::vector<std::string> terms;
    std::vector<Skipped> skipped; ///< Could not be read; the rest was written.
    double seconds = 0;
};

/// One format, for `mien formats`.
struct ExportFormat
{
    std::string_view id, title;
};
std::span<const ExportFormat> exportFormats();

/// Writes current labels in a format that other tools (and import) read, with checksums.csv, classes.json, LICENSES.txt
/// and export-report.json. Everything goes into a folder beside `out`, is read back and compared, and renamed: `out` is
/// whole or absent. Rows are ordered by data set and native key.
/// Fails with Conflict (`out` exists and is not an empty folder), Invalid (unknown format, nothing to export), NoSpace,
/// Cancelled.
Result<ExportReport> exportDataset(const Project &project, const ExportRequest &request, const Job &job);

} // namespace mien
