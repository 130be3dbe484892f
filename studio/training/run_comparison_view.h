#pragma once

#include "pipeline/store/ids.h"

#include <QJsonObject>
#include <QString>

#include <vector>

namespace mien {

/// The result of `mien runs compare A B --json`, as the page shows it.
struct RunComparisonView
{
    struct ClassLine
    {
        QString name; ///< Canonical.
        qint64 samples = 0;
        double recallA = 0, recallB = 0;
    };
    QString a, b;
    qint64 samples = 0;
    double accuracyA = 0, accuracyB = 0, macroF1A = 0, macroF1B = 0;
    double lower = 0, upper = 0; ///< 95 % of accuracyB - accuracyA.
    std::vector<SampleId> fixed, broken, bothWrong;
    qint64 leftOut = 0;                       ///< Learned by a network of one of the runs, so not compared.
    std::vector<SampleId> learnedA, learnedB; ///< What a run of one fold was trained on.
    std::vector<ClassLine> classes;
    bool sameSnapshot = false, sameSeed = false;

    bool isClear() const { return lower > 0 || upper < 0; }
    static RunComparisonView of(const QJsonObject &result);
};

} // namespace mien
