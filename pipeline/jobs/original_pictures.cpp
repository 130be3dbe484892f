#include "pipeline/jobs/original_pictures.h"

#include "pipeline/face/upright_box.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/jobs/base64.h"
#include "pipeline/jobs/line_request.h"
#include "pipeline/store/clips.h"
#include "pipeline/store/sources.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace mien {

using nlohmann::json;

namespace {
constexpr int leastSide = 16, mostSide = 4096, usualSide = 1024;
constexpr int jpegQuality = 92;
} // namespace

Result<OriginalPictures::Original> OriginalPictures::of(SampleId sample, int mostSidePx, const Moment &moment)
{
    const auto facts = sampleFacts(*m_project, std::span(&sample, 1));
    if (!facts)
        return fail(facts.error());
    if (facts->empty())
        return fail(ErrorCode::NotFound,
                    "There is no sample " + std::to_string(sample.value) + " in " + m_project->folder().string() + ".");
    const SampleFacts &origin = facts->front();
    if (origin.mediaKind != "image" && origin.mediaKind != "video")
        return fail(ErrorCode::NotFound, shown(origin.mediaPath) + " is no picture but a " + origin.mediaKind + ".");
    auto original = origin.mediaKind == "video" ? ofVideo(origin, mostSidePx, moment) : ofPicture(origin);
    if (!original)
        return original;
    // What a video gives may be smaller than the original already.
    const double shown = double(std::max(original->picture.widthPx, original->picture.heightPx));
    const double longest = double(std::max(original->widthPx, original->heightPx));
    const double scale = std::min(1.0, mostSidePx / longest);
    const auto scaled = [scale](int side) { return std::max(1, int(std::lround(side * scale))); };
    if (shown > mostSidePx)
        original->picture = m_codec->resized(original->picture, scaled(original->widthPx), scaled(original->heightPx));
    const double boxScale = double(original->picture.widthPx) / original->widthPx;
    if (original->box)
        original->box = BoxPx{original->box->x * boxScale, original->box->y * boxScale, original->box->width * boxScale,
                              original->box->height * boxScale};
    return original;
}

Result<OriginalPictures::Original> OriginalPictures::ofPicture(const SampleFacts &facts) const
{
    const auto bytes = wholeFile(facts.mediaPath);
    if (!bytes)
        return fail(bytes.error());
    auto stored = m_codec->decode(*bytes);
    if (!stored)
        return fail(stored.error().code, shown(facts.mediaPath) + ": " + stored.error().message);
    const auto face = faceOf(*m_project, facts.id);
    Original original;
    if (face && face->detector != "none")
        original.box = face->box;
    else if (facts.box)
        original.box = uprightBox(*facts.box, stored->widthPx, stored->heightPx, stored->orientation);
    original.picture = turnedUpright(std::move(*stored), face ? face->rotationDeg : 0);
    original.widthPx = original.picture.widthPx;
    original.heightPx = original.picture.heightPx;
    return original;
}

Result<OriginalPictures::Original> OriginalPictures::ofVideo(const SampleFacts &facts, int mostSidePx,
                                                             const Moment &moment)
{
    const double sampleTimeS = double(facts.timeUs.value_or(0)) / 1e6;
    const auto frame = m_video.show(facts.mediaPath, {moment.timeS.value_or(sampleTimeS), moment.step});
    if (!frame)
        return fail(frame.error());
    auto stored = m_video.reader().picture(mostSidePx);
    if (!stored)
        return fail(stored.error());
    const VideoFacts &video = m_video.reader().facts();
    stored->orientation = video.orientation;
    const auto face = faceOf(*m_project, facts.id);
    const int turnDeg = face ? face->rotationDeg : 0;
    Original original{
        .picture = turnedUpright(std::move(*stored), turnDeg), .timeS = frame->timeS, .durationS = video.durationS};
    const bool isOnItsSide = (video.orientation >= 5) != (turnDeg % 180 != 0);
    original.widthPx = isOnItsSide ? video.heightPx : video.widthPx;
    original.heightPx = isOnItsSide ? video.widthPx : video.heightPx;
    if (facts.box && std::llround(frame->timeS * 1e6) == facts.timeUs)
        original.box = facts.box; // of the frame as it is seen
    return original;
}

Result<json> OriginalPictures::answered(const json &request, SampleId sample)
{
    using Form = RequestMember::Form;
    static constexpr std::array<RequestMember, 5> members = {
        {{"id"}, {"sample"}, {"time", Form::Number}, {"step", Form::Number}, {"side", Form::Number}}};
    if (const auto known = checkMembers(request, "a request for a sample", members); !known)
        return fail(known.error());
    const int side = request.value("side", usualSide);
    if (side < leastSide || side > mostSide)
        return fail(ErrorCode::Invalid,
                    "\"side\" is " + std::to_string(leastSide) + " to " + std::to_string(mostSide) + " pixels.");
    Moment moment{.step = request.value("step", 0)};
    if (request.contains("time"))
        moment.timeS = request.at("time").get<double>();
    if (moment.step < -1 || moment.step > 1)
        return fail(ErrorCode::Invalid, "\"step\" is -1, 0 or 1.");
    const auto original = of(sample, side, moment);
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
    if (original->timeS) {
        reply["pts_s"] = *original->timeS;
        reply["duration_s"] = original->durationS;
    }
    return reply;
}

json OriginalPictures::answer(const json &request)
{
    return answerTo(request, [&]() -> Result<json> {
        const auto sample = sampleIn(request);
        return sample ? answered(request, *sample) : fail(sample.error());
    });
}

} // namespace mien
