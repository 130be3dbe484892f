#pragma once

#include "pipeline/store/runs.h"

#include <QString>
#include <QStringList>

#include <functional>

namespace mien {

/// Why a label is doubted, strongest reason first, in words. `className` gives the word for a canonical class.
QStringList reasonsInWords(const ScoreRow &score, const std::function<QString(const QString &)> &className,
                           int atMost = 4);

} // namespace mien
