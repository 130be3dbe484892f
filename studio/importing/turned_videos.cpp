#include "studio/importing/turned_videos.h"

#include "studio/common/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QPainter>
#include <QPushButton>
#include <QTransform>
#include <QVBoxLayout>

namespace mien {

namespace {

/// As stored, an arrow, as turned; on the canvas colour.
QPixmap pairOf(const FaceTrial::Turn &turn, double ratio)
{
    const ThemeColors &colors = Theme::instance().colors();
    const int side = Theme::space(120), gap = Theme::space(24);
    QPixmap pair(QSize(2 * side + gap, side) * ratio);
    pair.setDevicePixelRatio(ratio);
    pair.fill(colors.canvas);
    QPainter painter(&pair);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    const auto paint = [&](const QImage &image, double left) {
        QRectF place(QPointF(), QSizeF(image.size()).scaled(side, side, Qt::KeepAspectRatio));
        place.moveCenter({left + side / 2.0, side / 2.0});
        painter.drawImage(place, image);
    };
    paint(turn.turned.transformed(QTransform().rotate(-turn.turnedDeg)), 0);
    paint(turn.turned, side + gap);
    painter.setPen(colors.text);
    painter.drawText(QRectF(side, 0, gap, side), Qt::AlignCenter, QStringLiteral("→"));
    return pair;
}

} // namespace

TurnedVideos::TurnedVideos(QWidget *parent)
    : QWidget(parent)
    , m_words(Theme::words({}))
    , m_sheet(new QListWidget)
    , m_all(new QPushButton)
    , m_choice(new QPushButton)
{
    setObjectName(QStringLiteral("turnedVideos"));
    m_words->setObjectName(QStringLiteral("turnedWords"));
    m_sheet->setObjectName(QStringLiteral("turnedSheet"));
    m_sheet->setAccessibleName(tr("Videos that would be turned"));
    m_sheet->setViewMode(QListView::IconMode);
    m_sheet->setResizeMode(QListView::Adjust);
    m_sheet->setMovement(QListView::Static);
    m_sheet->setIconSize({2 * Theme::space(120) + Theme::space(24), Theme::space(120)});
    m_sheet->setSpacing(Theme::space(4));
    m_sheet->setTextElideMode(Qt::ElideMiddle);
    m_all->setObjectName(QStringLiteral("turnedAll"));
    m_choice->setObjectName(QStringLiteral("turnedChoice"));
    connect(m_all, &QPushButton::clicked, this, &TurnedVideos::allWanted);
    connect(m_choice, &QPushButton::clicked, this, [this] { Q_EMIT turningChosen(!m_turns); });
    connect(&Theme::instance(), &Theme::changed, this, &TurnedVideos::paintPairs);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::space(8));
    buttons->addWidget(m_all);
    buttons->addStretch();
    buttons->addWidget(m_choice);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::space(8), 0, 0);
    column->setSpacing(Theme::space(8));
    column->addWidget(m_words);
    column->addWidget(m_sheet, 1);
    column->addLayout(buttons);
    column->addStretch();
}

void TurnedVideos::paintPairs()
{
    for (int i = 0; i < m_sheet->count(); ++i)
        m_sheet->item(i)->setIcon(pairOf(m_pairs[std::size_t(i)], devicePixelRatioF()));
}

void TurnedVideos::refresh(const FaceTrial &trial, bool turns, int allCount)
{
    const QLocale locale;
    m_turns = turns;
    const auto count = int(trial.turns().size());
    const QString of = locale.toString(trial.videosWanted());
    if (!turns)
        m_words->setText(tr("Videos are shown and searched as their files say, or as chosen beside “Rotation”."));
    else if (trial.framesWanted() == 0)
        m_words->setText(tr("There is no video to try."));
    else if (trial.isRunning() && count == 0)
        m_words->setText(tr("Looking for videos that lie on their side…"));
    else if (count == 0)
        m_words->setText(tr("None of the %1 videos that were tried lies on its side.").arg(of));
    else
        m_words->setText(tr("%Ln of the %1 videos that were tried would be turned, because their faces lie on the"
                            " side. Left as stored, right as turned.",
                            nullptr, count)
                             .arg(of));
    m_sheet->setVisible(turns && count > 0);
    if (!turns || m_sheet->count() > count) {
        m_sheet->clear();
        m_pairs.clear();
    }
    for (int i = m_sheet->count(); turns && i < count; ++i) {
        const FaceTrial::Turn &turn = trial.turns()[std::size_t(i)];
        const QString words = tr("%1, turned by %2°").arg(turn.video).arg(turn.turnedDeg);
        m_pairs.push_back(turn);
        auto *item = new QListWidgetItem(pairOf(turn, devicePixelRatioF()), words, m_sheet);
        item->setToolTip(words);
    }
    m_all->setText(tr("Look through all %Ln video(s)", nullptr, allCount));
    m_all->setAccessibleName(m_all->text());
    m_all->setVisible(turns && !trial.isRunning() && trial.videosWanted() < allCount);
    m_choice->setText(turns ? tr("Turn none of them") : tr("Turn videos by their faces"));
    m_choice->setAccessibleName(m_choice->text());
    m_choice->setVisible(!turns || count > 0);
}

} // namespace mien
