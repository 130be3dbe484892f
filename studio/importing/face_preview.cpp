#include "studio/importing/face_preview.h"

#include "studio/common/fixed_lines.h"
#include "studio/common/icons.h"
#include "studio/common/mien_command.h"
#include "studio/common/theme.h"
#include "studio/common/warm_helper.h"
#include "studio/importing/found_faces_view.h"

#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QMimeData>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mien {

namespace {

constexpr int kDelayMs = 150;    // while a spin box or the slider moves
constexpr int kPatienceMs = 300; // an answer that comes sooner needs no word
constexpr int kStepsPerS = 1000; // of the slider
constexpr int kCropSidePx = 224;

QString localFile(const QMimeData *dropped)
{
    const QList<QUrl> urls = dropped->urls();
    return urls.size() == 1 && QFileInfo(urls.first().toLocalFile()).isFile() ? urls.first().toLocalFile() : QString();
}

} // namespace

FacePreview::FacePreview(QWidget *parent)
    : QWidget(parent)
    , m_delay(new QTimer(this))
    , m_patience(new QTimer(this))
    , m_place(new QLabel)
    , m_time(new QLabel)
    , m_name(new FixedLines(1))
    , m_view(new FoundFacesView)
    , m_crops(new QListWidget)
    , m_slider(new QSlider(Qt::Horizontal))
{
    setObjectName(QStringLiteral("facePreview"));
    setAcceptDrops(true);
    const auto button = [this](const char *name, const char *iconName, const QString &words, auto &&pressed) {
        auto *made = new QPushButton(icon(QLatin1String(iconName)), {});
        made->setObjectName(QLatin1String(name));
        made->setAccessibleName(words);
        made->setToolTip(words);
        connect(made, &QPushButton::clicked, this, pressed);
        return made;
    };
    m_former = button("previewFormer", "left", tr("Former video"), [this] { turnPage(-1); });
    m_next = button("previewNext", "right", tr("Next video"), [this] { turnPage(1); });
    m_frameBack = button("previewFrameBack", "left", tr("Frame back (,)"), [this] { step(-1); });
    m_frameForward = button("previewFrameForward", "right", tr("Frame forward (.)"), [this] { step(1); });
    m_place->setObjectName(QStringLiteral("previewPlace"));
    m_name->setObjectName(QStringLiteral("previewName"));
    Theme::setType(m_place, Theme::Type::Secondary);
    Theme::setType(m_name, Theme::Type::Secondary);
    auto *top = new QHBoxLayout;
    top->setSpacing(Theme::space(8));
    top->addWidget(m_former);
    top->addWidget(m_place);
    top->addWidget(m_next);
    top->addWidget(m_name, 1);

    m_crops->setObjectName(QStringLiteral("previewCrops"));
    m_crops->setAccessibleName(tr("Faces that would be cut out"));
    m_crops->setIconSize({Theme::space(96), Theme::space(96)});
    m_crops->setFixedWidth(Theme::space(96) + fontMetrics().averageCharWidth() * 22);
    m_crops->setWordWrap(true);
    m_crops->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto *middle = new QHBoxLayout;
    middle->setSpacing(Theme::space(8));
    middle->addWidget(m_view, 1);
    middle->addWidget(m_crops);

    m_slider->setObjectName(QStringLiteral("previewTime"));
    m_slider->setAccessibleName(tr("Time in the video"));
    m_slider->setSingleStep(kStepsPerS);
    m_time->setObjectName(QStringLiteral("previewTimeText"));
    Theme::setType(m_time, Theme::Type::Numbers);
    auto *bottom = new QHBoxLayout;
    bottom->setSpacing(Theme::space(8));
    bottom->addWidget(m_frameBack);
    bottom->addWidget(m_slider, 1);
    bottom->addWidget(m_frameForward);
    bottom->addWidget(m_time);

    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::space(8), 0, 0);
    column->setSpacing(Theme::space(8));
    column->addLayout(top);
    column->addLayout(middle, 1);
    column->addLayout(bottom);

    m_delay->setSingleShot(true);
    m_delay->setInterval(kDelayMs);
    connect(m_delay, &QTimer::timeout, this, &FacePreview::ask);
    m_patience->setSingleShot(true);
    m_patience->setInterval(kPatienceMs);
    connect(m_patience, &QTimer::timeout, this, [this] { m_view->setBusy(true); });
    connect(m_slider, &QSlider::valueChanged, this, [this](int value) {
        m_timeS = double(value) / kStepsPerS;
        m_step = 0;
        showTitle();
        askLater();
    });
    // "," and "." step here, whatever they mean to the window or to a list.
    for (QWidget *field :
         {static_cast<QWidget *>(m_former), static_cast<QWidget *>(m_next), static_cast<QWidget *>(m_view),
          static_cast<QWidget *>(m_crops), static_cast<QWidget *>(m_slider), static_cast<QWidget *>(m_frameBack),
          static_cast<QWidget *>(m_frameForward)})
        field->installEventFilter(this);
    setVideos({});
}

