#include "studio/review/face_source.h"

#include "pipeline/store/media.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/sources.h"
#include "studio/common/background.h"
#include "studio/common/face_images.h"
#include "studio/common/mien_command.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"
#include "studio/common/warm_helper.h"
#include "studio/review/face_loader.h"
#include "studio/review/source_panel.h"

#include <QFileInfo>
#include <QImage>
#include <QJsonArray>
#include <QJsonObject>
#include <QLocale>
#include <QTimer>

#include <algorithm>
#include <optional>
#include <utility>

namespace mien {

namespace {

constexpr int kDelayMs = 60;
constexpr int kRowsAround = 4;

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

} // namespace

FaceSource::FaceSource(SourcePanel &panel, QObject *parent)
    : QObject(parent)
    , m_panel(panel)
    , m_loading(new Background(this))
    , m_delay(new QTimer(this))
{
    m_delay->setSingleShot(true);
    m_delay->setInterval(kDelayMs);
    connect(m_delay, &QTimer::timeout, this, &FaceSource::load);
}

FaceSource::~FaceSource() = default;

void FaceSource::setSession(ProjectSession *session)
{
    m_session = session;
    m_delay->stop();
    m_loading->stop();
    m_face.reset();
    m_shown.clear();
    delete std::exchange(m_helper, nullptr);
    m_images = session ? std::make_shared<FaceImages>(session->folder().toStdString()) : nullptr;
    if (session)
        connect(session, &ProjectSession::picturesMade, this, [images = m_images] { images->reload(); });
}

void FaceSource::setFace(std::shared_ptr<const ReviewFace> face, bool revealed)
{
    const QString wish = face ? QStringLiteral("%1/%2").arg(face->row.id.value).arg(revealed) : QString();
    m_face = std::move(face);
    m_revealed = revealed;
    if (wish == m_shown)
        return;
    m_shown = wish;
    m_loading->stop();
    m_delay->stop();
    if (m_helper)
        m_helper->cancel(0);
    if (m_face)
        m_delay->start();
}

bool FaceSource::isBusy() const
{
    return m_delay->isActive() || m_loading->isBusy() || (m_helper && m_helper->isBusy());
}

void FaceSource::load()
{
    m_loading->start(
        [readers = m_session->readers(), images = m_images, sample = m_face->row.id,
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

    if (facts.mediaKind == "image") {
        m_panel.setMessage(tr("Opening the original …"));
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
    const QString why = isTable ? tr("The rows around this one are not in the project.")
                                : tr("This face was taken from a video: its moment cannot be shown yet.");
    m_panel.setMessage(why);
    Q_EMIT hint(why);
}

void FaceSource::askOriginal()
{
    if (!m_helper) {
        m_helper = new WarmHelper(
            mienProgram(),
            {QStringLiteral("frames"), QStringLiteral("--serve"), QStringLiteral("-p"), m_session->folder()},
            tr("The original"), this);
        connect(m_helper, &WarmHelper::answered, this,
                [this](int, const QJsonObject &request, const QJsonObject &answer) {
                    if (m_face && m_face->row.id.value == request.value("sample").toInteger())
                        showOriginal(answer);
                });
        connect(m_helper, &WarmHelper::refused, this, [this](int, const QJsonObject &, const QString &message) {
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
    m_helper->request(0, {{"sample", qint64(m_face->row.id.value)}, {"side", side}});
}

void FaceSource::showOriginal(const QJsonObject &answer)
{
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

} // namespace mien
