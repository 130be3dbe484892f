#include "pipeline/video/media_probe.h"

#include "pipeline/imaging/picture_header.h"
#include "pipeline/store/atomic_file.h"
#include "pipeline/video/video.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <utility>

namespace mien {

namespace {

/// A JPEG's size stands behind its metadata, which may hold a picture of its own.
constexpr std::size_t mostHeaderBytes = 8 << 20;

std::string codecOf(ContentKind kind)
{
    switch (kind) {
    case ContentKind::Jpeg: return "jpeg";
    case ContentKind::Png: return "png";
    case ContentKind::Bmp: return "bmp";
    case ContentKind::Gif: return "gif";
    case ContentKind::Tiff: return "tiff";
    case ContentKind::Webp: return "webp";
    case ContentKind::Pnm: return "pnm";
    default: return "";
    }
}

Result<std::vector<std::uint8_t>> headOf(const std::filesystem::path &file)
{
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        return fail(systemError(errno, file, "could not be opened"));
    std::vector<std::uint8_t> head(4096);
    std::size_t filled = 0;
    while (filled < mostHeaderBytes) {
        stream.read(reinterpret_cast<char *>(head.data() + filled), std::streamsize(head.size() - filled));
        filled += std::size_t(stream.gcount());
        if (filled < head.size() || !isPicture(contentKindOf(head)))
            break; // the end, or no picture: the first bytes are enough to say so
        head.resize(std::min(head.size() * 8, mostHeaderBytes));
    }
    head.resize(filled);
    return head;
}

/// What is to be done to see a picture of an EXIF orientation upright: clockwise degrees, after mirroring.
std::pair<int, bool> turnOf(int orientation)
{
    static constexpr std::array<std::pair<int, bool>, 9> turns{{{0, false},
                                                                {0, false},
                                                                {0, true},
                                                                {180, false},
                                                                {180, true},
                                                                {270, true},
                                                                {90, false},
                                                                {90, true},
                                                                {270, false}}};
    return turns[orientation >= 1 && orientation <= 8 ? std::size_t(orientation) : 1];
}

Result<MediaFacts> pictureFacts(const std::filesystem::path &file, const std::vector<std::uint8_t> &head)
{
    const auto header = pictureHeader(head);
    if (!header)
        return fail(header.error().code, file.string() + ": " + header.error().message);
    const auto [degrees, mirrored] = turnOf(header->orientation);
    return MediaFacts{.kind = MediaFacts::Kind::Image,
                      .widthPx = header->widthPx,
                      .heightPx = header->heightPx,
                      .rotationDegrees = degrees,
                      .isMirrored = mirrored,
                      .codec = codecOf(header->kind),
                      .isAnimated = header->isAnimated};
}

} // namespace

std::string videoProblem(const std::filesystem::path &file, const Error &error)
{
    if (error.code == ErrorCode::NotFound)
        return "MISSING_FILE";
    const auto head = headOf(file);
    switch (head ? contentKindOf(*head) : ContentKind::Unknown) {
    case ContentKind::Empty: return "ZERO_BYTE";
    case ContentKind::LfsPointer: return "LFS_POINTER";
    case ContentKind::Html: return "NOT_DATA_HTML";
    case ContentKind::Script:
    case ContentKind::Text: return "NOT_DATA_TEXT";
    default: return "VIDEO_OPEN_FAILED";
    }
}

Result<MediaFacts> probeMedia(const std::filesystem::path &file, bool withFrames, const Job &job)
{
    std::error_code error;
    if (!std::filesystem::is_directory(file, error)) {
        const auto head = headOf(file);
        if (!head)
            return fail(head.error());
        if (isPicture(contentKindOf(*head)))
            return pictureFacts(file, *head);
    }
    const auto module = video();
    if (!module)
        return fail(module.error());
    const auto reader = (*module)->open(file);
    if (!reader)
        return fail(reader.error());
    const VideoFacts &facts = (*reader)->facts();
    const auto [degrees, mirrored] = turnOf(facts.orientation);
    MediaFacts found{.kind = MediaFacts::Kind::Video,
                     .widthPx = facts.widthPx,
                     .heightPx = facts.heightPx,
                     .rotationDegrees = degrees,
                     .isMirrored = mirrored,
                     .codec = facts.codec,
                     .container = facts.container,
                     .durationS = facts.durationS,
                     .framesPerS = facts.framesPerS};
    if (!withFrames)
        return found;
    const double expected = facts.durationS * facts.framesPerS;
    while (true) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Stopped.");
        const auto frame = (*reader)->next();
        if (!frame)
            return fail(frame.error());
        if (!*frame)
            break;
        found.ptsS.push_back((*frame)->timeS);
        const auto done = std::int64_t(found.ptsS.size());
        job.report({.done = done,
                    .total = double(done) <= expected ? std::int64_t(std::min(expected, 1e15)) : 0,
                    .step = file.string()});
    }
    if (found.ptsS.empty())
        return fail(ErrorCode::Unreadable,
                    file.string() + " holds no frame that can be decoded. Copy it again from where it came from.");
    const VideoLoss &loss = (*reader)->loss();
    found.lostPackets = std::int64_t(loss.packetsUs.size());
    found.damagedFrames = std::int64_t(loss.damagedFramesUs.size());
    found.endedEarly = loss.endedEarly;
    if (!loss.isNone())
        found.loss = textOf(loss);
    if (found.durationS == 0 && found.ptsS.size() > 1) // raw streams do not say; the frames do
        found.durationS = found.ptsS.back() - found.ptsS.front();
    return found;
}

} // namespace mien
