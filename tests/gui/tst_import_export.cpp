#include "studio/app/main_window.h"
#include "studio/common/action_registry.h"
#include "studio/common/inspector.h"
#include "studio/common/job_queue.h"
#include "studio/common/sample_list_model.h"
#include "studio/gallery/gallery_page.h"
#include "studio/gallery/gallery_view.h"
#include "studio/importing/import_page.h"
#include "tests/support/data_files.h"
#include "tests/support/opened_window.h"
#include "tests/support/rafdb_trees.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRandomGenerator>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <filesystem>
#include <string>

using namespace mien;

/// From a file to a project and out again, through the window, with the real `mien` as child processes.
class tst_import_export : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    static constexpr int rows = 60;

    /// FER2013 as published, with noise for faces and one row that is broken.
    QString writeCsv() const
    {
        const QString path = m_folder.filePath(QStringLiteral("fer2013.csv"));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            return {};
        file.write("emotion,pixels,Usage\n");
        QRandomGenerator random(5);
        for (int row = 0; row < rows; ++row) {
            file.write(QByteArray::number(row % 7) + ',');
            for (int i = 0; i < 48 * 48; ++i) {
                if (i)
                    file.write(" ");
                file.write(QByteArray::number(int(row == 13 && i == 100 ? 256 : random.bounded(256))));
            }
            file.write(row < 40 ? ",Training\n" : row < 50 ? ",PublicTest\n" : ",PrivateTest\n");
        }
        return path;
    }

    static void click(QWidget *page, const char *name)
    {
        auto *button = page->findChild<QPushButton *>(QLatin1String(name));
        QVERIFY2(button, name);
        QTRY_VERIFY2(button->isEnabled(), qPrintable(button->text()));
        QTest::mouseClick(button, Qt::LeftButton);
    }

    static void choose(QWidget *page, const char *name, const char *value)
    {
        auto *box = page->findChild<QComboBox *>(QLatin1String(name));
        QVERIFY2(box && box->findData(QLatin1String(value)) >= 0, value);
        box->setCurrentIndex(box->findData(QLatin1String(value)));
    }

    static bool jobsAreOver(const MainWindow &window)
    {
        const auto jobs = window.session()->jobs().jobs();
        return std::all_of(jobs.begin(), jobs.end(), [](const JobInfo &job) { return job.isOver(); });
    }

    /// Through the three steps.
    static void importThroughTheWizard(MainWindow &window, const QString &source)
    {
        window.openPaths({source});
        QTRY_COMPARE(window.currentPage(), QStringLiteral("import"));
        auto *page = qobject_cast<ImportPage *>(window.page(QStringLiteral("import")));
        QTRY_COMPARE_WITH_TIMEOUT(page->step(), ImportPage::Check, 20000);
        QTRY_VERIFY_WITH_TIMEOUT(page->findChild<QPushButton *>(QStringLiteral("importNext"))->isEnabled(), 20000);
        QCOMPARE(test::faultsOfLook(window, QStringLiteral("import-check")), QStringList());
        click(page, "importNext");
        QCOMPARE(page->step(), ImportPage::Run);
        QTRY_VERIFY_WITH_TIMEOUT(jobsAreOver(window), 30000);
        for (const JobInfo &job : window.session()->jobs().jobs())
            QVERIFY2(job.state == JobState::Done || job.state == JobState::DoneWithSkips, qPrintable(job.error));
        click(page, "importNext");
        QCOMPARE(window.currentPage(), QStringLiteral("gallery"));
    }

    static QStringList labels(const SampleListModel &model)
    {
        QStringList found;
        for (int row = 0; row < model.rowCount(); ++row) {
            const SampleRow *sample = model.rowAt(row);
            found << (sample && sample->label ? QString::number(sample->label->value) : QStringLiteral("-"));
        }
        found.sort();
        return found;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        test::prepareWindowTests(MIEN_PROGRAM_PATH);
    }

    void fileInLabelsOutAndInAgain()
    {
        const QString csv = writeCsv();
        MainWindow window;
        window.resize(1280, 720);
        window.show();
        window.makeProject(m_folder.filePath(QStringLiteral("a.mien")), {});
        QTRY_VERIFY(window.session());

        importThroughTheWizard(window, csv);
        auto *import = window.page(QStringLiteral("import"));
        QVERIFY(import->findChild<QLabel *>(QStringLiteral("importProblems"))
                    ->text()
                    .startsWith(QStringLiteral("1 row(s) will be skipped: 1 row(s) with pixels outside")));
        for (const char *name : {"importWouldSkip", "importSkipped"}) {
            const auto *list = import->findChild<QTableWidget *>(QLatin1String(name));
            QCOMPARE(list->rowCount(), 1);
            QCOMPARE(list->item(0, 0)->text(), QStringLiteral("fer2013.csv"));
            QCOMPARE(list->item(0, 1)->text(), QStringLiteral("15")); // as an editor counts
            QVERIFY(list->item(0, 2)->text().contains(QStringLiteral("outside 0–255")));
            QVERIFY(list->item(0, 3)->text().contains(QStringLiteral("256")));
        }
        QCOMPARE(import->findChild<QLabel *>(QStringLiteral("importJobTitle"))->text(),
                 QStringLiteral("Imported 59 face(s), 1 row(s) skipped"));
        QVERIFY(!import->findChild<QLabel *>(QStringLiteral("importJobText"))->text().contains("PIXEL"));
        auto *skipped = import->findChild<QPushButton *>(QStringLiteral("importShowSkipped"));
        QVERIFY(!skipped->isHidden());
        skipped->click();
        QVERIFY(!import->findChild<QTableWidget *>(QStringLiteral("importSkipped"))->parentWidget()->isHidden());
        QAbstractItemModelTester tester(import->findChild<QTableView *>(QStringLiteral("importTable"))->model());
        QCOMPARE(import->findChild<QTableView *>(QStringLiteral("importTable"))->model()->rowCount(), 8);
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        QTRY_COMPARE(gallery->model().rowCount(), rows - 1);
        QTRY_VERIFY(window.isSettled());

        gallery->view().setCurrentRow(0);
        QTRY_VERIFY(gallery->model().rowAt(0));
        window.actions().action(QStringLiteral("gallery.label2"))->trigger();
        const ClassId second = window.session()->classes()[1].id;
        QTRY_VERIFY(gallery->model().rowAt(0) && gallery->model().rowAt(0)->label == second);

        window.showPage(QStringLiteral("export"));
        QWidget *exporting = window.page(QStringLiteral("export"));
        const QString out = m_folder.filePath(QStringLiteral("out"));
        exporting->findChild<QLineEdit *>(QStringLiteral("exportFolder"))->setText(out);
        QTRY_VERIFY(window.isSettled());
        choose(exporting, "exportFormat", "class-folder");
        exporting->findChild<QCheckBox *>(QStringLiteral("exportFaces"))->click();
        click(exporting, "exportRun");
        QTRY_VERIFY_WITH_TIMEOUT(jobsAreOver(window), 30000);
        QTRY_VERIFY(exporting->findChild<QLabel *>(QStringLiteral("exportJobText"))
                        ->text()
                        .contains(QStringLiteral("files written")));
        QVERIFY(QDir(out).exists());
        const QStringList before = labels(gallery->model());

        window.closeProject();
        window.makeProject(m_folder.filePath(QStringLiteral("b.mien")), {});
        QTRY_VERIFY(window.session());
        importThroughTheWizard(window, out);
        gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        QTRY_COMPARE(gallery->model().rowCount(), rows - 1);
        QTRY_VERIFY(gallery->model().rowAt(rows - 2));
        QCOMPARE(labels(gallery->model()), before);
    }

    /// Choices are made while nothing is written yet; the notice about terms is shown until an import was begun below
    /// it.
    void choicesAndTermsOfAFormat()
    {
        const QString root = m_folder.filePath(QStringLiteral("raf"));
        test::writeRafDbBasic(root.toStdString());
        MainWindow window;
        window.resize(1280, 720);
        window.show();
        window.makeProject(m_folder.filePath(QStringLiteral("d.mien")), {});
        QTRY_VERIFY(window.session());
        window.openPaths({root});
        QTRY_COMPARE(window.currentPage(), QStringLiteral("import"));
        auto *page = qobject_cast<ImportPage *>(window.page(QStringLiteral("import")));
        auto *next = page->findChild<QPushButton *>(QStringLiteral("importNext"));
        auto *terms = page->findChild<QLabel *>(QStringLiteral("importTerms"));
        auto *notes = page->findChild<QLabel *>(QStringLiteral("importNotes"));
        QTRY_VERIFY_WITH_TIMEOUT(page->step() == ImportPage::Check && next->isEnabled(), 20000);
        QVERIFY(terms->isVisible() && terms->text().contains(QStringLiteral("Check the terms you received")));
        QVERIFY(!notes->text().contains(QStringLiteral("box")));
        auto *pictures = page->findChild<QComboBox *>(QStringLiteral("importChoice_pictures"));
        QVERIFY(pictures && pictures->isVisible());
        QCOMPARE(test::faultsOfLook(window, QStringLiteral("import-choices")), QStringList());
        pictures->setFocus();
        QTest::keyClick(pictures, Qt::Key_Down);
        QTRY_VERIFY_WITH_TIMEOUT(notes->text().contains(QStringLiteral("face box")) && next->isEnabled(), 20000);
        QCOMPARE(pictures->currentText(), QStringLiteral("original"));
        for (const char *name : {"importChoice_attributes", "importChoice_layers"}) {
            auto *choice = page->findChild<QComboBox *>(QLatin1String(name));
            QVERIFY2(choice && choice->currentText() == QStringLiteral("no"), name); // only when asked for
            choice->setFocus();
            QTest::keyClick(choice, Qt::Key_Down);
            QTRY_VERIFY_WITH_TIMEOUT(page->step() == ImportPage::Check && next->isEnabled(), 20000);
        }
        QVERIFY2(notes->text().contains(QStringLiteral("without usable attributes")), qPrintable(notes->text()));
        click(page, "importNext");
        QTRY_VERIFY_WITH_TIMEOUT(jobsAreOver(window), 30000);
        click(page, "importNext");
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        QTRY_COMPARE(gallery->model().rowCount(), 19);
        QTRY_VERIFY(gallery->model().rowAt(0) && gallery->model().rowAt(0)->widthPx == 80); // what the box shows
        gallery->view().setCurrentRow(0);
        const auto inspectorSays = [&window](const char *words) {
            const auto labels = window.findChild<Inspector *>()->findChildren<QLabel *>();
            return std::any_of(labels.begin(), labels.end(),
                               [&](const QLabel *label) { return label->text() == QLatin1String(words); });
        };
        QTRY_VERIFY(inspectorSays("Annotators' judgement: age 20-39, gender female, race caucasian"));
        QVERIFY(inspectorSays("Other lists of labels: noise01 Neutral"));
        QCOMPARE(test::faultsOfLook(window, QStringLiteral("gallery-attributes")), QStringList());

        window.openPaths({root});
        QTRY_VERIFY_WITH_TIMEOUT(page->step() == ImportPage::Check && next->isEnabled(), 20000);
        QVERIFY(terms->isHidden());
    }

    /// Faces whose terms forbid passing them on leave the project only when somebody says so.
    void facesUnderTermsAreNotExportedUnasked()
    {
        const QString root = m_folder.filePath(QStringLiteral("raf2"));
        test::writeRafDbBasic(root.toStdString());
        MainWindow window;
        window.resize(1280, 720);
        window.show();
        window.makeProject(m_folder.filePath(QStringLiteral("e.mien")), {});
        QTRY_VERIFY(window.session());
        importThroughTheWizard(window, root);
        window.showPage(QStringLiteral("export"));
        QWidget *page = window.page(QStringLiteral("export"));
        auto *faces = page->findChild<QCheckBox *>(QStringLiteral("exportFaces"));
        auto *run = page->findChild<QPushButton *>(QStringLiteral("exportRun"));
        auto *terms = page->findChild<QLabel *>(QStringLiteral("exportTerms"));
        QTRY_VERIFY(terms->isVisible());
        QVERIFY2(terms->text().contains(QStringLiteral("RAF-DB: Non-commercial research")), qPrintable(terms->text()));
        QVERIFY(terms->text().contains(QStringLiteral("Check the terms you received")));
        QVERIFY(!faces->isChecked());
        QCOMPARE(page->findChild<QComboBox *>(QStringLiteral("exportFormat"))->currentData().toString(),
                 QStringLiteral("csv"));
        QTRY_COMPARE(run->text(), QStringLiteral("Export a table of 19 faces"));
        QCOMPARE(test::faultsOfLook(window, QStringLiteral("export-terms")), QStringList());
        const QDir table(m_folder.filePath(QStringLiteral("table"))), whole(m_folder.filePath(QStringLiteral("whole")));
        page->findChild<QLineEdit *>(QStringLiteral("exportFolder"))->setText(table.path());
        click(page, "exportRun");
        QTRY_VERIFY_WITH_TIMEOUT(jobsAreOver(window), 30000);
        QVERIFY(table.exists(QStringLiteral("manifest.csv")) && !table.exists(QStringLiteral("images")));

        // Class folders are made of faces.
        choose(page, "exportFormat", "class-folder");
        QVERIFY(!run->isEnabled());
        faces->click();
        QTRY_VERIFY(run->isEnabled());
        QCOMPARE(run->text(), QStringLiteral("Export 19 faces"));
        page->findChild<QLineEdit *>(QStringLiteral("exportFolder"))->setText(whole.path());
        click(page, "exportRun");
        QTRY_VERIFY_WITH_TIMEOUT(jobsAreOver(window), 30000);
        const QString written = whole.filePath(QStringLiteral("train/surprise"));
        QTRY_VERIFY_WITH_TIMEOUT(!QDir(written).entryList(QDir::Files).isEmpty(), 30000);
    }

    void copiesAreJoinedToTheirTable()
    {
        const std::filesystem::path folder = m_folder.path().toStdString();
        std::string table = "emotion,pixels,Usage\n";
        for (int row = 0; row < 8; ++row) {
            const Picture face = test::waves(48, unsigned(row));
            table += std::to_string(row % 7) + ',';
            for (const std::uint8_t pixel : face.pixels)
                table += std::to_string(int(pixel)) + ' ';
            table.back() = ',';
            table += row < 6 ? "Training\n" : "PrivateTest\n";
            test::writeFile(folder / "copies" / (row % 2 ? "odd" : "even") / (std::to_string(row) + "x.png"),
                            test::pngFile(face));
        }
        test::writeFile(folder / "copies/odd/stranger.png", test::pngFile(test::waves(48, 99)));
        test::writeFile(folder / "originals/fer2013.csv", table);
        MainWindow window;
        window.resize(1280, 720);
        window.show();
        window.makeProject(m_folder.filePath(QStringLiteral("f.mien")), {});
        QTRY_VERIFY(window.session());
        window.showPage(QStringLiteral("import"));
        auto *page = qobject_cast<ImportPage *>(window.page(QStringLiteral("import")));
        auto *path = page->findChild<QLineEdit *>(QStringLiteral("importPath"));
        auto *originals = page->findChild<QLineEdit *>(QStringLiteral("importOriginals"));
        QVERIFY(!originals->isVisible());
        path->setText(m_folder.filePath(QStringLiteral("originals/fer2013.csv")));
        QVERIFY(!originals->isVisible()); // no copy of itself
        path->setText(m_folder.filePath(QStringLiteral("copies")));
        QVERIFY(originals->isVisible());
        QCOMPARE(test::faultsOfLook(window, QStringLiteral("import-originals")), QStringList());
        originals->setText(m_folder.filePath(QStringLiteral("originals/fer2013.csv")));
        click(page, "importNext");
        auto *next = page->findChild<QPushButton *>(QStringLiteral("importNext"));
        QTRY_VERIFY_WITH_TIMEOUT(page->step() == ImportPage::Check && next->isEnabled(), 20000);
        QVERIFY2(page->findChild<QLabel *>(QStringLiteral("importEvidence"))
                     ->text()
                     .endsWith(QStringLiteral(
                         "8 picture(s) were found in the table; 0 may be several of its rows, 1 are not in it.")),
                 qPrintable(page->findChild<QLabel *>(QStringLiteral("importEvidence"))->text()));
        QVERIFY(page->findChild<QLabel *>(QStringLiteral("importTerms"))->text().contains(QStringLiteral("FER2013")));
        click(page, "importNext");
        QTRY_VERIFY_WITH_TIMEOUT(jobsAreOver(window), 30000);
        QVERIFY(page->findChild<QLabel *>(QStringLiteral("importJobText"))
                    ->text()
                    .contains(QStringLiteral("8 picture(s) were found in the table")));
        click(page, "importNext");
        auto *gallery = qobject_cast<GalleryPage *>(window.page(QStringLiteral("gallery")));
        QTRY_COMPARE(gallery->model().rowCount(), 9);
        QTRY_VERIFY(gallery->model().rowAt(0) && gallery->model().rowAt(0)->split == Split::Train);

        // A folder and the table dropped together find their places.
        window.openPaths(
            {m_folder.filePath(QStringLiteral("originals/fer2013.csv")), m_folder.filePath(QStringLiteral("copies"))});
        QTRY_VERIFY_WITH_TIMEOUT(page->step() == ImportPage::Check && next->isEnabled(), 20000);
        QCOMPARE(originals->text(), m_folder.filePath(QStringLiteral("originals/fer2013.csv")));
        QCOMPARE(path->text(), m_folder.filePath(QStringLiteral("copies")));
    }

    /// Numbers that fit several tables stand for nothing before somebody says so.
    void numbersAreAskedAbout()
    {
        const std::filesystem::path root = m_folder.filePath(QStringLiteral("numbered")).toStdString();
        constexpr std::array counts = {40, 4, 41, 72, 48, 32, 50}; // shares of FER2013
        for (std::size_t code = 0; code < counts.size(); ++code)
            for (int i = 0; i < counts[code]; ++i)
                test::writeFile(root / std::to_string(code) / (std::to_string(i) + ".png"),
                                test::pngFile(test::picture(8, 8, 1, unsigned(i))));
        MainWindow window;
        window.resize(1280, 720);
        window.show();
        window.makeProject(m_folder.filePath(QStringLiteral("g.mien")), {});
        QTRY_VERIFY(window.session());
        window.openPaths({QString::fromStdString(root.string())});
        auto *page = qobject_cast<ImportPage *>(window.page(QStringLiteral("import")));
        auto *next = page->findChild<QPushButton *>(QStringLiteral("importNext"));
        const auto *what = page->findChild<QLabel *>(QStringLiteral("importWhat"));
        QTRY_VERIFY_WITH_TIMEOUT(page->step() == ImportPage::Check && next->isEnabled(), 20000);
        QVERIFY2(what->text().contains(QStringLiteral("287 samples, 0 with a label")), qPrintable(what->text()));
        QVERIFY(page->findChild<QLabel *>(QStringLiteral("importEvidence"))
                    ->text()
                    .contains(QStringLiteral("FER2013 Training numbered as fer2013")));
        auto *numbering = page->findChild<QComboBox *>(QStringLiteral("importChoice_numbering"));
        QVERIFY(numbering && numbering->isVisible());
        QCOMPARE(test::faultsOfLook(window, QStringLiteral("import-numbering")), QStringList());
        numbering->setFocus();
        QTest::keyClick(numbering, Qt::Key_Down);
        QCOMPARE(numbering->currentData().toString(), QStringLiteral("fer2013"));
        QTRY_VERIFY_WITH_TIMEOUT(what->text().contains(QStringLiteral("287 with a label")) && next->isEnabled(), 20000);
        QVERIFY(numbering->isVisible()); // to be changed again
    }

    /// What lies outside of the folder was not chosen: the check names it, and a person says whether it is read.
    void linksOutOfTheFolderAreAskedAbout()
    {
        const QString set = m_folder.filePath(QStringLiteral("linked/set")),
                      elsewhere = m_folder.filePath(QStringLiteral("linked/elsewhere"));
        const auto picture = [](const QString &folder, const char *name, Qt::GlobalColor colour) {
            QImage image(48, 48, QImage::Format_Grayscale8);
            image.fill(colour);
            image.setPixel(3, 4, 77);
            return QDir().mkpath(folder) && image.save(folder + QLatin1Char('/') + QLatin1String(name));
        };
        QVERIFY(picture(set + QStringLiteral("/happy"), "a.png", Qt::white));
        QVERIFY(picture(set + QStringLiteral("/sad"), "b.png", Qt::gray));
        QVERIFY(picture(elsewhere, "c.png", Qt::black));
        QVERIFY(QFile::link(elsewhere, set + QStringLiteral("/angry")));
        MainWindow window;
        window.show();
        window.makeProject(m_folder.filePath(QStringLiteral("links.mien")), {});
        QTRY_VERIFY(window.session());
        window.openPaths({set});
        auto *page = qobject_cast<ImportPage *>(window.page(QStringLiteral("import")));
        auto *next = page->findChild<QPushButton *>(QStringLiteral("importNext"));
        QTRY_COMPARE_WITH_TIMEOUT(next->text(), QStringLiteral("Import 2 samples"), 20000);
        auto *words = page->findChild<QLabel *>(QStringLiteral("importLinksWords"));
        QVERIFY2(words->isVisible() && words->text().contains(QStringLiteral("angry leads to ")) &&
                     words->text().contains(QFileInfo(elsewhere).canonicalFilePath()),
                 qPrintable(words->text()));
        QCOMPARE(test::faultsOfLook(window, QStringLiteral("import-links")), QStringList());
        auto *answer = page->findChild<QPushButton *>(QStringLiteral("importLinksAnswer"));
        QVERIFY(!answer->accessibleDescription().isEmpty());
        click(page, "importLinksAnswer");
        QTRY_COMPARE_WITH_TIMEOUT(next->text(), QStringLiteral("Import 3 samples"), 20000);
        QVERIFY(words->text().contains(QStringLiteral("followed")));
        QCOMPARE(answer->text(), QStringLiteral("Leave it out"));
        click(page, "importNext");
        QTRY_VERIFY_WITH_TIMEOUT(jobsAreOver(window), 30000);
        QVERIFY(page->findChild<QLabel *>(QStringLiteral("importJobTitle"))
                    ->text()
                    .startsWith(QStringLiteral("Imported 3 face")));

        // A folder of nothing else: asked where it was chosen. Another data set is asked about anew.
        const QString links = m_folder.filePath(QStringLiteral("linked/only"));
        QVERIFY(QDir().mkpath(links) && QFile::link(set + QStringLiteral("/sad"), links + QStringLiteral("/sad")));
        click(page, "importBack");
        page->findChild<QLineEdit *>(QStringLiteral("importPath"))->setText(links);
        click(page, "importNext");
        auto *follow = page->findChild<QPushButton *>(QStringLiteral("importFollowLinks"));
        QTRY_VERIFY_WITH_TIMEOUT(follow->isVisible(), 20000);
        QVERIFY(page->findChild<QLabel *>(QStringLiteral("importProblem"))->text().contains(QStringLiteral("sad")));
        const QStringList faults = test::faultsOfLook(window, QStringLiteral("import-only-links"));
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
        follow->click();
        QTRY_COMPARE_WITH_TIMEOUT(next->text(), QStringLiteral("Import 1 samples"), 20000);
    }

    void whatIsNoDataSetIsSaid()
    {
        const QString page = m_folder.filePath(QStringLiteral("page.csv"));
        QFile file(page);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("<!DOCTYPE html><html><body>Sign in to download</body></html>");
        file.close();
        MainWindow window;
        window.show();
        window.makeProject(m_folder.filePath(QStringLiteral("c.mien")), {});
        QTRY_VERIFY(window.session());
        window.openPaths({page});
        QTRY_COMPARE(window.currentPage(), QStringLiteral("import"));
        auto *problem = window.page(QStringLiteral("import"))->findChild<QLabel *>(QStringLiteral("importProblem"));
        QTRY_VERIFY_WITH_TIMEOUT(problem->isVisible(), 20000);
        QVERIFY2(problem->text().contains(QStringLiteral("page.csv")), qPrintable(problem->text()));
    }
};

QTEST_MAIN(tst_import_export)
#include "tst_import_export.moc"
