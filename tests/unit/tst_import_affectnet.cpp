#include "pipeline/imaging/cut_out.h"
#include "pipeline/import/import.h"
#include "pipeline/import/pixel_hash.h"
#include "pipeline/import/terms.h"
#include "pipeline/pack/sample_pixels.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/given_landmarks.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/sources.h"
#include "tests/support/affectnet_trees.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/imported_samples.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <memory>
#include <stop_token>

using namespace mien;
using namespace mien::test;

/// AffectNet in the forms in which it is passed on, with what is wrong in real copies.
class TestImportAffectNet : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<TemporaryFolder>(); }
    void cleanup() { m_folder.reset(); }

    void listsOfTheFirstRelease_data()
    {
        QTest::addColumn<bool>("nested");
        QTest::newRow("folders of lists and of parts") << true;
        QTest::newRow("all in the root") << false;
    }

    void listsOfTheFirstRelease()
    {
        QFETCH(bool, nested);
        const auto root = *m_folder / "AffectNet";
        writeAffectNetCsv(root, nested);
        Project project = newProject("p");
        const ImportPlan plan = must(planImport({.path = root}));
        QCOMPARE(plan.importer, "affectnet.csv");
        QCOMPARE(plan.variant, "manual+automatic");
        QCOMPARE(plan.probe.front().confidence, 60); // labels that are no codes
        QVERIFY(!plan.probe.front().contradictions.empty());
        const ImportReport dry = must(dryRun(plan, {}));
        const ImportReport report = must(runImport(project, plan, {}));
        QCOMPARE(report.samples, 15);
        QCOMPARE(report.labels, 11);
        QCOMPARE(report.skipped, 5);
        for (const auto &[reason, count] : std::map<std::string, std::int64_t>{{"MISSING_FILE", 1},
                                                                               {"BAD_NUMBER", 1},
                                                                               {"BAD_FIELD_COUNT", 1},
                                                                               {"DUPLICATE_KEY", 1},
                                                                               {"PATH_ESCAPES_ROOT", 1},
                                                                               {"CASE_FOLDED", 1},
                                                                               {"EXT_SUBSTITUTED", 1},
                                                                               {"NAME_NOT_UTF8", 1},
                                                                               {"LABEL_EXCLUDED", 3},
                                                                               {"LABEL_OUT_OF_RANGE", 1},
                                                                               {"VA_OUT_OF_RANGE", 2},
                                                                               {"BAD_BOX", 3},
                                                                               {"BAD_LANDMARKS", 1},
                                                                               {"ORPHAN_MEDIA", 1},
                                                                               {"EXPECTED_COUNT_DIFFERS", 2}})
            QVERIFY2(countOf(report, reason) == count,
                     (reason + ' ' + std::to_string(countOf(report, reason))).c_str());
        QVERIFY(sameReport(dry, report));
        QCOMPARE(report.comparedWith, "affectnet.csv/counts");

        const std::string in = nested ? "Manually_Annotated/Manually_Annotated_Images/" : "Manually_Annotated_Images/";
        const auto labels = labelsBySource(project);
        QCOMPARE(labels.at(in + "1/a.png"), "happiness train");
        QCOMPARE(labels.at(in + "1/b.jpg"), "neutral train");
        QCOMPARE(labels.at(in + "2/c.jpg"), "anger train");
        QCOMPARE(labels.at(in + "2/noface.jpg"), "not_a_face train");
        QCOMPARE(labels.at(in + "2/unsure.jpg"), "uncertain train");
        QCOMPARE(labels.at(in + "2/none.jpg"), "none_of_these train");
        QCOMPARE(labels.at(in + "2/eleven.jpg"), "unmapped train");
        QCOMPARE(labels.at(in + "2/caf\\xE9.jpg"), "contempt train");
        QCOMPARE(labels.at(in + "3/val2.jpg"), "sadness val");
        QCOMPARE(must(countMatching(project, "origin:auto")), 1);

        const SampleRow face = sampleOf(project, in + "1/a.png");
        QCOMPARE(face.valence.value(), 0.5);
        QCOMPARE(face.arousal.value(), -0.25);
        QVERIFY(!sampleOf(project, in + "2/noface.jpg").valence);
        QVERIFY(!sampleOf(project, in + "2/affect.jpg").valence && !sampleOf(project, in + "2/affect.jpg").arousal);
        QCOMPARE(factsOf(project, face).nativeLabel, "1");
        QCOMPARE(factsOf(project, face).sourceKey, "1/a.png");
        const auto landmarks = must(givenLandmarks(project, face.id));
        QVERIFY(landmarks && landmarks->scheme == "68" && landmarks->points.size() == 136);
        QCOMPARE(landmarks->points[135], 135.5);
        QVERIFY(!must(givenLandmarks(project, sampleOf(project, in + "2/points.jpg").id)));
        QVERIFY(!factsOf(project, sampleOf(project, in + "2/away.jpg")).box);
    }

    void foldersAroundItAreLookedThrough()
    {
        const auto root = *m_folder / "downloads";
        writeAffectNetCsv(root / "sets" / "affect" / "AffectNet", true);
        const ImportPlan plan = must(planImport({.path = root}));
        QCOMPARE(plan.importer, "affectnet.csv");
        Project project = newProject("p");
        QCOMPARE(must(runImport(project, plan, {})).samples, 15);
    }

    void listsWithoutHeaderAreKnown()
    {
        const auto root = *m_folder / "AffectNet", bare = *m_folder / "bare" / "AffectNet";
        writeAffectNetCsv(root, false);
        writeAffectNetCsv(bare, false);
        for (const char *list : {"training.csv", "validation.csv"}) {
            const std::string text = readFile(bare / list);
            QVERIFY(text.starts_with("subDirectory_filePath"));
            writeFile(bare / list, text.substr(text.find('\n') + 1));
        }
        Project whole = newProject("whole"), project = newProject("p");
        const ImportReport report = imported(whole, {.path = root});
        const ImportPlan plan = must(planImport({.path = bare}));
        QCOMPARE(plan.importer, "affectnet.csv");
        const std::vector<std::string> &evidence = plan.probe.front().evidence;
        QVERIFY(std::find(evidence.begin(), evidence.end(),
                          "training.csv has AffectNet's columns without their names") != evidence.end());
        QVERIFY(sameReport(must(runImport(project, plan, {})), report));
        QVERIFY(labelsBySource(project) == labelsBySource(whole));
    }

    void aRowThatIsThereTwiceIsNamedSo()
    {
        const auto root = *m_folder / "AffectNet";
        writeAffectNetCsv(root, false);
        std::string text = readFile(root / "training.csv");
        const std::size_t begin = text.find('\n') + 1, end = text.find('\n', begin) + 1;
        text.insert(end, text.substr(begin, end - begin));
        writeFile(root / "training.csv", text);
        Project project = newProject("p");
        const ImportReport report = imported(project, {.path = root});
        QCOMPARE(countOf(report, "DUPLICATE_ROW"), 1);
        QCOMPARE(countOf(report, "DUPLICATE_KEY"), 1);
        QCOMPARE(report.samples, 15);
    }

    void stoppedItGoesOn()
    {
        const auto root = *m_folder / "AffectNet";
        writeAffectNetCsv(root, true);
        Project whole = newProject("whole"), project = newProject("p");
        imported(whole, {.path = root});
        std::stop_source stop;
        const Job job{stop.get_token(), [&stop](const Progress &) { stop.request_stop(); }};
        const ImportPlan plan = must(planImport({.path = root}));
        const auto stopped = runImport(project, plan, job);
        QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
        QVERIFY(must(countMatching(project, "")) <= 15);
        QCOMPARE(must(runImport(project, plan, {})).samples, 15);
        QVERIFY(labelsBySource(project) == labelsBySource(whole));
    }

    void aSampleIsWhatItsBoxShows()
    {
        const auto root = *m_folder / "AffectNet";
        writeAffectNetCsv(root, false);
        Project project = newProject("p");
        imported(project, {.path = root});
        const Imaging &codec = *must(imaging());
        const SamplePixels pixels = must(SamplePixels::open(project));
        const Thumbnails thumbnails(project);
        for (const char *name : {"1/a.png", "2/edge.jpg", "2/noface.jpg"}) {
            const SampleRow row = sampleOf(project, std::string("Manually_Annotated_Images/") + name);
            const SampleFacts facts = factsOf(project, row);
            const Picture face = must(pixels.read(row.crop, facts));
            QCOMPARE(face.widthPx, row.widthPx);
            QCOMPARE(face.heightPx, row.heightPx);
            QVERIFY(facts.pixelHash == pixelHash(face.widthPx, face.heightPx, face.channels, face.pixels));
            const Picture small = must(codec.decode(thumbnails.jpeg(row.id, 96)));
            QCOMPARE(small.widthPx * row.heightPx > small.heightPx * row.widthPx - row.widthPx, true);
        }
        const SampleRow whole = sampleOf(project, "Manually_Annotated_Images/2/noface.jpg");
        QCOMPARE(std::pair(whole.widthPx, whole.heightPx), std::pair(120, 100));
        const SampleRow edge = sampleOf(project, "Manually_Annotated_Images/2/edge.jpg");
        QCOMPARE(std::pair(edge.widthPx, edge.heightPx), std::pair(60, 60));
        const Picture padded = must(pixels.read(edge.crop, factsOf(project, edge)));
        QCOMPARE(int(padded.pixels.back()), 0); // black beyond the picture
        QVERIFY(padded.pixels.front() != 0);
    }

    /// Boxes are those of the pixels as they are stored, whatever the file says about turning them.
    void aBoxIsNotTurnedWithItsPicture()
    {
        const auto root = *m_folder / "AffectNet";
        writeAffectNetCsv(root, false);
        const auto file = root / "Manually_Annotated_Images/1/b.jpg"; // 120 x 100, box 10,12,60,64
        writeFile(file, withOrientation(readFile(file), 6));
        Project project = newProject("p");
        imported(project, {.path = root});
        const SampleRow row = sampleOf(project, "Manually_Annotated_Images/1/b.jpg");
        QCOMPARE(std::pair(row.widthPx, row.heightPx), std::pair(60, 64));
        const std::string bytes = readFile(file);
        const Picture stored =
            must((*must(imaging())).decode({reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size()}));
        QCOMPARE(stored.orientation, 6);
        QVERIFY(factsOf(project, row).pixelHash == pixelHash(60, 64, 3, cutOut(stored, {10, 12, 60, 64}).pixels));
    }

    void boxes_data()
    {
        QTest::addColumn<double>("x");
        QTest::addColumn<double>("side");
        QTest::addColumn<bool>("isPossible");
        QTest::newRow("inside") << 2.0 << 4.0 << true;
        QTest::newRow("over the edge") << -3.0 << 4.0 << true;
        QTest::newRow("beside it") << 20.0 << 4.0 << false;
        QTest::newRow("no number") << std::nan("") << 4.0 << false;
        QTest::newRow("endless") << 0.0 << std::numeric_limits<double>::infinity() << false;
        QTest::newRow("too large to decode") << 0.0 << 15'000.0 << false;
        QTest::newRow("empty") << 0.0 << 0.0 << false;
    }

    void boxes()
    {
        QFETCH(double, x);
        QFETCH(double, side);
        QFETCH(bool, isPossible);
        const Picture whole = picture(10, 10, 1, 3);
        const BoxPx box{x, 1, side, side};
        QCOMPARE(canCutOut(box, 10, 10), isPossible);
        const Picture part = cutOut(whole, box);
        QCOMPARE(part.widthPx, isPossible ? int(side) : 10);
        QCOMPARE(part.pixels.size(), std::size_t(part.widthPx) * std::size_t(part.heightPx));
        if (isPossible && x > 0)
            QCOMPARE(part.pixels[0], whole.pixels[10 + std::size_t(x)]);
    }

    void listsCanBeChosen()
    {
        const auto root = *m_folder / "AffectNet";
        writeAffectNetCsv(root, true);
        Project project = newProject("p");
        QCOMPARE(imported(project, {.path = root, .parameters = {{"lists", "automatic"}}}).samples, 1);
        QCOMPARE(imported(project, {.path = root, .parameters = {{"lists", "manual"}}}).samples, 14);
        const auto wrong = planImport({.path = root, .parameters = {{"lists", "some"}}});
        QVERIFY(!wrong && wrong.error().message.find("all, manual, automatic") != std::string::npos);
        const auto unknown = planImport({.path = root, .parameters = {{"list", "all"}}});
        QVERIFY(!unknown && unknown.error().message.find("possible: lists") != std::string::npos);
        // A list that is chosen alone finds the pictures beside its folder.
        Project other = newProject("q");
        const ImportPlan alone = must(planImport({.path = root / "Manually_Annotated_file_lists/validation.csv"}));
        QCOMPARE(alone.probe.front().confidence, 97);
        QCOMPARE(must(runImport(other, alone, {})).samples, 2);
    }

    void listsThatAreNone()
    {
        writeFile(*m_folder / "set/training.csv", "subDirectory_filePath,expression\n1/a.jpg,55\n");
        const auto plan = must(planImport({.path = *m_folder / "set", .format = "affectnet.csv"}));
        QVERIFY(plan.probe.front().confidence <= 60 && !plan.probe.front().contradictions.empty());
        Project project = newProject("p");
        const auto report = runImport(project, plan, {});
        QVERIFY(!report && report.error().message.find("MISSING_FILE") != std::string::npos);
        writeFile(*m_folder / "empty/training.csv", "");
        QVERIFY(!planImport({.path = *m_folder / "empty"}));
    }

    void annotationsOfTheLaterRelease_data()
    {
        QTest::addColumn<bool>("split");
        QTest::newRow("train_set and val_set") << true;
        QTest::newRow("one set") << false;
    }

    void annotationsOfTheLaterRelease()
    {
        QFETCH(bool, split);
        const auto root = *m_folder / "AffectNet";
        writeAffectNetNpy(root, split);
        Project project = newProject("p");
        const ImportPlan plan = must(planImport({.path = root}));
        QCOMPARE(plan.importer, "affectnet.npy");
        QCOMPARE(plan.variant, split ? "split-sets" : "one-set");
        QVERIFY(plan.probe.front().confidence >= 90 || !plan.probe.front().contradictions.empty());
        const ImportReport dry = must(dryRun(plan, {}));
        const ImportReport report = must(runImport(project, plan, {}));
        QCOMPARE(report.samples, split ? 4 : 3);
        QCOMPARE(countOf(report, "BAD_NPY"), 2); // a pickle and one that is cut off
        QCOMPARE(countOf(report, "MISSING_FILE"), 1);
        QCOMPARE(countOf(report, "ORPHAN_MEDIA"), 1);
        QCOMPARE(countOf(report, "BAD_LANDMARKS"), 1);
        QCOMPARE(countOf(report, "VA_OUT_OF_RANGE"), 1);
        QVERIFY(sameReport(dry, report));
        const std::string train = split ? "train_set/images/" : "images/", end = split ? " train" : " ";
        const auto labels = labelsBySource(project);
        QCOMPARE(labels.at(train + "2.jpg"), "happiness" + end);
        QCOMPARE(labels.at(train + "10.jpg"), "anger" + end);
        QCOMPARE(labels.at(train + "11.JPEG"), "neutral" + end);
        if (split)
            QCOMPARE(labels.at("val_set/images/2.jpg"), "contempt val");
        const SampleRow text = sampleOf(project, train + "2.jpg");
        QCOMPARE(text.valence.value(), -0.5);
        QCOMPARE(text.arousal.value(), 0.25);
        QCOMPARE(must(givenLandmarks(project, text.id))->points.size(), std::size_t(136));
        QVERIFY(!sampleOf(project, train + "10.jpg").valence);
        QCOMPARE(must(givenLandmarks(project, sampleOf(project, train + "10.jpg").id))->scheme, "68");
        // Read again, what is stored stays as it is.
        QCOMPARE(imported(project, {.path = root}).samples, report.samples);
        QCOMPARE(must(countMatching(project, "")), report.samples);
    }

    void foldersWithTheNumberOfACopy()
    {
        const auto root = *m_folder / "AffectNet";
        writeAffectNetNpy(root, true);
        std::filesystem::rename(root / "train_set/annotations", root / "train_set/annotations (1)");
        std::filesystem::rename(root / "train_set/images", root / "train_set/images (1)");
        std::filesystem::rename(root / "val_set", root / "val_set (2)");
        Project project = newProject("p");
        const ImportReport report = imported(project, {.path = root});
        QCOMPARE(report.samples, 4);
        QCOMPARE(labelsBySource(project).at("train_set/images (1)/2.jpg"), "happiness train");
        QCOMPARE(labelsBySource(project).at("val_set (2)/images/2.jpg"), "contempt val");
    }

    void theTableOfDan()
    {
        const auto root = *m_folder / "AffectNet";
        writeAffectNetNpy(root, true);
        std::filesystem::remove_all(root / "train_set/annotations");
        std::filesystem::remove_all(root / "val_set/annotations");
        writeFile(root / "affectnet.csv", ",phase,img_path,label\n"
                                          "0,train,/data/affectnet/train_set/images/2.jpg,1\n"
                                          "1,train,../AffectNet/train_set/images/10.jpg,6\n"
                                          "2,val,D:\\affectnet\\val_set\\images\\2.jpg,7\n"
                                          "3,val,/data/affectnet/val_set/images/3.jpg,7\n"
                                          "4,val,/etc/hostname,7\n"
                                          "5,val,val_set/images/2.jpg,7\n"
                                          "6,train,train_set/images/11.JPEG,none\n");
        Project project = newProject("p");
        const ImportReport report = imported(project, {.path = root});
        QCOMPARE(report.format, "affectnet.npy");
        QCOMPARE(report.variant, "dan-table");
        QCOMPARE(report.samples, 3);
        QCOMPARE(countOf(report, "MISSING_FILE"), 1);
        QCOMPARE(countOf(report, "PATH_ESCAPES_ROOT"), 1);
        QCOMPARE(countOf(report, "DUPLICATE_KEY"), 1);
        QCOMPARE(countOf(report, "BAD_NUMBER"), 1);
        QCOMPARE(labelsBySource(project).at("val_set/images/2.jpg"), "contempt val");
        Project other = newProject("q");
        QCOMPARE(imported(other, {.path = root / "affectnet.csv"}).samples, 3);
        // An empty one occurs: the annotations are read.
        const auto whole = *m_folder / "whole";
        writeAffectNetNpy(whole, true);
        writeFile(whole / "affectnet.csv", ",phase,img_path,label\n");
        QCOMPARE(must(planImport({.path = whole})).variant, "split-sets");
    }

    void tablesOverClassFolders()
    {
        const auto root = *m_folder / "kaggle";
        writeAffectNetKaggle(root);
        Project project = newProject("p");
        const ImportPlan plan = must(planImport({.path = root}));
        QCOMPARE(plan.importer, "affectnet.kaggle-csv");
        QCOMPARE(plan.probe.front().confidence, 97);
        const ImportReport dry = must(dryRun(plan, {})), report = must(runImport(project, plan, {}));
        QCOMPARE(report.samples, 5);
        QCOMPARE(report.labels, 5);
        QCOMPARE(countOf(report, "LABEL_FOLDER_MISMATCH"), 1);
        QCOMPARE(countOf(report, "CASE_FOLDED"), 1);
        QCOMPARE(countOf(report, "MISSING_FILE"), 1);
        QCOMPARE(countOf(report, "PATH_ESCAPES_ROOT"), 1);
        QCOMPARE(countOf(report, "DUPLICATE_KEY"), 1);
        QCOMPARE(countOf(report, "ORPHAN_MEDIA"), 1);
        QVERIFY(sameReport(dry, report));
        QCOMPARE(labelsBySource(project).at("anger/2.png"), "disgust ");
        QCOMPARE(must(countMatching(project, "origin:auto")), 5);
        QCOMPARE(must(countMatching(project, "quality.label_confidence<0.5")), 1);

        Project strict = newProject("strict");
        const ImportReport fewer =
            imported(strict, {.path = root, .parameters = {{"mismatch", "conflict"}, {"confidence", "0.7"}}});
        QCOMPARE(fewer.samples, 5);
        QCOMPARE(fewer.labels, 3);
        QCOMPARE(labelsBySource(strict).at("anger/2.png"), "conflict ");
        QCOMPARE(labelsBySource(strict).at("happy/3.png"), "excluded ");
        QVERIFY(!planImport({.path = root, .parameters = {{"confidence", "2"}}}));
    }

    void numberedClassFolders()
    {
        writeAffectNetConverted(*m_folder / "set", 2);
        Project project = newProject("p");
        const ImportReport report = imported(project, {.path = *m_folder / "set"});
        QCOMPARE(report.format, "affectnet.converted");
        QCOMPARE(report.samples, 32);
        QCOMPARE(report.labels, 32);
        QCOMPARE(report.byClassSplit.at("val").at("contempt"), 2);
        QCOMPARE(countOf(report, "EXPECTED_COUNT_DIFFERS"), 2);
    }

    void termsAreKeptOnceAProject()
    {
        writeAffectNetKaggle(*m_folder / "kaggle");
        Project project = newProject("p");
        const Terms &terms = *termsNamed("affectnet");
        QCOMPARE(termsRecord(project, terms).shownAt, "");
        imported(project, {.path = *m_folder / "kaggle"});
        const TermsRecord shown = termsRecord(project, terms);
        QVERIFY(!shown.shownAt.empty() && shown.acceptedAt.empty());
        const ImportReport report = imported(project, {.path = *m_folder / "kaggle", .acceptsTerms = true});
        QCOMPARE(termsRecord(project, terms).shownAt, shown.shownAt);
        QVERIFY(!report.termsAcceptedAt.empty());
        QVERIFY(readFile(report.folder / "report.json").find(report.termsAcceptedAt) != std::string::npos);
        for (const Importer *importer : importers())
            QVERIFY2(importer->termsId().empty() || termsNamed(importer->termsId()), importer->id().data());
    }

private:
    Project newProject(const std::string &name) { return must(Project::create(*m_folder / name, name)); }

    std::unique_ptr<TemporaryFolder> m_folder;
};

QTEST_GUILESS_MAIN(TestImportAffectNet)
#include "tst_import_affectnet.moc"
