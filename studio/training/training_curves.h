#pragma once

#include "studio/common/plots/line_plot.h"

#include <QByteArray>
#include <QJsonObject>
#include <QString>

#include <map>
#include <tuple>
#include <vector>

namespace mien {

/// The metrics of one training, as its events tell them. An event told twice counts once, so the events of a job
/// that was re-attached can be read again from the start.
class TrainingCurves
{
public:
    /// Takes a `metric` event; false for anything else.
    bool add(const QJsonObject &event);
    /// Takes the lines of a run's metrics.jsonl: metric events without the word.
    void addFile(const QByteArray &lines);
    void clear();

    QString run() const { return m_run; }
    bool isEmpty() const { return m_values.empty(); }
    int foldsSeen() const;
    /// Mean over what was trained so far; 0 before the first epoch.
    double imagesPerSecond() const;

    // As plots show them, in the colours of the theme.
    std::vector<PlotLine> lossLines() const;
    std::vector<PlotLine> heldOutLines() const; ///< Accuracy and macro F1.
    std::vector<PlotSection> foldSections() const;

    /// Where each fold begins on the x axis of line(), in order.
    std::vector<double> foldStarts() const;
    /// One metric over the epochs, counted from 1; the folds one after the other, with their epochs counted on.
    std::vector<QPointF> line(const QString &split, const QString &name) const;

private:
    struct Key
    {
        QString split, name;
        int fold = 0, epoch = 0;
        auto operator<=>(const Key &other) const
        {
            return std::tie(split, name, fold, epoch) <=> std::tie(other.split, other.name, other.fold, other.epoch);
        }
        bool operator==(const Key &other) const = default;
    };
    std::map<Key, double> m_values;
    int m_firstEpoch = 0, m_lastEpoch = 0; ///< Of any fold.
    QString m_run;
};

} // namespace mien
