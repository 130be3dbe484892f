#pragma once

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mien {

class Project;
struct Job;

/// What is known before a training starts.
struct PreflightFacts
{
    /// Label spaces that labelled faces are in, by their short names, with the number of those. A project's own classes
    /// stand beside any.
    std::vector<std::pair<QString, qint64>> spaces;
    QString space; ///< The one that is counted below; empty where there are not several.
    qint64 labelled = 0;
    qint64 trained = 0; ///< Of these: the split train where there are splits, all of them otherwise.
    qint64 unlabelled = 0;
    std::vector<std::pair<QString, qint64>> byClass; ///< Trained on; every class that a label names, also with none.
    int subjects = 0;
    qint64 voted = 0; ///< Labelled faces with annotators' votes that no person has overruled.
    // Labelled faces in train and in another split as well:
    qint64 leakingSubjects = 0, leakingVideos = 0;
    qint64 leakingDuplicates = 0;     ///< Groups of pixel-identical faces.
    qint64 leakingNearDuplicates = 0; ///< Groups of other faces that are nearly the same.
    bool hasLeaks() const
    {
        return leakingSubjects > 0 || leakingVideos > 0 || leakingDuplicates > 0 || leakingNearDuplicates > 0;
    }
    bool hasSplits = false;
    int sidePx = 0; ///< Of the faces.
    qint64 freeDiskBytes = 0;
    qint64 freeMemoryBytes = 0;
};

/// What the form asks for.
struct PreflightPlan
{
    int folds = 1;
    bool learnsLabels = true;  ///< Else it is pre-trained: nothing is measured and nothing scored.
    bool lacksInitial = false; ///< It is to start from a pre-trained run, and there is none.
    bool allowsLeaks = false;  ///< One fold is measured by the other splits: refused where these leak, unless allowed.
    int epochs = 0;
    int sidePx = 0;
    int channels = 1;
    qint64 parameters = 0;
    int batch = 0;
    std::optional<double> imagesPerSecond;
    QString speedFrom; ///< "run r3", "a probe"
};

struct PreflightItem
{
    enum class State { Good, Note, Warning, Stop };
    State state = State::Good;
    QString text;
    QString detail;
};

/// Reads the whole project once, on a worker thread. Counts what `mien train` takes (RunFolds, "select auto").
/// @param snapshot  hash; empty: the labels as they are now
/// @param space     "expression", "drowsiness"; empty, or none that is there: what most faces have
PreflightFacts gatherFacts(const Project &project, const std::string &snapshot, const std::string &space,
                           const Job &job);

/// The checklist, in the order a person reads it. Stop: a training would fail.
QList<PreflightItem> preflight(const PreflightFacts &facts, const PreflightPlan &plan);

/// Seconds that the training takes; nothing without a speed.
std::optional<double> expectedSeconds(const PreflightFacts &facts, const PreflightPlan &plan);

} // namespace mien
