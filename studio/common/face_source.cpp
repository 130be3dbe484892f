#include "studio/common/face_source.h"

#include "pipeline/store/media.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/sources.h"
#include "studio/common/background.h"
#include "studio/common/face_images.h"
#include "studio/common/mien_command.h"
#include "studio/common/preview_faces.h"
#include "studio/common/project_session.h"
#include "studio/common/source_panel.h"
#include "studio/common/strip_panel.h"
#include "studio/common/theme.h"
#include "studio/common/warm_helper.h"

#include <QFileInfo>
#include <QImage>
#include <QJsonArray>
#include <QJsonObject>
#include <QLocale>
#include <QTimer>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace mien {

namespace {

constexpr int kDelayMs = 60;
constexpr int kRowsAround = 4;
constexpr int kCropSidePx = 16; // crops come with detected faces; nobody sees them here
constexpr double kAroundS = 2;  // what plays before and behind the face's moment
constexpr double kLeastFrameS = 0.01, kMostFrameS = 1;

/// "row:17" of a table; nothing of a file.
std::optional<qint64> rowNumber(const std::string &sourceKey)
{
    bool isNumber = false;
    const QString key = QString::fromStdString(sourceKey);
    const qint64 row = key.startsWith(QLatin1String("row:")) ? key.mid(4).toLongLong(&isNumber) : -1;
    return isNumber ? std::optional(row) : std::nullopt;
}

} // namespace

struct FaceSource::Origin
{
    SampleFacts facts;
    SampleRow row;
    std::optional<Hash128> fileHash;
    std::vector<SourcePanel::Row> around; ///< Of a table, this one included.
};

namespace {

/// Rows of the same table before and after, by the ids that an importer gives in order.
std::vector<SourcePanel::Row> rowsAround(const Project &project, const FaceImages &images, const SampleFacts &facts,
                                         int sidePx)
{
    const auto here = rowNumber(facts.sourceKey);
    if (!here)
        return {};
    std::vector<SampleId> ids;
    for (std::int64_t id = facts.id.value - 2 * kRowsAround; id <= facts.id.value + 2 * kRowsAround; ++id)
        ids.push_back(SampleId{id});
    const auto around = sampleFacts(project, ids);
    const auto rows = sampleRows(project, ids);
    if (!around || !rows)
        return {}; // the row itself is shown by its number
    std::vector<SourcePanel::Row> table;
    for (const SampleFacts &other : *around) {
        const auto number = rowNumber(other.sourceKey);
        if (!number || other.mediaPath != facts.mediaPath || std::abs(*number - *here) > kRowsAround)
            continue;
        const auto row =
            std::find_if(rows->begin(), rows->end(), [&](const SampleRow &one) { return one.id == other.id; });
        if (row != rows->end())
            table.push_back({*number, images.thumbnail(*row, sidePx), row->given, other.id == facts.id});
    }
    std::sort(table.begin(), table.end(), [](const auto &a, const auto &b) { return a.number < b.number; });
    return table;
}

/// "6:52.480, 0.520 s before the face"
QString timeText(double timeS, double fromFaceS)
{
    const QLocale locale;
    const int minutes = int(timeS / 60);
    const QString time =
        QStringLiteral("%1:%2").arg(minutes).arg(locale.toString(timeS - 60 * minutes, 'f', 3), 6, QLatin1Char('0'));
    if (std::abs(fromFaceS) < 5e-4)
        return time;
    const QString distance = locale.toString(std::abs(fromFaceS), 'f', 3);
    return fromFaceS < 0 ? FaceSource::tr("%1, %2 s before the face").arg(time, distance)
                         : FaceSource::tr("%1, %2 s after the face").arg(time, distance);
}

} // namespace

