#include "studio/common/jobs_view.h"

#include "studio/common/action_registry.h"
#include "studio/common/icons.h"
#include "studio/common/job_model.h"
#include "studio/common/theme.h"

#include <QHBoxLayout>
#include <QJsonObject>
#include <QLabel>
#include <QListView>
#include <QLocale>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace mien {

namespace {

class JobDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const override
    {
        return {Theme::space(24) * 8, option.fontMetrics.height() * 2 + Theme::space(24)};
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const ThemeColors &colors = Theme::instance().colors();
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        QRectF box = QRectF(option.rect).adjusted(2, 2, -2, -2);
        if (option.state & QStyle::State_Selected) {
            painter->setPen(QPen(colors.accent, 2));
            painter->setBrush(colors.window);
            painter->drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4);
        }
        box.adjust(Theme::space(8), Theme::space(4), -Theme::space(8), -Theme::space(4));
        const double line = option.fontMetrics.height();
        const auto state = JobState(index.data(JobModel::StateRole).toInt());
        const QString stateText = JobModel::stateText(state);
        painter->setFont(Theme::instance().font(Theme::Type::Secondary));
        const double stateWidth = painter->fontMetrics().horizontalAdvance(stateText) + 4;
        painter->setPen(state == JobState::Failed ? colors.danger
                        : state == JobState::Done ? colors.good
                                                  : colors.secondary);
        painter->drawText(QRectF(box.right() - stateWidth, box.top(), stateWidth, line),
                          Qt::AlignRight | Qt::AlignVCenter, stateText);
        painter->setFont(option.font);
        painter->setPen(colors.text);
        painter->drawText(
            QRectF(box.left(), box.top(), box.width() - stateWidth - 8, line), Qt::AlignLeft | Qt::AlignVCenter,
            option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight, int(box.width() - stateWidth - 8)));
        painter->setFont(Theme::instance().font(Theme::Type::Secondary));
        painter->setPen(colors.secondary);
        painter->drawText(QRectF(box.left(), box.top() + line + 2, box.width(), line), Qt::AlignLeft | Qt::AlignVCenter,
                          painter->fontMetrics().elidedText(index.data(JobModel::DetailRole).toString(), Qt::ElideRight,
                                                            int(box.width())));
        const double share = index.data(JobModel::ShareRole).toDouble();
        if (state == JobState::Running || state == JobState::Stopping) {
            const QRectF groove(box.left(), box.bottom() - 5, box.width(), 4);
            painter->setPen(Qt::NoPen);
            painter->setBrush(colors.separator);
            painter->drawRoundedRect(groove, 2, 2);
            painter->setBrush(colors.accent);
            painter->drawRoundedRect(QRectF(groove.topLeft(), QSizeF(groove.width() * std::clamp(share, 0.0, 1.0), 4)),
                                     2, 2);
        }
        painter->restore();
    }
};

} // namespace

JobsView::JobsView(Studio &studio, QWidget *parent)
    : QWidget(parent)
    , m_studio(studio)
    , m_model(new JobModel(this))
    , m_list(new QListView)
    , m_empty(new QLabel)
    , m_details(new QPlainTextEdit)
{
    setObjectName(QStringLiteral("jobsView"));
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(Theme::space(8));
    m_empty->setText(
        tr("Nothing runs. Imports, trainings and exports appear here, and go on when the window is closed."));
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    Theme::setType(m_empty, Theme::Type::Secondary);
    layout->addWidget(m_empty);
    m_list->setObjectName(QStringLiteral("jobList"));
    m_list->setAccessibleName(tr("Jobs"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new JobDelegate(m_list));
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    layout->addWidget(m_list, 2);
    m_details->setObjectName(QStringLiteral("jobDetails"));
    m_details->setAccessibleName(tr("Warnings and result of the job"));
    m_details->setReadOnly(true);
    m_details->setFont(Theme::instance().font(Theme::Type::Secondary));
    layout->addWidget(m_details, 1);
    auto *row = new QHBoxLayout;
    row->setSpacing(Theme::space(4));
    const auto button = [&](const char *name, const QString &text, const QString &iconName, auto run) {
        auto *made = new QPushButton(text);
        made->setObjectName(QLatin1String(name));
        made->setAccessibleName(iconName.isEmpty() ? text : text.isEmpty() ? iconName : text);
        row->addWidget(made);
        connect(made, &QPushButton::clicked, this, run);
        return made;
    };
    m_cancel = button("jobCancel", tr("Cancel"), {}, [this] {
        if (m_queue)
            m_queue->cancel(currentId());
    });
    m_pause = button("jobPause", tr("Pause"), {}, [this] {
        const JobInfo *job = m_queue ? m_queue->job(currentId()) : nullptr;
        if (job && job->state == JobState::Paused)
            m_queue->resume(job->id);
        else if (job)
            m_queue->pause(job->id);
    });
    m_pause->setToolTip(tr("Stops between two steps and keeps its place, also when the window is closed."));
    m_without = button("jobWithout", tr("Go on without it"), {}, [this] {
        if (m_queue)
            m_queue->retryWithoutItem(currentId());
    });
    m_retry = button("jobRetry", tr("Retry"), {}, [this] {
        if (m_queue)
            m_queue->retry(currentId());
    });
    m_remove = button("jobRemove", tr("Forget"), {}, [this] {
        if (m_queue)
            m_queue->remove(currentId());
    });
    row->addStretch();
    const auto arrow = [&](const char *name, const QString &accessible, const char *iconName, int steps) {
        QPushButton *made = button(name, {}, accessible, [this, steps] {
            const QString id = currentId();
            if (!m_queue)
                return;
            m_queue->move(id, steps);
            for (int i = 0; i < m_model->rowCount(); ++i) {
                if (m_model->index(i).data(JobModel::IdRole).toString() == id)
                    m_list->setCurrentIndex(m_model->index(i));
            }
        });
        made->setIcon(icon(QLatin1String(iconName)));
        made->setToolTip(accessible);
        return made;
    };
    m_up = arrow("jobUp", tr("Run earlier"), "up", -1);
    m_down = arrow("jobDown", tr("Run later"), "down", 1);
    layout->addLayout(row);
    connect(m_model, &JobModel::modelReset, this, [this] {
        if (m_model->rowCount() > 0)
            m_list->setCurrentIndex(m_model->index(0));
        refresh();
    });
    connect(m_model, &JobModel::dataChanged, this, &JobsView::refresh);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &JobsView::refresh);
    refresh();
}

