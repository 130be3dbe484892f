#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mien {

class Project;

struct CropPixels
{
    int widthPx = 0, heightPx = 0, channels = 0;
    std::string codec; ///< "raw": planar u8, channels * height * width bytes; "png", "jpeg": encoded.
    std::vector<std::uint8_t> bytes;
};

/// Reads crops from the mapped segments `crops/NNNN.pack`. Thread-safe for reading.
class CropReader
{
public:
    explicit CropReader(const Project &project);
    ~CropReader();
    /// NotFound, or Unreadable when the bytes are not there or do not have the stored hash.
    Result<CropPixels> read(CropId crop) const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// Small pictures of samples (`thumbs/`): JPEG of 96 and 192 px, append-only, memory-mapped. What is no larger than
/// 192 px has none of 96. May be deleted at any time.
class Thumbnails
{
public:
    explicit Thumbnails(const Project &project);
    ~Thumbnails();
    /// Encoded JPEG bytes; empty when there is none yet. Thread-safe. `sidePx` 96 or 192; where there is none of 96 it
    /// is the one of 192.
    std::vector<std::uint8_t> jpeg(SampleId sample, int sidePx) const;
    Result<> add(SampleId sample, int sidePx, const std::vector<std::uint8_t> &jpeg); ///< One writer at a time.
    /// The larger one last: a sample that has it has all it needs. `jpeg96` may be empty.
    Result<> addBoth(SampleId sample, const std::vector<std::uint8_t> &jpeg96,
                     const std::vector<std::uint8_t> &jpeg192);
    bool has(SampleId sample, int sidePx) const;
    void reload(); ///< After another process appended.

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// What needs a small picture: samples of picture files whose pixels the project does not keep.
constexpr const char *samplesWithThumbnails = "-has:crop -has:time";

/// Whether small pictures are to be made (`mien thumbs`), judged by the files alone: cheap enough for every opening.
bool lacksThumbnails(const Project &project);

} // namespace mien
