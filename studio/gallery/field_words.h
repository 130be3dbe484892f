#pragma once

#include <QString>

namespace mien {

/// A field of a sample in words, "Sharpness" for `quality.blur`; its own name where there are none.
QString fieldWord(const QString &field);

/// Its name, and where the words do not say it what its values are.
QString fieldHelp(const QString &field);

} // namespace mien
