#include "pipeline/store/doctor.h"

#include "pipeline/store/crop_pack.h"
#include "pipeline/store/imports.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/leftovers.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/snapshots.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <SQLiteCpp/Database.h>

#include <fstream>
#include <unistd.h>

using namespace mien;
using namespace mien::test;

namespace {

QString found(Project &project, bool repair = false)
{
    QStringList kinds;
    for (const ProjectProblem &problem : must(examine(project, repair, {})))
        kinds << QString::fromStdString(problem.kind) + (problem.repaired ? " repaired" : "");
    return kinds.join(", ");
}

/// A project with something of everything.
Project livedIn(const std::filesystem::path &folder)
{
    Project project = filledProject(folder, 40);
    Verdict verdict;
    verdict.label = ClassId{5};
    must(annotate(project, SampleId{9}, verdict, "ann"));
    const SampleId tagged{3};
    must(addTag(project, std::span(&tagged, 1), "glasses", "ann"));
    must(setExcluded(project, std::span(&tagged, 1), true, "ann"));
    must(project.undo());
    must(addRun(project, {}));
    must(createSnapshot(project, "", "one"));
    return project;
}

} // namespace

class TestDoctor : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void healthyProjectHasNoProblems()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        QCOMPARE(found(project), "");
        Project reader = must(Project::open(folder / "a.mien", Project::Access::Read));
        QCOMPARE(found(reader), "");
        QCOMPARE(examine(reader, true, {}).error().code, ErrorCode::Conflict);
    }

    void wrongCurrentLabelsAreMadeAgain_data()
    {
        QTest::addColumn<QString>("damage");
        QTest::newRow("row gone") << "DELETE FROM current_labels WHERE sample_id = 7";
        QTest::newRow("other label") << "UPDATE current_labels SET class_id = 3 WHERE sample_id = 9";
        QTest::newRow("other flag") << "UPDATE current_labels SET flag = 2 WHERE sample_id = 1";
        QTest::newRow("tag gone") << "DELETE FROM current_tags";
        QTest::newRow("tag too much") << "INSERT INTO current_tags SELECT id, 12 FROM tags";
    }

    void wrongCurrentLabelsAreMadeAgain()
    {
        QFETCH(QString, damage);
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        const std::string before = contentOf(project);
        project.database().exec(damage.toStdString());
        QCOMPARE(found(project), "current_labels");
        QCOMPARE(found(project, true), "current_labels repaired");
        QCOMPARE(found(project), "");
        QCOMPARE(contentOf(project), before);
    }

    void everyFlippedByteOfACropIsFound()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        const auto pack = project.folder() / "crops" / "0001.pack";
        for (int i = 0; i < 20; ++i) {
            const auto at =
                static_cast<std::streamoff>((i * 97 + 5) % static_cast<int>(std::filesystem::file_size(pack)));
            std::fstream file(pack, std::ios::in | std::ios::out | std::ios::binary);
            file.seekg(at);
            const int byte = file.get();
            file.seekp(at);
            file.put(static_cast<char>(byte ^ 1));
            file.flush();
            QCOMPARE(found(project), "crop_hash");
            file.seekp(at);
            file.put(static_cast<char>(byte));
        }
        QCOMPARE(found(project), "");
    }

    void leftoversAreFoundAndRemoved()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        std::ofstream(project.folder() / "snapshots" / ".x.json.999999999.tmp") << "half";
        std::ofstream(project.folder() / "crops" / "0001.pack", std::ios::app) << "tail";
        std::ofstream(project.folder() / "crops" / "0002.pack") << "more";
        std::filesystem::create_directories(project.folder() / "runs" / "r77");
        const auto run = project.folder() / "runs" / "r1";
        std::ofstream(run / "checkpoint.safetensors.part999999999") << "of a process that is gone";
        std::ofstream(run / ("checkpoint.safetensors.part" + std::to_string(::getpid()))) << "being written";
        QCOMPARE(found(project), "leftover, leftover, leftover, leftover, leftover");
        QCOMPARE(found(project, true),
                 "leftover repaired, leftover repaired, leftover repaired, leftover repaired, leftover repaired");
        QCOMPARE(found(project), "");
        QVERIFY(std::filesystem::exists(run / ("checkpoint.safetensors.part" + std::to_string(::getpid()))));
    }

    void theNextWriterClearsWhatAKilledOneLeft()
    {
        const TemporaryFolder folder;
        const auto place = folder / "a.mien";
        std::string content, stored;
        {
            Project project = livedIn(place);
            content = contentOf(project);
            stored = snapshots(project).at(0).hash + ".json";
            project.database().exec("UPDATE imports SET finished_at_ms = NULL");
        }
        const std::string gone = ".999999999.tmp", alive = "." + std::to_string(::getpid()) + ".tmp";
        std::ofstream(place / (".lease.json" + gone)) << "half";
        std::ofstream(place / "project.db.new") << "half";
        std::ofstream(place / "crops" / "0001.pack", std::ios::app) << "tail";
        std::ofstream(place / "crops" / "0002.pack") << "more";
        std::ofstream(place / "snapshots" / "new.json") << "whole, without its row";
        std::ofstream(place / "snapshots" / (".new.json" + gone)) << "whole, without its row";
        std::ofstream(place / "snapshots" / ("." + stored + gone)) << "of one that was stored";
        std::ofstream(place / "runs" / "r1" / "checkpoint.safetensors.part999999999") << "half";
        std::filesystem::create_directories(place / "runs" / "r2");
        std::filesystem::create_directories(place / "packs" / (".0123" + gone) / "images");
        std::filesystem::create_directories(place / "backups");
        std::ofstream(place / "backups" / (".1" + alive)) << "at work";
        std::filesystem::create_directories(place / "runs" / "r77");
        std::ofstream(place / "runs" / "r77" / "checkpoint.safetensors") << "of a state that a backup replaced";
        {
            Project reader = must(Project::open(place, Project::Access::Read));
            QVERIFY(found(reader).count("leftover") > 8); // reading changes nothing
        }
        Project project = must(Project::open(place, Project::Access::Write));
        QCOMPARE(found(project), "leftover");
        QVERIFY(std::filesystem::exists(place / "runs" / "r77" / "checkpoint.safetensors"));
        QVERIFY(std::filesystem::exists(place / "backups" / (".1" + alive)));
        QVERIFY(std::filesystem::exists(place / "snapshots" / stored));
        QVERIFY(!std::filesystem::exists(place / "packs" / (".0123" + gone)));
        QVERIFY(!std::filesystem::exists(place / "crops" / "0002.pack"));
        QCOMPARE(contentOf(project), content);
    }

    void bytesOfAnImportAtWorkStay()
    {
        const TemporaryFolder folder;
        const auto place = folder / "a.mien";
        {
            filledProject(place, 10);
        }
        Project project = must(Project::open(place, Project::Access::Write));
        const auto pack = place / "crops" / "0001.pack";
        const auto before = std::filesystem::file_size(pack);
        ImportWriter writer = must(ImportWriter::begin(project, "other", "", folder.path()));
        std::ofstream(pack, std::ios::app) << "of a batch that is not committed yet";
        clearLeftovers(project.database(), place);
        QVERIFY(std::filesystem::file_size(pack) > before);
    }

    void missingFilesAreFound()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        std::filesystem::remove_all(project.folder() / "runs" / "r1");
        std::filesystem::remove(project.folder() / "snapshots" / (snapshots(project).at(0).hash + ".json"));
        QCOMPARE(found(project), "missing_file, missing_file");
        QCOMPARE(found(project, true), "missing_file repaired, missing_file repaired");
        QVERIFY(runs(project).empty());
        QVERIFY(snapshots(project).empty());
        QCOMPARE(found(project), "");
    }

    void damagedSnapshotsAreDropped()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        const SnapshotRow lost = snapshots(project).at(0);
        const auto file = project.folder() / "snapshots" / (lost.hash + ".json");
        std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
        const auto problems = must(examine(project, false, {}));
        QCOMPARE(problems.size(), std::size_t(1));
        QVERIFY2(problems[0].repairable && problems[0].what.find(lost.hash + " (one)") != std::string::npos,
                 problems[0].what.c_str());
        QCOMPARE(found(project, true), "missing_file repaired");
        QCOMPARE(found(project), "");
        QCOMPARE(must(createSnapshot(project, "", "one")).hash, lost.hash); // nothing of the cut file is in its way
        QCOMPARE(found(project), "");
    }

    void damagedCropsThatNobodyNamesAreDropped()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        const auto flip = [&](int crop) {
            const auto offset =
                project.database().execAndGet("SELECT offset FROM crops WHERE id = " + std::to_string(crop)).getInt64();
            std::fstream file(project.folder() / "crops" / "0001.pack",
                              std::ios::in | std::ios::out | std::ios::binary);
            file.seekg(offset);
            const int byte = file.get();
            file.seekp(offset);
            file.put(static_cast<char>(byte ^ 1));
        };
        const int last = project.database().execAndGet("SELECT max(id) FROM crops").getInt();
        flip(1);
        flip(last);
        QCOMPARE(found(project), "crop_hash, crop_hash");
        project.database().exec("UPDATE samples SET crop_id = 2 WHERE crop_id = " + std::to_string(last));
        QCOMPARE(found(project, true), "crop_hash, crop_hash repaired, leftover repaired"); // its bytes were the last
        const auto left = must(examine(project, false, {}));
        QCOMPARE(left.size(), std::size_t(1));
        QVERIFY2(left[0].what.ends_with("Import its source again."), left[0].what.c_str());
    }

    void damagedCropsOfAnExtractionAreExtractedAgain()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        SQLite::Database &database = project.database();
        database.exec("UPDATE crops SET codec = 'png', hash = zeroblob(16) WHERE id = 1");
        database.exec("INSERT INTO extractions (media_id, settings_hash, frames, faces, crops, no_face, at_ms)"
                      " SELECT media_id, 'x', 1, 1, 1, 0, 0 FROM samples WHERE crop_id = 1 LIMIT 1");
        QVERIFY(must(examine(project, false, {}))[0].what.ends_with("doctor --repair, then mien extract again."));
        QVERIFY(must(examine(project, true, {}))[0].what.ends_with("Run mien extract again."));
        QCOMPARE(database.execAndGet("SELECT count(*) FROM extractions").getInt(), 0);
    }

    void mediaThatAreGoneAreNamedAndNothingIsRemoved()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien"); // its table is not there, and no sample is read from it
        ImportWriter writer = must(ImportWriter::begin(project, "class-folder", "", folder / "set"));
        for (const char *name : {"a.png", "b.png", "c.png"}) {
            NewMedia file;
            file.path = folder / "set" / name;
            std::filesystem::create_directories(file.path.parent_path());
            std::ofstream(file.path) << "picture";
            NewSample sample;
            sample.sourceKey = sample.displaySource = name;
            sample.media = must(writer.addMedia(file));
            must(writer.addSample(sample));
        }
        must(writer.finish());
        QCOMPARE(found(project), "");
        const std::string content = contentOf(project);

        std::filesystem::remove(folder / "set" / "b.png");
        QCOMPARE(found(project), "missing_media");
        std::filesystem::rename(folder / "set", folder / "elsewhere");
        const auto problems = must(examine(project, true, {}));
        QCOMPARE(problems.size(), std::size_t(1));
        QVERIFY(!problems[0].repairable && !problems[0].repaired);
        const std::string place = folder.path().string(), first = (folder / "set/a.png").string();
        QVERIFY2(problems[0].what.starts_with("3 of 3 files in " + place + " are not where they were, first " + first +
                                              ". "),
                 problems[0].what.c_str());
        QCOMPARE(contentOf(project), content);

        std::filesystem::create_directory_symlink(folder / "elsewhere", folder / "set"); // what the sentence advises
        std::ofstream(folder / "elsewhere" / "b.png") << "picture";
        QCOMPARE(found(project), "");
        std::filesystem::remove(folder / "set");
        must(removeImport(project, imports(project).back().id)); // samples that count nowhere need no file
        QCOMPARE(found(project), "");
    }

    void brokenReferencesAreFound()
    {
        const TemporaryFolder folder;
        Project project = livedIn(folder / "a.mien");
        project.database().exec("PRAGMA foreign_keys=OFF");
        project.database().exec("UPDATE samples SET media_id = 99 WHERE id = 4");
        QCOMPARE(found(project), "integrity");
    }
};

QTEST_APPLESS_MAIN(TestDoctor)
#include "tst_doctor.moc"
