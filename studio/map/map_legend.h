#pragma once

#include "studio/map/map_look.h"

#include <QFrame>
#include <QSet>

class QVBoxLayout;

namespace mien {

/// What the colours and shapes of the map mean, with counts, as a card that floats over it. A line that is clicked
/// hides its points and shows them again; of numbers it is a scale with its ends.
class MapLegend : public QFrame
{
    Q_OBJECT

public:
    explicit MapLegend(QWidget *parent = nullptr);

    void setContent(const MapColumn &color, const MapPalette &palette, const MapLook &look, const QString &shapeTitle);
    const QSet<int> &hidden() const { return m_hidden; } ///< Codes; -1: points without a value.
    void setShapesShow(bool show);                       ///< Else a line says how to see them.
    void showAll();                                      ///< Nothing is hidden; hiddenChanged() does not follow.
    static constexpr int mostLines = 12;

Q_SIGNALS:
    void hiddenChanged();

private:
    QSet<int> m_hidden;
    QVBoxLayout *m_lines;
    QWidget *m_content = nullptr;
    QWidget *m_hint = nullptr; ///< Of the shapes; null where they mean nothing.
    bool m_shapesShow = false;
    QStringList m_shown; ///< What the lines say now: they are made anew only when that changes.
};

} // namespace mien