FaceSource::FaceSource(SourcePanel &panel, QObject *parent)
    : QObject(parent)
    , m_panel(panel)
    , m_loading(new Background(this))
    , m_delay(new QTimer(this))
    , m_nextFrame(new QTimer(this))
{
    m_nextFrame->setSingleShot(true);
    m_nextFrame->setTimerType(Qt::PreciseTimer);
    connect(m_nextFrame, &QTimer::timeout, this, [this] { ask({{"time", *m_shownTimeS}, {"step", 1}}); });
    connect(&m_panel.strip(), &StripPanel::chosen, this, &FaceSource::goTo);
    connect(&m_panel, &SourcePanel::playWanted, this, &FaceSource::playMoment);
    connect(&m_panel, &SourcePanel::stepWanted, this, &FaceSource::stepFrame);
    connect(&m_panel, &SourcePanel::detectionWanted, this, &FaceSource::setDetecting);
    m_delay->setSingleShot(true);
    m_delay->setInterval(kDelayMs);
    connect(m_delay, &QTimer::timeout, this, &FaceSource::load);
}

FaceSource::~FaceSource() = default;

void FaceSource::setSession(ProjectSession *session)
{
    m_session = session;
    m_panel.strip().setSession(session);
    m_delay->stop();
    m_loading->stop();
    m_sample = {};
    m_file.clear();
    m_shown.clear();
    stopPlaying();
    m_momentS.reset();
    delete std::exchange(m_helper, nullptr);
    m_images = session ? std::make_shared<FaceImages>(session->folder().toStdString()) : nullptr;
    if (session)
        connect(session, &ProjectSession::picturesMade, this, [images = m_images] { images->reload(); });
}

void FaceSource::setFace(SampleId sample, bool revealed)
{
    const QString wish = sample ? QStringLiteral("%1/%2").arg(sample.value).arg(revealed) : QString();
    m_sample = sample;
    m_revealed = revealed;
    if (wish == m_shown)
        return;
    m_shown = wish;
    if (m_sample && !m_revealed) // at once: the next face may be of the same video
        m_panel.strip().plot().setLabelsShown(false);
    stopPlaying();
    m_momentS.reset();
    m_shownTimeS.reset();
    m_loading->stop();
    m_delay->stop();
    if (m_helper)
        m_helper->cancel(0);
    m_file.clear();
    m_panel.setKind(SourcePanel::Kind::Nothing);
    if (m_sample)
        m_delay->start();
}

bool FaceSource::isBusy() const
{
    return m_delay->isActive() || m_nextFrame->isActive() || m_loading->isBusy() || m_panel.strip().isBusy() ||
           (m_helper && m_helper->isBusy());
}

void FaceSource::load()
{
    m_loading->start(
        [readers = m_session->readers(), images = m_images, sample = m_sample,
         sidePx = static_cast<int>(Theme::space(96) * m_panel.devicePixelRatioF())](const Job &) {
            return readers->with([&](const Project &project) -> Result<Origin> {
                const auto facts = sampleFacts(project, std::span(&sample, 1));
                const auto rows = sampleRows(project, std::span(&sample, 1));
                if (!facts)
                    return fail(facts.error());
                if (facts->empty() || !rows || rows->empty())
                    return fail(ErrorCode::NotFound, "This sample is no longer in the project.");
                Origin origin{facts->front(), rows->front(), {}, {}};
                if (const auto media = mediaOf(project, origin.row.media))
                    origin.fileHash = media->hash;
                if (origin.facts.mediaKind == "table")
                    origin.around = rowsAround(project, *images, origin.facts, sidePx);
                return origin;
            });
        },
        [this](const Result<Origin> &origin) {
            if (origin) {
                show(*origin);
                return;
            }
            const QString message = QString::fromStdString(origin.error().message);
            m_panel.setMessage(message);
            m_panel.setFacts({});
            m_panel.strip().clear();
            m_panel.setKind(SourcePanel::Kind::Nothing);
            Q_EMIT hint(message);
        });
}

