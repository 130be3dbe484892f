#include "pipeline/jobs/original_pictures.h"

#include "pipeline/face/upright_box.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/jobs/base64.h"
#include "pipeline/jobs/sample_request.h"
#include "pipeline/store/sources.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace mien {

using nlohmann::json;

namespace {
constexpr int leastSide = 16, mostSide = 4096, usualSide = 1024;
constexpr int jpegQuality = 92;
} // namespace

Result<OriginalPictures> OriginalPictures::open(const Project &project)
{
    const auto codec = imaging();
    if (!codec)
        return fail(codec.error());
    return OriginalPictures(project, **codec);
}

Result<OriginalPictures::Original> OriginalPictures::of(SampleId sample, int mostSidePx) const
{
    const auto facts = sampleFacts(*m_project, std::span(&sample, 1));
    if (!facts)
        return fail(facts.error());
    if (facts->empty())
        return fail(ErrorCode::NotFound,
                    "There is no sample " + std::to_string(sample.value) + " in " + m_project->folder().string() + ".");
    const SampleFacts &origin = facts->front();
    if (origin.mediaKind != "image")
        return fail(ErrorCode::NotFound, shown(origin.mediaPath) + " is no picture but a " + origin.mediaKind + ".");
    const auto bytes = wholeFile(origin.mediaPath);
    if (!bytes)
        return fail(bytes.error());
    const auto stored = m_codec->decode(*bytes);
    if (!stored)
        return fail(stored.error().code, shown(origin.mediaPath) + ": " + stored.error().message);
    Original original;
    if (origin.box)
        original.box = uprightBox(*origin.box, stored->widthPx, stored->heightPx, stored->orientation);
    original.picture = upright(*stored);
    original.widthPx = original.picture.widthPx;
    original.heightPx = original.picture.heightPx;
    const int longest = std::max(original.widthPx, original.heightPx);
    if (longest <= mostSidePx)
        return original;
    const double scale = double(mostSidePx) / longest;
    const auto scaled = [scale](int side) { return std::max(1, int(std::lround(side * scale))); };
    original.picture = m_codec->resized(original.picture, scaled(original.widthPx), scaled(original.heightPx));
    if (original.box)
        original.box = BoxPx{original.box->x * scale, original.box->y * scale, original.box->width * scale,
                             original.box->height * scale};
    return original;
}

Result<json> OriginalPictures::answered(const json &request, SampleId sample) const
{
    const int side = request.value("side", usualSide);
    if (side < leastSide || side > mostSide)
        return fail(ErrorCode::Invalid,
                    "\"side\" is " + std::to_string(leastSide) + " to " + std::to_string(mostSide) + " pixels.");
    const auto original = of(sample, side);
    if (!original)
        return fail(original.error());
    const Picture picture = original->picture.channels == 1 ? rgb(original->picture) : original->picture;
    json reply = {{"w", picture.widthPx},
                  {"h", picture.heightPx},
                  {"original_w", original->widthPx},
                  {"original_h", original->heightPx},
                  {"jpeg", base64(m_codec->encodeJpeg(picture, jpegQuality))}};
    if (original->box)
        reply["box"] = {original->box->x, original->box->y, original->box->width, original->box->height};
    return reply;
}

json OriginalPictures::answer(const json &request) const
{
    return answerTo(request, [&](SampleId sample) { return answered(request, sample); });
}

} // namespace mien
