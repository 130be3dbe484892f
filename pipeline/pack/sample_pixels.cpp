#include "pipeline/pack/sample_pixels.h"

#include "pipeline/imaging/cut_out.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/store/project.h"

#include <algorithm>
#include <utility>

namespace mien {

namespace {

/// Raw crops are stored channel by channel.
Picture fromPlanar(const CropPixels &crop)
{
    Picture picture;
    picture.widthPx = crop.widthPx;
    picture.heightPx = picture.decodedRows = crop.heightPx;
    picture.channels = crop.channels;
    if (crop.channels == 1) {
        picture.pixels = crop.bytes;
        return picture;
    }
    const std::size_t count = std::size_t(crop.widthPx) * std::size_t(crop.heightPx);
    picture.pixels.resize(crop.bytes.size());
    for (std::size_t c = 0; c < std::size_t(crop.channels); ++c)
        for (std::size_t i = 0; i < count; ++i)
            picture.pixels[i * std::size_t(crop.channels) + c] = crop.bytes[c * count + i];
    return picture;
}

} // namespace

Result<SamplePixels> SamplePixels::open(const Project &project)
{
    const auto codec = imaging();
    if (!codec)
        return fail(codec.error());
    return SamplePixels(std::make_unique<CropReader>(project), *codec);
}

Result<Picture> SamplePixels::read(const std::optional<CropId> &crop, const SampleFacts &origin) const
{
    if (crop) {
        const auto pixels = m_crops->read(*crop);
        if (!pixels)
            return fail(pixels.error());
        if (pixels->codec == "raw")
            return fromPlanar(*pixels);
        return m_codec->decode(pixels->bytes);
    }
    if (origin.mediaKind != "image")
        return fail(ErrorCode::Invalid, origin.sourceKey + " has no pixels yet; extract its faces first.");
    const auto bytes = wholeFile(origin.mediaPath);
    if (!bytes)
        return fail(bytes.error());
    auto picture = m_codec->decode(*bytes);
    if (!picture)
        return fail(picture.error().code, shown(origin.mediaPath) + ": " + picture.error().message);
    return upright(shownOf(std::move(*picture), origin.box));
}

std::string reasonOf(const Error &unread)
{
    return unread.code == ErrorCode::NotFound ? "MISSING_FILE" : "UNREADABLE_FILE";
}

Picture squareOf(const Imaging &codec, const Picture &picture, int sidePx)
{
    const int side = std::min(picture.widthPx, picture.heightPx);
    const bool isSquare = picture.widthPx == picture.heightPx;
    if (isSquare && side == sidePx)
        return picture;
    const Picture middle = isSquare
                               ? picture
                               : cutOut(picture, {double((picture.widthPx - side) / 2),
                                                  double((picture.heightPx - side) / 2), double(side), double(side)});
    return side == sidePx ? middle : codec.resized(middle, sidePx, sidePx);
}

} // namespace mien