void FaceSource::show(const Origin &origin)
{
    const SampleFacts &facts = origin.facts;
    const QLocale locale;
    const QFileInfo file(QString::fromStdString(facts.mediaPath.string()));
    const bool isTable = facts.mediaKind == "table";
    QStringList lines;
    // The folder of a picture is often its label, the name of a table never is.
    const auto row = rowNumber(facts.sourceKey);
    if (isTable)
        lines << (row ? tr("%1, row %2").arg(file.fileName(), locale.toString(*row)) : file.fileName());
    else
        lines << (m_revealed ? QString::fromStdString(origin.row.source)
                             : tr("Blind: the path stays hidden until you answer."));
    QStringList chain{tr("%1 × %2 px").arg(origin.row.widthPx).arg(origin.row.heightPx)};
    if (facts.box)
        chain << tr("cut at %1, %2 (%3 × %4)")
                     .arg(facts.box->x, 0, 'f', 0)
                     .arg(facts.box->y, 0, 'f', 0)
                     .arg(facts.box->width, 0, 'f', 0)
                     .arg(facts.box->height, 0, 'f', 0);
    if (!origin.row.subject.empty())
        chain << tr("subject %1").arg(QString::fromStdString(origin.row.subject));
    if (!facts.nativeSplit.empty())
        chain << tr("split %1").arg(QString::fromStdString(facts.nativeSplit));
    if (m_revealed && !facts.nativeLabel.empty())
        chain << tr("labelled “%1” there").arg(QString::fromStdString(facts.nativeLabel));
    lines << chain.join(QStringLiteral(" · "));
    if (origin.fileHash)
        lines << tr("file hash %1…").arg(QString::fromStdString(hexOf(*origin.fileHash)).left(16));
    m_panel.setFacts(lines);

    if (facts.mediaKind == "video" && facts.timeUs)
        m_panel.strip().setMoment(origin.row.media, double(*facts.timeUs) / 1e6, m_revealed);
    else
        m_panel.strip().clear();
    if (facts.mediaKind == "image" || facts.mediaKind == "video") {
        m_file = QString::fromStdString(facts.mediaPath.string());
        m_panel.setKind(facts.mediaKind == "video" ? SourcePanel::Kind::Video : SourcePanel::Kind::Picture);
        if (facts.timeUs)
            m_momentS = double(*facts.timeUs) / 1e6;
        m_panel.setMessage(tr("Opening the original …"));
        if (std::exchange(m_playsWhenLoaded, false) && m_momentS)
            playMoment();
        else
            askOriginal();
        return;
    }
    if (isTable && !origin.around.empty()) {
        std::vector<SourcePanel::Row> rows = origin.around;
        for (SourcePanel::Row &one : rows) {
            if (!m_revealed)
                one.given.reset(); // a table sorted by its labels would tell
        }
        m_panel.setRows(std::move(rows));
        return;
    }
    const QString why = tr("The rows around this one are not in the project.");
    m_panel.setMessage(why);
    Q_EMIT hint(why);
}

void FaceSource::askOriginal()
{
    ask({});
}

void FaceSource::ask(QJsonObject line)
{
    if (!m_helper) {
        m_helper = new WarmHelper(
            mienProgram(),
            {QStringLiteral("frames"), QStringLiteral("--serve"), QStringLiteral("-p"), m_session->folder()},
            tr("The original"), this);
        connect(m_helper, &WarmHelper::answered, this,
                [this](int, const QJsonObject &request, const QJsonObject &answer) {
                    if (m_sample && m_sample.value == request.value("sample").toInteger())
                        showOriginal(request, answer);
                });
        connect(m_helper, &WarmHelper::refused, this, [this](int, const QJsonObject &request, const QString &message) {
            const bool isEnd = request.contains("step"); // behind the last frame
            stopPlaying();
            if (!isEnd)
                m_panel.setMessage(message);
            Q_EMIT hint(message);
        });
        connect(m_helper, &WarmHelper::unavailable, this, [this](const QString &message) {
            m_panel.setMessage(message);
            Q_EMIT hint(message);
        });
    }
    const int side = std::clamp(
        static_cast<int>(std::max(m_panel.width(), m_panel.height()) * m_panel.devicePixelRatioF()), 256, 2048);
    line.insert("sample", qint64(m_sample.value)); // with a file: whose answer it is
    line.insert("side", side);
    if (m_detects) {
        line.insert("file", m_file);
        if (!line.contains("time") && m_momentS)
            line.insert("time", *m_momentS);
        line.insert("faces", QJsonObject{{"faces", "all"}});
    }
    m_helper->request(0, line);
}

