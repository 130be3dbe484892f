#include "studio/importing/face_trial.h"

#include "studio/common/mien_command.h"
#include "studio/common/warm_helper.h"
#include "studio/importing/face_preview.h"

#include <algorithm>
#include <utility>

namespace mien {

namespace {

constexpr int kFrameSidePx = 256, kCropSidePx = 112;

} // namespace

FaceTrial::FaceTrial(QObject *parent)
    : QObject(parent)
{
}

FaceTrial::~FaceTrial() = default;

void FaceTrial::start(const std::vector<ImportedVideo> &videos, const QJsonObject &settings, int mostVideos,
                      int mostFrames)
{
    m_settings = settings;
    m_videos.clear();
    m_frames.clear();
    m_faces.clear();
    m_looks.clear();
    m_problem.clear();
    m_next = 0;
    m_done = m_wanted = m_failures = 0;
    const std::size_t count = std::min(videos.size(), std::size_t(mostVideos));
    const int each = count == 0 ? 0 : std::max(1, mostFrames / int(count));
    for (std::size_t i = 0; i < count; ++i) {
        m_videos.push_back(videos[i * videos.size() / count]);
        const bool isSaid = m_videos.back().turnDeg.has_value();
        if (isSaid)
            m_frames.push_back({.video = i, .of = each, .isLook = true, .isTried = false});
        for (int frame = 0; frame < each; ++frame)
            m_frames.push_back({.video = i, .number = frame, .of = each, .isLook = frame == 0 && !isSaid});
        m_wanted += each;
    }
    m_isRunning = !m_frames.empty();
    if (m_isRunning && !m_helper) {
        m_helper =
            new WarmHelper(mienProgram(), {QStringLiteral("frames"), QStringLiteral("--serve")}, tr("The trial"), this);
        connect(m_helper, &WarmHelper::answered, this,
                [this](int, const QJsonObject &, const QJsonObject &answer) { take(answer); });
        connect(m_helper, &WarmHelper::refused, this,
                [this](int, const QJsonObject &, const QString &message) { skipVideo(message); });
        connect(m_helper, &WarmHelper::unavailable, this, [this](const QString &message) {
            m_isRunning = false;
            m_problem = message;
            Q_EMIT changed();
        });
    }
    if (m_isRunning)
        ask(); // takes the place of what was asked before
    Q_EMIT changed();
}

void FaceTrial::stop()
{
    m_isRunning = false;
    delete std::exchange(m_helper, nullptr);
}

void FaceTrial::ask()
{
    const Frame &frame = m_frames[m_next];
    const ImportedVideo &video = m_videos[frame.video];
    QJsonObject settings = m_settings;
    if (frame.isTried && video.turnDeg)
        settings.insert(QStringLiteral("rotation"), QString::number(*video.turnDeg));
    m_helper->request(0, {{"file", video.path},
                          {"time", video.durationS * (frame.number + 0.5) / frame.of},
                          {"side", kFrameSidePx},
                          {"pixels", frame.isLook ? "jpeg" : "none"},
                          {"faces", settings}});
}

void FaceTrial::take(const QJsonObject &answer)
{
    const Frame &frame = m_frames[m_next];
    ImportedVideo &video = m_videos[frame.video];
    const PreviewFaces found = PreviewFaces::of(answer, kCropSidePx);
    if (found.durationS && *found.durationS > 0)
        video.durationS = *found.durationS;
    if (frame.isTried) {
        for (const PreviewFace &face : found.faces)
            m_faces.push_back({face, QStringLiteral("%1, %2").arg(video.name, FacePreview::timeText(*found.timeS))});
        ++m_done;
    }
    if (frame.isLook)
        m_looks.push_back({video, found.turnedDeg, int(found.boxes.size()), found.picture});
    ++m_next;
    goOn();
}

void FaceTrial::skipVideo(const QString &message)
{
    if (m_failures++ == 0)
        m_problem = message;
    const std::size_t video = m_frames[m_next].video;
    for (; m_next < m_frames.size() && m_frames[m_next].video == video; ++m_next)
        m_done += m_frames[m_next].isTried;
    goOn();
}

void FaceTrial::goOn()
{
    m_isRunning = m_next < m_frames.size();
    if (m_isRunning)
        ask();
    Q_EMIT changed();
}

void FaceTrial::setTurn(const QString &path, std::optional<int> turnDeg)
{
    for (Look &look : m_looks)
        if (look.video.path == path)
            look.video.turnDeg = turnDeg;
    Q_EMIT changed();
}

} // namespace mien
