#include "studio/review/source_panel.h"

#include "studio/common/strip_panel.h"
#include "studio/common/theme.h"

#include <QLabel>
#include <QLocale>
#include <QPainter>
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
    std::vector<Row> rows;
    QString message, caption;

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
        const ThemeColors &colors = Theme::instance().colors();
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.canvas);
        painter.drawRoundedRect(rect(), 6, 6);
        if (!picture.isNull()) {
            paintPicture(painter);
        } else if (!rows.empty()) {
            paintRows(painter);
        } else {
            painter.setPen(colors.secondary);
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
        if (!box)
            return;
        const double scale = place.width() / picture.width();
        const QRectF face(place.left() + box->x * scale, place.top() + box->y * scale, box->width * scale,
                          box->height * scale);
        // Seen on any picture: a light line within a dark one.
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(QColor(0, 0, 0, 160), 4));
        painter.drawRect(face);
        painter.setPen(QPen(Theme::instance().colors().accent, 2));
        painter.drawRect(face);
    }

    /// White on dark, at the lower edge of the picture: readable on any.
    void paintCaption(QPainter &painter, const QRectF &place) const
    {
        painter.setFont(Theme::instance().font(Theme::Type::Secondary));
        const QFontMetricsF metrics(painter.font());
        const double margin = Theme::space(4);
        QRectF ground(0, 0, metrics.horizontalAdvance(caption) + 2 * margin, metrics.height() + margin);
        ground.moveBottomLeft(place.bottomLeft() + QPointF(margin, -margin));
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
    , m_strip(new StripPanel)
    , m_facts(new QLabel)
{
    setObjectName(QStringLiteral("sourcePanel"));
    setAccessibleName(tr("Source of the face"));
    m_facts->setObjectName(QStringLiteral("sourceFacts"));
    m_facts->setAccessibleName(tr("Where the face came from"));
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setWordWrap(true);
    m_facts->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    Theme::setType(m_facts, Theme::Type::Secondary);
    // Room for the whole chain, whatever is known of a face: nothing moves between two faces.
    m_facts->setFixedHeight(m_facts->fontMetrics().lineSpacing() * 4);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(4));
    layout->addWidget(m_canvas, 1);
    layout->addWidget(m_strip);
    layout->addWidget(m_facts);
    connect(&Theme::instance(), &Theme::changed, m_canvas, qOverload<>(&QWidget::update));
}

SourcePanel::~SourcePanel() = default;

QSize SourcePanel::sizeHint() const
{
    return {Theme::space(420), Theme::space(420)};
}

QSize SourcePanel::minimumSizeHint() const
{
    return {Theme::space(160), Theme::space(160)};
}

void SourcePanel::setPicture(const QImage &picture, std::optional<BoxPx> box)
{
    m_canvas->picture = picture;
    m_canvas->caption.clear();
    m_canvas->box = box;
    m_canvas->rows.clear();
    m_canvas->message.clear();
    m_canvas->update();
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
    m_canvas->picture = {};
    m_canvas->rows = std::move(rows);
    m_canvas->message.clear();
    m_canvas->update();
}

const std::vector<SourcePanel::Row> &SourcePanel::rows() const
{
    return m_canvas->rows;
}

void SourcePanel::setMessage(const QString &message)
{
    m_canvas->picture = {};
    m_canvas->rows.clear();
    m_canvas->message = message;
    m_canvas->update();
}

void SourcePanel::setFacts(const QStringList &lines)
{
    m_facts->setText(lines.join(QLatin1Char('\n')));
    setAccessibleDescription(lines.join(QStringLiteral(", ")));
}

} // namespace mien
