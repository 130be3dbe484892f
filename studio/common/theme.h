#pragma once

#include "pipeline/store/ontology.h"

#include <QColor>
#include <QFont>
#include <QList>
#include <QObject>
#include <QPointer>
#include <QSet>

class QApplication;
class QLabel;
class QPainter;
class QPalette;
class QTimer;
class QWidget;

namespace mien {

enum class ThemeMode { System, Light, Dark };

/// The roles of `look.md`; every colour of the studio comes from here or from the palette.
struct ThemeColors
{
    bool dark = false;
    QColor window, panel, canvas, text, secondary, separator, danger, warning, good, accent;
    QColor onAccent; ///< Text on the accent; contrast >= 4.5.
};

/// Shape that says a class without colour.
enum class Marker { Circle, TriangleUp, TriangleDown, Star, Diamond, Square, Plus, Cross, Ring };

struct ClassLook
{
    QColor color;
    Marker marker = Marker::Ring;
    QString code; ///< Two letters; "--" without a class.
};

/// A person's label is filled, a model's suggestion outlined.
enum class ChipStyle { Filled, Outlined };

/// Colours, fonts and the one style sheet of the program. GUI thread only.
class Theme : public QObject
{
    Q_OBJECT

public:
    enum class Type { Body, Secondary, Title, Heading, Fixed, Numbers, Large };

    static Theme &instance();
    /// Fusion, palette and style sheet; called once after the QApplication exists.
    void install(QApplication &application);

    /// Switches every open window at once: what is visible now, what is hidden in small pieces later or when it shows.
    void setMode(ThemeMode mode);
    ThemeMode mode() const { return m_mode; }
    const ThemeColors &colors() const { return m_colors; }
    static ThemeColors colorsOf(bool dark);
    static QPalette paletteOf(const ThemeColors &colors);
    static double contrast(const QColor &a, const QColor &b); ///< WCAG ratio, 1 to 21.

    QFont font(Type type) const;
    /// Gives a label a font role (and the secondary colour where the role says so).
    static void setType(QWidget *widget, Type type);
    /// Sets a property that the style sheet asks for ("danger", "primary"); it does not see a change by itself.
    static void mark(QWidget *widget, const char *property, bool on);
    /// A label of plain words that wraps, in a font role.
    static QLabel *words(const QString &text, Type type = Type::Body);
    /// One spacing step of 4, 8, 12, 16, 24 units, scaled with the user's font.
    static int space(int units);
    /// False when the system asks for less motion (or in tests).
    bool motion() const { return m_motion; }
    void setMotion(bool motion) { m_motion = motion; }

    ClassLook look(const ExpressionClass &expression) const;
    ClassLook lookOf(ClassId id) const;                 ///< Canonical classes; others get a stable colour and "··".
    static QColor readableOn(const QColor &background); ///< Black or white, whichever reads better.

    static void paintMarker(QPainter &painter, const QRectF &box, Marker marker, const QColor &color);
    /// Code chip of a class; height follows the painter's font. Returns its width.
    static double paintChip(QPainter &painter, const QPointF &topLeft, const ClassLook &look, ChipStyle style);
    static double chipWidth(const QFont &font);
    static double chipHeight(const QFont &font);
    /// The amber corner that says "flagged", at the top right of `cell`.
    void paintFlagNotch(QPainter &painter, const QRectF &cell) const;

    /// Perceptual map for heat (viridis), t in 0..1.
    static QColor heat(double t);

Q_SIGNALS:
    void changed();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    Theme() = default;
    void apply();
    void dressEverything();
    void dressSome();
    void dress(QWidget *widget);
    bool systemIsDark() const;

    QApplication *m_application = nullptr;
    ThemeMode m_mode = ThemeMode::System;
    ThemeColors m_colors = colorsOf(false);
    bool m_systemDark = false;
    bool m_motion = true;
    bool m_applying = false;
    QTimer *m_dressing = nullptr;            ///< Runs while hidden widgets wait for the new colours.
    QList<QPointer<QWidget>> m_undressed;    ///< In the order they are taken.
    QSet<const QObject *> m_stillOldColours; ///< The same, to look one up that comes to the front.
};

} // namespace mien