FacePreview::~FacePreview() = default;

void FacePreview::setVideos(std::vector<ImportedVideo> videos)
{
    m_videos = std::move(videos);
    m_dropped.reset();
    open(0);
}

void FacePreview::setProblem(const QString &message)
{
    setVideos({});
    m_view->setMessage(message);
}

void FacePreview::setSettings(const QJsonObject &settings)
{
    if (settings == m_settings)
        return;
    m_settings = settings;
    m_step = 0;
    askLater();
}

void FacePreview::setTurn(const QString &path, std::optional<int> turnDeg)
{
    for (ImportedVideo &video : m_videos)
        if (video.path == path)
            video.turnDeg = turnDeg;
    if (!m_dropped && !m_videos.empty() && m_videos[std::size_t(m_video)].path == path)
        askLater();
}

void FacePreview::setGates(const FaceGates &gates)
{
    m_gates = gates;
    showCrops();
}

void FacePreview::tryFile(const QString &path)
{
    m_dropped = ImportedVideo{path, QFileInfo(path).fileName(), 0};
    open(m_video);
}

void FacePreview::stop()
{
    m_delay->stop();
    waitForAnswer(false);
    delete std::exchange(m_helper, nullptr);
    m_isStale = true;
}

bool FacePreview::isBusy() const
{
    return m_delay->isActive() || (m_helper && m_helper->isBusy());
}

QString FacePreview::timeText(double timeS)
{
    const int minutes = int(timeS / 60);
    return QStringLiteral("%1:%2").arg(minutes).arg(QLocale().toString(timeS - 60 * minutes, 'f', 3), 6,
                                                    QLatin1Char('0'));
}

void FacePreview::turnPage(int by)
{
    // From a file that was dropped back to where one was.
    const int wanted = m_dropped ? m_video : std::clamp(m_video + by, 0, std::max(0, int(m_videos.size()) - 1));
    m_dropped.reset();
    open(wanted);
}

void FacePreview::open(int video)
{
    m_video = video;
    m_found = {};
    m_step = 0;
    showCrops();
    if (m_helper)
        m_helper->cancel(0);
    const bool isNone = !m_dropped && m_videos.empty();
    const double durationS = isNone ? 0 : m_dropped ? m_dropped->durationS : m_videos[std::size_t(m_video)].durationS;
    const QSignalBlocker silent(m_slider);
    m_slider->setRange(0, int(durationS * kStepsPerS));
    m_timeS = durationS / 2;
    m_slider->setValue(int(m_timeS * kStepsPerS));
    m_view->setMessage(isNone ? tr("There is no video to try. Drop a video or picture here.") : QString());
    showTitle();
    if (isNone) {
        m_delay->stop();
        waitForAnswer(false);
    } else {
        askLater();
    }
}

void FacePreview::showTitle()
{
    const QLocale locale;
    const bool isNone = !m_dropped && m_videos.empty();
    m_place->setText(isNone      ? QString()
                     : m_dropped ? tr("dropped")
                                 : tr("%1 of %2").arg(locale.toString(m_video + 1), locale.toString(m_videos.size())));
    m_name->setText(isNone ? QString() : m_dropped ? m_dropped->path : m_videos[std::size_t(m_video)].name);
    m_former->setEnabled(m_dropped ? !m_videos.empty() : m_video > 0);
    m_next->setEnabled(m_dropped ? !m_videos.empty() : m_video + 1 < int(m_videos.size()));
    const bool isVideo = m_slider->maximum() > 0;
    m_slider->setEnabled(isVideo);
    m_frameBack->setEnabled(isVideo);
    m_frameForward->setEnabled(isVideo);
    m_time->setText(isVideo ? tr("%1 of %2").arg(timeText(m_timeS), timeText(double(m_slider->maximum()) / kStepsPerS))
                            : QString());
}

void FacePreview::askLater()
{
    m_isStale = true;
    if (!m_delay->isActive())
        m_delay->start();
}

void FacePreview::step(int by)
{
    if (!m_found.timeS)
        return;
    m_timeS = *m_found.timeS;
    m_step = by;
    m_delay->stop();
    ask();
}