void JobsView::setQueue(JobQueue *queue)
{
    m_queue = queue;
    m_model->setQueue(queue);
}

QString JobsView::currentId() const
{
    return m_list->currentIndex().data(JobModel::IdRole).toString();
}

void JobsView::refresh()
{
    const bool any = m_model->rowCount() > 0;
    m_empty->setVisible(!any);
    m_list->setVisible(any);
    m_details->setVisible(any);
    const QModelIndex current = m_list->currentIndex();
    const JobInfo none;
    const bool valid = current.isValid() && current.row() < m_model->rowCount();
    const JobInfo &job = valid ? m_model->at(current.row()) : none;
    // Only what fits the job is offered.
    m_cancel->setVisible(valid && !job.isOver());
    m_cancel->setEnabled(job.state != JobState::Stopping);
    m_cancel->setText(job.state == JobState::Stopping ? tr("Stopping…") : tr("Cancel"));
    m_pause->setVisible(valid && (job.state == JobState::Running || job.state == JobState::Paused));
    m_pause->setEnabled(job.state == JobState::Paused || job.canPause());
    m_pause->setText(job.state == JobState::Paused ? tr("Resume") : tr("Pause"));
    m_without->setVisible(valid && job.canGoOnWithoutItem());
    m_without->setToolTip(tr("Starts it again and leaves out %1.").arg(job.crashedAt));
    m_retry->setVisible(valid && (job.state == JobState::Failed || job.state == JobState::Cancelled ||
                                  job.state == JobState::DoneWithSkips));
    m_retry->setText(job.canRetryFailedOnly() ? tr("Retry failed only") : tr("Retry"));
    m_remove->setVisible(valid && job.isOver());
    const bool waits = valid && job.state == JobState::Waiting;
    m_up->setVisible(waits);
    m_down->setVisible(waits);
    for (QPushButton *made : {m_cancel, m_pause, m_retry})
        made->setAccessibleName(made->text());
    QStringList lines;
    if (valid) {
        if (!job.error.isEmpty())
            lines << job.error;
        for (const QJsonObject &warning : job.warnings) {
            lines << QStringLiteral("%1: %2").arg(warning[QStringLiteral("path")].toString(),
                                                  warning[QStringLiteral("message")].toString());
        }
        if (job.warningCount > job.warnings.size())
            lines << tr("… and %Ln more", nullptr, int(job.warningCount - job.warnings.size()));
        for (auto it = job.result.begin(); it != job.result.end(); ++it) {
            if (it.key() == QStringLiteral("event") || (!it->isDouble() && !it->isString()))
                continue;
            const double number = it->toDouble();
            const bool isCount = number == double(qint64(number));
            const QString text = it->isString() ? it->toString()
                                 : isCount      ? QLocale().toString(qint64(number))
                                                : QLocale().toString(number, 'g', 4);
            lines << QStringLiteral("%1: %2").arg(QString(it.key()).replace(QLatin1Char('_'), QLatin1Char(' ')), text);
        }
    }
    const QString text = lines.join(QLatin1Char('\n'));
    if (m_details->toPlainText() != text)
        m_details->setPlainText(text);
}

} // namespace mien
