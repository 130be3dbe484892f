#include "studio/review/review_header.h"

#include "studio/common/icons.h"
#include "studio/common/theme.h"
#include "studio/review/queue_menu.h"
#include "studio/review/review_desk.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>

#include <algorithm>
#include <utility>

namespace mien {

namespace {

constexpr int kLeastJudged = 5; // Below it a share is noise.
constexpr int kLeastDrawn = 10;

QLabel *fact(const char *name, const QString &accessible)
{
    auto *label = new QLabel;
    label->setObjectName(QLatin1String(name));
    label->setAccessibleName(accessible);
    Theme::setType(label, Theme::Type::Secondary);
    return label;
}

} // namespace

ReviewHeader::ReviewHeader(QWidget *parent)
    : QWidget(parent)
    , m_clock(new QTimer(this))
    , m_menu(new QueueMenu(this))
    , m_queueButton(new QToolButton)
    , m_progress(new QProgressBar)
    , m_count(fact("reviewCount", tr("Position in the queue")))
    , m_rate(fact("reviewRate", tr("Rate and session clock")))
    , m_agreement(fact("reviewAgreement", tr("Agreement with the given labels")))
    , m_break(new QPushButton(tr("Time for a pause")))
{
    m_queueButton->setObjectName(QStringLiteral("reviewQueueButton"));
    m_queueButton->setAccessibleName(tr("Queue"));
    m_queueButton->setPopupMode(QToolButton::InstantPopup);
    m_queueButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_queueButton->setIcon(icon(QStringLiteral("queue")));
    m_queueButton->setAutoRaise(true);
    m_queueButton->setFont(Theme::instance().font(Theme::Type::Title));
    m_queueButton->setMenu(m_menu);
    m_progress->setObjectName(QStringLiteral("reviewProgress"));
    m_progress->setAccessibleName(tr("Progress of the queue"));
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(Theme::space(160));
    m_break->setObjectName(QStringLiteral("reviewBreak"));
    m_break->setAccessibleName(tr("Break reminder: puts the next one off"));
    m_break->setToolTip(tr("Eyes tire before one notices. Click to be reminded again later."));
    m_break->setProperty("link", true);
    m_break->hide();

    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(16));
    for (QWidget *part :
         {static_cast<QWidget *>(m_queueButton), static_cast<QWidget *>(m_progress), static_cast<QWidget *>(m_count),
          static_cast<QWidget *>(m_rate), static_cast<QWidget *>(m_agreement)})
        row->addWidget(part);
    row->addWidget(m_break);
    for (const QString &verb : verbs()) {
        auto *button = new QToolButton;
        button->setObjectName(QStringLiteral("button.") + verb);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        row->addWidget(button);
        m_verbs << button;
    }
    // Narrower than all of its words: then the verbs are icons with their tool tips.
    setMinimumWidth(Theme::space(480));
    m_agreement->setMinimumWidth(0);
    m_agreement->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    row->setStretchFactor(m_agreement, 1);

    m_clock->setInterval(1000);
    connect(m_clock, &QTimer::timeout, this, &ReviewHeader::refreshProgress);
    connect(m_menu, &QueueMenu::hint, this, &ReviewHeader::hint);
    connect(m_menu, &QueueMenu::outlookWanted, this, &ReviewHeader::outlookWanted);
    connect(m_break, &QPushButton::clicked, this, [this] {
        if (m_desk)
            m_desk->sitting().breakTaken(ReviewSession::Clock::now());
        m_break->hide();
    });
    refreshQueue();
}

QStringList ReviewHeader::verbs()
{
    QStringList verbs;
    for (const char *verb : {"attention", "neighbours", "source", "guide", "blind"})
        verbs << QStringLiteral("review.") + QLatin1String(verb);
    return verbs;
}

void ReviewHeader::setDesk(ReviewDesk *desk)
{
    m_desk = desk;
    m_menu->setDesk(desk);
    if (desk) {
        connect(desk, &ReviewDesk::queueChanged, this, &ReviewHeader::refreshQueue);
        connect(desk, &ReviewDesk::faceChanged, this, &ReviewHeader::refreshTitle);
        connect(desk, &ReviewDesk::progressChanged, this, &ReviewHeader::refreshProgress);
    }
    refreshQueue();
}

void ReviewHeader::showEvent(QShowEvent *)
{
    m_clock->start();
    refreshProgress();
}

