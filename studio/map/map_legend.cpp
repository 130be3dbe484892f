#include "studio/map/map_legend.h"

#include "studio/common/theme.h"

#include <QCheckBox>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

QPixmap sign(const QWidget &widget, Marker marker, const QColor &color)
{
    const int side = Theme::space(12);
    QPixmap pixmap(QSize(side, side) * widget.devicePixelRatioF());
    pixmap.setDevicePixelRatio(widget.devicePixelRatioF());
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    Theme::paintMarker(painter, QRectF(0, 0, side, side), marker, color);
    return pixmap;
}

/// The scale of a number.
class ScaleBar : public QWidget
{
public:
    explicit ScaleBar(std::vector<QRgb> colors)
        : m_colors(std::move(colors))
    {
        setFixedHeight(Theme::space(12));
        setMinimumWidth(Theme::space(24) * 6);
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        QLinearGradient gradient(0, 0, width(), 0);
        for (std::size_t i = 0; i < m_colors.size(); ++i)
            gradient.setColorAt(double(i) / double(std::max<std::size_t>(1, m_colors.size() - 1)), QColor(m_colors[i]));
        painter.setPen(Qt::NoPen);
        painter.setBrush(gradient);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.drawRoundedRect(rect(), 3, 3);
    }

private:
    std::vector<QRgb> m_colors;
};

QString numberText(float value)
{
    const double size = std::abs(double(value));
    return QLocale().toString(double(value), 'f', size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

} // namespace

MapLegend::MapLegend(QWidget *parent)
    : QFrame(parent)
    , m_lines(new QVBoxLayout(this))
{
    setObjectName(QStringLiteral("mapLegend"));
    setProperty("card", true);
    m_lines->setContentsMargins(Theme::space(12), Theme::space(8), Theme::space(12), Theme::space(8));
    m_lines->setSpacing(0);
}

void MapLegend::showAll()
{
    m_hidden.clear();
    m_shown.clear();
}

void MapLegend::setShapesShow(bool show)
{
    if (show == m_shapesShow)
        return;
    m_shapesShow = show;
    if (m_hint) {
        m_hint->setVisible(!show);
        m_content->layout()->activate(); // now, not with the next event
        m_lines->activate();
        adjustSize();
    }
}

void MapLegend::setContent(const MapColumn &color, const MapPalette &palette, const MapLook &look,
                           const QString &shapeTitle)
{
    const QLocale locale;
    const bool isNumber = color.kind == MapColumn::Kind::Numbers;
    // The largest of many; those without a value last.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < palette.entries.size(); ++i)
        if (look.counts[i] > 0)
            order.push_back(i);
    const auto isNone = [&](std::size_t i) { return palette.entries[i].code < 0; };
    qsizetype left = 0;
    if (order.size() > std::size_t(mostLines)) {
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(isNone(a), -look.counts[a]) < std::pair(isNone(b), -look.counts[b]);
        });
        left = qsizetype(order.size()) - mostLines;
        order.resize(std::size_t(mostLines));
    }
    QStringList lines{mapFieldWord(color.field), shapeTitle,
                      isNumber ? numberText(color.low) + numberText(color.high) : QString(),
                      Theme::instance().colors().dark ? QStringLiteral("dark") : QStringLiteral("light")};
    for (const std::size_t i : order)
        lines << palette.entries[i].chip + palette.entries[i].word + locale.toString(look.counts[i]);
    for (std::size_t i = 0; i < palette.shapes.size(); ++i)
        lines << palette.shapes[i].word + locale.toString(look.shapeCounts[i]);
    if (lines == m_shown)
        return;
    m_shown = lines;
    const QString focused = m_content && m_content->focusWidget() && m_content->focusWidget()->hasFocus()
                                ? m_content->focusWidget()->objectName()
                                : QString();
    delete m_content;
    m_hint = nullptr;
    m_content = new QWidget;
    m_lines->addWidget(m_content);
    auto *column = new QVBoxLayout(m_content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(4));
    auto *title = new QLabel(mapFieldWord(color.field));
    Theme::setType(title, Theme::Type::Heading);
    column->addWidget(title);
    if (isNumber) {
        column->addWidget(new ScaleBar({palette.colors.begin(), palette.colors.end() - 1}));
        auto *ends = new QLabel(QStringLiteral("%1 – %2").arg(numberText(color.low), numberText(color.high)));
        ends->setToolTip(tr("The outermost percent at either end has the colour of the end."));
        Theme::setType(ends, Theme::Type::Numbers);
        column->addWidget(ends);
    } else if (color.kind == MapColumn::Kind::Nothing) {
        column->addWidget(new QLabel(tr("No face has this value.")));
    }
    for (const std::size_t i : order) {
        const MapLegendEntry &entry = palette.entries[i];
        const QString count = locale.toString(look.counts[i]);
        auto *line =
            new QCheckBox(entry.chip.isEmpty() ? QStringLiteral("%1  %2").arg(entry.word, count)
                                               : QStringLiteral("%1  %2  %3").arg(entry.chip, entry.word, count));
        line->setObjectName(QStringLiteral("mapLegend.%1").arg(entry.code));
        line->setAccessibleName(tr("%1, %2 faces").arg(entry.word, count));
        line->setToolTip(tr("Shows or hides these points"));
        line->setIconSize(QSize(Theme::space(12), Theme::space(12)));
        line->setIcon(sign(*this, palette.shapes.empty() ? Marker::Circle : Marker::Square, entry.color));
        line->setChecked(!m_hidden.contains(entry.code));
        connect(line, &QCheckBox::toggled, this, [this, code = int(entry.code)](bool shown) {
            if (shown)
                m_hidden.remove(code);
            else
                m_hidden.insert(code);
            Q_EMIT hiddenChanged();
        });
        column->addWidget(line);
        if (line->objectName() == focused)
            line->setFocus();
    }
    if (left > 0)
        column->addWidget(Theme::words(tr("and %1 more").arg(locale.toString(left)), Theme::Type::Secondary));
    if (!palette.shapes.empty()) {
        auto *shapes = new QLabel(shapeTitle);
        Theme::setType(shapes, Theme::Type::Heading);
        column->addWidget(shapes);
        int count = 0;
        for (std::size_t i = 0; i < palette.shapes.size() && count < mostLines; ++i) {
            if (look.shapeCounts[i] == 0)
                continue;
            ++count;
            auto *line = new QWidget;
            auto *row = new QHBoxLayout(line);
            row->setContentsMargins(0, 0, 0, 0);
            auto *picture = new QLabel;
            picture->setPixmap(sign(*this, palette.shapes[i].marker, Theme::instance().colors().text));
            row->addWidget(picture);
            row->addWidget(
                new QLabel(QStringLiteral("%1  %2").arg(palette.shapes[i].word, locale.toString(look.shapeCounts[i]))),
                1);
            column->addWidget(line);
        }
        auto *hint = new QLabel(tr("Shapes show once you zoom in.")); // on one line: a card's height follows no width
        Theme::setType(hint, Theme::Type::Secondary);
        m_hint = hint;
        m_hint->setObjectName(QStringLiteral("mapShapesHint"));
        m_hint->setVisible(!m_shapesShow);
        column->addWidget(m_hint);
    }
    m_content->show();
    adjustSize();
}

} // namespace mien
