#include "studio/review/queue_menu.h"

#include "studio/review/answer_learning.h"
#include "studio/review/review_desk.h"

#include <QInputDialog>

#include <algorithm>

namespace mien {

QueueMenu::QueueMenu(QWidget *parent)
    : QMenu(parent)
{
    setObjectName(QStringLiteral("reviewQueueMenu"));
    setToolTipsVisible(true);
    connect(this, &QMenu::aboutToShow, this, &QueueMenu::fill);
}

QString QueueMenu::titleOf(const QueuePlan &plan)
{
    if (!plan.title.isEmpty())
        return plan.title;
    switch (plan.kind) {
    case QueuePlan::Kind::Flagged: return tr("Flagged, worst first");
    case QueuePlan::Kind::Filter: return plan.filter.isEmpty() ? tr("All faces, worst first") : plan.filter;
    case QueuePlan::Kind::Samples: return tr("Selected faces");
    }
    return {};
}

void QueueMenu::open(const QueuePlan &plan)
{
    if (m_desk)
        m_desk->open(plan);
}

void QueueMenu::fill()
{
    clear();
    if (!m_desk)
        return;
    QAction *flagged = addAction(tr("Flagged, worst first"), this, [this] { open({}); });
    flagged->setToolTip(tr("The most doubtful labels, and among them a share of faces drawn at random from all that "
                           "nobody reviewed: they tell how many labels of the whole set are wrong."));
    fillClasses();
    fillDrowsiness();
    QAction *filter = addAction(tr("From a filter…"), this, &QueueMenu::askForFilter);
    filter->setObjectName(QStringLiteral("reviewQueueFilter"));
    QAction *outlook = addAction(tr("How many to review?…"), this, &QueueMenu::outlookWanted);
    outlook->setObjectName(QStringLiteral("reviewQueueOutlook"));
    outlook->setToolTip(
        tr("Wrong labels that are expected against faces that are reviewed; the queue follows the number "
           "you choose."));
    addSeparator();
    fillShares();
    fillHabits();
}

void QueueMenu::fillClasses()
{
    QMenu *classes = addMenu(tr("One class"));
    QMenu *pairs = addMenu(tr("A confusion"));
    for (const ExpressionClass &expression : m_desk->offeredClasses()) {
        const QString name = QString::fromStdString(expression.name), word = QString::fromStdString(expression.display);
        QueuePlan plan = QueuePlan::ofConfusion(name, {});
        plan.title = word;
        classes->addAction(word, this, [this, plan] { open(plan); });
        QMenu *pair = pairs->addMenu(tr("Labelled %1, predicted …").arg(word));
        for (const ExpressionClass &other : m_desk->offeredClasses()) {
            if (other.id == expression.id || other.space != expression.space)
                continue; // a network knows one space
            QueuePlan confusion = QueuePlan::ofConfusion(name, QString::fromStdString(other.name));
            confusion.title = tr("%1 predicted as %2").arg(word, QString::fromStdString(other.display));
            pair->addAction(QString::fromStdString(other.display), this, [this, confusion] { open(confusion); });
        }
    }
}

void QueueMenu::fillDrowsiness()
{
    const auto &classes = m_desk->offeredClasses();
    if (std::none_of(classes.begin(), classes.end(), [](const auto &one) { return one.space == "drowsiness/1"; }))
        return;
    QueuePlan plan;
    plan.kind = QueuePlan::Kind::Filter;
    plan.filter = QStringLiteral("drowsiness:doubt");
    plan.title = tr("Drowsiness doubts");
    QAction *doubts = addAction(plan.title, this, [this, plan] { open(plan); });
    doubts->setObjectName(QStringLiteral("reviewQueueDrowsiness"));
    doubts->setToolTip(tr("Frames of measured videos whose label and eyes disagree: labelled drowsy with the eyes "
                          "plainly open, or alert with the eyes closed for long."));
}

void QueueMenu::fillShares()
{
    QMenu *shares = addMenu(tr("Random share"));
    for (const double share : {0.1, 0.25, 0.5, 1.0}) {
        QAction *action = shares->addAction(tr("%1 %").arg(qRound(share * 100)), this, [this, share] {
            if (!m_desk)
                return;
            QueuePlan plan = m_desk->plan();
            plan.randomShare = share;
            if (plan.kind == QueuePlan::Kind::Samples)
                Q_EMIT hint(tr("Selected faces are shown as they are, without a random share."));
            else
                open(plan);
        });
        action->setCheckable(true);
        action->setChecked(qFuzzyCompare(share, m_desk->plan().randomShare));
    }
}

void QueueMenu::fillHabits()
{
    QAction *spread = addAction(tr("Spread out frames of one video"), this, [this](bool checked) {
        QueuePlan plan = m_desk->plan();
        plan.spread = checked;
        if (plan.kind == QueuePlan::Kind::Samples)
            Q_EMIT hint(tr("Selected faces are shown as they are."));
        else
            open(plan);
    });
    spread->setObjectName(QStringLiteral("reviewQueueSpread"));
    spread->setCheckable(true);
    spread->setChecked(m_desk->plan().spread);
    spread->setToolTip(
        tr("Of one video, or of pictures that are nearly the same, at most one face among %1 neighbours, "
           "where there are others.")
            .arg(spreadFaces));
    QAction *learn = addAction(tr("Learn from my answers"), this, [](bool checked) { AnswerLearning::setOn(checked); });
    learn->setObjectName(QStringLiteral("reviewQueueLearn"));
    learn->setCheckable(true);
    learn->setChecked(AnswerLearning::isOn());
    learn->setToolTip(
        tr("From 100 answers on, and each time there are half as many more, the faces that are still open "
           "are ranked anew by what the answers taught. What you have seen stays where it is."));
}

void QueueMenu::askForFilter()
{
    auto *dialog = new QInputDialog(parentWidget());
    dialog->setObjectName(QStringLiteral("reviewFilterDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Queue from a filter"));
    dialog->setLabelText(tr("Filter, as in the gallery, e.g. label:fear suspicion>0.5"));
    dialog->setOkButtonText(tr("Open queue"));
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString &filter) {
        QueuePlan plan;
        plan.kind = QueuePlan::Kind::Filter;
        plan.filter = filter.trimmed();
        open(plan);
    });
    dialog->open();
}

} // namespace mien
