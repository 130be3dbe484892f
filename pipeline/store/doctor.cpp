#include "pipeline/store/doctor.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/crop_segments.h"
#include "pipeline/store/current_labels.h"
#include "pipeline/store/leftovers.h"
#include "pipeline/store/media.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/schema.h"
#include "pipeline/store/seal.h"
#include "pipeline/store/snapshots.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <unistd.h>

namespace mien {
namespace {

constexpr std::size_t mostNamed = 20; // of one kind; the rest is counted

class Examination
{
public:
    Examination(Project &project, bool repair, const Job &job)
        : m_project(project)
        , m_repair(repair)
        , m_job(job)
    {
    }

    Result<std::vector<ProjectProblem>> run()
    {
        using Step = Result<> (Examination::*)();
        const std::pair<const char *, Step> steps[] = {
            {"database", &Examination::database},
            {"references", &Examination::references},
            {"labels", &Examination::labels},
            {"media", &Examination::media},
            {"crops", &Examination::crops},
            {"segments", &Examination::segments},
            {"snapshots", &Examination::snapshotFiles},
            {"runs", &Examination::runFolders},
            {"leftovers", &Examination::interruptedWrites},
        };
        std::int64_t done = 0;
        for (const auto &[name, step] : steps) {
            if (m_job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "The examination was stopped.");
            m_job.report({done++, static_cast<std::int64_t>(std::size(steps)), name});
            const auto examined =
                guarded(m_project.folder() / "project.db", "Examining the project", [&] { return (this->*step)(); });
            if (!examined && examined.error().code == ErrorCode::Cancelled)
                return fail(examined.error());
            if (!examined)
                report("integrity", examined.error().message, false).isDamage =
                    examined.error().code == ErrorCode::Unreadable;
        }
        m_job.report({done, done, ""});
        return std::move(m_problems);
    }

private:
    ProjectProblem &report(const char *kind, std::string what, bool repairable)
    {
        m_problems.push_back({kind, std::move(what), repairable, false});
        return m_problems.back();
    }

    Result<> database()
    {
        SQLite::Statement check(m_project.database(), "PRAGMA integrity_check(20)");
        while (check.executeStep()) {
            const std::string line = check.getColumn(0).getString();
            if (line == "ok")
                return changedOutside();
            report("integrity", "project.db is damaged: " + line + ".", false).isDamage = true;
        }
        return {};
    }

    /// The structure is whole, and yet the file is not the one that Mien closed.
    Result<> changedOutside()
    {
        const auto seal = checkSeal(m_project, m_job);
        if (!seal)
            return fail(seal.error());
        if (*seal != Seal::Broken)
            return {};
        ProjectProblem &problem = report("integrity",
                                         "project.db is not as Mien left it: another program changed it, or it is "
                                         "damaged where only its contents show it."
                                         " To go back to a backup, close the project and run mien doctor --restore.",
                                         true);
        if (m_repair) // what it holds is examined below; from now on it counts as right
            problem.repaired = acceptContent(m_project.folder()).has_value();
        return {};
    }

    Result<> references()
    {
        std::map<std::string, std::int64_t> broken;
        SQLite::Statement check(m_project.database(), "PRAGMA foreign_key_check");
        while (check.executeStep())
            ++broken[check.getColumn(0).getString() + " without its " + check.getColumn(2).getString()];
        for (const auto &[what, count] : broken)
            report("integrity", "project.db holds " + std::to_string(count) + " rows of " + what + ".", false);
        return {};
    }

    Result<> labels()
    {
        SQLite::Database &database = m_project.database();
        const std::int64_t wrong = findWrongCurrent(database);
        if (wrong == 0)
            return {};
        SQLite::Statement first(database, "SELECT min(sample_id) FROM temp.wrong_current");
        first.executeStep();
        ProjectProblem &problem = report(
            "current_labels",
            "The current label of " + std::to_string(wrong) + (wrong == 1 ? " sample" : " samples") +
                " is not what their history says, first sample " + std::to_string(first.getColumn(0).getInt64()) + ".",
            true);
        first.reset();
        if (!m_repair)
            return {};
        const auto repaired = m_project.change("Repairing labels", [](SQLite::Database &open) -> Result<> {
            open.exec("DELETE FROM current_labels WHERE sample_id IN (SELECT sample_id FROM temp.wrong_current)");
            refreshCurrentOfAll(open);
            ensureIndexes(open);
            return {};
        });
        problem.repaired = repaired.has_value();
        return repaired;
    }

    /// A drive that is not connected is no damage: nothing is removed because of it.
    Result<> media()
    {
        const auto lost = lostMedia(m_project, m_job);
        if (!lost)
            return fail(lost.error());
        for (std::size_t i = 0; i < lost->size() && i < mostNamed; ++i) {
            const LostMedia &root = (*lost)[i];
            report("missing_media",
                   std::to_string(root.lost) + " of " + std::to_string(root.files) + " files in " + root.root.string() +
                       " are not where they were, first " + root.example.string() +
                       ". Connect the drive or put them back; where they lie elsewhere now, a link to there in their"
                       " old place will do.",
                   false);
        }
        if (lost->size() > mostNamed)
            report("missing_media",
                   "Files are missing in " + std::to_string(lost->size() - mostNamed) + " more folders.", false);
        return {};
    }

