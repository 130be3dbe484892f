#include "studio/attention/attention_panel.h"

#include "studio/common/theme.h"

#include <QLinearGradient>
#include <QLocale>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace mien {

AttentionPanel::AttentionPanel(QWidget *parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("attentionPanel"));
    setAccessibleName(tr("Attention of the network"));
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void AttentionPanel::setFace(const QImage &face)
{
    m_face = face;
    m_attention.reset();
    m_message.clear();
    update();
}

void AttentionPanel::setAttention(const Attention &attention, const QString &classWord)
{
    m_attention = attention;
    m_classWord = classWord;
    setAccessibleDescription(attention.inconsistency
                                 ? tr("Map for %1, inconsistency between the mirrored views %2")
                                       .arg(classWord, QLocale().toString(*attention.inconsistency, 'f', 2))
                                 : tr("Map for %1").arg(classWord));
    update();
}

void AttentionPanel::setMessage(const QString &message)
{
    m_attention.reset();
    m_message = message;
    update();
}

void AttentionPanel::setPair(bool pair)
{
    m_pair = pair;
    update();
}

void AttentionPanel::setScale(ColourScale scale)
{
    m_scale = scale;
    update();
}

void AttentionPanel::setOpacity(double opacity)
{
    m_opacity = std::clamp(opacity, 0.0, 1.0);
    update();
}

QSize AttentionPanel::sizeHint() const
{
    const int width = Theme::space(260);
    return {width, fullHeight(width)};
}

QSize AttentionPanel::minimumSizeHint() const
{
    const int width = Theme::space(160);
    return {width, Theme::space(120)};
}

int AttentionPanel::fullHeight(int width) const
{
    return width + fontMetrics().height() * 3;
}

void AttentionPanel::paintMap(QPainter &painter, const QRectF &box, const QImage &face, const HeatMap &map,
                              ColourScale scale, float low, float high, const QString &caption)
{
    const ThemeColors &colors = Theme::instance().colors();
    const double line = fontMetrics().height();
    QRectF place = box.adjusted(0, 0, 0, -line - 2);
    const double side = std::min(place.width(), place.height());
    place = QRectF(place.center().x() - side / 2, place.top(), side, side);
    const double scaleFactor = devicePixelRatioF();
    const QSize pixels = (place.size() * scaleFactor).toSize().expandedTo(QSize(1, 1));
    painter.drawImage(place, overlaid(face, map, scale, low, high, m_opacity, pixels));
    painter.setPen(colors.secondary);
    painter.drawText(QRectF(box.left(), place.bottom() + 2, box.width(), line), Qt::AlignHCenter | Qt::AlignTop,
                     fontMetrics().elidedText(caption, Qt::ElideRight, static_cast<int>(box.width())));
}

void AttentionPanel::paintLegend(QPainter &painter, const QRectF &box, ColourScale scale, float low, float high,
                                 const QString &unit)
{
    const ThemeColors &colors = Theme::instance().colors();
    QLinearGradient gradient(box.topLeft(), box.topRight());
    for (int i = 0; i <= 10; ++i)
        gradient.setColorAt(i / 10.0, colourOf(scale, i / 10.0));
    const QRectF bar(box.left(), box.top(), box.width(), 6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(gradient);
    painter.drawRoundedRect(bar, 3, 3);
    painter.setPen(colors.secondary);
    const QRectF text(box.left(), bar.bottom() + 1, box.width(), fontMetrics().height());
    const QLocale locale;
    painter.drawText(text, Qt::AlignLeft, locale.toString(low, 'g', 2));
    painter.drawText(text, Qt::AlignHCenter, unit);
    painter.drawText(text, Qt::AlignRight, locale.toString(high, 'g', 2));
}

AttentionPanel::Span AttentionPanel::spanOf(const std::pair<float, float> &range) const
{
    const auto [low, high] = range;
    if (low >= 0)
        return {m_scale, low, high};
    // Evidence against the class as well: blue is against it, orange for it, grey neither.
    const float reach = std::max(-low, std::abs(high));
    return {ColourScale::Signed, -reach, reach};
}

void AttentionPanel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors &colors = Theme::instance().colors();
    painter.setFont(Theme::instance().font(Theme::Type::Secondary));
    const double line = painter.fontMetrics().height();
    if (!m_attention || m_face.isNull()) {
        const double side = std::min<double>(width(), height() - line);
        const QRectF place((width() - side) / 2, 0, side, side);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.canvas);
        painter.drawRoundedRect(place, 4, 4);
        painter.setPen(colors.secondary);
        painter.drawText(place.adjusted(12, 12, -12, -12), Qt::AlignCenter | Qt::TextWordWrap, m_message);
        return;
    }
    const QRectF legend(0, height() - line - 9, width(), line + 9);
    const QRectF maps(0, 0, width(), legend.top() - 6);
    if (!m_pair || m_attention->mirrored.isEmpty()) {
        const Span span = spanOf(m_attention->view.range());
        paintMap(
            painter, maps, m_face, m_attention->view, span.scale, span.low, span.high,
            m_attention->inconsistency
                ? tr("%1 · inconsistency %2").arg(m_classWord, QLocale().toString(*m_attention->inconsistency, 'f', 2))
                : m_classWord);
        paintLegend(painter, legend, span.scale, span.low, span.high, tr("evidence"));
        return;
    }
    // The mirrored view is shown as the network saw it, its map flipped back for the difference only.
    const HeatMap back = m_attention->mirrored.mirrored();
    const HeatMap change = difference(m_attention->view, back);
    const auto [low, high] = m_attention->view.range();
    const auto [mirrorLow, mirrorHigh] = m_attention->mirrored.range();
    const Span pair = spanOf({std::min(low, mirrorLow), std::max(high, mirrorHigh)});
    const auto [changeLow, changeHigh] = change.range();
    const float reach = std::max({std::abs(changeLow), std::abs(changeHigh), 1e-6f});
    const double gap = Theme::space(8);
    const double half = (maps.width() - gap) / 2, top = maps.height() * 0.5;
    paintMap(painter, QRectF(0, 0, half, top), m_face, m_attention->view, pair.scale, pair.low, pair.high,
             tr("as it is"));
    paintMap(painter, QRectF(half + gap, 0, half, top), m_face.mirrored(true, false), m_attention->mirrored, pair.scale,
             pair.low, pair.high, tr("mirrored"));
    paintMap(painter, QRectF(0, top + 4, half, maps.height() - top - 4), m_face, change, ColourScale::Signed, -reach,
             reach, tr("difference"));
    const QRectF words(half + gap, top + 4, half, maps.height() - top - 4);
    painter.setPen(colors.secondary);
    QStringList text{tr("for %1").arg(m_classWord)};
    if (m_attention->inconsistency)
        text << tr("inconsistency %1").arg(QLocale().toString(*m_attention->inconsistency, 'f', 2))
             << tr("0: same evidence in both views, 2: unrelated");
    painter.drawText(words, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, text.join(QLatin1Char('\n')));
    paintLegend(painter, QRectF(0, legend.top(), half, legend.height()), pair.scale, pair.low, pair.high,
                tr("evidence"));
    paintLegend(painter, QRectF(half + gap, legend.top(), half, legend.height()), ColourScale::Signed, -reach, reach,
                tr("difference"));
}

} // namespace mien
