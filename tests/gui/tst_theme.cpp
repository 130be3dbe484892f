#include "studio/common/icons.h"
#include "studio/common/theme.h"

#include <QApplication>
#include <QDir>
#include <QImage>
#include <QPainter>
#include <QPalette>
#include <QTest>

using namespace mien;

class tst_theme : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { Theme::instance().install(*qApp); }

    void textIsReadable_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }

    void textIsReadable()
    {
        QFETCH(bool, dark);
        const ThemeColors c = Theme::colorsOf(dark);
        for (const QColor &surface : {c.window, c.panel}) {
            for (const QColor &ink : {c.text, c.secondary, c.danger, c.good})
                QVERIFY2(Theme::contrast(ink, surface) >= 4.5, qPrintable(QStringLiteral("%1 on %2: %3")
                                                                              .arg(ink.name(), surface.name())
                                                                              .arg(Theme::contrast(ink, surface))));
        }
        QVERIFY(Theme::contrast(c.text, c.canvas) >= 4.5);
        QVERIFY(Theme::contrast(c.onAccent, c.accent) >= 4.5);
        const QPalette palette = Theme::paletteOf(c);
        for (const auto group : {QPalette::Active, QPalette::Inactive})
            QVERIFY(Theme::contrast(palette.color(group, QPalette::HighlightedText),
                                    palette.color(group, QPalette::Highlight)) >= 4.5);
        QVERIFY(Theme::contrast(palette.color(QPalette::Link), c.panel) >= 4.5);
    }

    void chipsAreReadable()
    {
        for (const ExpressionClass &expression : canonicalClasses()) {
            const ClassLook look = Theme::instance().look(expression);
            QVERIFY2(Theme::contrast(Theme::readableOn(look.color), look.color) >= 4.5, expression.name.c_str());
            QCOMPARE(look.code, QString::fromStdString(expression.code));
        }
    }

    void classesDifferWithoutColour()
    {
        QSet<QPair<int, QString>> seen;
        for (const ExpressionClass &expression : canonicalClasses()) {
            const ClassLook look = Theme::instance().look(expression);
            seen.insert({int(look.marker), look.code});
        }
        QCOMPARE(seen.size(), qsizetype(canonicalClasses().size()));
    }

    void switchesLive()
    {
        Theme::instance().setMode(ThemeMode::Dark);
        QCOMPARE(QApplication::palette().color(QPalette::Window), QColor(0x17191D));
        Theme::instance().setMode(ThemeMode::Light);
        QCOMPARE(QApplication::palette().color(QPalette::Window), QColor(0xF6F7F9));
        Theme::instance().setMode(ThemeMode::System);
    }

    void iconsFollowTheTheme()
    {
        const auto ink = [](ThemeMode mode) {
            Theme::instance().setMode(mode);
            const QImage image = icon(QStringLiteral("close")).pixmap(24, 24).toImage();
            return image.pixelColor(12, 12).lightness();
        };
        QVERIFY(ink(ThemeMode::Light) < 90);
        QVERIFY(ink(ThemeMode::Dark) > 160);
    }

    void everyIconDraws()
    {
        const QStringList names = QDir(QStringLiteral(":/mien/icons")).entryList({QStringLiteral("*.svg")});
        QVERIFY(names.size() > 40);
        for (const QString &name : names) {
            const QImage image =
                icon(QString(name).chopped(4)).pixmap(48, 48).toImage().convertToFormat(QImage::Format_ARGB32);
            bool ink = false;
            for (int y = 0; y < image.height() && !ink; ++y) {
                for (int x = 0; x < image.width() && !ink; ++x)
                    ink = qAlpha(image.pixel(x, y)) > 40;
            }
            QVERIFY2(ink, qPrintable(name));
        }
    }
};

QTEST_MAIN(tst_theme)
#include "tst_theme.moc"