    struct StoredCrop
    {
        CropId id;
        int segment = 0;
        bool isExtracted = false; ///< Cut out by an extraction, not given by an import.
        std::string damage;       ///< Why it cannot be read.
    };

    Result<> crops()
    {
        const CropReader reader(m_project);
        std::vector<StoredCrop> stored;
        SQLite::Statement select(m_project.database(),
                                 "SELECT id, segment, codec <> 'raw' FROM crops ORDER BY segment, offset");
        while (select.executeStep())
            stored.push_back({{select.getColumn(0).getInt64()},
                              select.getColumn(1).getInt(),
                              select.getColumn(2).getInt() != 0,
                              {}});
        std::vector<StoredCrop> damaged;
        for (std::size_t i = 0; i < stored.size(); ++i) {
            if (i % 256 == 0 && m_job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "The examination was stopped.");
            const auto pixels = reader.read(stored[i].id);
            if (!pixels && pixels.error().code == ErrorCode::Internal)
                return fail(pixels.error());
            if (!pixels) {
                damaged.push_back(stored[i]);
                damaged.back().damage = pixels.error().message;
            }
        }
        return damaged.empty() ? Result<>() : settleCrops(damaged);
    }

    /// What no sample names is dropped; what was cut out counts as not looked at, so that `mien extract` does it again;
    /// what was imported comes back by its import, which puts the bytes elsewhere.
    Result<> settleCrops(const std::vector<StoredCrop> &damaged)
    {
        SQLite::Database &database = m_project.database();
        std::set<std::int64_t> unnamed;
        SQLite::Statement select(database, "SELECT id FROM crops EXCEPT SELECT crop_id FROM samples");
        while (select.executeStep())
            unnamed.insert(select.getColumn(0).getInt64());
        select.reset();
        std::vector<std::int64_t> dropped, again;
        for (const StoredCrop &crop : damaged) {
            if (unnamed.contains(crop.id.value))
                dropped.push_back(crop.id.value);
            else if (crop.isExtracted)
                again.push_back(crop.id.value);
        }
        Result<> settled;
        if (m_repair && dropped.size() + again.size() > 0)
            settled = m_project.change("Dropping damaged crops", [&](SQLite::Database &open) -> Result<> {
                SQLite::Statement drop(open, "DELETE FROM crops WHERE id = ?");
                SQLite::Statement forget(open, "DELETE FROM extractions WHERE media_id IN"
                                               " (SELECT media_id FROM samples WHERE crop_id = ?)");
                SQLite::Statement restart(open, "DELETE FROM extractions_begun WHERE media_id IN"
                                                " (SELECT media_id FROM samples WHERE crop_id = ?)");
                for (const auto &[ids, statement] :
                     {std::pair(&dropped, &drop), std::pair(&again, &forget), std::pair(&again, &restart)})
                    for (const std::int64_t id : *ids) {
                        statement->bind(1, id);
                        statement->exec();
                        statement->reset();
                    }
                return {};
            });
        const bool isSettled = m_repair && settled;
        std::size_t told = 0, left = 0;
        for (const StoredCrop &crop : damaged) {
            const bool isDropped = unnamed.contains(crop.id.value);
            if (++told > mostNamed) {
                left += isDropped && isSettled ? 0 : 1;
                continue;
            }
            std::string what = "Crop " + std::to_string(crop.id.value) + " in " +
                               cropSegmentFile(m_project.folder(), crop.segment).string();
            if (isDropped)
                what += " cannot be read, and no sample needs it.";
            else if (crop.isExtracted)
                what += std::string(" cannot be read. Run ") + (isSettled ? "" : "mien doctor --repair, then ") +
                        "mien extract again.";
            else
                what = crop.damage;
            report("crop_hash", std::move(what), isDropped || crop.isExtracted).repaired = isDropped && isSettled;
        }
        if (left > 0)
            report("crop_hash", std::to_string(left) + (left == 1 ? " more crop" : " more crops") + " cannot be read.",
                   false);
        return settled;
    }

