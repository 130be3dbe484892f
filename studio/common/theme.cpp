#include "studio/common/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEvent>
#include <QFile>
#include <QFontDatabase>
#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>
#include <QPalette>
#include <QStyle>
#include <QStyleFactory>
#include <QTimer>
#include <QWidget>

#include <array>
#include <cmath>
#include <numbers>

namespace mien {

namespace {

QColor blended(const QColor &a, const QColor &b)
{
    return QColor((a.red() + b.red()) / 2, (a.green() + b.green()) / 2, (a.blue() + b.blue()) / 2);
}

double linear(double channel)
{
    return channel <= 0.03928 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor &color)
{
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

QPolygonF regularPolygon(const QRectF &box, int corners, double startDeg, double innerShare = 0)
{
    QPolygonF polygon;
    const QPointF centre = box.center();
    const double radius = box.width() / 2;
    const int points = innerShare > 0 ? corners * 2 : corners;
    for (int i = 0; i < points; ++i) {
        const double r = innerShare > 0 && i % 2 ? radius * innerShare : radius;
        const double angle = (startDeg + 360.0 * i / points) * std::numbers::pi / 180;
        polygon << QPointF(centre.x() + r * std::cos(angle), centre.y() + r * std::sin(angle));
    }
    return polygon;
}

struct CanonicalLook
{
    QRgb color;
    Marker marker;
    const char *code;
};

// Order of the codes of expression/1.
constexpr std::array<CanonicalLook, 9> expressionLooks{{{0x7A828C, Marker::Circle, "NE"},
                                                        {0xE69F00, Marker::TriangleUp, "HA"},
                                                        {0x0072B2, Marker::TriangleDown, "SA"},
                                                        {0x56B4E9, Marker::Star, "SU"},
                                                        {0xCC79A7, Marker::Diamond, "FE"},
                                                        {0x009E73, Marker::Square, "DI"},
                                                        {0xD55E00, Marker::Plus, "AN"},
                                                        {0xB8A500, Marker::Cross, "CO"},
                                                        {0x7A828C, Marker::Ring, "OT"}}};
constexpr std::array<CanonicalLook, 3> drowsinessLooks{
    {{0x009E73, Marker::Square, "AL"}, {0xE69F00, Marker::TriangleUp, "LV"}, {0xD55E00, Marker::Plus, "DR"}}};

QString styleSheet()
{
    QFile file(QStringLiteral(":/mien/style.qss"));
    QString sheet = file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    // Where paletteOf() keeps the colours of look.md; a sheet can name these roles only.
    static constexpr std::pair<const char *, const char *> names[] = {
        {"@window", "window"},      {"@panel", "base"},
        {"@text", "text"},          {"@secondary", "link-visited"},
        {"@separator", "mid"},      {"@handle", "shadow"},
        {"@danger", "bright-text"}, {"@warning", "midlight"},
        {"@accent", "highlight"},   {"@onAccent", "highlighted-text"}};
    for (const auto &[name, role] : names)
        sheet.replace(QLatin1String(name), QStringLiteral("palette(%1)").arg(QLatin1String(role)));
    return sheet;
}

} // namespace

Theme &Theme::instance()
{
    static Theme theme;
    return theme;
}

ThemeColors Theme::colorsOf(bool dark)
{
    ThemeColors c;
    c.dark = dark;
    c.window = QColor::fromRgb(dark ? 0x17191D : 0xF6F7F9);
    c.panel = QColor::fromRgb(dark ? 0x1F2227 : 0xFFFFFF);
    c.canvas = QColor::fromRgb(dark ? 0x0F1114 : 0xE9EBEE);
    c.text = QColor::fromRgb(dark ? 0xE7EAEE : 0x1B1F24);
    c.secondary = QColor::fromRgb(dark ? 0x9AA3AE : 0x5B6470);
    c.separator = QColor::fromRgb(dark ? 0x2C3138 : 0xDDE1E6);
    c.danger = QColor::fromRgb(dark ? 0xEF6B6B : 0xC62828);
    c.warning = QColor::fromRgb(dark ? 0xF0B04B : 0xB26A00);
    c.good = QColor::fromRgb(dark ? 0x6CC070 : 0x2E7D32);
    c.accent = QColor::fromRgb(dark ? 0x60A5FA : 0x3B82F6);
    c.onAccent = QColor::fromRgb(0x06101F);
    return c;
}

QPalette Theme::paletteOf(const ThemeColors &c)
{
    QPalette p;
    p.setColor(QPalette::Window, c.window);
    p.setColor(QPalette::WindowText, c.text);
    p.setColor(QPalette::Base, c.panel);
    p.setColor(QPalette::AlternateBase, c.window);
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::Button, c.panel);
    p.setColor(QPalette::ButtonText, c.text);
    p.setColor(QPalette::BrightText, c.danger);
    p.setColor(QPalette::PlaceholderText, c.secondary);
    p.setColor(QPalette::Highlight, c.accent);
    p.setColor(QPalette::HighlightedText, c.onAccent);
    p.setColor(QPalette::Link, c.dark ? c.accent : QColor::fromRgb(0x1D4ED8));
    p.setColor(QPalette::LinkVisited, c.secondary);
    p.setColor(QPalette::ToolTipBase, c.panel);
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::Light, c.panel);
    p.setColor(QPalette::Midlight, c.warning);
    p.setColor(QPalette::Mid, c.separator);
    p.setColor(QPalette::Dark, c.dark ? QColor(0x0B0C0E) : QColor(0xB9C0C8));
    p.setColor(QPalette::Shadow, blended(c.secondary, c.separator));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        QColor faded = c.secondary;
        faded.setAlphaF(0.65F);
        p.setColor(QPalette::Disabled, role, faded);
    }
    // An unfocused selection stays legible: the same colours as a focused one.
    p.setColor(QPalette::Inactive, QPalette::Highlight, c.accent);
    p.setColor(QPalette::Inactive, QPalette::HighlightedText, c.onAccent);
    return p;
}

