#include "pipeline/store/duplicate_groups.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/near_duplicates.h"
#include "pipeline/store/samples.h"
#include "studio/app/main_window.h"
#include "studio/checking/check_page.h"
#include "studio/checking/duplicate_faces.h"
#include "studio/checking/duplicate_list.h"
#include "studio/checking/duplicates_panel.h"
#include "studio/checking/splits_panel.h"
#include "studio/common/action_registry.h"
#include "studio/common/filter_field.h"
#include "studio/common/job_queue.h"
#include "studio/common/sample_list_model.h"
#include "studio/gallery/gallery_page.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_page.h"
#include "tests/support/controls.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/opened_window.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

using namespace mien;
using namespace mien::test;

namespace {

/// Ten people with six faces each; in every fifth sample the picture of the one before again under another label and in
/// another split (12 groups), and in every tenth one that is a little brighter (6 pairs, to be searched for).
void peopleProject(const std::filesystem::path &folder)
{
    Project project = must(Project::create(folder, "Checks"));
    ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", folder.parent_path() / "faces.csv"));
    NewMedia file;
    file.path = folder.parent_path() / "faces.csv";
    file.kind = "table";
    const MediaId media = must(writer.addMedia(file));
    for (int row = 0; row < 60; ++row) {
        const bool isCopy = row % 5 == 4, isLook = row % 10 == 7;
        const Picture picture = waves(48, unsigned(isCopy || isLook ? row : row + 1), isLook ? 6 : 0, isLook ? 5 : 0);
        NewSample sample;
        sample.sourceKey = "row:" + std::to_string(row);
        sample.displaySource = "session-" + std::to_string(row % 6) + "/face-" + std::to_string(row) + ".png";
        sample.media = media;
        sample.crop = must(writer.addCrop(48, 48, 1, "raw", picture.pixels));
        sample.widthPx = sample.heightPx = 48;
        sample.pixelHash = pixelHashOf(48, 48, 1, picture.pixels);
        sample.givenClass = ClassId{1 + row % 7};
        sample.state = LabelState::Ok;
        sample.split = std::array{Split::Train, Split::Val, Split::Test}[std::size_t(row % 3)];
        sample.subject = row % 6 == 5 ? "" : "P" + std::to_string(row / 6);
        sample.measures = {{"quality.blur", 100. + row}};
        must(writer.addSample(sample));
    }
    must(writer.finish());
}

std::vector<DuplicateGroup> manyGroups(int count)
{
    std::vector<DuplicateGroup> groups;
    for (int i = 0; i < count; ++i) {
        DuplicateGroup group;
        group.samples = {{2 * i + 1}, {2 * i + 2}};
        group.labelsDiffer = i < count / 4;
        group.isNear = i % 2 == 0;
        groups.push_back(group);
    }
    return groups;
}

} // namespace

