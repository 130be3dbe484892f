#include "studio/common/strip_panel.h"

#include "studio/common/background.h"
#include "studio/common/job_queue.h"
#include "studio/common/job_strip.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {

bool isMeasuring(const JobInfo &job)
{
    return job.arguments.value(0) == QLatin1String("drowsiness");
}

QPushButton *button(const char *name, const QString &text)
{
    auto *made = new QPushButton(text);
    made->setObjectName(QLatin1String(name));
    made->setAccessibleName(text);
    made->setFocusPolicy(Qt::TabFocus); // a click must not take the keys from the face under review
    return made;
}

/// A page that is not in front takes no room.
class ShownPageStack : public QStackedWidget
{
public:
    QSize sizeHint() const override { return currentWidget() ? currentWidget()->sizeHint() : QSize(); }
    QSize minimumSizeHint() const override { return currentWidget() ? currentWidget()->minimumSizeHint() : QSize(); }
};

} // namespace

StripPanel::StripPanel(QWidget *parent)
    : QWidget(parent)
    , m_loading(new Background(this))
    , m_stack(new ShownPageStack)
    , m_plot(new StripPlot)
    , m_facts(Theme::words({}, Theme::Type::Secondary))
    , m_sentence(Theme::words({}))
    , m_zoom(new QToolButton)
    , m_measure(button("stripMeasure", tr("Measure this video")))
    , m_measureAll(button("stripMeasureAll", tr("Measure all")))
    , m_job(new JobStrip(QStringLiteral("strip"), tr("Stop")))
{
    setObjectName(QStringLiteral("stripPanel"));
    setAccessibleName(tr("Drowsiness over the video"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_facts->setObjectName(QStringLiteral("stripFacts"));
    m_facts->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    // Room for what the pointer reads off: nothing moves.
    m_facts->setFixedHeight(m_facts->fontMetrics().lineSpacing() * 2);
    m_zoom->setObjectName(QStringLiteral("stripZoom"));
    m_zoom->setCheckable(true);
    m_zoom->setFocusPolicy(Qt::TabFocus);
    m_zoom->setText(tr("±%1 s").arg(int(StripPlot::zoomS)));
    m_zoom->setAccessibleName(tr("The seconds around the sample"));
    m_zoom->setToolTip(tr("Shows the %1 seconds before and behind the sample in place of the whole video.")
                           .arg(int(StripPlot::zoomS)));
    m_sentence->setObjectName(QStringLiteral("stripEmpty"));

    auto *measured = new QWidget;
    auto *head = new QHBoxLayout;
    head->setSpacing(Theme::space(8));
    head->addWidget(m_facts, 1);
    head->addWidget(m_zoom, 0, Qt::AlignTop);
    auto *column = new QVBoxLayout(measured);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(4));
    column->addLayout(head);
    column->addWidget(m_plot);

    auto *empty = new QWidget;
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::space(8));
    buttons->addWidget(m_measure);
    buttons->addWidget(m_measureAll);
    buttons->addStretch();
    auto *words = new QVBoxLayout(empty);
    words->setContentsMargins(0, Theme::space(4), 0, Theme::space(4));
    words->setSpacing(Theme::space(8));
    words->addStretch();
    words->addWidget(m_sentence);
    words->addLayout(buttons);
    words->addWidget(m_job);
    words->addStretch();
    m_stack->addWidget(measured);
    m_stack->addWidget(empty);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);

    connect(m_plot, &StripPlot::chosen, this, &StripPanel::chosen);
    connect(m_plot, &StripPlot::left, this, &StripPanel::left);
    connect(m_plot, &StripPlot::readingChanged, this, [this](const QString &reading) {
        m_reading = reading;
        refreshFacts();
    });
    connect(m_zoom, &QToolButton::toggled, m_plot, &StripPlot::setZoomed);
    connect(m_measure, &QPushButton::clicked, this, [this] { measure(false); });
    connect(m_measureAll, &QPushButton::clicked, this, [this] { measure(true); });
    connect(m_job, &JobStrip::changed, this, &StripPanel::refreshEmpty);
    clear();
}

StripPanel::~StripPanel() = default;

void StripPanel::setSession(ProjectSession *session)
{
    clear();
    m_session = session;
    m_job->setQueue(session ? &session->jobs() : nullptr);
    if (!session)
        return;
    // A new label moves the band and what is doubtful; a job may have brought the curves.
    connect(session, &ProjectSession::dataChanged, this, &StripPanel::load);
    JobQueue *jobs = &session->jobs();
    connect(jobs, &JobQueue::added, this, &StripPanel::followJob);
    connect(jobs, &JobQueue::finished, this, [this](const QString &id) {
        if (id == m_job->id())
            load();
    });
    followJob();
}