double Theme::contrast(const QColor &a, const QColor &b)
{
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

void Theme::install(QApplication &application)
{
    m_application = &application;
    m_systemDark = systemIsDark();
    application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    application.installEventFilter(this);
    apply();
}

bool Theme::systemIsDark() const
{
    const QPalette system = QGuiApplication::palette();
    return system.color(QPalette::Window).lightness() < system.color(QPalette::WindowText).lightness();
}

void Theme::setMode(ThemeMode mode)
{
    if (m_mode == mode)
        return;
    m_mode = mode;
    apply();
}

void Theme::apply()
{
    if (!m_application)
        return;
    m_applying = true;
    m_colors = colorsOf(m_mode == ThemeMode::Dark || (m_mode == ThemeMode::System && m_systemDark));
    QApplication::setPalette(paletteOf(m_colors));
    if (m_application->styleSheet().isEmpty())
        m_application->setStyleSheet(styleSheet());
    else
        dressEverything();
    m_applying = false;
    Q_EMIT changed();
}

// Setting the sheet again would polish and lay out every widget of every page at once, a tenth of a second. Its colours
// are roles of the palette instead, which a widget looks up when it is dressed; sizes stay as they are.

void Theme::dressEverything()
{
    m_undressed.clear();
    m_stillOldColours.clear();
    for (QWidget *widget : QApplication::allWidgets()) {
        if (widget->isVisible()) {
            dress(widget);
        } else {
            m_undressed << widget;
            m_stillOldColours.insert(widget);
        }
    }
    if (!m_dressing) {
        m_dressing = new QTimer(this);
        connect(m_dressing, &QTimer::timeout, this, &Theme::dressSome);
    }
    m_dressing->start(0);
}

void Theme::dressSome()
{
    constexpr qint64 sliceMs = 8;
    QElapsedTimer slice;
    slice.start();
    while (!m_undressed.isEmpty() && slice.elapsed() < sliceMs) {
        const QPointer<QWidget> widget = m_undressed.takeLast();
        if (widget && m_stillOldColours.remove(widget))
            dress(widget);
    }
    if (m_undressed.isEmpty()) {
        m_stillOldColours.clear();
        m_dressing->stop();
    }
}

void Theme::dress(QWidget *widget)
{
    widget->ensurePolished(); // else its size hint may have left the old colours in the style's cache
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
    widget->update();
}

bool Theme::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::ThemeChange && !m_applying && m_mode == ThemeMode::System) {
        m_applying = true;
        QApplication::setPalette(QPalette());
        const bool dark = systemIsDark();
        m_applying = false;
        if (dark != m_systemDark) {
            m_systemDark = dark;
            apply();
        } else {
            QApplication::setPalette(paletteOf(m_colors));
        }
    }
    // What is shown may be another object, a window say, at the address of a widget that is gone.
    if (event->type() == QEvent::Show && !m_stillOldColours.isEmpty() && m_stillOldColours.remove(watched) &&
        watched->isWidgetType())
        dress(static_cast<QWidget *>(watched));
    return QObject::eventFilter(watched, event);
}

