#pragma once

#include "models/base/result.h"
#include "pipeline/export/export.h"
#include "pipeline/pack/sample_pixels.h"

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace mien {

struct ExportRow;

/// What an export answers to a stop: Cancelled.
tl::unexpected<Error> exportStopped();

/// The folder an export grows in, beside its place. Every file that goes in is remembered with its size and hash, so
/// that finish() can read all of them back before the rename. Gone again unless it was finished.
class ExportFolder
{
public:
    /// Conflict when `out` exists and is not an empty folder.
    static Result<ExportFolder> begin(const std::filesystem::path &out);
    ExportFolder(ExportFolder &&) noexcept;
    ExportFolder &operator=(ExportFolder &&) = delete;
    ~ExportFolder();

    /// @param relative  '/' between names; folders are made
    Result<> write(const std::string &relative, std::span<const std::uint8_t> bytes);
    Result<> write(const std::string &relative, std::string_view text);
    /// A copy or link of a file.
    Result<> place(const std::string &relative, const std::filesystem::path &file, MediaPolicy policy);

    /// "<stem>.<ext>" below `folder`, or with "-2", "-3", … where a name exists already, case aside.
    std::string freeName(const std::string &folder, const std::string &stem, const std::string &extension);

    /// Writes checksums.csv, reads everything back, moves the folder to its place.
    Result<> finish(const Job &job);

    std::int64_t files() const { return std::int64_t(m_files.size()); }
    std::int64_t bytes() const;

private:
    struct File
    {
        std::string path;
        std::int64_t bytes = 0;
        Hash128 hash;
    };
    explicit ExportFolder(std::filesystem::path out, std::filesystem::path scratch)
        : m_out(std::move(out))
        , m_scratch(std::move(scratch))
    {
    }

    std::filesystem::path m_out, m_scratch;
    std::vector<File> m_files;
    std::set<std::string> m_names; ///< Lower case.
};

/// File name that is safe on every system: letters, digits, '.', '-', '_'; at most 120 bytes.
std::string safeName(std::string_view text);

/// Folder name of a class: its own name, but for bytes that some system does not take and names that readers of class
/// folders take for something else (splits, states): those bytes are %XX. Different names stay different.
std::string classFolderName(std::string_view className);

/// "<source>__<key>" of a sample.
std::string stemOf(const ExportRow &row);

/// Puts the picture of a sample into the folder under a name made from `stem`.
/// @return its path below the folder
Result<std::string> placePicture(ExportFolder &folder, const std::string &subfolder, const ExportRow &row,
                                 const SamplePixels &pixels, MediaPolicy policy);

} // namespace mien
