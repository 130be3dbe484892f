#include "pipeline/video/media_probe.h"

#include "models/base/threads.h"
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

Result<MediaFacts> pictureFacts(const std::filesystem::path &file, const std::vector<std::uint8_t> &head)
{
    const auto header = pictureHeader(head);
    if (!header)
        return fail(header.error().code, file.string() + ": " + header.error().message);
    // EXIF orientation: what is to be done to see it upright.
    static constexpr std::array<std::pair<int, bool>, 9> turns{{{0, false},
                                                                {0, false},
                                                                {0, true},
                                                                {180, false},
                                                                {180, true},
                                                                {270, true},
                                                                {90, false},
                                                                {90, true},
                                                                {270, false}}};
    const auto [degrees, mirrored] =
        turns[header->orientation >= 1 && header->orientation <= 8 ? std::size_t(header->orientation) : 1];
    return MediaFacts{.kind = MediaFacts::Kind::Image,
                      .widthPx = header->widthPx,
                      .heightPx = header->heightPx,
                      .rotationDegrees = degrees,
                      .isMirrored = mirrored,
                      .codec = codecOf(header->kind)};
}

} // namespace

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
    const auto reader = (*module)->open(file, threadsAskedFor().value_or(hardwareThreads()));
    if (!reader)
        return fail(reader.error());
    const VideoFacts &facts = (*reader)->facts();
    MediaFacts found{.kind = MediaFacts::Kind::Video,
                     .widthPx = facts.widthPx,
                     .heightPx = facts.heightPx,
                     .rotationDegrees = facts.rotationDegrees,
                     .codec = facts.codec,
                     .container = facts.container,
                     .durationS = facts.durationS,
                     .framesPerS = facts.framesPerS};
    if (!withFrames)
        return found;
    const auto expected = std::int64_t(facts.durationS * facts.framesPerS);
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
        job.report({.done = done, .total = std::max(expected, done), .step = file.string()});
    }
    const VideoLoss &loss = (*reader)->loss();
    found.lostPackets = loss.packets;
    found.damagedFrames = loss.damagedFrames;
    found.endedEarly = loss.endedEarly;
    if (found.durationS == 0 && found.ptsS.size() > 1) // raw streams do not say; the frames do
        found.durationS = found.ptsS.back() - found.ptsS.front();
    return found;
}

} // namespace mien