QFont Theme::font(Type type) const
{
    QFont font = QApplication::font();
    const double size = font.pointSizeF() > 0 ? font.pointSizeF() : 10;
    switch (type) {
    case Type::Body: break;
    case Type::Secondary: font.setPointSizeF(size * 0.9); break;
    case Type::Title:
        font.setPointSizeF(size * 1.35);
        font.setWeight(QFont::DemiBold);
        break;
    case Type::Heading: font.setWeight(QFont::DemiBold); break;
    case Type::Large:
        font.setPointSizeF(size * 1.8);
        font.setWeight(QFont::DemiBold);
        break;
    case Type::Fixed:
        font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
        font.setPointSizeF(size * 0.95);
        break;
    case Type::Numbers: font.setStyleHint(QFont::SansSerif); break;
    }
    return font;
}

void Theme::setType(QWidget *widget, Type type)
{
    widget->setFont(instance().font(type));
    if (type == Type::Secondary)
        widget->setProperty("secondary", true);
}

void Theme::mark(QWidget *widget, const char *property, bool on)
{
    if (widget->property(property).toBool() == on)
        return;
    widget->setProperty(property, on);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

QLabel *Theme::words(const QString &text, Type type)
{
    auto *label = new QLabel(text);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    setType(label, type);
    return label;
}

int Theme::space(int units)
{
    const double scale = QFontMetricsF(QApplication::font()).height() / 17.0;
    return std::max(1, int(std::lround(units * std::clamp(scale, 0.8, 2.5))));
}

ClassLook Theme::lookOf(ClassId id) const
{
    const auto expression = id.value - 1, drowsiness = id.value - 101;
    if (expression >= 0 && expression < std::ssize(expressionLooks)) {
        const auto &look = expressionLooks[std::size_t(expression)];
        return {QColor(look.color), look.marker, QString::fromLatin1(look.code)};
    }
    if (drowsiness >= 0 && drowsiness < std::ssize(drowsinessLooks)) {
        const auto &look = drowsinessLooks[std::size_t(drowsiness)];
        return {QColor(look.color), look.marker, QString::fromLatin1(look.code)};
    }
    if (!id)
        return {m_colors.secondary, Marker::Ring, QStringLiteral("--")};
    const auto &look = expressionLooks[std::size_t(id.value % 8)];
    return {QColor(look.color), Marker(id.value / 8 % 9), QStringLiteral("··")};
}

ClassLook Theme::look(const ExpressionClass &expression) const
{
    ClassLook look = lookOf(expression.id);
    look.code = QString::fromStdString(expression.code);
    return look;
}

QColor Theme::readableOn(const QColor &background)
{
    const QColor dark(0x06101F), light(Qt::white);
    return contrast(background, dark) >= contrast(background, light) ? dark : light;
}

void Theme::paintMarker(QPainter &painter, const QRectF &box, Marker marker, const QColor &color)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    const double side = box.width();
    switch (marker) {
    case Marker::Circle: painter.drawEllipse(box.adjusted(side * .08, side * .08, -side * .08, -side * .08)); break;
    case Marker::Ring:
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(color, side * .16));
        painter.drawEllipse(box.adjusted(side * .14, side * .14, -side * .14, -side * .14));
        break;
    case Marker::TriangleUp: painter.drawPolygon(regularPolygon(box, 3, -90)); break;
    case Marker::TriangleDown: painter.drawPolygon(regularPolygon(box, 3, 90)); break;
    case Marker::Star: painter.drawPolygon(regularPolygon(box, 5, -90, 0.45)); break;
    case Marker::Diamond: painter.drawPolygon(regularPolygon(box, 4, -90)); break;
    case Marker::Square: painter.drawRect(box.adjusted(side * .12, side * .12, -side * .12, -side * .12)); break;
    case Marker::Plus:
    case Marker::Cross: {
        painter.translate(box.center());
        if (marker == Marker::Cross)
            painter.rotate(45);
        const double arm = side * .46, half = side * .13;
        painter.drawRect(QRectF(-arm, -half, arm * 2, half * 2));
        painter.drawRect(QRectF(-half, -arm, half * 2, arm * 2));
        break;
    }
    }
    painter.restore();
}

