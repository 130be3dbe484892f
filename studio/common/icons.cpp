#include "studio/common/icons.h"

#include "studio/common/theme.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QSvgRenderer>

namespace mien {

namespace {

QByteArray svgOf(const QString &name, const QColor &color)
{
    QFile file(QStringLiteral(":/mien/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return file.readAll().replace("#000000", color.name().toLatin1());
}

class StrokeIcon : public QIconEngine
{
public:
    explicit StrokeIcon(QString name)
        : m_name(std::move(name))
    {
    }

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state) override
    {
        const ThemeColors &colors = Theme::instance().colors();
        QColor color = colors.text;
        if (mode == QIcon::Disabled) {
            color = colors.secondary;
            painter->setOpacity(painter->opacity() * .55);
        } else if (mode == QIcon::Selected) {
            color = colors.onAccent;
        } else if (state == QIcon::On) {
            color = colors.dark ? colors.accent : QColor(0x1D4ED8);
        }
        QSvgRenderer renderer(svgOf(m_name, color));
        renderer.setAspectRatioMode(Qt::KeepAspectRatio);
        renderer.render(painter, rect);
    }

    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return pixmap;
    }

    QIconEngine *clone() const override { return new StrokeIcon(m_name); }
    QString key() const override { return QStringLiteral("mien"); }
    QString iconName() override { return m_name; }

private:
    QString m_name;
};

} // namespace

QIcon icon(const QString &name)
{
    if (QFile::exists(QStringLiteral(":/mien/icons/%1.svg").arg(name)))
        return QIcon(new StrokeIcon(name));
    return QIcon::fromTheme(name);
}

QPixmap picture(const QString &name, const QSize &size, double devicePixelRatio, const QColor &color)
{
    QPixmap pixmap(size * devicePixelRatio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    QSvgRenderer renderer(svgOf(name, color));
    renderer.setAspectRatioMode(Qt::KeepAspectRatio);
    renderer.render(&painter, QRectF(QPointF(), pixmap.size()));
    painter.end();
    pixmap.setDevicePixelRatio(devicePixelRatio);
    return pixmap;
}

QIcon iconOrBlank(const QIcon &icon)
{
    if (!icon.isNull())
        return icon;
    QPixmap blank(64, 64); // larger than any list shows it: views only make it smaller
    blank.fill(Qt::transparent);
    return QIcon(blank);
}

} // namespace mien
