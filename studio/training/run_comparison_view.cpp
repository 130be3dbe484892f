#include "studio/training/run_comparison_view.h"

#include <QJsonArray>

#include <tuple>
#include <utility>

namespace mien {

namespace {

std::vector<SampleId> idsOf(const QJsonValue &value)
{
    std::vector<SampleId> ids;
    for (const auto &id : value.toArray())
        ids.push_back(SampleId{id.toInteger()});
    return ids;
}

std::pair<double, double> pairOf(const QJsonValue &value)
{
    const QJsonArray array = value.toArray();
    return {array.at(0).toDouble(), array.at(1).toDouble()};
}

} // namespace

RunComparisonView RunComparisonView::of(const QJsonObject &result)
{
    RunComparisonView view;
    const QJsonObject a = result.value("a").toObject(), b = result.value("b").toObject();
    view.a = a.value("run").toString();
    view.b = b.value("run").toString();
    view.sameSnapshot = a.value("snapshot") == b.value("snapshot");
    view.sameSeed = a.value("seed") == b.value("seed");
    view.samples = result.value("samples").toInteger();
    std::tie(view.accuracyA, view.accuracyB) = pairOf(result.value("accuracy"));
    std::tie(view.macroF1A, view.macroF1B) = pairOf(result.value("macro_f1"));
    std::tie(view.lower, view.upper) = pairOf(result.value("interval"));
    view.fixed = idsOf(result.value("fixed"));
    view.broken = idsOf(result.value("broken"));
    view.bothWrong = idsOf(result.value("both_wrong"));
    view.leftOut = result.value("left_out").toInteger();
    view.learnedA = idsOf(result.value("learned").toArray().at(0));
    view.learnedB = idsOf(result.value("learned").toArray().at(1));
    const QJsonObject classes = result.value("classes").toObject();
    for (auto at = classes.begin(); at != classes.end(); ++at) {
        const QJsonObject entry = at.value().toObject();
        ClassLine line;
        line.name = at.key();
        line.samples = entry.value("samples").toInteger();
        std::tie(line.recallA, line.recallB) = pairOf(entry.value("recall"));
        view.classes.push_back(line);
    }
    return view;
}

} // namespace mien