bool FaceSource::refuseUnlessVideo()
{
    if (m_momentS)
        return false;
    Q_EMIT hint(m_sample && !isBusy() ? tr("This face is not from a video, so there is no moment to play.")
                                      : tr("The source is still being opened."));
    return true;
}

void FaceSource::playOnceShown()
{
    if (m_momentS && !isPlaying())
        playMoment();
    else
        m_playsWhenLoaded = m_delay->isActive() || m_loading->isBusy();
}

void FaceSource::playMoment()
{
    if (refuseUnlessVideo())
        return;
    if (isPlaying()) {
        stopPlaying();
        askOriginal();
        return;
    }
    setPlayUntil(*m_momentS + kAroundS);
    m_shownTimeS.reset();
    ask({{"time", *m_momentS - kAroundS}});
}

void FaceSource::stepFrame(int by)
{
    if (refuseUnlessVideo())
        return;
    stopPlaying();
    ask({{"time", m_shownTimeS.value_or(*m_momentS)}, {"step", by}});
}

void FaceSource::goTo(double timeS)
{
    if (refuseUnlessVideo())
        return;
    stopPlaying();
    ask({{"time", timeS}});
}

void FaceSource::setDetecting(bool detects)
{
    m_panel.setDetecting(detects);
    if (m_detects == detects)
        return;
    m_detects = detects;
    if (m_file.isEmpty())
        return; // from the next original on
    if (isPlaying() && m_shownTimeS)
        ask({{"time", *m_shownTimeS}});
    else if (m_shownTimeS)
        goTo(*m_shownTimeS);
    else
        askOriginal();
}

void FaceSource::setPlayUntil(std::optional<double> timeS)
{
    m_playUntilS = timeS;
    m_panel.setPlaying(isPlaying());
}

void FaceSource::stopPlaying()
{
    setPlayUntil(std::nullopt);
    m_playsWhenLoaded = false;
    m_nextFrame->stop();
}

/// The next frame when its time has come: as long after this one as the video says.
void FaceSource::goOnPlaying(double timeS)
{
    if (timeS >= *m_playUntilS) {
        stopPlaying();
        askOriginal(); // rests on the face's own moment
        return;
    }
    // How long this frame stays is known when the next one has come; the one before is the best guess.
    const double lastS = m_shownTimeS ? timeS - *m_shownTimeS : kLeastFrameS;
    const double waitMs = std::clamp(lastS, kLeastFrameS, kMostFrameS) * 1000 -
                          (m_shownSince.isValid() ? double(m_shownSince.restart()) : 0);
    if (!m_shownSince.isValid())
        m_shownSince.start();
    m_shownTimeS = timeS;
    m_nextFrame->start(std::max(0, int(waitMs)));
}

void FaceSource::showOriginal(const QJsonObject &request, const QJsonObject &answer)
{
    if (request.contains("faces") != m_detects)
        return; // asked before it was switched; the other one is on its way
    if (m_detects) {
        const PreviewFaces found = PreviewFaces::of(answer, kCropSidePx);
        if (found.picture.isNull()) {
            m_panel.setMessage(tr("The original that arrived is not whole."));
            return;
        }
        m_panel.setFound(found);
    } else {
        const QByteArray jpeg = QByteArray::fromBase64(answer.value("jpeg").toString().toLatin1());
        const QImage picture =
            imageOfJpeg(reinterpret_cast<const std::uint8_t *>(jpeg.constData()), std::size_t(jpeg.size()), 0);
        if (picture.isNull()) {
            m_panel.setMessage(tr("The original that arrived is not whole."));
            return;
        }
        std::optional<BoxPx> box;
        if (const QJsonArray sides = answer.value("box").toArray(); sides.size() == 4)
            box = BoxPx{sides[0].toDouble(), sides[1].toDouble(), sides[2].toDouble(), sides[3].toDouble()};
        m_panel.setPicture(picture, box);
    }
    if (!answer.contains("pts_s") || !m_momentS)
        return;
    const double timeS = answer.value("pts_s").toDouble();
    m_panel.setCaption(timeText(timeS, timeS - *m_momentS));
    m_panel.strip().setPlayed(timeS);
    if (isPlaying())
        goOnPlaying(timeS);
    else
        m_shownTimeS = timeS;
}

} // namespace mien
