#include "studio/training/preflight.h"

#include "models/base/job.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"
#include "studio/common/job_queue.h"

#include <QCoreApplication>
#include <QFile>
#include <QLocale>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <unordered_map>

namespace mien {

namespace {

struct Preflight
{
    Q_DECLARE_TR_FUNCTIONS(mien::Preflight)
};

qint64 availableMemory()
{
    QFile file(QStringLiteral("/proc/meminfo"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (line.startsWith("MemAvailable:"))
            return line.mid(13).trimmed().split(' ').first().toLongLong() * 1024;
    }
    return 0;
}

/// Which splits something lies in.
struct Reach
{
    int splits = 0;                ///< One bit each.
    std::set<std::int64_t> images; ///< Of different pixels; kept for near-duplicates only.

    bool isLeak() const
    {
        const int train = 1 << static_cast<int>(Split::Train);
        return (splits & train) != 0 && splits != train;
    }
};

template <typename Reaches>
qint64 leaksAmong(const Reaches &reaches, std::size_t images = 0)
{
    return std::count_if(reaches.begin(), reaches.end(), [images](const auto &entry) {
        return entry.second.isLeak() && entry.second.images.size() >= images;
    });
}

std::string shortName(const std::string &space)
{
    return space.substr(0, space.find('/'));
}

/// Faces with a label of each space, as `mien train` counts them.
std::map<std::string, qint64> facesBySpace(const Project &project,
                                           const std::map<std::string, std::string> &spaceOfClass,
                                           const std::unordered_map<std::int64_t, SnapshotSample> *frozen)
{
    std::map<std::string, qint64> faces;
    if (frozen) {
        for (const auto &[id, sample] : *frozen)
            if (const auto known = spaceOfClass.find(sample.label); known != spaceOfClass.end())
                ++faces[known->second];
        return faces;
    }
    std::set<std::string> spaces;
    for (const auto &[name, space] : spaceOfClass)
        spaces.insert(space);
    for (const std::string &space : spaces)
        if (const auto count = countMatching(project, "excluded:no space:" + space); count && *count > 0)
            faces[space] = *count;
    return faces;
}

QString size(qint64 bytes)
{
    return QLocale().formattedDataSize(bytes, 1);
}

} // namespace

PreflightFacts gatherFacts(const Project &project, const std::string &snapshot, const std::string &wantedSpace,
                           const Job &job)
{
    PreflightFacts facts;
    std::vector<SampleId> ids;
    std::unordered_map<std::int64_t, SnapshotSample> frozen;
    if (snapshot.empty()) {
        if (auto matching = samplesMatching(project, ""))
            ids = std::move(*matching);
    } else if (const auto kept = snapshotSamples(project, snapshot)) {
        for (const SnapshotSample &sample : *kept) {
            ids.push_back(sample.id);
            frozen.emplace(sample.id.value, sample);
        }
    }
    std::map<std::string, std::string> spaceOfClass;
    for (const ExpressionClass &known : project.classes())
        if (known.space != "user") // a project's own classes stand beside any
            spaceOfClass[known.name] = shortName(known.space);
    const auto faces = facesBySpace(project, spaceOfClass, snapshot.empty() ? nullptr : &frozen);
    std::string counted;
    for (const auto &[name, count] : faces) {
        facts.spaces.emplace_back(QString::fromStdString(name), count);
        if (name == wantedSpace || (!faces.contains(wantedSpace) && (counted.empty() || count > faces.at(counted))))
            counted = name;
    }
    if (faces.size() > 1)
        facts.space = QString::fromStdString(counted);
    facts.subjects = static_cast<int>(subjectCount(project));
    std::unordered_map<std::string, Reach> subjects, videos;
    std::unordered_map<std::int64_t, Reach> duplicates, nearDuplicates;
    std::unordered_map<std::string, std::array<qint64, 2>> labels; // class to faces: all, in the split train
    constexpr std::size_t page = 4000;
    for (std::size_t from = 0; from < ids.size() && !job.stop.stop_requested(); from += page) {
        const auto rows = sampleRows(project, std::span(ids).subspan(from, std::min(page, ids.size() - from)));
        if (!rows)
            break;
        for (const SampleRow &row : *rows) {
            facts.sidePx = std::max(facts.sidePx, std::max(row.widthPx, row.heightPx));
            const auto then = frozen.find(row.id.value);
            const Split split = then == frozen.end() ? row.split : then->second.split;
            std::string label;
            if (then != frozen.end())
                label = labelStateNamed(then->second.label) ? std::string() : then->second.label;
            else if (row.label && *row.label && row.state == LabelState::Ok)
                label = project.className(*row.label);
            if (const auto known = spaceOfClass.find(label);
                faces.size() > 1 && known != spaceOfClass.end() && known->second != counted)
                continue; // another space's: neither learnt nor scored
            if (label.empty()) {
                ++facts.unlabelled;
            } else {
                ++facts.labelled;
                facts.voted += !row.votes.empty() && row.given && label == project.className(*row.given);
                ++labels[label][0];
                labels[label][1] += split == Split::Train ? 1 : 0;
            }
            if (split == Split::None)
                continue;
            facts.hasSplits = true;
            if ((row.excluded && then == frozen.end()) || label.empty())
                continue;
            const int bit = 1 << static_cast<int>(split);
            const std::string source = std::to_string(row.dataSet) + '/';
            if (!row.subject.empty())
                subjects[source + row.subject].splits |= bit;
            if (!row.sequence.empty())
                videos[source + row.sequence].splits |= bit;
            if (row.duplicateGroup != 0)
                duplicates[row.duplicateGroup].splits |= bit;
            if (row.nearDuplicateGroup != 0) {
                Reach &reach = nearDuplicates[row.nearDuplicateGroup];
                reach.splits |= bit;
                reach.images.insert(row.duplicateGroup != 0 ? row.duplicateGroup : row.id.value);
            }
        }
    }
    for (const ExpressionClass &expression : project.classes()) {
        if (const auto found = labels.find(expression.name); found != labels.end()) {
            const qint64 trained = found->second[facts.hasSplits ? 1 : 0];
            facts.trained += trained;
            facts.byClass.emplace_back(QString::fromStdString(expression.name), trained);
        }
    }
    facts.leakingSubjects = leaksAmong(subjects);
    facts.leakingVideos = leaksAmong(videos);
    facts.leakingDuplicates = leaksAmong(duplicates);
    facts.leakingNearDuplicates = leaksAmong(nearDuplicates, 2);
    // Not QStorageInfo: it looks the folder up among the mounts, and inside a container the mount may not be listed.
    std::error_code unknown;
    const std::filesystem::space_info space = std::filesystem::space(project.folder(), unknown);
    facts.freeDiskBytes = unknown ? 0 : static_cast<qint64>(space.available);
    facts.freeMemoryBytes = availableMemory();
    return facts;
}

std::optional<double> expectedSeconds(const PreflightFacts &facts, const PreflightPlan &plan)
{
    if (!plan.imagesPerSecond || *plan.imagesPerSecond <= 0 || plan.epochs <= 0)
        return std::nullopt;
    const double passes = plan.folds > 1 ? plan.folds - 1.0 : 1.0; // K networks see (K-1)/K of the faces each
    return static_cast<double>(facts.trained) * passes * plan.epochs / *plan.imagesPerSecond;
}

QList<PreflightItem> preflight(const PreflightFacts &facts, const PreflightPlan &plan)
{
    using State = PreflightItem::State;
    const QLocale locale;
    QList<PreflightItem> items;
    if (facts.labelled == 0) {
        items << PreflightItem{State::Stop, Preflight::tr("No labelled face"),
                               Preflight::tr("Import a labelled data set or label some faces first.")};
        return items;
    }
    if (facts.trained == 0) {
        items << PreflightItem{
            State::Stop, Preflight::tr("No face to train on"),
            Preflight::tr("%Ln labelled face(s), none of them in the split train. Put some there in the gallery.",
                          nullptr, static_cast<int>(facts.labelled))};
        return items;
    }
    QStringList others;
    if (facts.labelled > facts.trained)
        others << Preflight::tr("%Ln labelled face(s) of other splits are scored but not trained on.", nullptr,
                                static_cast<int>(facts.labelled - facts.trained));
    if (facts.unlabelled > 0)
        others << Preflight::tr("%Ln more without a usable label are scored but not trained on.", nullptr,
                                static_cast<int>(facts.unlabelled));
    items << PreflightItem{
        State::Good,
        facts.hasSplits ? Preflight::tr("%Ln face(s) of the split train", nullptr, static_cast<int>(facts.trained))
                        : Preflight::tr("%Ln labelled face(s)", nullptr, static_cast<int>(facts.trained)),
        others.join(QLatin1Char(' '))};

    qint64 least = facts.trained, classes = 0;
    QString rarest;
    QStringList few, missing;
    for (const auto &[name, count] : facts.byClass) {
        if (count == 0) {
            missing << name;
            continue;
        }
        ++classes;
        if (count <= least) {
            least = count;
            rarest = name;
        }
        if (count < 50)
            few << QStringLiteral("%1 %2").arg(name, locale.toString(count));
    }
    const QString number = Preflight::tr("%n class(es)", nullptr, static_cast<int>(facts.byClass.size()));
    QStringList doubts;
    if (!missing.isEmpty())
        doubts << Preflight::tr("Not in the split train, so never learnt: %1.").arg(missing.join(QStringLiteral(", ")));
    if (!few.isEmpty())
        doubts << Preflight::tr("Few examples: %1. Their scores will be shaky.").arg(few.join(QStringLiteral(", ")));
    if (classes < 2)
        items << PreflightItem{State::Stop, Preflight::tr("Only one class"),
                               Preflight::tr("A network needs at least two classes to tell apart.")};
    else if (least < plan.folds)
        items << PreflightItem{State::Stop, Preflight::tr("Too few of %1").arg(rarest),
                               Preflight::tr("%1 has %2 faces, but %3 folds need at least as many.")
                                   .arg(rarest)
                                   .arg(least)
                                   .arg(plan.folds)};
    else if (!doubts.isEmpty())
        items << PreflightItem{State::Warning, number, doubts.join(QLatin1Char(' '))};
    else
        items << PreflightItem{State::Good, number,
                               Preflight::tr("The rarest is %1 with %2.").arg(rarest, locale.toString(least))};

    if (plan.lacksInitial)
        items << PreflightItem{State::Stop, Preflight::tr("Nothing to start from"),
                               Preflight::tr("Fine-tuning starts from a run that was pre-trained, and none of this "
                                             "network is finished. Pre-train first, or do both stages in one run.")};
    if (!plan.learnsLabels) {
        items << PreflightItem{State::Note, Preflight::tr("Pre-training"),
                               Preflight::tr("No label is read, so nothing is measured or scored. Fine-tune from this "
                                             "run afterwards.")};
    } else if (facts.hasLeaks()) {
        QStringList leaks;
        if (facts.leakingSubjects > 0)
            leaks << Preflight::tr("%n subject(s)", nullptr, static_cast<int>(facts.leakingSubjects));
        if (facts.leakingVideos > 0)
            leaks << Preflight::tr("%n video(s)", nullptr, static_cast<int>(facts.leakingVideos));
        if (facts.leakingDuplicates > 0)
            leaks << Preflight::tr("%n group(s) of identical faces", nullptr,
                                   static_cast<int>(facts.leakingDuplicates));
        if (facts.leakingNearDuplicates > 0)
            leaks << Preflight::tr("%n group(s) of nearly identical faces", nullptr,
                                   static_cast<int>(facts.leakingNearDuplicates));
        const bool isRefused = plan.folds < 2 && !plan.allowsLeaks;
        items << PreflightItem{
            isRefused ? State::Stop : State::Warning, Preflight::tr("Leaks between the splits"),
            (isRefused ? Preflight::tr("%1 lie in train and in another split, and one fold is measured by the other. "
                                       "Take folds, deal the splits anew (mien split), or allow it.")
                       : Preflight::tr("%1 lie in train and in another split: the test accuracy will flatter. "
                                       "Folds keep them together."))
                .arg(leaks.join(QStringLiteral(", ")))};
    } else if (facts.hasSplits) {
        items << PreflightItem{
            State::Good, Preflight::tr("No leak between the splits"),
            Preflight::tr("Subjects and identical faces stay in one split, as far as they are known.")};
    } else {
        items << PreflightItem{State::Note, Preflight::tr("No splits"),
                               Preflight::tr("Folds keep subjects and identical faces together.")};
    }
    if (plan.folds < 2 && plan.learnsLabels)
        items << PreflightItem{
            State::Warning, Preflight::tr("One fold"),
            Preflight::tr("Faces would be scored by a network that saw them; flags are far better with 3.")};

    const int side = plan.sidePx > 0 ? plan.sidePx : facts.sidePx;
    const qint64 faces = facts.labelled + facts.unlabelled;
    const qint64 pack = faces * side * side * std::max(1, plan.channels);
    const qint64 checkpoints = plan.parameters * 4 * 3 * plan.folds; // weights, and the optimiser's two while it runs
    const qint64 disk = pack + checkpoints;
    if (facts.freeDiskBytes > 0) {
        const bool enough = facts.freeDiskBytes > disk + (qint64(256) << 20);
        items << PreflightItem{enough ? State::Good : State::Stop,
                               Preflight::tr("Disk: about %1 of %2 free").arg(size(disk), size(facts.freeDiskBytes)),
                               enough ? QString()
                                      : Preflight::tr("Free some space on the project's disk, or take fewer folds.")};
    }
    if (facts.freeMemoryBytes > 0) {
        // The decoded faces, weights with gradients and optimiser, and activations (about 60 maps of the input's size).
        const int batch = plan.batch > 0 ? plan.batch : 128;
        const qint64 memory =
            pack + plan.parameters * 4 * 4 + qint64(batch) * side * side * 60 * 4 + (qint64(400) << 20);
        const bool enough = facts.freeMemoryBytes > memory;
        items << PreflightItem{
            enough ? State::Good : State::Warning,
            Preflight::tr("Memory: about %1 of %2 free").arg(size(memory), size(facts.freeMemoryBytes)),
            enough ? QString() : Preflight::tr("Close other programs, or take a smaller batch.")};
    }
    if (const auto seconds = expectedSeconds(facts, plan))
        items << PreflightItem{State::Good, Preflight::tr("About %1").arg(durationText(*seconds)),
                               Preflight::tr("%1 faces a second, from %2.")
                                   .arg(locale.toString(*plan.imagesPerSecond, 'f', 0), plan.speedFrom)};
    else
        items << PreflightItem{State::Note, Preflight::tr("Time not known yet"),
                               plan.speedFrom.isEmpty() ? Preflight::tr("It is known after the first epoch.")
                                                        : plan.speedFrom};
    return items;
}

} // namespace mien
