#include "studio/app/recovery_dialog.h"

#include "studio/app/page_stack.h"
#include "studio/common/job_info.h"
#include "studio/common/job_model.h"
#include "studio/common/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

namespace mien {

namespace {

/// "Train: the settings as filled in", for one page.
QString pageText(const QString &id, const QVariantMap &state)
{
    const PageEntry *entry = PageStack::entry(id);
    if (!entry || state.isEmpty())
        return {};
    QString what = RecoveryDialog::tr("as it was left");
    if (id == QStringLiteral("review"))
        what = RecoveryDialog::tr("the place in the queue");
    else if (id == QStringLiteral("gallery"))
        what = state[QStringLiteral("filter")].toString().isEmpty()
                   ? RecoveryDialog::tr("the place in the list")
                   : RecoveryDialog::tr("the filter “%1” and the place in the list")
                         .arg(state[QStringLiteral("filter")].toString());
    else if (id == QStringLiteral("import") || id == QStringLiteral("train") || id == QStringLiteral("export"))
        what = RecoveryDialog::tr("the form as filled in");
    return QStringLiteral("%1: %2").arg(entry->title, what);
}

} // namespace

RecoveryDialog::RecoveryDialog(const WindowState &state, const QList<JobInfo> &jobs, QWidget *parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("recoveryDialog"));
    setWindowTitle(tr("Mien ended unexpectedly"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::space(16), Theme::space(16), Theme::space(16), Theme::space(16));
    layout->setSpacing(Theme::space(12));
    layout->addWidget(
        Theme::words(tr("Every label that was shown as saved is in the project. This was recovered, as of %1:")
                         .arg(QLocale().toString(state.at, QLocale::ShortFormat))));
    auto *list = new QListWidget;
    list->setObjectName(QStringLiteral("recoveryList"));
    list->setAccessibleName(tr("What was recovered"));
    list->setSelectionMode(QAbstractItemView::NoSelection);
    for (auto it = state.pages.begin(); it != state.pages.end(); ++it) {
        if (const QString text = pageText(it.key(), *it); !text.isEmpty())
            list->addItem(text);
    }
    for (const JobInfo &job : jobs) {
        if (job.isActive())
            list->addItem(tr("%1 still runs, and is followed again: %2").arg(job.title, JobModel::detailText(job)));
        else if (job.state == JobState::Waiting)
            list->addItem(tr("%1 keeps its place in the queue").arg(job.title));
    }
    list->setWordWrap(true);
    list->setMinimumSize(Theme::space(24) * 18, Theme::space(24) * 5);
    layout->addWidget(list, 1);
    auto *row = new QHBoxLayout;
    const auto button = [&](const char *name, const QString &text, auto chosen) {
        auto *made = new QPushButton(text);
        made->setObjectName(QLatin1String(name));
        made->setAccessibleName(text);
        made->setAutoDefault(false);
        row->addWidget(made);
        connect(made, &QPushButton::clicked, this, chosen);
        return made;
    };
    button("recoveryFolder", tr("Show folder"), &RecoveryDialog::folderChosen);
    row->addStretch();
    QPushButton *without = button("recoveryWithout", tr("Open without"), &RecoveryDialog::withoutChosen);
    QPushButton *restore = button("recoveryRestore", tr("Restore"), &RecoveryDialog::restoreChosen);
    restore->setDefault(true);
    connect(without, &QPushButton::clicked, this, &QDialog::accept);
    connect(restore, &QPushButton::clicked, this, &QDialog::accept);
    layout->addLayout(row);
    layout->addWidget(Theme::words(tr("Esc asks again the next time; nothing is deleted."), Theme::Type::Secondary));
    restore->setFocus();
}

} // namespace mien
