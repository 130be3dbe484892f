#include "studio/common/job_strip.h"

#include "studio/common/job_model.h"
#include "studio/common/job_queue.h"
#include "studio/common/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace mien {

namespace {

QString titleOf(const JobInfo &job)
{
    switch (job.state) {
    case JobState::Waiting: return JobStrip::tr("%1 waits for another job").arg(job.title);
    case JobState::Running:
    case JobState::Stopping: return job.title + QChar(0x2026);
    case JobState::Paused: return JobStrip::tr("%1 is paused").arg(job.title);
    case JobState::Done:
    case JobState::DoneWithSkips: return JobStrip::tr("%1 is done").arg(job.title);
    case JobState::Failed: return JobStrip::tr("%1 failed").arg(job.title);
    case JobState::Cancelled: return JobStrip::tr("%1 was cancelled").arg(job.title);
    }
    return {};
}

} // namespace

JobStrip::JobStrip(const QString &name, const QString &cancel, QWidget *parent)
    : QWidget(parent)
    , m_cancelWord(cancel)
    , m_title(Theme::words({}, Theme::Type::Heading))
    , m_text(Theme::words({}, Theme::Type::Secondary))
    , m_bar(new QProgressBar)
    , m_pause(new QPushButton)
    , m_cancel(new QPushButton(cancel))
    , m_buttons(new QHBoxLayout)
{
    setObjectName(name + QStringLiteral("Job"));
    m_title->setObjectName(name + QStringLiteral("JobTitle"));
    m_text->setObjectName(name + QStringLiteral("JobText"));
    m_bar->setObjectName(name + QStringLiteral("Bar"));
    m_bar->setAccessibleName(tr("Progress"));
    m_bar->setTextVisible(false);
    m_pause->setObjectName(name + QStringLiteral("Pause"));
    m_pause->setToolTip(tr("Stops between two steps and keeps its place, also when the window is closed."));
    m_cancel->setObjectName(name + QStringLiteral("Cancel"));
    m_buttons->setSpacing(Theme::space(8));
    m_buttons->addWidget(m_title, 1);
    m_buttons->addWidget(m_pause);
    m_buttons->addWidget(m_cancel);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(8));
    column->addLayout(m_buttons);
    column->addWidget(m_bar);
    column->addWidget(m_text);
    connect(m_pause, &QPushButton::clicked, this, &JobStrip::pauseOrResume);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        if (m_queue)
            m_queue->cancel(m_id);
    });
    refresh();
}

void JobStrip::setQueue(JobQueue *queue)
{
    if (m_queue)
        m_queue->disconnect(this);
    m_queue = queue;
    m_id.clear();
    if (queue) {
        const auto refreshOurs = [this](const QString &id) {
            if (id == m_id)
                refresh();
        };
        connect(queue, &JobQueue::changed, this, refreshOurs);
        connect(queue, &JobQueue::finished, this, refreshOurs);
    }
    refresh();
}

void JobStrip::follow(const QString &id)
{
    m_id = id;
    refresh();
}

const JobInfo *JobStrip::job() const
{
    return m_queue && !m_id.isEmpty() ? m_queue->job(m_id) : nullptr;
}

bool JobStrip::isBusy() const
{
    const JobInfo *followed = job();
    return followed && !followed->isOver();
}

void JobStrip::addButton(QPushButton *button)
{
    m_buttons->addWidget(button);
}

void JobStrip::say(const QString &title, const QString &text)
{
    m_title->setText(title);
    m_text->setText(text);
    m_text->setVisible(!text.isEmpty());
}

void JobStrip::pauseOrResume()
{
    const JobInfo *followed = job();
    if (followed && followed->state == JobState::Paused)
        m_queue->resume(m_id);
    else if (followed)
        m_queue->pause(m_id);
}

void JobStrip::refresh()
{
    const JobInfo *followed = job();
    const bool busy = isBusy();
    const JobState state = followed ? followed->state : JobState::Waiting;
    m_bar->setVisible(busy);
    m_bar->setRange(0, followed && (followed->total > 0 || state == JobState::Paused) ? 1000 : 0);
    if (followed && followed->total > 0)
        m_bar->setValue(static_cast<int>(1000 * followed->done / followed->total));
    m_pause->setVisible(busy && (state == JobState::Running || state == JobState::Paused));
    m_pause->setEnabled(followed && (state == JobState::Paused || followed->canPause()));
    m_pause->setText(state == JobState::Paused ? tr("Resume") : tr("Pause"));
    m_pause->setAccessibleName(m_pause->text());
    m_cancel->setVisible(busy);
    m_cancel->setEnabled(state != JobState::Stopping);
    m_cancel->setText(state == JobState::Stopping ? tr("Stopping…") : m_cancelWord);
    m_cancel->setAccessibleName(m_cancel->text());
    Theme::mark(m_text, "danger", followed && state == JobState::Failed);
    if (followed)
        say(titleOf(*followed), JobModel::detailText(*followed));
    else
        say({}, {});
    Q_EMIT changed();
}

} // namespace mien
