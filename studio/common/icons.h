#pragma once

#include <QIcon>
#include <QPixmap>
#include <QString>

namespace mien {

/// One of our stroke icons (`resources/icons/<name>.svg`), drawn in the palette's text colour at any size and scale,
/// so it follows a theme switch by itself. A name we lack comes from the icon theme.
QIcon icon(const QString &name);

/// A picture for empty states, stroked in `color`.
QPixmap picture(const QString &name, const QSize &size, double devicePixelRatio, const QColor &color);

/// The icon, or an empty one of its size that keeps the words of a list in line.
QIcon iconOrBlank(const QIcon &icon);

} // namespace mien
