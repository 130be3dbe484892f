#include "pipeline/jobs/file_preview.h"

#include "pipeline/face/upright_box.h"
#include "pipeline/face/video_turn.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/jobs/base64.h"
#include "pipeline/jobs/line_request.h"
#include "pipeline/video/media_probe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace mien {

using nlohmann::json;

namespace {

constexpr int leastSide = 16, mostSide = 4096;
constexpr int jpegQuality = 92;
constexpr int mostOfRange = 250;

/// The value that `mien extract` calls so; the default where the request does not name it.
template <typename Value, std::size_t count>
Result<> choose(Value &value, const json &wanted, const char *member, const std::array<Value, count> &values)
{
    if (!wanted.contains(member))
        return {};
    const std::string name = wanted.at(member).get<std::string>();
    std::string possible;
    for (const Value one : values) {
        if (nameOf(one) == name) {
            value = one;
            return {};
        }
        possible += (possible.empty() ? "" : ", ") + std::string(nameOf(one));
    }
    return fail(ErrorCode::Invalid, "\"" + std::string(member) + "\" is one of " + possible + ", not " + name + ".");
}

/// @param isPicture  of which smaller faces are looked for by default, as `extract` does
Result<ExtractionSettings> settingsIn(const json &wanted, bool isPicture)
{
    using Settings = ExtractionSettings;
    using Form = RequestMember::Form;
    static constexpr std::array<RequestMember, 6> members = {{{"detector", Form::Text},
                                                              {"min_face", Form::Number},
                                                              {"faces", Form::Text},
                                                              {"align", Form::Text},
                                                              {"rotation", Form::Text},
                                                              {"size", Form::Number}}};
    if (!wanted.is_object())
        return fail(ErrorCode::Invalid, "\"faces\" is an object of settings.");
    if (const auto known = checkMembers(wanted, "\"faces\"", members); !known)
        return fail(known.error());
    Settings settings;
    settings.minFacePx = wanted.value("min_face", isPicture ? 40.0 : settings.minFacePx);
    settings.sidePx = wanted.value("size", settings.sidePx);
    if (!(settings.minFacePx >= 8 && settings.minFacePx <= 10'000))
        return fail(ErrorCode::Invalid, "\"min_face\" is 8 to 10000 pixels.");
    if (settings.sidePx < 16 || settings.sidePx > 1024)
        return fail(ErrorCode::Invalid, "\"size\" is 16 to 1024 pixels.");
    for (const auto &chosen :
         {choose(settings.detector, wanted, "detector", allDetectors),
          choose(settings.faces, wanted, "faces", allFaces), choose(settings.align, wanted, "align", allAligns),
          choose(settings.rotation, wanted, "rotation", allRotations)})
        if (!chosen)
            return fail(chosen.error());
    return settings;
}

} // namespace

struct FilePreview::Wanted
{
    std::filesystem::path file;
    ShownVideo::Moment moment;
    std::optional<double> untilS;
    int atMost = 25, sidePx = 1024;
    std::string pixels = "jpeg";
    std::optional<ExtractionSettings> faces;

    static Result<Wanted> of(const json &request)
    {
        // A "sample" may say whose file it is: the answer is found again by the request.
        using Form = RequestMember::Form;
        static constexpr std::array<RequestMember, 10> members = {{{"id"},
                                                                   {"file", Form::Text},
                                                                   {"sample"},
                                                                   {"time", Form::Number},
                                                                   {"step", Form::Number},
                                                                   {"until", Form::Number},
                                                                   {"at_most", Form::Number},
                                                                   {"side", Form::Number},
                                                                   {"pixels", Form::Text},
                                                                   {"faces"}}};
        if (const auto known = checkMembers(request, "a request for a file", members); !known)
            return fail(known.error());
        auto file = fileIn(request);
        if (!file)
            return fail(file.error());
        Wanted wanted{.file = std::move(*file), .moment = {request.value("time", 0.0), request.value("step", 0)}};
        if (request.contains("until"))
            wanted.untilS = request.at("until").get<double>();
        wanted.atMost = request.value("at_most", wanted.atMost);
        wanted.sidePx = request.value("side", wanted.sidePx);
        wanted.pixels = request.value("pixels", wanted.pixels);
        if (wanted.sidePx < leastSide || wanted.sidePx > mostSide)
            return fail(ErrorCode::Invalid,
                        "\"side\" is " + std::to_string(leastSide) + " to " + std::to_string(mostSide) + " pixels.");
        if (wanted.moment.step < -1 || wanted.moment.step > 1)
            return fail(ErrorCode::Invalid, "\"step\" is -1, 0 or 1.");
        if (wanted.atMost < 1 || wanted.atMost > mostOfRange)
            return fail(ErrorCode::Invalid, "\"at_most\" is 1 to " + std::to_string(mostOfRange) + " frames.");
        if (wanted.pixels != "jpeg" && wanted.pixels != "none" && (wanted.pixels != "shared" || wanted.untilS))
            return fail(ErrorCode::Invalid, "\"pixels\" is jpeg, none or, but for a range, shared.");
        if (request.contains("faces")) {
            auto settings = settingsIn(request.at("faces"), hasPictureExtension(wanted.file.native()));
            if (!settings)
                return fail(settings.error());
            wanted.faces = *settings;
        }
        return wanted;
    }
};

Result<const FaceCutter *> FilePreview::cutterFor(const ExtractionSettings &settings)
{
    if (!m_cutter || m_cutterSettings != settings.toJson()) {
        auto cutter = FaceCutter::load(settings);
        if (!cutter)
            return fail(cutter.error());
        m_cutter = std::make_unique<FaceCutter>(std::move(*cutter));
        m_cutterSettings = settings.toJson();
    }
    return m_cutter.get();
}

Result<int> FilePreview::turnFor(const Wanted &wanted)
{
    if (!wanted.faces)
        return 0;
    if (m_turnedFile == wanted.file && m_turnSettings == wanted.faces->toJson())
        return m_turnDeg;
    const auto cutter = cutterFor(*wanted.faces);
    if (!cutter)
        return fail(cutter.error());
    const auto module = video();
    if (!module)
        return fail(module.error());
    const auto turn = turnOfVideo(wanted.file, **module, **cutter);
    if (!turn)
        return fail(turn.error());
    m_turnedFile = wanted.file;
    m_turnSettings = wanted.faces->toJson();
    return m_turnDeg = *turn;
}

/// @param turnDeg  of a video; a picture's is found with its faces
Result<json> FilePreview::shown(const Wanted &wanted, Picture stored, int turnDeg)
{
    json reply;
    if (wanted.faces) {
        const auto cutter = cutterFor(*wanted.faces);
        if (!cutter)
            return fail(cutter.error());
        const auto turn = m_video.isOpen(wanted.file) ? std::optional(turnDeg) : std::nullopt;
        const auto found = (*cutter)->cut(stored, {}, turn);
        if (!found)
            return fail(found.error());
        turnDeg = found->turnedDeg;
        reply["turned"] = turnDeg;
        reply["boxes"] = json::array();
        for (const BoxPx &box : found->boxes)
            reply["boxes"].push_back({box.x, box.y, box.width, box.height});
        reply["faces"] = json::array();
        for (const CutFace &face : found->faces) {
            const BoxPx &box = face.face.box;
            reply["faces"].push_back({{"box", {box.x, box.y, box.width, box.height}},
                                      {"landmarks", face.face.landmarks},
                                      {"probability", face.face.probability},
                                      {"measures", face.measures},
                                      {"crop", base64(m_codec->encodeJpeg(face.crop, jpegQuality))}});
        }
    }
    Picture upright = rgb(turnedUpright(std::move(stored), turnDeg));
    reply["original_w"] = upright.widthPx;
    reply["original_h"] = upright.heightPx;
    const double scale = std::min(1.0, double(wanted.sidePx) / std::max(upright.widthPx, upright.heightPx));
    if (scale < 1) {
        const auto scaled = [scale](int side) { return std::max(1, int(std::lround(side * scale))); };
        upright = m_codec->resized(upright, scaled(upright.widthPx), scaled(upright.heightPx));
        const auto shrink = [&](json &numbers) {
            for (json &number : numbers)
                number = number.get<double>() * scale;
        };
        if (reply.contains("faces")) {
            std::for_each(reply["boxes"].begin(), reply["boxes"].end(), shrink);
            for (json &face : reply["faces"]) {
                shrink(face["box"]);
                shrink(face["landmarks"]);
            }
        }
    }
    reply["w"] = upright.widthPx;
    reply["h"] = upright.heightPx;
    if (wanted.pixels == "jpeg")
        reply["jpeg"] = base64(m_codec->encodeJpeg(upright, jpegQuality));
    if (wanted.pixels == "shared") {
        const auto shared = m_share.put(upright);
        if (!shared)
            return fail(shared.error());
        reply["pixels"] = *shared;
    }
    return reply;
}

Result<json> FilePreview::picture(const Wanted &wanted)
{
    const auto bytes = wholeFile(wanted.file);
    if (!bytes)
        return fail(bytes.error());
    auto stored = m_codec->decode(*bytes);
    if (!stored)
        return fail(stored.error().code, wanted.file.string() + ": " + stored.error().message);
    auto reply = shown(wanted, std::move(*stored), 0);
    if (reply)
        (*reply)["kind"] = "image";
    return reply;
}

Result<json> FilePreview::frame(const Wanted &wanted, const ShownVideo::Moment &moment)
{
    const auto turnDeg = turnFor(wanted);
    if (!turnDeg)
        return fail(turnDeg.error());
    const auto frame = m_video.show(wanted.file, moment);
    if (!frame)
        return fail(frame.error());
    auto stored = m_video.reader().picture();
    if (!stored)
        return fail(stored.error());
    const VideoFacts &facts = m_video.reader().facts();
    stored->orientation = facts.orientation;
    auto reply = shown(wanted, std::move(*stored), *turnDeg);
    if (!reply)
        return reply;
    (*reply)["kind"] = "video";
    (*reply)["pts_s"] = frame->timeS;
    (*reply)["duration_s"] = facts.durationS;
    return reply;
}

Result<json> FilePreview::range(const Wanted &wanted)
{
    json frames = json::array();
    for (ShownVideo::Moment moment = wanted.moment; int(frames.size()) < wanted.atMost;) {
        auto reply = frame(wanted, moment);
        if (!reply && !frames.empty() && reply.error().code == ErrorCode::NotFound)
            break; // the end of the video
        if (!reply)
            return reply;
        const double timeS = (*reply)["pts_s"];
        if (timeS > *wanted.untilS)
            break;
        frames.push_back(std::move(*reply));
        moment = {timeS, 1};
    }
    return json{{"kind", "video"}, {"frames", std::move(frames)}};
}

json FilePreview::answer(const json &request)
{
    return answerTo(request, [&] { return answered(request); });
}

Result<json> FilePreview::answered(const json &request)
{
    const auto wanted = Wanted::of(request);
    if (!wanted)
        return fail(wanted.error());
    if (m_video.isOpen(wanted->file))
        return wanted->untilS ? range(*wanted) : frame(*wanted, wanted->moment);
    const auto facts = probeMedia(wanted->file, false, {});
    if (!facts)
        return fail(facts.error());
    if (facts->kind == MediaFacts::Kind::Image)
        return picture(*wanted);
    return wanted->untilS ? range(*wanted) : frame(*wanted, wanted->moment);
}

} // namespace mien
