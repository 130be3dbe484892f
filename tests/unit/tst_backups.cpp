#include "pipeline/store/backups.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/backup_keeper.h"
#include "pipeline/store/doctor.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/seal.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <atomic>
#include <fstream>
#include <thread>

using namespace mien;
using namespace mien::test;

namespace {

void label(Project &project, std::int64_t sample, std::int64_t as)
{
    Verdict verdict;
    verdict.label = ClassId{as};
    must(annotate(project, SampleId{sample}, verdict, "ann"));
}

void label(Project &&project, std::int64_t sample, std::int64_t as)
{
    label(project, sample, as);
}

/// Changes `count` bytes, each to another value.
void damage(const std::filesystem::path &file, std::int64_t at, int count)
{
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    std::string bytes(static_cast<std::size_t>(count), '\0');
    stream.seekg(at);
    stream.read(bytes.data(), count);
    for (char &byte : bytes)
        byte = static_cast<char>(byte ^ 0x5a);
    stream.seekp(at);
    stream << bytes;
}

/// As another program would, length for length.
void replaceText(const std::filesystem::path &file, const std::string &from, const std::string &to)
{
    std::string bytes = must(readFile(file));
    const auto at = bytes.find(from);
    if (at == std::string::npos)
        throw std::runtime_error(from + " is not in " + file.string());
    bytes.replace(at, to.size(), to);
    std::ofstream(file, std::ios::binary) << bytes;
}

std::string whatIsWrong(const std::filesystem::path &folder)
{
    const auto project = Project::open(folder, Project::Access::Read);
    if (!project)
        return project.error().message;
    const auto found = findDamage(*project);
    if (!found)
        return found.error().message;
    return *found ? (*found)->what : std::string();
}

} // namespace