void FacePreview::ask()
{
    if (!isVisible() || m_settings.isEmpty() || (!m_dropped && m_videos.empty()))
        return; // asked when it comes to the front
    m_isStale = false;
    if (!m_helper) {
        m_helper = new WarmHelper(mienProgram(), {QStringLiteral("frames"), QStringLiteral("--serve")},
                                  tr("The preview"), this);
        connect(m_helper, &WarmHelper::answered, this,
                [this](int, const QJsonObject &, const QJsonObject &answer) { showAnswer(answer); });
        connect(m_helper, &WarmHelper::refused, this, [this](int, const QJsonObject &request, const QString &message) {
            waitForAnswer(false);
            if (request.value("step").toInt() == 0)
                showProblem(message);
            else // before the first frame or behind the last
                m_step = 0;
        });
        connect(m_helper, &WarmHelper::unavailable, this, &FacePreview::showProblem);
    }
    const int side = std::clamp(int(std::max(m_view->width(), m_view->height()) * devicePixelRatioF()), 320, 1024);
    const ImportedVideo &video = m_dropped ? *m_dropped : m_videos[std::size_t(m_video)];
    QJsonObject settings = m_settings;
    if (video.turnDeg)
        settings.insert(QStringLiteral("rotation"), QString::number(*video.turnDeg));
    m_helper->request(0,
                      {{"file", video.path}, {"time", m_timeS}, {"step", m_step}, {"side", side}, {"faces", settings}});
    waitForAnswer(true);
}

void FacePreview::showAnswer(const QJsonObject &answer)
{
    waitForAnswer(false);
    m_found = PreviewFaces::of(answer, kCropSidePx);
    if (m_found.picture.isNull()) {
        showProblem(tr("The frame that arrived is not whole."));
        return;
    }
    m_step = 0;
    if (m_found.timeS) {
        m_timeS = *m_found.timeS;
        const QSignalBlocker silent(m_slider);
        m_slider->setRange(0, int(*m_found.durationS * kStepsPerS));
        m_slider->setValue(int(std::lround(m_timeS * kStepsPerS)));
    }
    showTitle();
    const qsizetype others = m_found.boxes.size() - m_found.faces.size();
    QString caption = tr("%1 × %2 px").arg(m_found.original.width()).arg(m_found.original.height());
    if (m_found.faces.isEmpty())
        caption += tr(" · no face");
    if (others > 0 && !m_found.faces.isEmpty())
        caption += tr(" · %Ln other face(s)", nullptr, int(others));
    if (m_found.turnedDeg != 0)
        caption += tr(" · turned by %1°").arg(m_found.turnedDeg);
    m_view->setFound(m_found, caption);
    showCrops();
}

void FacePreview::showProblem(const QString &message)
{
    waitForAnswer(false);
    m_found = {};
    m_view->setMessage(message);
    showCrops();
}

void FacePreview::showCrops()
{
    m_crops->clear();
    for (const PreviewFace &face : std::as_const(m_found.faces)) {
        QStringList lines;
        for (const FaceMeasure &measure : FaceGates::measures()) {
            if (const auto value = FaceGates::valueOf(measure, face))
                lines << QStringLiteral("%1 %2").arg(FaceGates::tr(measure.word), FaceGates::text(measure, *value));
        }
        if (m_gates.drops(face))
            lines.prepend(tr("Left out by a limit"));
        auto *item = new QListWidgetItem(QPixmap::fromImage(face.crop), lines.join(QLatin1Char('\n')), m_crops);
        item->setData(Qt::AccessibleTextRole, lines.join(QStringLiteral(", ")));
    }
    m_crops->setVisible(m_crops->count() > 0);
}

void FacePreview::waitForAnswer(bool waits)
{
    if (waits && !m_patience->isActive() && !m_view->isBusy())
        m_patience->start();
    if (!waits) {
        m_patience->stop();
        m_view->setBusy(false);
    }
}

bool FacePreview::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        const bool isBack = key->key() == Qt::Key_Comma, isForward = key->key() == Qt::Key_Period;
        if ((isBack || isForward) && key->modifiers() == Qt::NoModifier) {
            if (event->type() == QEvent::KeyPress)
                step(isBack ? -1 : 1);
            event->accept();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void FacePreview::dragEnterEvent(QDragEnterEvent *event)
{
    if (!localFile(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void FacePreview::dropEvent(QDropEvent *event)
{
    tryFile(localFile(event->mimeData()));
    event->acceptProposedAction();
}

void FacePreview::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (m_isStale)
        askLater();
}

} // namespace mien
