#include "studio/importing/turned_videos.h"

#include "studio/common/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QPainter>
#include <QPushButton>
#include <QTransform>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {

constexpr int kLookRole = Qt::UserRole, kRankRole = Qt::UserRole + 1;

/// As stored, and where it is turned an arrow and as turned; on the canvas colour.
QPixmap pairOf(const FaceTrial::Look &look, int turnDeg, double ratio)
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
    const QImage stored = look.picture.transformed(QTransform().rotate(-look.turnedDeg));
    if (turnDeg == 0) {
        paint(stored, (side + gap) / 2.0);
        return pair;
    }
    paint(stored, 0);
    paint(stored.transformed(QTransform().rotate(turnDeg)), side + gap);
    painter.setPen(colors.text);
    painter.drawText(QRectF(side, 0, gap, side), Qt::AlignCenter, QStringLiteral("→"));
    return pair;
}

/// What a person has to look at comes first.
int rankOf(const FaceTrial::Look &look)
{
    if (look.video.turnDeg || look.turnedDeg != 0)
        return 0;
    return look.faces == 0 ? 1 : 2;
}

} // namespace

TurnedVideos::TurnedVideos(QWidget *parent)
    : QWidget(parent)
    , m_words(Theme::words({}))
    , m_sheet(new QListWidget)
    , m_choiceRow(new QWidget(this))
    , m_all(new QPushButton)
    , m_choice(new QPushButton)
{
    setObjectName(QStringLiteral("turnedVideos"));
    m_words->setObjectName(QStringLiteral("turnedWords"));
    m_sheet->setObjectName(QStringLiteral("turnedSheet"));
    m_sheet->setAccessibleName(tr("Videos and how they lie"));
    m_sheet->setViewMode(QListView::IconMode);
    m_sheet->setResizeMode(QListView::Adjust);
    m_sheet->setMovement(QListView::Static);
    m_sheet->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_sheet->setIconSize({2 * Theme::space(120) + Theme::space(24), Theme::space(120)});
    m_sheet->setGridSize({m_sheet->iconSize().width() + Theme::space(16),
                          m_sheet->iconSize().height() + 2 * m_sheet->fontMetrics().lineSpacing() + Theme::space(16)});
    m_sheet->setWordWrap(true); // name and state
    m_sheet->installEventFilter(this);
    m_choiceRow->setObjectName(QStringLiteral("turnedChoices"));
    auto *choices = new QHBoxLayout(m_choiceRow);
    choices->setContentsMargins(0, 0, 0, 0);
    choices->setSpacing(Theme::space(8));
    choices->addWidget(new QLabel(tr("The selected videos:")));
    addChoice({}, Qt::Key_A, "turnedAuto", tr("Automatic"), tr("As chosen beside “Rotation” (key A)"));
    addChoice(0, Qt::Key_0, "turned0", tr("As stored"), tr("Turn the selected videos by nothing (key 0)"));
    addChoice(90, Qt::Key_9, "turned90", tr("90°"), tr("Turn the selected videos by 90° clockwise (key 9)"));
    addChoice(180, Qt::Key_1, "turned180", tr("180°"), tr("Turn the selected videos by 180° (key 1)"));
    addChoice(270, Qt::Key_2, "turned270", tr("270°"), tr("Turn the selected videos by 270° clockwise (key 2)"));
    choices->addStretch();
    m_all->setObjectName(QStringLiteral("turnedAll"));
    m_choice->setObjectName(QStringLiteral("turnedChoice"));
    connect(m_all, &QPushButton::clicked, this, &TurnedVideos::allWanted);
    connect(m_choice, &QPushButton::clicked, this, [this] { Q_EMIT turningChosen(!m_turns); });
    connect(m_sheet, &QListWidget::itemSelectionChanged, this, &TurnedVideos::markChoice);
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
    column->addWidget(m_choiceRow);
    column->addLayout(buttons);
    column->addStretch();
    markChoice();
}

void TurnedVideos::addChoice(std::optional<int> turnDeg, int key, const char *name, const QString &words,
                             const QString &help)
{
    auto *button = new QPushButton(words);
    button->setObjectName(QLatin1String(name));
    button->setAccessibleName(tr("%1: how the selected videos lie").arg(words));
    button->setToolTip(help);
    button->setCheckable(true);
    connect(button, &QPushButton::clicked, this, [this, turnDeg] { choose(turnDeg); });
    m_choiceRow->layout()->addWidget(button);
    m_choices.push_back({turnDeg, key, button});
}

void TurnedVideos::choose(std::optional<int> turnDeg)
{
    for (const QListWidgetItem *item : m_sheet->selectedItems()) {
        const ImportedVideo video = m_looks[item->data(kLookRole).toUInt()].video;
        if (video.turnDeg != turnDeg)
            Q_EMIT turnChosen(video.path, turnDeg); // refresh() shows it
    }
    markChoice();
}

void TurnedVideos::markChoice()
{
    const auto selected = m_sheet->selectedItems();
    for (const Choice &choice : m_choices) {
        const bool isChosen = std::any_of(selected.begin(), selected.end(), [&](const QListWidgetItem *item) {
            return m_looks[item->data(kLookRole).toUInt()].video.turnDeg == choice.turnDeg;
        });
        choice.button->setChecked(isChosen);
        choice.button->setEnabled(!selected.isEmpty());
    }
}