double Theme::chipHeight(const QFont &font)
{
    return QFontMetricsF(font).height() + 2;
}

double Theme::chipWidth(const QFont &font)
{
    const QFontMetricsF metrics(font);
    return metrics.horizontalAdvance(QStringLiteral("MM")) + metrics.height() * .6 + 10;
}

double Theme::paintChip(QPainter &painter, const QPointF &topLeft, const ClassLook &look, ChipStyle style)
{
    const QFontMetricsF metrics(painter.font());
    const QRectF chip(topLeft, QSizeF(chipWidth(painter.font()), chipHeight(painter.font())));
    const ThemeColors &colors = instance().colors();
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const bool filled = style == ChipStyle::Filled;
    painter.setPen(filled ? QPen(Qt::NoPen) : QPen(look.color, 1.5));
    painter.setBrush(filled ? QBrush(look.color) : QBrush(colors.panel));
    painter.drawRoundedRect(chip.adjusted(.75, .75, -.75, -.75), 4, 4);
    const QColor ink = filled ? readableOn(look.color) : colors.text;
    const double mark = metrics.height() * .5;
    const QRectF markBox(chip.left() + 4, chip.center().y() - mark / 2, mark, mark);
    paintMarker(painter, markBox, look.marker, filled ? ink : look.color);
    painter.setPen(ink);
    painter.drawText(QRectF(markBox.right() + 2, chip.top(), chip.right() - markBox.right() - 3, chip.height()),
                     Qt::AlignCenter, look.code);
    painter.restore();
    return chip.width();
}

void Theme::paintFlagNotch(QPainter &painter, const QRectF &cell) const
{
    const double side = std::clamp(cell.width() * .22, 8.0, 18.0);
    QPainterPath notch(cell.topRight());
    notch.lineTo(cell.right() - side, cell.top());
    notch.lineTo(cell.right(), cell.top() + side);
    notch.closeSubpath();
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(QColor(0, 0, 0, 110), 1));
    painter.setBrush(QColor(0xF0B04B));
    painter.drawPath(notch);
    painter.restore();
}

QColor Theme::heat(double t)
{
    // Ten samples of viridis; linear in between.
    static constexpr QRgb stops[] = {0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E,
                                     0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C, 0xFDE725};
    const double position = std::clamp(t, 0.0, 1.0) * 9;
    const int low = std::min(8, int(position));
    const double share = position - low;
    const QColor a(stops[low]), b(stops[low + 1]);
    return QColor::fromRgbF(float(a.redF() + share * (b.redF() - a.redF())),
                            float(a.greenF() + share * (b.greenF() - a.greenF())),
                            float(a.blueF() + share * (b.blueF() - a.blueF())));
}

} // namespace mien
