#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/imaging/content_kind.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/import/item_sink.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mien {

/// A picture file that becomes one item. `item.sample` holds everything that is known without opening it.
struct PictureEntry
{
    std::filesystem::path path;
    Item item;
    std::int64_t bytes = 0;
};

/// What importPictures expects of every picture, 0: anything.
struct PictureExpectation
{
    int sidePx = 0; ///< Square pictures of this side, else SIZE_UNEXPECTED.
};

/// Reads the pictures and gives them to the sink in the order of `entries`: decoded once each, several at a time, for
/// pixel hash, perceptual hash, size, quality flags and thumbnails. What cannot be read is a problem with its reason.
/// Pictures that the sink holds already are not opened; a dry run looks at the first bytes only, unless the
/// sink's content join needs the whole.
Result<> importPictures(std::vector<PictureEntry> entries, const PictureExpectation &expectation, ItemSink &sink,
                        const Job &job);

inline constexpr int smallThumbnailPx = 96, largeThumbnailPx = 192;
/// Of the longer side of a picture that small ones are made of: twice theirs, so that a shrunken JPEG looks no worse.
inline constexpr int enoughForThumbnailsPx = 2 * largeThumbnailPx;

/// What galleries show of a picture, as JPEG: it fits into a square of 96 or 192 px and is never enlarged. One of at
/// most 192 px has no smaller one.
struct PictureThumbnails
{
    std::vector<std::uint8_t> jpeg96, jpeg192;
};
/// Upright, whatever the picture's orientation.
PictureThumbnails thumbnailsOf(const Imaging &codec, const Picture &picture);

/// The code of `datasets.md` 3.5 for a file that is no picture: ZERO_BYTE, LFS_POINTER, NOT_DATA_HTML, NOT_DATA_TEXT or
/// NOT_AN_IMAGE.
const char *pictureProblem(ContentKind kind);

/// Threads for work on pictures: MIEN_THREADS, else what the machine has.
int pictureThreads();

} // namespace mien
