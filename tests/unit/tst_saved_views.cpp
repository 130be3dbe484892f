#include "pipeline/store/project.h"
#include "pipeline/store/saved_views.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

using namespace mien;
using namespace mien::test;

class tst_saved_views : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void areKeptRenamedAndRemoved()
    {
        const TemporaryFolder folder;
        const auto path = folder / "p.mien";
        {
            Project project = must(Project::create(path, "views"));
            QVERIFY(savedViews(project).empty());
            QVERIFY(addSavedView(project, {"doubtful", "flag:open", "suspicion", true}));
            QVERIFY(addSavedView(project, {"Angry", "label:anger", "id", false}));
            const auto twice = addSavedView(project, {"doubtful", "", "id", false});
            QVERIFY(!twice && twice.error().code == ErrorCode::Conflict);
            const auto nameless = addSavedView(project, {"", "flag:open", "id", false});
            QVERIFY(!nameless && nameless.error().code == ErrorCode::Invalid);
        }
        Project project = must(Project::open(path, Project::Access::Write));
        auto views = savedViews(project);
        QCOMPARE(views.size(), std::size_t(2));
        QCOMPARE(views[0].name, std::string("Angry"));
        QCOMPARE(views[1].filter, std::string("flag:open"));
        QCOMPARE(views[1].sortKey, std::string("suspicion"));
        QVERIFY(views[1].descending && !views[0].descending);

        QVERIFY(renameSavedView(project, "doubtful", "worst first"));
        const auto gone = renameSavedView(project, "doubtful", "other");
        QVERIFY(!gone && gone.error().code == ErrorCode::NotFound);
        const auto taken = renameSavedView(project, "Angry", "worst first");
        QVERIFY(!taken && taken.error().code == ErrorCode::Conflict);
        QVERIFY(renameSavedView(project, "Angry", "Angry"));
        QVERIFY(removeSavedView(project, "Angry"));
        QVERIFY(!removeSavedView(project, "Angry"));
        views = savedViews(project);
        QCOMPARE(views.size(), std::size_t(1));
        QCOMPARE(views[0].name, std::string("worst first"));
        QVERIFY(!project.nextUndo()); // A view is no fact about the data: not on the undo stack.
    }
};

QTEST_GUILESS_MAIN(tst_saved_views)
#include "tst_saved_views.moc"
