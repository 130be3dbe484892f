#include "pipeline/store/schema.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/current_labels.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_data.h"

#include <QTest>
#include <SQLiteCpp/Database.h>

#include <fstream>

using namespace mien;
using namespace mien::test;

class TestSchema : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void newerProjectIsRefused()
    {
        const TemporaryFolder folder;
        {
            filledProject(folder / "a.mien", 3).database().exec("PRAGMA user_version=99");
        }
        for (const auto access : {Project::Access::Write, Project::Access::Read, Project::Access::WriteOrRead}) {
            const auto opened = Project::open(folder / "a.mien", access);
            QCOMPARE(opened.error().code, ErrorCode::Invalid);
            QVERIFY(opened.error().message.find("newer Mien") != std::string::npos);
        }
    }

    void foreignFilesAreRefusedUntouched_data()
    {
        QTest::addColumn<QByteArray>("content");
        const TemporaryFolder folder;
        {
            SQLite::Database other((folder / "other.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            other.exec("CREATE TABLE t (x)");
        }
        QFile file(QString::fromStdString((folder / "other.db").string()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QTest::newRow("another program's database") << file.readAll();
        QTest::newRow("text") << QByteArray("hello\n");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("garbage") << QByteArray(8192, '\x55');
    }

    void foreignFilesAreRefusedUntouched()
    {
        QFETCH(QByteArray, content);
        const TemporaryFolder folder;
        QFile file(QString::fromStdString((folder / "project.db").string()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
        file.close();
        for (const auto access : {Project::Access::Write, Project::Access::Read}) {
            const auto opened = Project::open(folder.path(), access);
            QVERIFY(!opened);
            QCOMPARE(opened.error().code, ErrorCode::Invalid);
        }
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), content);
        int entries = 0;
        for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator(folder.path()))
            ++entries;
        QCOMPARE(entries, 1);
    }

    void anotherFileInTheSamePlaceIsLookedAtAnew()
    {
        // File systems give a new file the number of a removed one at once.
        const TemporaryFolder folder;
        const auto file = folder / "a.mien" / "project.db";
        for (int round = 0; round < 8; ++round) {
            filledProject(folder / "a.mien", 3);
            std::filesystem::remove_all(folder / "a.mien");
            std::filesystem::create_directory(folder / "a.mien");
            std::ofstream(file) << std::string(8192, 'U');
            const auto opened = Project::open(folder / "a.mien", Project::Access::Read);
            QVERIFY(!opened);
            QCOMPARE(opened.error().code, ErrorCode::Invalid);
            std::filesystem::remove_all(folder / "a.mien");
        }
    }

    void projectOfSchema1IsBroughtUp()
    {
        const TemporaryFolder folder;
        const auto file = folder / "a.mien" / "project.db";
        std::filesystem::create_directories(folder / "a.mien");
        static constexpr const char *labels =
            "SELECT group_concat(sample_id || ' ' || coalesce(class_id, '') || ' ' || state || ' ' || split || ' ' ||"
            " reviews || ' ' || flag, char(10)) FROM current_labels";
        std::string before;
        {
            std::ifstream dump(sourceFile("tests/support/project_v1.sql"));
            SQLite::Database database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            database.exec(std::string(std::istreambuf_iterator<char>(dump), {}));
            before = database.execAndGet(labels).getString();
        }
        Project project = must(Project::open(folder / "a.mien", Project::Access::Write));
        QCOMPARE(project.database().execAndGet("PRAGMA user_version").getInt(), schemaVersion());
        QCOMPARE(project.database().execAndGet(labels).getString(), before);
        QCOMPARE(findWrongCurrent(project.database()), 0);
        QVERIFY(std::filesystem::exists(folder / "a.mien" / "project.db.v1.bak"));
        QCOMPARE(must(samplesMatching(project, "label:anger")).size(), 5U);
        QCOMPARE(must(project.redo()).name, "Label 3 images: neutral");
    }

    void migrationKeepsACopyAndIsWholeOrAbsent()
    {
        const TemporaryFolder folder;
        std::string content;
        {
            Project project = filledProject(folder / "a.mien", 10);
            content = contentOf(project);
        }
        const auto file = folder / "a.mien" / "project.db";
        const auto copy = folder / "a.mien" / ("project.db.v" + std::to_string(schemaVersion()) + ".bak");
        const int next = schemaVersion() + 1;
        std::vector<Migration> failing(migrations().begin(), migrations().end()), working = failing;
        failing.push_back({next, "CREATE TABLE two (x INTEGER) STRICT"});
        failing.push_back({next + 1, "NONSENSE"});
        working.push_back({next, "CREATE TABLE two (x INTEGER) STRICT"});
        working.push_back({next + 1, "ALTER TABLE two ADD COLUMN y INTEGER"});
        {
            const auto database = must(openConnection(file, ConnectionMode::ReadWrite));
            QVERIFY(!migrate(*database, file, failing));
            QCOMPARE(database->execAndGet("PRAGMA user_version").getInt(), schemaVersion());
            QVERIFY(!database->tableExists("two"));
        }
        QVERIFY(std::filesystem::exists(copy));
        {
            const auto database = must(openConnection(file, ConnectionMode::ReadWrite));
            must(migrate(*database, file, working));
            QCOMPARE(database->execAndGet("PRAGMA user_version").getInt(), next + 1);
            must(migrate(*database, file, working)); // nothing left to do
        }
        // The copy is the project as it was.
        std::filesystem::create_directories(folder / "b.mien");
        std::filesystem::copy(copy, folder / "b.mien" / "project.db");
        QCOMPARE(contentOf(must(Project::open(folder / "b.mien", Project::Access::Read))), content);
        QCOMPARE(Project::open(folder / "a.mien", Project::Access::Read).error().code, ErrorCode::Invalid); // newer now
    }

    void damagedDatabaseIsAnErrorNotACrash()
    {
        const TemporaryFolder folder;
        {
            filledProject(folder / "a.mien", 300);
        }
        const auto file = folder / "a.mien" / "project.db";
        const auto size = static_cast<int>(std::filesystem::file_size(file));
        int refused = 0;
        for (int i = 0; i < pointsOf(25, 200); ++i) {
            std::filesystem::copy_file(file, folder / "kept.db", std::filesystem::copy_options::overwrite_existing);
            {
                std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
                damage.seekp(4096 + static_cast<int>((i * 7919LL * 4096LL) % (size - 8192)));
                damage << std::string(2048, static_cast<char>(0xa5 + i));
            }
            auto project = Project::open(folder / "a.mien", Project::Access::WriteOrRead);
            if (project) {
                const auto ids = samplesMatching(*project, "label:fear OR row", {"suspicion", true});
                const auto rows = ids ? sampleRows(*project, *ids) : Result<std::vector<SampleRow>>();
                refused += ids && rows ? 0 : 1;
                project = fail(ErrorCode::Internal, "closed");
            } else {
                ++refused;
            }
            for (const char *suffix : {"-wal", "-shm"})
                std::filesystem::remove(file.string() + suffix);
            std::filesystem::copy_file(folder / "kept.db", file, std::filesystem::copy_options::overwrite_existing);
        }
        qInfo("%d damages noticed at once", refused);
        QVERIFY(Project::open(folder / "a.mien", Project::Access::Write).has_value());
    }
};

QTEST_APPLESS_MAIN(TestSchema)
#include "tst_schema.moc"