void TurnedVideos::show(QListWidgetItem &item, const FaceTrial::Look &look)
{
    const int turnDeg = turnOf(look);
    const QString state = look.video.turnDeg == 0 ? tr("as stored, as you said")
                          : look.video.turnDeg    ? tr("turned by %1° as you said").arg(turnDeg)
                          : turnDeg != 0          ? tr("turned by %1°").arg(turnDeg)
                          : look.faces == 0       ? tr("no face was found")
                                                  : QString();
    const QString words = state.isEmpty() ? look.video.name : tr("%1, %2").arg(look.video.name, state);
    const QPixmap pair = pairOf(look, turnDeg, devicePixelRatioF());
    QIcon icon(pair);
    icon.addPixmap(pair, QIcon::Selected); // a face is looked at in its own colours
    item.setIcon(icon);
    item.setText(m_sheet->fontMetrics().elidedText(look.video.name, Qt::ElideMiddle, m_sheet->iconSize().width()) +
                 QLatin1Char('\n') + state);
    item.setToolTip(words);
    item.setData(Qt::AccessibleTextRole, words);
}

void TurnedVideos::add(const FaceTrial::Look &look)
{
    const int rank = rankOf(look);
    int row = 0;
    while (row < m_sheet->count() && m_sheet->item(row)->data(kRankRole).toInt() <= rank)
        ++row;
    auto *item = new QListWidgetItem;
    item->setData(kLookRole, uint(m_looks.size()));
    item->setData(kRankRole, rank);
    show(*item, look);
    m_looks.push_back(look);
    m_sheet->insertItem(row, item);
}

void TurnedVideos::paintPairs()
{
    for (int i = 0; i < m_sheet->count(); ++i)
        show(*m_sheet->item(i), m_looks[m_sheet->item(i)->data(kLookRole).toUInt()]);
}

void TurnedVideos::refresh(const FaceTrial &trial, bool turns, int allCount)
{
    const QLocale locale;
    m_turns = turns;
    const std::vector<FaceTrial::Look> &looks = trial.looks();
    const auto isTheSame = [](const FaceTrial::Look &shown, const FaceTrial::Look &look) {
        return shown.video.path == look.video.path && shown.turnedDeg == look.turnedDeg && shown.faces == look.faces;
    };
    if (m_looks.size() > looks.size() || !std::equal(m_looks.begin(), m_looks.end(), looks.begin(), isTheSame)) {
        m_sheet->clear(); // of another trial
        m_looks.clear();
    }
    for (int i = 0; i < m_sheet->count(); ++i) {
        QListWidgetItem &item = *m_sheet->item(i);
        FaceTrial::Look &shown = m_looks[item.data(kLookRole).toUInt()];
        const auto &now = looks[item.data(kLookRole).toUInt()].video.turnDeg;
        if (shown.video.turnDeg == now)
            continue;
        shown.video.turnDeg = now;
        show(item, shown);
    }
    while (m_looks.size() < looks.size())
        add(looks[m_looks.size()]);
    const auto count = int(std::count_if(looks.begin(), looks.end(), [](const FaceTrial::Look &look) {
        return !look.video.turnDeg && look.turnedDeg != 0;
    }));
    const auto said = int(std::count_if(looks.begin(), looks.end(),
                                        [](const FaceTrial::Look &look) { return look.video.turnDeg.has_value(); }));
    const QString of = locale.toString(trial.videosWanted());
    QString words;
    if (trial.framesWanted() == 0)
        words = tr("There is no video to try.");
    else if (!turns)
        words = tr("Videos are shown and searched as their files say, or as chosen beside “Rotation”.");
    else if (trial.isRunning() && count == 0)
        words = tr("Looking for videos that lie on their side…");
    else if (count == 0 && said == 0)
        words = tr("None of the %1 videos that were tried lies on its side.").arg(of);
    else if (count == 0)
        words =
            said == int(looks.size()) ? QString() : tr("None of the other videos that were tried lies on its side.");
    else
        words = tr("%Ln of the %1 videos that were tried would be turned, because their faces lie on the"
                   " side. Left as stored, right as turned.",
                   nullptr, count)
                    .arg(of);
    if (said > 0)
        words = (words + QLatin1Char(' ') + tr("%Ln video(s) lie as you said.", nullptr, said)).trimmed();
    m_words->setText(words);
    m_sheet->setVisible(!looks.empty());
    m_choiceRow->setVisible(!looks.empty());
    if (m_sheet->currentRow() < 0 && m_sheet->count() > 0 && !trial.isRunning())
        m_sheet->setCurrentRow(0); // so that the keys have a meaning
    m_all->setText(tr("Look through all %Ln video(s)", nullptr, allCount));
    m_all->setAccessibleName(m_all->text());
    m_all->setVisible(!trial.isRunning() && trial.videosWanted() < allCount);
    m_choice->setText(turns ? tr("Turn none of them") : tr("Turn videos by their faces"));
    m_choice->setAccessibleName(m_choice->text());
    m_choice->setVisible(!turns || count > 0);
    markChoice();
}

bool TurnedVideos::eventFilter(QObject *watched, QEvent *event)
{
    // Before the list looks for a name that begins so, and whatever the key means to the window.
    if (event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        const auto choice = std::find_if(m_choices.begin(), m_choices.end(),
                                         [key](const Choice &one) { return one.key == key->key(); });
        if (choice != m_choices.end() && (key->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier) {
            if (event->type() == QEvent::KeyPress)
                choose(choice->turnDeg);
            event->accept();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace mien