/// The page that shows what is there twice and what the splits are like, with the real `mien` behind it.
class tst_checking : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;
    int m_projects = 0;

    template <typename T>
    T *find(const char *name) const
    {
        return m_window->findChild<T *>(QLatin1String(name));
    }

    CheckPage &page() const { return *qobject_cast<CheckPage *>(m_window->page(QStringLiteral("check"))); }
    DuplicatesPanel &duplicates() const { return page().duplicates(); }

    /// A test that goes on with a page that is not filled reads what is not there.
    [[nodiscard]] bool open(const std::function<void(const std::filesystem::path &)> &make)
    {
        const QString path = m_folder.filePath(QStringLiteral("p%1.mien").arg(++m_projects));
        make(path.toStdString());
        m_window = std::make_unique<MainWindow>();
        if (!openProject(*m_window, path))
            return false;
        m_window->showPage(QStringLiteral("check"));
        m_window->activateWindow();
        return QTest::qWaitForWindowActive(m_window.get(), 30'000) &&
               QTest::qWaitFor([this] { return m_window->isSettled(); }, 60'000);
    }

    void click(const char *name) const
    {
        auto *button = find<QPushButton>(name);
        QVERIFY2(button && button->isVisible(), name);
        QTRY_VERIFY2(button->isEnabled(), qPrintable(button->text()));
        QTest::mouseClick(button, Qt::LeftButton);
    }

    void look(const char *state) const
    {
        const QStringList faults = faultsOfLook(*m_window, QLatin1String(state));
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
        const QStringList nameless = namelessIn(m_window->page(QStringLiteral("check")));
        QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(QLatin1Char('\n'))));
    }

    std::int64_t count(const char *filter) const
    {
        const Project project = must(Project::open(m_window->session()->folder().toStdString(), Project::Access::Read));
        return must(countMatching(project, filter));
    }

    void press(Qt::Key key) const { QTest::keyClick(QApplication::focusWidget(), key); }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        prepareWindowTests(MIEN_PROGRAM_PATH);
    }

    void cleanup() { m_window.reset(); }

    void theModelIsSoundAndQuick()
    {
        DuplicateListModel model;
        QAbstractItemModelTester tester(&model);
        model.setGroups(manyGroups(20));
        QCOMPARE(model.rowCount(), 20);
        model.setFilter(DuplicateListModel::Filter::LabelsDiffer);
        QCOMPARE(model.rowCount(), 5);
        QCOMPARE(model.rowOf({3}), 1);
        QCOMPARE(model.rowOf({39}), -1);
        QCOMPARE(model.nextUndecided(4), 0);
        auto groups = manyGroups(20);
        for (DuplicateGroup &group : groups)
            group.decision = DuplicateDecision::KeptAll;
        model.setGroups(std::move(groups));
        QCOMPARE(model.nextUndecided(0), -1);
        QCOMPARE(model.countOf(DuplicateListModel::Filter::Undecided), 0);
    }

    void aHundredThousandGroupsStayFluent()
    {
        DuplicateListModel model;
        DuplicateList list(model);
        list.resize(260, 600);
        list.show();
        QVERIFY(QTest::qWaitForWindowExposed(&list));
        list.thumbnails().setSource([](const SampleRow &, int side) {
            QImage image(side, side, QImage::Format_RGB32);
            image.fill(Qt::gray);
            return image;
        });
        model.setGroups(manyGroups(100'000));
        list.setCurrentRow(0);
        QElapsedTimer clock;
        qint64 longest = 0;
        for (int row : {1, 2, 3, 50'000, 50'001, 99'999, 10}) {
            clock.start();
            list.setCurrentRow(row);
            list.repaint();
            longest = std::max(longest, clock.elapsed());
        }
        qInfo("moving in 100,000 groups: at most %lld ms", longest);
        QTRY_VERIFY(!list.thumbnails().isBusy());
        QCOMPARE(list.currentRow(), 10);
    }

    void emptyStatesSayWhatToDo()
    {
        const auto make = [](const std::filesystem::path &path) {
            Project project = must(Project::create(path, "None"));
            ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", path.parent_path() / "x.csv"));
            NewMedia file;
            file.path = path.parent_path() / "x.csv";
            file.kind = "table";
            const MediaId media = must(writer.addMedia(file));
            for (int row = 0; row < 9; ++row) // the tenth would be the copy
                must(writer.addSample(plainSample(writer, media, row)));
            must(writer.finish());
        };
        QVERIFY(open(make));
        auto *action = duplicates().findChild<QPushButton *>(QStringLiteral("emptyAction"));
        QVERIFY(action->isVisible());
        QCOMPARE(action->text(), QStringLiteral("Search for near-duplicates"));
        QVERIFY(!find<QPushButton>("duplicateSearch")->isVisible()); // one way to do it is enough
        look("duplicates-never-searched");
        QTest::mouseClick(action, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->session()->jobs().hasActive() && !action->isVisible() &&
                                     find<QLabel>("duplicateSearched")->text().contains(QStringLiteral("distance 7")),
                                 30000);
        look("duplicates-none");
    }

    void theSearchIsAJob()
    {
        QVERIFY(open(peopleProject));
        QCOMPARE(duplicates().model().rowCount(), 12);
        QCOMPARE(find<QComboBox>("duplicateFilter")->itemText(3), QStringLiteral("Nearly the same only (0)"));
        click("duplicateSearch");
        QTRY_COMPARE_WITH_TIMEOUT(duplicates().model().countOf(DuplicateListModel::Filter::NearOnly), 6, 30000);
        find<QComboBox>("duplicateFilter")->setCurrentIndex(3);
        QTRY_VERIFY(m_window->isSettled());
        QCOMPARE(duplicates().model().rowCount(), 6);
        look("duplicates-near");
    }

    void keysDecide()
    {
        QVERIFY(open(peopleProject));
        QCOMPARE(QApplication::focusWidget(), static_cast<QWidget *>(&duplicates().list()));
        QTRY_COMPARE(duplicates().faces().members().size(), std::size_t(2));
        look("duplicates");
        const SampleId best = duplicates().faces().best();
        QCOMPARE(duplicates().faces().current(), best);
        press(Qt::Key_B);
        QTRY_COMPARE(find<QLabel>("duplicateProgress")->text(), QStringLiteral("1/12 groups done"));
        QCOMPARE(count("excluded:yes"), std::int64_t(1));
        QCOMPARE(duplicates().list().currentRow(), 1); // the next one to decide

        QTRY_VERIFY(m_window->isSettled());
        QCOMPARE(find<QPushButton>("duplicateKeepOne")->text(), QStringLiteral("Keep best  (B)"));
        QTRY_COMPARE(duplicates().faces().members().size(), std::size_t(2));
        press(duplicates().faces().current() == duplicates().faces().members()[0].row.id ? Qt::Key_Right
                                                                                         : Qt::Key_Left);
        QVERIFY(duplicates().faces().current() != duplicates().faces().best());
        QCOMPARE(find<QPushButton>("duplicateKeepOne")->text(), QStringLiteral("Keep this one  (B)"));
        const SampleId chosen = duplicates().faces().current();
        press(Qt::Key_B);
        QTRY_COMPARE(count("excluded:yes"), std::int64_t(2));
        QVERIFY(count(qPrintable(QStringLiteral("excluded:no id:%1").arg(chosen.value))) == 1);

        QTRY_COMPARE(duplicates().list().currentRow(), 2);
        QTRY_VERIFY(m_window->isSettled());
        press(Qt::Key_A);
        QTRY_COMPARE(count("tag:duplicate_kept"), std::int64_t(2));
        QTRY_COMPARE(duplicates().list().currentRow(), 3);
        QTRY_VERIFY(m_window->isSettled());
        press(Qt::Key_C);
        QTRY_COMPARE(count("tag:duplicate_conflict"), std::int64_t(2));
        QTRY_COMPARE(find<QLabel>("duplicateProgress")->text(), QStringLiteral("4/12 groups done"));
        QTRY_VERIFY(m_window->isSettled());
        look("duplicates-decided");

        // Undo goes back to the group that it is about.
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(find<QLabel>("duplicateProgress")->text(), QStringLiteral("3/12 groups done"));
        QTRY_COMPARE(duplicates().list().currentRow(), 3);
        press(Qt::Key_Up);
        QCOMPARE(duplicates().list().currentRow(), 2);
        press(Qt::Key_Return); // to the faces
        QCOMPARE(QApplication::focusWidget(), static_cast<QWidget *>(&duplicates().faces()));
        press(Qt::Key_Down);
        QCOMPARE(duplicates().list().currentRow(), 3);
    }

    void aMarkedConflictGoesToReview()
    {
        QVERIFY(open(peopleProject));
        QVERIFY(!find<QPushButton>("duplicateReview")->isVisible());
        QTRY_COMPARE(duplicates().faces().members().size(), std::size_t(2));
        const auto group = duplicates().model().at(0).samples;
        click("duplicateConflict");
        QTRY_VERIFY(find<QPushButton>("duplicateReview")->isVisible());
        QCOMPARE(find<QPushButton>("duplicateReview")->text(), QStringLiteral("Review 1 marked conflict(s)"));
        click("duplicateReview");
        QCOMPARE(m_window->currentPage(), QStringLiteral("review"));
        QTRY_VERIFY(m_window->isSettled());
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_3);
        QTRY_COMPARE(count("tag:duplicate_conflict reviewed:yes"), std::int64_t(1));
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_3);
        QTRY_COMPARE(count("tag:duplicate_conflict reviewed:yes"), std::int64_t(2));
        m_window->showPage(QStringLiteral("check"));
        QTRY_VERIFY(m_window->isSettled());
        QVERIFY(!find<QPushButton>("duplicateReview")->isVisible()); // settled
        const int row = duplicates().model().rowOf(group.front());
        QCOMPARE(duplicates().model().decision(duplicates().model().at(row)), QStringLiteral("conflict settled"));
    }

    void splitsAreShownDealtAndTakenBack()
    {
        QVERIFY(open(peopleProject));
        m_window->actions().action(QStringLiteral("check.splits"))->trigger();
        SplitsPanel &splits = page().splits();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->isSettled(), 20000);
        QVERIFY(!m_window->actions().action(QStringLiteral("check.keepAll"))->isEnabled());
        QCOMPARE(find<QLabel>("splitTrainTitle")->text(), QStringLiteral("Training  20"));
        QVERIFY(find<QLabel>("splitCertificate")->text().startsWith(QStringLiteral("No certificate")));
        const auto leaks = splits.facts().leaks;
        QCOMPARE(splits.facts().trainingLeaks, qint64(leaks.size()) - 4); // the copies in validation and test
        QVERIFY(find<QLabel>("splitTraining")->text().contains(QStringLiteral("refuses these splits")));
        auto *table = find<QTableView>("splitLeakTable");
        QCOMPARE(table->model()->rowCount(), int(leaks.size()));
        QCOMPARE(table->model()->index(0, 1).data().toString(), QStringLiteral("P0"));
        look("splits-leaking");

        QVERIFY(!find<QPushButton>("splitDeal")->isEnabled()); // not unseen
        click("splitPreview");
        QTRY_VERIFY_WITH_TIMEOUT(find<QPushButton>("splitDeal")->isEnabled(), 20000);
        QVERIFY(find<QLabel>("splitHeading")->text().startsWith(QStringLiteral("Preview")));
        QVERIFY(find<QLabel>("splitTrainTitle")->text() != QStringLiteral("Training  20"));
        QVERIFY2(find<QLabel>("splitWords")->text().contains(QStringLiteral("inferred")) ||
                     find<QLabel>("splitWords")->text().contains(QStringLiteral("joined by")),
                 qPrintable(find<QLabel>("splitWords")->text()));
        look("splits-preview");
        find<QSpinBox>("splitSeed")->setValue(5);
        QVERIFY(!find<QPushButton>("splitDeal")->isEnabled()); // of other settings
        QCOMPARE(find<QLabel>("splitTrainTitle")->text(), QStringLiteral("Training  20"));
        click("splitPreview");
        QTRY_VERIFY_WITH_TIMEOUT(find<QPushButton>("splitDeal")->isEnabled(), 20000);
        const QString previewed = find<QLabel>("splitTrainTitle")->text();
        click("splitDeal");
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("splitCertificate")->text().contains(QStringLiteral("still holds")),
                                 20000);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->isSettled(), 20000);
        QCOMPARE(find<QLabel>("splitTrainTitle")->text(), previewed);
        QVERIFY(find<QLabel>("splitDetails")->text().contains(QStringLiteral("seed 5, 70 : 15 : 15")));
        QCOMPARE(find<QLabel>("splitLeaks")->text(), QStringLiteral("No leaks"));
        QVERIFY(find<QLabel>("splitTraining")->text().contains(QStringLiteral("accepts")));
        look("splits-dealt");

        QAction *undo = m_window->actions().action(QStringLiteral("edit.undo"));
        QVERIFY2(undo->isEnabled() && undo->text().contains(QStringLiteral("Split 60 images by subject")),
                 qPrintable(undo->text())); // an edit that a job made
        undo->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(find<QLabel>("splitTrainTitle")->text(), QStringLiteral("Training  20"), 20000);
        QVERIFY(splits.facts().leaks.size() >= leaks.size()); // dealing looked for near-duplicates, which leak too
    }

    void aLeakOpensItsFaces()
    {
        QVERIFY(open(peopleProject));
        m_window->actions().action(QStringLiteral("check.splits"))->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->isSettled(), 20000);
        auto *table = find<QTableView>("splitLeakTable");
        table->setFocus();
        press(Qt::Key_Return);
        QCOMPARE(m_window->currentPage(), QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(m_window->page(QStringLiteral("gallery")));
        QCOMPARE(gallery->filter().filter(), QStringLiteral("subject:\"P0\""));
        QTRY_COMPARE(gallery->model().rowCount(), 5);
        m_window->showPage(QStringLiteral("check"));
        QTRY_VERIFY_WITH_TIMEOUT(m_window->isSettled(), 20000);
        const int copies = table->model()->rowCount() - 1;
        QCOMPARE(table->model()->index(copies, 0).data().toString(), QStringLiteral("identical picture"));
        table->setFocus();
        table->setCurrentIndex(table->model()->index(copies, 0));
        press(Qt::Key_Return);
        QTRY_COMPARE(gallery->model().rowCount(), 2);
    }

    /// One picture 250 times, in training and test: more than the filter names.
    void aLeakOfManySaysHowManyItShows()
    {
        const auto make = [](const std::filesystem::path &path) {
            Project project = must(Project::create(path, "Checks"));
            ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", path.parent_path() / "f.csv"));
            NewMedia file;
            file.path = path.parent_path() / "f.csv";
            file.kind = "table";
            const MediaId media = must(writer.addMedia(file));
            for (int row = 0; row < 250; ++row) {
                NewSample sample = plainSample(writer, media, 0);
                sample.sourceKey = "row:" + std::to_string(row);
                sample.subject.clear();
                sample.split = row % 2 ? Split::Train : Split::Test;
                must(writer.addSample(sample));
            }
            must(writer.finish());
        };
        QVERIFY(open(make));
        m_window->actions().action(QStringLiteral("check.splits"))->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->isSettled(), 20000);
        auto *table = find<QTableView>("splitLeakTable");
        QCOMPARE(table->model()->rowCount(), 1);
        QVERIFY(
            table->model()->index(0, 2).data(Qt::ToolTipRole).toString().contains(QStringLiteral("200 of these 250")));
        table->setFocus();
        press(Qt::Key_Return);
        QCOMPARE(m_window->currentPage(), QStringLiteral("gallery"));
        auto *gallery = qobject_cast<GalleryPage *>(m_window->page(QStringLiteral("gallery")));
        const auto *said = find<QLabel>("statusMessage");
        QVERIFY2(said->text().contains(QStringLiteral("200 of the 250")), qPrintable(said->text()));
        QTRY_COMPARE(gallery->model().rowCount(), 200);
    }

    void noSplitsYet()
    {
        const auto make = [](const std::filesystem::path &path) {
            peopleProject(path);
            Project project = must(Project::open(path, Project::Access::Write));
            must(assignSplit(project, must(samplesMatching(project, "")), Split::None, "ann"));
        };
        QVERIFY(open(make));
        m_window->actions().action(QStringLiteral("check.splits"))->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_window->isSettled(), 20000);
        look("splits-none");
        auto *action = page().splits().findChild<QPushButton *>(QStringLiteral("emptyAction"));
        QVERIFY(action->isVisible());
        QTest::mouseClick(action, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(find<QPushButton>("splitDeal")->isEnabled(), 20000);
        find<QSpinBox>("splitTrain")->setValue(0);
        find<QSpinBox>("splitVal")->setValue(0);
        find<QSpinBox>("splitTest")->setValue(0);
        QVERIFY(!find<QPushButton>("splitPreview")->isEnabled());
    }

    void aReadOnlyProjectIsOnlyLookedAt()
    {
        QVERIFY(open(peopleProject));
        MainWindow second;
        QVERIFY(openProject(second, m_window->session()->folder()));
        second.showPage(QStringLiteral("check"));
        QTRY_VERIFY(second.isSettled());
        for (const char *name : {"duplicateKeepOne", "duplicateKeepAll", "duplicateConflict", "duplicateSearch"})
            QVERIFY2(!second.findChild<QPushButton *>(QLatin1String(name))->isEnabled(), name);
        QVERIFY(
            second.actions().entry(QStringLiteral("check.keepAll"))->disabledReason.contains(QStringLiteral("pid")));
    }
};

QTEST_MAIN(tst_checking)
#include "tst_checking.moc"