void StripPanel::setMoment(MediaId video, double timeS, bool labelsShown)
{
    const bool isOther = video != m_video;
    m_video = video;
    m_momentS = timeS;
    m_plot->setMoment(timeS);
    m_plot->setPlayed(std::nullopt);
    m_plot->setLabelsShown(labelsShown);
    if (isOther)
        load();
}

void StripPanel::clear()
{
    m_loading->stop();
    m_video = {};
    m_isMeasured = false;
    setVisible(false);
}

void StripPanel::setPlayed(std::optional<double> timeS)
{
    m_plot->setPlayed(timeS);
}

bool StripPanel::isBusy() const
{
    return m_loading->isBusy();
}

void StripPanel::load()
{
    if (!m_session || !m_video)
        return;
    m_loading->start(
        [readers = m_session->readers(), video = m_video](const Job &) {
            return readers->with([video](const Project &project) -> Result<std::optional<VideoStrip>> {
                auto curves = stripOf(project, video);
                if (!curves || curves->timeS.empty())
                    return std::optional<VideoStrip>();
                VideoStrip strip{std::move(*curves), {}, {}};
                strip.labels = labelStretches(project, video, strip.curves.timeS.front(), strip.curves.timeS.back());
                strip.doubts = doubtStretches(strip.curves, strip.labels);
                return std::optional(std::move(strip));
            });
        },
        [this](const Result<std::optional<VideoStrip>> &strip) {
            if (!strip) { // told by the listener of read failures, too
                clear();
                return;
            }
            show(*strip);
        });
}

void StripPanel::show(const std::optional<VideoStrip> &strip)
{
    m_isMeasured = strip.has_value();
    m_plot->setStrip(strip.value_or(VideoStrip{}));
    if (strip) {
        const double lengthS = strip->curves.timeS.back() - strip->curves.timeS.front();
        m_zoom->setVisible(lengthS > 2 * StripPlot::zoomS); // else both are the same
        m_plot->setZoomed(m_zoom->isChecked() && lengthS > 2 * StripPlot::zoomS);
    }
    m_stack->setCurrentIndex(strip ? 0 : 1);
    m_stack->updateGeometry();
    refreshFacts();
    refreshEmpty();
    setVisible(true);
}

void StripPanel::refreshFacts()
{
    const DrowsinessStrip &strip = m_plot->strip().curves;
    const QLocale locale;
    const QString by = strip.measuredBy == "68 points" ? tr("measured on 68 points") : tr("measured on eye patches");
    const QStringList facts{tr("PERCLOS %1 %").arg(locale.toString(strip.perclos * 100, 'f', 1)),
                            tr("%1 blinks/min").arg(locale.toString(strip.blinksPerMinute, 'f', 1)), by};
    m_plot->setAccessibleDescription(facts.join(QStringLiteral(", ")));
    m_facts->setText(m_reading.isEmpty() ? facts.join(QStringLiteral(" · ")) : m_reading);
}

void StripPanel::refreshEmpty()
{
    const JobInfo *job = m_job->job();
    const bool isRunning = m_job->isBusy();
    QString sentence = tr("This video is not measured yet: when its eyes close and its mouth opens.");
    if (isRunning)
        sentence = tr("Measuring eyes, mouth and head …");
    else if (job && job->state == JobState::Failed)
        sentence = job->error;
    else if (job && job->arguments == whatMeasures(false) && !job->warnings.isEmpty())
        sentence = tr("This video could not be measured: %1")
                       .arg(job->warnings.first().value(QStringLiteral("message")).toString());
    m_sentence->setText(sentence);
    m_job->setVisible(isRunning);
    for (QPushButton *button : {m_measure, m_measureAll}) {
        button->setVisible(!isRunning);
        button->setEnabled(m_session && m_session->isWritable());
        button->setToolTip(m_session && !m_session->isWritable() ? m_session->readOnlyReason()
                           : button == m_measure                 ? tr("Looks at every frame of this video, as a job.")
                                                 : tr("Looks at every frame of every video that is not measured yet."));
    }
    m_stack->updateGeometry();
}

void StripPanel::followJob()
{
    if (!m_session)
        return;
    const QList<JobInfo> jobs = m_session->jobs().jobs();
    const auto ours =
        std::find_if(jobs.begin(), jobs.end(), [](const JobInfo &job) { return isMeasuring(job) && !job.isOver(); });
    if (ours != jobs.end())
        m_job->follow(ours->id);
}

/// A video has no sample of its own: filtered by, its number is that of its file.
QStringList StripPanel::whatMeasures(bool all) const
{
    const QStringList everything{QStringLiteral("drowsiness")};
    return all ? everything
               : everything + QStringList{QStringLiteral("--filter"), QStringLiteral("id:%1").arg(m_video.value)};
}

void StripPanel::measure(bool all)
{
    if (!m_session || !m_session->isWritable())
        return;
    m_job->follow(m_session->jobs().start(all ? tr("Measure drowsiness") : tr("Measure drowsiness of a video"),
                                          whatMeasures(all)));
}

} // namespace mien
