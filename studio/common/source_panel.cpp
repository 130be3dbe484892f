#include "studio/common/source_panel.h"

#include "studio/common/found_faces.h"
#include "studio/common/icons.h"
#include "studio/common/strip_panel.h"
#include "studio/common/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

/// The picture with its box, the rows, or a sentence; on the canvas colour.
class SourcePanel::Canvas : public QWidget
{
public:
    Canvas() { setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding); }

    QImage picture;
    std::optional<BoxPx> box;
    std::optional<PreviewFaces> found;
    std::vector<Row> rows;
    QString message, caption;

    void clear()
    {
        picture = {};
        box.reset();
        found.reset();
        rows.clear();
        message.clear();
        caption.clear();
        update();
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        paintCanvas(painter, rect());
        if (!picture.isNull()) {
            paintPicture(painter);
        } else if (!rows.empty()) {
            paintRows(painter);
        } else {
            painter.setPen(Theme::instance().colors().secondary);
            const int margin = Theme::space(24);
            painter.drawText(rect().adjusted(margin, margin, -margin, -margin), Qt::AlignCenter | Qt::TextWordWrap,
                             message);
        }
    }

private:
    void paintPicture(QPainter &painter) const
    {
        const double margin = Theme::space(12);
        const QRectF space = QRectF(rect()).adjusted(margin, margin, -margin, -margin);
        QRectF place(QPointF(), QSizeF(picture.size()).scaled(space.size(), Qt::KeepAspectRatio));
        place.moveCenter(space.center());
        painter.drawImage(place, picture);
        if (!caption.isEmpty())
            paintCaption(painter, place);
        if (found)
            paintFoundFaces(painter, *found, place);
        else if (box)
            paintFaceBox(painter, QRectF(box->x, box->y, box->width, box->height), place, picture.width());
    }

    /// White on dark, at the lower edge of the picture: readable on any.
    void paintCaption(QPainter &painter, const QRectF &place) const
    {
        painter.setFont(Theme::instance().font(Theme::Type::Secondary));
        const QFontMetricsF metrics(painter.font());
        const double margin = Theme::space(4);
        QRectF ground(0, 0, metrics.horizontalAdvance(caption) + 2 * margin, metrics.height() + margin);
        ground.moveBottomLeft(place.bottomLeft() + QPointF(margin, -margin));
        ground.moveRight(std::min(ground.right(), width() - margin)); // beside a narrow picture
        painter.setPen(Qt::NoPen);
        painter.setBrush(QColor(0, 0, 0, 170));
        painter.drawRoundedRect(ground, 3, 3);
        painter.setPen(Qt::white);
        painter.drawText(ground, Qt::AlignCenter, caption);
    }

    /// As many lines as fit their faces best; the row under review in the middle.
    void paintRows(QPainter &painter) const
    {
        const ThemeColors &colors = Theme::instance().colors();
        QFont small = Theme::instance().font(Theme::Type::Secondary);
        painter.setFont(small);
        const double gap = Theme::space(8), line = painter.fontMetrics().height();
        const int count = static_cast<int>(rows.size());
        double side = 0;
        int columns = 1;
        for (int tried = 1; tried <= count; ++tried) {
            const int lines = (count + tried - 1) / tried;
            const double fits =
                std::min((width() - gap * (tried + 1)) / tried, (height() - gap * (lines + 1)) / lines - line);
            if (fits > side) {
                side = fits;
                columns = tried;
            }
        }
        side = std::min(side, double(Theme::space(160)));
        const int lines = (count + columns - 1) / columns;
        const double left = (width() - columns * side - (columns - 1) * gap) / 2;
        const double top = (height() - lines * (side + line) - (lines - 1) * gap) / 2;
        for (int i = 0; i < count; ++i) {
            const Row &row = rows[static_cast<std::size_t>(i)];
            const QRectF cell(left + i % columns * (side + gap), top + i / columns * (side + line + gap), side, side);
            if (!row.picture.isNull())
                painter.drawImage(cell, row.picture);
            if (row.given)
                Theme::paintChip(painter, {cell.left() + 2, cell.bottom() - Theme::chipHeight(small) - 2},
                                 Theme::instance().lookOf(*row.given), ChipStyle::Filled);
            if (row.current) {
                painter.setPen(QPen(colors.accent, 2));
                painter.setBrush(Qt::NoBrush);
                painter.drawRect(cell.adjusted(-2, -2, 2, 2));
            }
            painter.setPen(row.current ? colors.text : colors.secondary);
            painter.drawText(QRectF(cell.left(), cell.bottom() + 2, side, line), Qt::AlignHCenter | Qt::AlignTop,
                             QLocale().toString(row.number));
        }
    }
};

