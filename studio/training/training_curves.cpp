#include "studio/training/training_curves.h"

#include "studio/common/theme.h"

#include <QJsonDocument>

#include <algorithm>
#include <set>

namespace mien {

bool TrainingCurves::add(const QJsonObject &event)
{
    if (event.value("event").toString() != QLatin1String("metric") || !event.value("value").isDouble())
        return false;
    Key key;
    key.split = event.value("split").toString();
    key.name = event.value("name").toString();
    key.fold = std::max(0, event.value("fold").toInt());
    key.epoch = event.value("epoch").toInt();
    m_values[key] = event.value("value").toDouble();
    m_firstEpoch = m_values.size() == 1 ? key.epoch : std::min(m_firstEpoch, key.epoch);
    m_lastEpoch = m_values.size() == 1 ? key.epoch : std::max(m_lastEpoch, key.epoch);
    if (event.value("run").isString())
        m_run = event.value("run").toString();
    return true;
}

void TrainingCurves::addFile(const QByteArray &lines)
{
    for (const QByteArray &line : lines.split('\n')) {
        QJsonObject object = QJsonDocument::fromJson(line).object();
        object.insert(QStringLiteral("event"), QStringLiteral("metric"));
        add(object);
    }
}

void TrainingCurves::clear()
{
    *this = {};
}

int TrainingCurves::foldsSeen() const
{
    std::set<int> folds;
    for (const auto &[key, value] : m_values)
        folds.insert(key.fold);
    return static_cast<int>(folds.size());
}

std::vector<double> TrainingCurves::foldStarts() const
{
    const int epochs = m_lastEpoch - m_firstEpoch + 1;
    std::set<int> folds;
    for (const auto &[key, value] : m_values)
        folds.insert(key.fold);
    std::vector<double> starts;
    for (const int fold : folds)
        starts.push_back(fold * epochs + 1);
    return starts;
}

double TrainingCurves::imagesPerSecond() const
{
    double sum = 0;
    int count = 0;
    for (const auto &[key, value] : m_values) {
        if (key.name == QLatin1String("images_per_s")) {
            sum += value;
            ++count;
        }
    }
    return count > 0 ? sum / count : 0;
}

std::vector<QPointF> TrainingCurves::line(const QString &split, const QString &name) const
{
    const int epochs = m_lastEpoch - m_firstEpoch + 1;
    std::vector<QPointF> points;
    for (const auto &[key, value] : m_values) {
        if (key.split == split && key.name == name)
            points.emplace_back(key.fold * epochs + key.epoch - m_firstEpoch + 1, value);
    }
    std::sort(points.begin(), points.end(), [](const QPointF &a, const QPointF &b) { return a.x() < b.x(); });
    return points;
}

std::vector<PlotLine> TrainingCurves::lossLines() const
{
    const ThemeColors &colors = Theme::instance().colors();
    std::vector<PlotLine> lines{
        {QObject::tr("train"), colors.accent, line(QStringLiteral("train"), QStringLiteral("loss"))}};
    auto heldOut = line(QStringLiteral("val"), QStringLiteral("nll"));
    if (heldOut.empty()) // pre-training has no labels to be wrong about
        heldOut = line(QStringLiteral("val"), QStringLiteral("loss"));
    if (!heldOut.empty())
        lines.push_back({QObject::tr("held out"), colors.warning, std::move(heldOut)});
    return lines;
}

std::vector<PlotLine> TrainingCurves::heldOutLines() const
{
    const ThemeColors &colors = Theme::instance().colors();
    std::vector<PlotLine> lines{
        {QObject::tr("accuracy"), colors.accent, line(QStringLiteral("val"), QStringLiteral("accuracy"))}};
    if (auto f1 = line(QStringLiteral("val"), QStringLiteral("macro_f1")); !f1.empty())
        lines.push_back({QObject::tr("macro F1"), colors.warning, std::move(f1)});
    return lines;
}

std::vector<PlotSection> TrainingCurves::foldSections() const
{
    std::vector<PlotSection> folds;
    for (const double start : foldStarts())
        folds.push_back({start, QObject::tr("fold %1").arg(folds.size() + 1)});
    return folds;
}

} // namespace mien