    Result<> segments()
    {
        std::map<int, std::int64_t> ends;
        SQLite::Statement select(m_project.database(),
                                 "SELECT segment, max(offset + size) FROM crops GROUP BY segment");
        while (select.executeStep())
            ends[select.getColumn(0).getInt()] = select.getColumn(1).getInt64();
        std::vector<std::pair<std::size_t, std::filesystem::path>> tails; ///< Index of the problem, file.
        std::error_code error;
        for (const auto &[segment, end] : ends) {
            const auto file = cropSegmentFile(m_project.folder(), segment);
            if (!std::filesystem::exists(file, error))
                report("missing_file",
                       file.string() + " is gone; put it back from a copy, or import and extract its pictures again.",
                       false);
        }
        for (const auto &entry : std::filesystem::directory_iterator(cropFolder(m_project.folder()), error)) {
            if (entry.path().extension() != ".pack")
                continue;
            const int segment = std::atoi(entry.path().stem().c_str());
            const auto known = ends.find(segment);
            const std::int64_t end = known == ends.end() ? 0 : known->second;
            const auto size = static_cast<std::int64_t>(entry.file_size(error));
            if (!error && size > end) {
                report("leftover",
                       entry.path().string() + " ends with " + std::to_string(size - end) +
                           " bytes of an interrupted import.",
                       true);
                tails.emplace_back(m_problems.size() - 1, entry.path());
            }
        }
        if (m_repair && !tails.empty())
            cutTails(tails);
        return {};
    }

    /// The appender cuts what is behind the last committed row, and its lock keeps a running import whole.
    void cutTails(const std::vector<std::pair<std::size_t, std::filesystem::path>> &tails)
    {
        const auto appender =
            CropAppender::open(m_project.folder(), [&] { return committedEnd(m_project.database()); });
        for (const auto &[index, file] : tails) {
            ProjectProblem &problem = m_problems[index];
            if (!appender) {
                problem.what += " " + appender.error().message;
                continue;
            }
            SQLite::Statement select(m_project.database(), "SELECT max(offset + size) FROM crops WHERE segment = ?");
            select.bind(1, std::atoi(file.stem().c_str()));
            select.executeStep();
            problem.repaired = ::truncate(file.c_str(), select.getColumn(0).getInt64()) == 0 || errno == ENOENT;
        }
    }

    Result<> snapshotFiles()
    {
        std::set<std::string> known;
        for (const SnapshotRow &row : snapshots(m_project)) {
            known.insert(row.hash + ".json");
            const auto samples = snapshotSamples(m_project, row.hash);
            if (samples)
                continue;
            // Who may not read the file, or whose drive fails, has not lost it.
            const auto file = m_project.folder() / "snapshots" / (row.hash + ".json");
            const auto text = readFile(file);
            const bool isLost =
                snapshotNamed(m_project, row.hash) && (text || text.error().code == ErrorCode::NotFound);
            const std::string name = row.name.empty() ? row.hash : row.hash + " (" + row.name + ")";
            ProjectProblem &problem =
                report("missing_file",
                       "Snapshot " + name + " cannot be read: " + samples.error().message +
                           (isLost && !m_repair ? " Put the file back from a copy; mien doctor --repair drops the"
                                                  " snapshot."
                                                : ""),
                       isLost);
            if (m_repair && isLost) {
                problem.repaired = dropSnapshot(m_project, row.hash).has_value();
                problem.what += problem.repaired ? " It was dropped." : "";
            }
        }
        std::error_code error;
        for (const auto &entry : std::filesystem::directory_iterator(m_project.folder() / "snapshots", error)) {
            if (entry.path().extension() == ".json" && !known.contains(entry.path().filename().string()))
                leftover(entry.path(), "belongs to no snapshot of the project");
        }
        return {};
    }

    Result<> runFolders()
    {
        std::set<std::string> known;
        std::error_code error;
        for (const RunRow &run : removedRuns(m_project))
            known.insert(run.id);
        for (const RunRow &run : runs(m_project)) {
            known.insert(run.id);
            const auto folder = m_project.folder() / "runs" / run.id;
            if (std::filesystem::is_directory(folder, error))
                continue;
            ProjectProblem &problem = report(
                "missing_file", folder.string() + " is gone; run " + run.id + " can be listed but not used.", true);
            if (m_repair)
                problem.repaired = deleteRun(m_project, run.id).has_value();
        }
        for (const auto &entry : std::filesystem::directory_iterator(m_project.folder() / "runs", error)) {
            if (!known.contains(entry.path().filename().string()))
                leftover(entry.path(), "belongs to no run of the project");
        }
        return {};
    }

    Result<> interruptedWrites()
    {
        for (const auto &path : leftovers(m_project.folder()))
            leftover(path, "is what an interrupted write left");
        return {};
    }

    void leftover(const std::filesystem::path &path, const std::string &why)
    {
        ProjectProblem &problem = report("leftover", path.string() + " " + why + ".", true);
        if (!m_repair)
            return;
        std::error_code error;
        std::filesystem::remove_all(path, error);
        problem.repaired = !error;
    }

    Project &m_project;
    const bool m_repair;
    const Job &m_job;
    std::vector<ProjectProblem> m_problems;
};

} // namespace

Result<std::vector<ProjectProblem>> examine(Project &project, bool repair, const Job &job)
{
    if (repair && !project.isWritable())
        return fail(ErrorCode::Conflict, project.readOnlyReason().empty() ? "The project was opened for reading only."
                                                                          : project.readOnlyReason());
    return Examination(project, repair, job).run();
}

} // namespace mien