SourcePanel::SourcePanel(QWidget *parent)
    : QWidget(parent)
    , m_canvas(new Canvas)
    , m_bar(new QWidget)
    , m_play(makeButton("sourcePlay", "play", tr("Play the moment")))
    , m_back(makeButton("sourceBack", "left", tr("Frame back")))
    , m_forward(makeButton("sourceForward", "right", tr("Frame forward")))
    , m_detect(makeButton("sourceDetect", "person", tr("Find faces")))
    , m_strip(new StripPanel)
    , m_facts(new QLabel)
{
    setObjectName(QStringLiteral("sourcePanel"));
    m_canvas->setObjectName(QStringLiteral("sourceCanvas"));
    setAccessibleName(tr("Source of the face"));
    m_facts->setObjectName(QStringLiteral("sourceFacts"));
    m_facts->setAccessibleName(tr("Where the face came from"));
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setWordWrap(true);
    m_facts->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    Theme::setType(m_facts, Theme::Type::Secondary);
    // Room for the whole chain, whatever is known of a face: nothing moves between two faces.
    m_facts->setFixedHeight(m_facts->fontMetrics().lineSpacing() * 4);
    m_play->setToolTip(tr("Plays the two seconds before and behind the face, or stops."));
    m_detect->setText(m_detect->accessibleName());
    m_detect->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_detect->setCheckable(true);
    m_detect->setToolTip(tr("Draws every face that is found in the picture, with its points. A video plays slower."));
    auto *bar = new QHBoxLayout(m_bar);
    bar->setContentsMargins(0, 0, 0, 0);
    bar->setSpacing(Theme::space(4));
    for (QToolButton *button : {m_play, m_back, m_forward})
        bar->addWidget(button);
    bar->addStretch();
    bar->addWidget(m_detect);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(4));
    layout->addWidget(m_canvas, 1);
    layout->addWidget(m_bar);
    layout->addWidget(m_strip);
    layout->addWidget(m_facts);
    connect(&Theme::instance(), &Theme::changed, m_canvas, qOverload<>(&QWidget::update));
    connect(m_play, &QToolButton::clicked, this, &SourcePanel::playWanted);
    connect(m_back, &QToolButton::clicked, this, [this] { Q_EMIT stepWanted(-1); });
    connect(m_forward, &QToolButton::clicked, this, [this] { Q_EMIT stepWanted(1); });
    connect(m_detect, &QToolButton::clicked, this, &SourcePanel::detectionWanted);
    setKind(Kind::Nothing);
}

SourcePanel::~SourcePanel() = default;

QSize SourcePanel::sizeHint() const
{
    return {Theme::space(420), Theme::space(420)};
}

QSize SourcePanel::minimumSizeHint() const
{
    return {Theme::space(160), m_keepsPicture ? layout()->minimumSize().height() : Theme::space(160)};
}

void SourcePanel::setLeastPictureHeight(int px)
{
    m_keepsPicture = true;
    m_canvas->setMinimumHeight(px);
    updateGeometry();
}

QToolButton *SourcePanel::makeButton(const char *name, const char *iconName, const QString &words)
{
    auto *button = new QToolButton;
    button->setObjectName(QLatin1String(name));
    button->setAccessibleName(words);
    button->setToolTip(words);
    button->setIcon(icon(QLatin1String(iconName)));
    button->setIconSize({Theme::space(16), Theme::space(16)});
    button->setFocusPolicy(Qt::TabFocus); // a click must not take the keys from the face under review
    return button;
}

void SourcePanel::setKind(Kind kind)
{
    for (QToolButton *button : {m_play, m_back, m_forward})
        button->setVisible(kind == Kind::Video);
    m_bar->setVisible(kind != Kind::Nothing);
}

void SourcePanel::setPlaying(bool playing)
{
    m_play->setIcon(icon(playing ? QStringLiteral("pause") : QStringLiteral("play")));
    m_play->setAccessibleName(playing ? tr("Stop playing") : tr("Play the moment"));
}

void SourcePanel::setDetecting(bool detects)
{
    m_detect->setChecked(detects);
}

void SourcePanel::setPicture(const QImage &picture, std::optional<BoxPx> box)
{
    m_canvas->clear();
    m_canvas->picture = picture;
    m_canvas->box = box;
}

void SourcePanel::setFound(const PreviewFaces &found)
{
    m_canvas->clear();
    m_canvas->picture = found.picture;
    m_canvas->found = found;
    m_canvas->setAccessibleDescription(tr("%Ln face(s) found", nullptr, int(found.boxes.size())));
}

int SourcePanel::facesFound() const
{
    return m_canvas->found ? int(m_canvas->found->boxes.size()) : -1;
}

void SourcePanel::setCaption(const QString &text)
{
    m_canvas->caption = text;
    m_canvas->update();
}

QString SourcePanel::caption() const
{
    return m_canvas->caption;
}

void SourcePanel::setRows(std::vector<Row> rows)
{
    m_canvas->clear();
    m_canvas->rows = std::move(rows);
}

const std::vector<SourcePanel::Row> &SourcePanel::rows() const
{
    return m_canvas->rows;
}

void SourcePanel::setMessage(const QString &message)
{
    m_canvas->clear();
    m_canvas->message = message;
}

void SourcePanel::setFacts(const QStringList &lines)
{
    m_facts->setText(lines.join(QLatin1Char('\n')));
    setAccessibleDescription(lines.join(QStringLiteral(", ")));
}

} // namespace mien