void ReviewHeader::hideEvent(QHideEvent *)
{
    m_clock->stop();
}

void ReviewHeader::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    fitVerbs();
}

void ReviewHeader::fitVerbs()
{
    if (m_isFitting)
        return;
    m_isFitting = true;
    const auto show = [this](Qt::ToolButtonStyle style) {
        for (QToolButton *verb : std::as_const(m_verbs))
            verb->setToolButtonStyle(style);
    };
    show(Qt::ToolButtonTextBesideIcon);
    if (layout()->minimumSize().width() + Theme::space(200) > width()) // room for the agreement
        show(Qt::ToolButtonIconOnly);
    m_isFitting = false;
}

void ReviewHeader::refreshQueue()
{
    const bool any = m_desk && !m_desk->queue().isEmpty();
    refreshTitle();
    for (QWidget *part :
         {static_cast<QWidget *>(m_progress), static_cast<QWidget *>(m_count), static_cast<QWidget *>(m_rate)})
        part->setVisible(any);
    for (QToolButton *verb : std::as_const(m_verbs))
        verb->setVisible(any); // the agreement stays: it takes the room that is left
    refreshProgress();
    fitVerbs();
}

void ReviewHeader::refreshTitle()
{
    if (!m_desk)
        m_queueButton->setText(tr("Review"));
    else // a class, a confusion, a filter tell the label that blind review hides
        m_queueButton->setText(m_desk->isRevealed() ? QueueMenu::titleOf(m_desk->plan()) : tr("Hidden queue"));
    QString tip = tr("What is reviewed: choose another queue.");
    if (m_desk && m_desk->plan().kind != QueuePlan::Kind::Samples && m_desk->plan().randomShare > 0) {
        tip +=
            QLatin1Char('\n') + tr("%1 % of the faces are drawn at random: they tell how many labels of the whole set "
                                   "are wrong.")
                                    .arg(qRound(m_desk->plan().randomShare * 100));
    }
    m_queueButton->setToolTip(tip);
}

void ReviewHeader::refreshProgress()
{
    if (!m_desk || m_desk->queue().isEmpty()) {
        m_break->hide();
        m_agreement->clear();
        return;
    }
    const ReviewQueue &queue = m_desk->queue();
    const QLocale locale;
    m_progress->setRange(0, queue.size());
    m_progress->setValue(queue.answered());
    m_count->setText(tr("%1 / %2").arg(locale.toString(std::min(queue.position() + 1, queue.size())),
                                       locale.toString(queue.size())));
    const auto now = ReviewSession::Clock::now();
    const ReviewSession &sitting = m_desk->sitting();
    const auto elapsed = sitting.elapsed(now).count();
    QStringList rate{QStringLiteral("%1:%2").arg(elapsed / 60).arg(elapsed % 60, 2, 10, QLatin1Char('0'))};
    if (const double perMinute = sitting.perMinute(now); perMinute > 0)
        rate << tr("%1/min").arg(locale.toString(perMinute, 'f', 0));
    m_rate->setText(rate.join(QStringLiteral(" · ")));
    m_agreement->setText(shares());
    m_agreement->setToolTip(
        tr("How often you agreed with the given label, and how many labels of the whole set are wrong "
           "judged by the %n randomly drawn face(s) alone; with 95 % intervals.",
           nullptr, queue.randomTally().judged));
    m_break->setVisible(sitting.breakDue(now));
}

QString ReviewHeader::shares() const
{
    const QLocale locale;
    QStringList shares;
    // In blind review a running agreement would tell what the answer before was.
    if (const ShareEstimate agreement = m_desk->sitting().agreement();
        agreement.total >= kLeastJudged && !m_desk->isBlind())
        shares << tr("agree %1 (%2–%3)")
                      .arg(locale.toString(agreement.share, 'f', 2), locale.toString(agreement.low, 'f', 2),
                           locale.toString(agreement.high, 'f', 2));
    if (const ReviewQueue::RandomTally tally = m_desk->queue().randomTally(); tally.judged >= kLeastDrawn) {
        const ShareEstimate noise = shareEstimate(tally.changed, tally.judged);
        shares << tr("wrong labels %1 % (%2–%3)")
                      .arg(locale.toString(100 * noise.share, 'f', 0), locale.toString(100 * noise.low, 'f', 0),
                           locale.toString(100 * noise.high, 'f', 0));
    }
    return shares.join(QStringLiteral(" · "));
}

} // namespace mien