class TestBackups : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void damageIsFoundAnywhereAndTheNewestGoodBackupRestored()
    {
        const TemporaryFolder folder;
        const auto place = folder / "a.mien";
        const auto file = place / "project.db";
        std::string content;
        {
            Project project = filledProject(place, 400);
            label(project, 7, 3);
            must(backUp(project));
            label(project, 9, 2);
            must(backUp(project));
            content = contentOf(project);
        }
        QVERIFY(whatIsWrong(place).empty());
        std::filesystem::copy_file(file, folder / "kept.db");
        const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file));
        const int places = pointsOf(10, 200);
        int found = 0;
        for (int i = 0; i < places; ++i) {
            damage(file, (size - 64) * i / places + i * 37 % 61, i % 3 == 0 ? 1 : i % 3 == 1 ? 16 : 64);
            const std::string what = whatIsWrong(place);
            QVERIFY2(what.find("project.db") != std::string::npos,
                     qPrintable(QString("place %1: %2").arg(i).arg(QString::fromStdString(what))));
            ++found;

            const auto backup = must(newestGoodBackup(place));
            QCOMPARE(backup.file, backups(place).front().file);
            const auto restored = must(restoreBackup(place, backup));
            QVERIFY(std::filesystem::exists(restored.damaged));
            QVERIFY(whatIsWrong(place).empty());
            QCOMPARE(contentOf(must(Project::open(place, Project::Access::Read))), content);
            {
                must(must(Project::open(place, Project::Access::Write)).setSetting("opened", std::to_string(i)));
            }
            QVERIFY(std::filesystem::exists(place / "project.seal"));
        }
        qInfo("%d of %d damaged places found, each restored from the newest backup", found, places);
    }

    void damageOfTheStructureIsFoundAfterAKillToo()
    {
        const TemporaryFolder folder;
        const auto place = folder / "a.mien";
        {
            filledProject(place, 400);
        }
        std::filesystem::remove(place / "project.seal"); // as a killed writer leaves it
        QVERIFY(whatIsWrong(place).empty());
        damage(place / "project.db", 3 * 4096, 4096);
        QVERIFY(whatIsWrong(place).find("damaged") != std::string::npos);
    }

    /// What was written since does not make it good: doctor or a backup does.
    void foundDamageIsNotForgottenByTheNextEdit()
    {
        const TemporaryFolder folder;
        const auto place = folder / "a.mien";
        const auto openToWrite = [&] { return must(Project::open(place, Project::Access::Write)); };
        {
            Project project = filledProject(place, 5);
            must(project.setSetting("word", "as it was written"));
            QVERIFY(project.isAsLeft());
        }
        QVERIFY(openToWrite().isAsLeft());
        replaceText(place / "project.db", "as it was written", "as it is not said");
        label(must(Project::open(place, Project::Access::Write)), 1, 2);
        QVERIFY(whatIsWrong(place).find("not as Mien left it") != std::string::npos);
        {
            Project project = openToWrite();
            QVERIFY(!project.isAsLeft());
            label(project, 2, 3);
        }
        QVERIFY(whatIsWrong(place).find("not as Mien left it") != std::string::npos);
        {
            Project project = openToWrite();
            const auto found = must(examine(project, true, {}));
            QCOMPARE(found.size(), std::size_t(1));
            QVERIFY(found[0].repaired);
        }
        QVERIFY(whatIsWrong(place).empty());
        QVERIFY(openToWrite().isAsLeft());
        QVERIFY(std::filesystem::exists(place / "project.seal"));

        replaceText(place / "project.db", "as it is not said", "as it was written");
        QVERIFY(!openToWrite().isAsLeft());
        const Backup backup = must(backUp(openToWrite()));
        must(restoreBackup(place, backup));
        QVERIFY(openToWrite().isAsLeft());
        QVERIFY(whatIsWrong(place).empty());
    }

    /// A copy has new times, a killed writer leaves no seal, and a killed training is noted at the next opening.
    void nothingIsFoundWhereNothingIsWrong()
    {
        const TemporaryFolder folder;
        const auto place = folder / "a.mien", file = place / "project.db", seal = place / "project.seal";
        std::string run;
        {
            Project project = filledProject(place, 5);
            run = must(addRun(project, {.network = "n", .state = "running", .configJson = "{}", .metricsJson = "{}"}));
        }
        QVERIFY(std::filesystem::exists(seal));
        {
            const Project project = must(Project::open(place, Project::Access::Write)); // changes the state of the run
            QVERIFY(project.isAsLeft());
            QVERIFY(!std::filesystem::exists(seal));
        }
        QVERIFY(must(Project::open(place, Project::Access::Write)).isAsLeft());
        std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
        QVERIFY(must(Project::open(place, Project::Access::Write)).isAsLeft());
        QVERIFY(whatIsWrong(place).empty());
        std::filesystem::remove(seal);
        label(must(Project::open(place, Project::Access::Write)), 1, 2);
        QVERIFY(must(Project::open(place, Project::Access::Write)).isAsLeft());
        QVERIFY(whatIsWrong(place).empty());
    }

    void aDamagedBackupIsPassedOver()
    {
        const TemporaryFolder folder;
        const auto place = folder / "a.mien";
        QCOMPARE(newestGoodBackup(place).error().code, ErrorCode::NotFound);
        Project project = filledProject(place, 20);
        const Backup older = must(backUp(project));
        label(project, 1, 3);
        const Backup newer = must(backUp(project));
        QCOMPARE(must(newestGoodBackup(place)).file, newer.file);
        damage(newer.file, 5000, 1);
        QCOMPARE(must(newestGoodBackup(place)).file, older.file);
        QVERIFY(!restoreBackup(place, older)); // the project is open
        project = must(Project::open(must(Project::create(folder / "b.mien", "")).folder(), Project::Access::Read));
        QVERIFY(!restoreBackup(place, newer));
        must(restoreBackup(place, older));
        QVERIFY(must(Project::open(place, Project::Access::Read)).history(10).empty());
    }

    void tenAreKept()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 5);
        std::vector<std::filesystem::path> made;
        for (int i = 0; i < keptBackups + 2; ++i) {
            label(project, 1, 1 + i % 7);
            made.push_back(must(backUp(project)).file);
        }
        const auto kept = backups(project.folder());
        QCOMPARE(int(kept.size()), keptBackups);
        QCOMPARE(kept.front().file, made.back());
        QCOMPARE(kept.back().file, made[2]);
    }

    void theKeeperBacksUpWhatChanged()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 50);
        std::atomic<int> made = 0;
        BackupListener listener;
        listener.made = [&](const Backup &) { ++made; };
        {
            const BackupKeeper keeper(project, listener, std::chrono::milliseconds(20));
            QTRY_COMPARE(made.load(), 1);
            QTest::qWait(100);
            QCOMPARE(made.load(), 1); // nothing changed
            label(project, 3, 2);
            QTRY_COMPARE(made.load(), 2);
        }
        {
            const BackupKeeper keeper(project, listener);
            QTest::qWait(100);
        }
        QCOMPARE(made.load(), 2); // opened again, unchanged
        QCOMPARE(backups(project.folder()).size(), std::size_t(2));
    }

    void theKeeperTellsOfDamage()
    {
        const TemporaryFolder folder;
        {
            filledProject(folder / "a.mien", 50);
        }
        QTest::qWait(5); // the file is younger than the project
        damage(folder / "a.mien" / "project.db", 9000, 1);
        const Project project = must(Project::open(folder / "a.mien", Project::Access::Write));
        std::atomic<int> damaged = 0, made = 0;
        BackupListener listener;
        listener.damaged = [&](const Damage &) { ++damaged; };
        listener.made = [&](const Backup &) { ++made; };
        const BackupKeeper keeper(project, listener, std::chrono::milliseconds(5));
        QTRY_COMPARE(damaged.load(), 1);
        QTest::qWait(50);
        QCOMPARE(made.load(), 0); // no good backup is given up for a damaged project
        QVERIFY(!isBackupDue(project, 0));
        must(acceptContent(project.folder()));
        QVERIFY(isBackupDue(project, 0));
    }

    void aBackupWhileOthersWriteIsOfOneMoment()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 3000);
        std::atomic<bool> done = false;
        std::jthread copying([&, reader = must(project.reopened(Project::Access::Read))] {
            for (int i = 0; i < 4; ++i)
                must(backUp(reader));
            done = true;
        });
        const std::vector<SampleId> pair{{1}, {2999}};
        int edits = 0;
        while (!done || edits < 20) {
            Verdict verdict;
            verdict.label = ClassId{1 + edits++ % 7};
            must(annotateAll(project, pair, verdict, "ann"));
        }
        copying.join();
        for (const Backup &backup : backups(project.folder())) {
            const auto place = folder / backup.file.stem();
            std::filesystem::create_directories(place);
            std::filesystem::copy_file(backup.file, place / "project.db");
            const Project copy = must(Project::open(place, Project::Access::Read));
            const auto first = annotationsOf(copy, pair[0]), last = annotationsOf(copy, pair[1]);
            QCOMPARE(first.size(), last.size());
            QVERIFY(copy.history(1).empty() || first.back().edit == copy.history(1)[0].id);
        }
    }

    void theSealIsBrokenByAChangeAndMadeAtTheEnd()
    {
        const TemporaryFolder folder;
        const auto place = folder / "a.mien";
        const auto seal = place / "project.seal";
        {
            Project project = filledProject(place, 5);
            QVERIFY(!std::filesystem::exists(seal));
        }
        QVERIFY(std::filesystem::exists(seal));
        const auto madeAt = std::filesystem::last_write_time(seal);
        {
            Project project = must(Project::open(place, Project::Access::Write));
            QVERIFY(std::filesystem::exists(seal));
            label(project, 1, 2);
            QVERIFY(!std::filesystem::exists(seal));
            must(project.undo());
        }
        QVERIFY(std::filesystem::exists(seal));
        QVERIFY(std::filesystem::last_write_time(seal) != madeAt);
        QVERIFY(whatIsWrong(place).empty());
    }
};

QTEST_GUILESS_MAIN(TestBackups)
#include "tst_backups.moc"
