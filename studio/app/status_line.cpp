#include "studio/app/status_line.h"

#include "models/base/threads.h"
#include "studio/common/job_queue.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"

#include <QAccessible>
#include <QFile>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QStatusBar>
#include <QThread>
#include <QTimer>

namespace mien {

namespace {

/// One line that gives way: what does not fit ends in an ellipsis, and is whole in the tool tip.
class ElidedLabel : public QLabel
{
public:
    QSize minimumSizeHint() const override { return {0, QLabel::minimumSizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setPen(palette().color(foregroundRole()));
        painter.drawText(contentsRect(), Qt::AlignVCenter | Qt::AlignLeft,
                         fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width()));
    }
};

} // namespace

StatusLine::StatusLine(QStatusBar &bar)
    : QObject(&bar)
    , m_bar(bar)
{
    bar.setSizeGripEnabled(false);
    m_message = new ElidedLabel;
    m_message->setObjectName(QStringLiteral("statusMessage"));
    m_message->setFont(Theme::instance().font(Theme::Type::Secondary));
    m_message->setContentsMargins(Theme::space(8), 0, 0, 0);
    bar.addWidget(m_message, 1);
    m_saved = flatButton("statusSaved", tr("Saving"));
    m_retry = flatButton("statusRetry", tr("Retry to save"));
    m_retry->setText(tr("Retry"));
    m_place = flatButton("statusPlace", tr("Choose another place for the project"));
    m_place->setText(tr("Choose place"));
    m_annotator = flatButton("statusAnnotator", tr("Annotator"));
    m_jobs = flatButton("statusJobs", tr("Jobs"));
    m_progress = new QProgressBar;
    m_progress->setObjectName(QStringLiteral("statusJobsBar"));
    m_progress->setAccessibleName(tr("Progress of the running job"));
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(Theme::space(24) * 4);
    m_progress->hide();
    bar.addPermanentWidget(m_progress);
    m_device = new QLabel;
    m_device->setObjectName(QStringLiteral("statusDevice"));
    Theme::setType(m_device, Theme::Type::Secondary);
    m_device->setContentsMargins(0, 0, Theme::space(8), 0);
    bar.addPermanentWidget(m_device);
    // Asking LibTorch would cost a second; the driver's device file says as much.
    m_device->setText(QFile::exists(QStringLiteral("/dev/nvidia0"))
                          ? tr("GPU")
                          : tr("CPU, %Ln thread(s)", nullptr, threadsAskedFor().value_or(QThread::idealThreadCount())));
    m_device->setToolTip(tr("What a training started with “auto” can use."));
    connect(m_saved, &QPushButton::clicked, this, [this] {
        if (m_session && m_session->isLeaseFree())
            Q_EMIT readOnlyClicked();
    });
    connect(m_retry, &QPushButton::clicked, this, &StatusLine::retryClicked);
    connect(m_place, &QPushButton::clicked, this, &StatusLine::placeClicked);
    connect(m_annotator, &QPushButton::clicked, this, &StatusLine::annotatorClicked);
    connect(m_jobs, &QPushButton::clicked, this, &StatusLine::jobsClicked);
    refreshSaved();
    refreshJobs();
}

QPushButton *StatusLine::flatButton(const char *name, const QString &accessibleName)
{
    auto *button = new QPushButton;
    button->setObjectName(QLatin1String(name));
    button->setAccessibleName(accessibleName);
    button->setProperty("link", true);
    button->setFlat(true);
    button->setFont(Theme::instance().font(Theme::Type::Secondary));
    m_bar.addPermanentWidget(button);
    return button;
}

void StatusLine::setSession(ProjectSession *session)
{
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    if (session) {
        connect(session, &ProjectSession::savedStateChanged, this, &StatusLine::refreshSaved);
        connect(session, &ProjectSession::annotatorChanged, this, &StatusLine::refreshSaved);
        connect(session, &ProjectSession::holderChanged, this, &StatusLine::refreshSaved);
    }
    refreshSaved();
}

void StatusLine::setQueue(JobQueue *queue)
{
    if (m_queue)
        m_queue->disconnect(this);
    m_queue = queue;
    if (queue) {
        connect(queue, &JobQueue::changed, this, &StatusLine::refreshJobs);
        connect(queue, &JobQueue::added, this, &StatusLine::refreshJobs);
        connect(queue, &JobQueue::removed, this, &StatusLine::refreshJobs);
    }
    refreshJobs();
}

void StatusLine::announce(const QString &text)
{
    m_message->setText(text);
    m_message->setToolTip(text);
    QTimer::singleShot(8000, m_message, [label = m_message, text] {
        if (label->text() == text)
            label->clear();
        label->setToolTip(label->text());
    });
    m_message->setAccessibleName(text);
    QAccessibleEvent event(m_message, QAccessible::NameChanged);
    QAccessible::updateAccessibility(&event);
}

void StatusLine::refreshSaved()
{
    const bool notSaved = m_session && m_session->savedState() == ProjectSession::SavedState::NotSaved;
    m_saved->setVisible(m_session);
    m_retry->setVisible(notSaved);
    m_place->setVisible(notSaved);
    m_annotator->setVisible(m_session);
    if (!m_session)
        return;
    QString text;
    switch (m_session->savedState()) {
    case ProjectSession::SavedState::Saved:
        if (m_session->isWritable()) {
            text = tr("Saved ✓ %1").arg(m_session->savedAt().toString(QStringLiteral("HH:mm:ss")));
            m_saved->setToolTip(tr("Every change is written at once."));
        } else {
            text = m_session->isLeaseFree()        ? tr("Read-only: can be written now")
                   : m_session->holder().isEmpty() ? tr("Read-only")
                                                   : tr("Read-only: %1 is writing").arg(m_session->holder());
            m_saved->setToolTip(m_session->readOnlyReason());
        }
        break;
    case ProjectSession::SavedState::Saving: text = tr("Saving…"); break;
    case ProjectSession::SavedState::NotSaved:
        text = tr("Not saved: %1").arg(m_session->saveProblem());
        m_saved->setToolTip(m_session->saveError());
        break;
    }
    m_saved->setText(text);
    m_saved->setAccessibleName(text);
    Theme::mark(m_saved, "danger", notSaved);
    const QString who = m_session->annotator().isEmpty() ? tr("Annotator not chosen") : m_session->annotator();
    m_annotator->setText(who);
    m_annotator->setAccessibleName(tr("Annotator: %1").arg(who));
}

void StatusLine::refreshJobs()
{
    int waiting = 0, paused = 0, active = 0;
    const JobInfo *running = nullptr;
    const QList<JobInfo> jobs = m_queue ? m_queue->jobs() : QList<JobInfo>();
    for (const JobInfo &job : jobs) {
        waiting += job.state == JobState::Waiting;
        active += job.isActive();
        paused += job.state == JobState::Paused;
        if (job.isActive() && (!running || job.compute))
            running = &job;
    }
    m_progress->setVisible(running != nullptr);
    QString text = waiting > 0 ? tr("%Ln job(s) waiting", nullptr, waiting) : tr("No jobs");
    if (running) {
        m_progress->setRange(0, running->total > 0 || running->state == JobState::Paused ? 1000 : 0);
        if (running->total > 0)
            m_progress->setValue(int(1000 * running->done / running->total));
        m_progress->setToolTip(running->title);
        text = paused == active ? tr("%Ln job(s) paused", nullptr, active)
                                : tr("%Ln job(s) running", nullptr, active - paused);
        if (running->etaS >= 0 && running->state == JobState::Running)
            text += tr(" · %1 left").arg(durationText(running->etaS));
    }
    m_jobs->setText(text);
    m_jobs->setAccessibleName(text);
}

} // namespace mien
