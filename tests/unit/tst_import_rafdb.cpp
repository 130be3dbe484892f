#include "pipeline/import/class_layout.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/import.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/rafdb_layout.h"
#include "pipeline/store/given_fields.h"
#include "pipeline/store/given_landmarks.h"
#include "pipeline/store/project.h"
#include "pipeline/store/sample_table.h"
#include "pipeline/store/samples.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/imported_samples.h"
#include "tests/support/rafdb_trees.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <cstring>
#include <memory>
#include <stop_token>

using namespace mien;
using namespace mien::test;

/// RAF-DB in the forms in which it is passed on, with what is wrong in real copies.
class TestImportRafDb : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<TemporaryFolder>(); }
    void cleanup() { m_folder.reset(); }

    void alignedFaces()
    {
        writeRafDbBasic(*m_folder / "raf/basic");
        Project project = newProject("p");
        const ImportPlan plan = must(planImport({.path = *m_folder / "raf", .format = "rafdb.basic"}));
        QCOMPARE(plan.variant, "official-aligned");
        const ImportReport dry = must(dryRun(plan, {})), report = must(runImport(project, plan, {}));
        QCOMPARE(report.samples, 19);
        QCOMPARE(report.labels, 18);
        QCOMPARE(countOf(report, "LABEL_OUT_OF_RANGE"), 1);
        QCOMPARE(countOf(report, "MISSING_FILE"), 1);
        QCOMPARE(countOf(report, "ORPHAN_MEDIA"), 1);
        QCOMPARE(countOf(report, "BAD_BOX"), 0); // boxes belong to the originals
        QVERIFY(sameReport(dry, report));
        const auto labels = labelsBySource(project);
        const std::string in = "basic/Image/aligned/aligned/";
        QCOMPARE(labels.at(in + "train_00001_aligned.jpg"), "surprise train");
        QCOMPARE(labels.at(in + "train_00003_aligned.jpg"), "disgust train"); // ended by CRLF
        QCOMPARE(labels.at(in + "train_00005_aligned.jpg"), "unmapped train");
        QCOMPARE(labels.at(in + "test_0006_aligned.jpg"), "anger test"); // the last row, without an end
        QCOMPARE(factsOf(project, sampleOf(project, in + "train_00001_aligned.jpg")).sourceKey, "train_00001.jpg");
        QCOMPARE(report.comparedWith, "rafdb.basic/counts");
        QCOMPARE(countOf(report, "EXPECTED_COUNT_DIFFERS"), 2);
    }

    void aWrongLabelMakesItLessCertain()
    {
        writeRafDbBasic(*m_folder / "basic");
        const auto candidates = candidatesFor(must(listingOf(*m_folder / "basic")));
        QCOMPARE(candidates.front().importer, "rafdb.basic");
        QCOMPARE(candidates.front().confidence, 60); // code 0
        QVERIFY(!candidates.front().contradictions.empty());
        // Without it, it is certain; nobody needs to say the format.
        std::string list = readFile(*m_folder / "basic/EmoLabel/list_patition_label.txt");
        list.replace(list.find("train_00005.jpg 0"), 17, "train_00005.jpg 5");
        writeFile(*m_folder / "basic/EmoLabel/list_patition_label.txt", list);
        const auto plan = must(planImport({.path = *m_folder / "basic"}));
        QCOMPARE(plan.importer, "rafdb.basic");
        QCOMPARE(plan.probe.front().confidence, 96);
        QCOMPARE(must(planImport({.path = *m_folder / "basic/EmoLabel/list_patition_label.txt"})).importer,
                 "rafdb.basic");
    }

    void rowsThatCannotBeUsed()
    {
        const auto root = *m_folder / "basic";
        writeRafDbBasic(root);
        const std::string odd = "alone\n"
                                "train_00001.jpg five\n"
                                "../../outside.jpg 3\n"
                                "/etc/hostname.jpg 3\n"
                                "train_00001.jpg 2\n"
                                "train_00077.jpg\t2\n"
                                "train_\xe9.jpg 6\n";
        writeFile(*m_folder / "outside_aligned.jpg", jpegFile(picture(40, 40, 3, 1)));
        std::filesystem::create_symlink(*m_folder / "outside_aligned.jpg",
                                        root / "Image/aligned/aligned/train_00077_aligned.jpg");
        std::filesystem::copy(root / "Image/aligned/aligned/train_00001_aligned.jpg",
                              root / "Image/aligned/aligned/train_\xe9_aligned.JPG");
        const auto list = root / "EmoLabel/list_patition_label.txt";
        writeFile(list, readFile(list) + '\n' + odd);
        Project project = newProject("p");
        const ImportReport report = imported(project, {.path = root, .format = "rafdb.basic"});
        QCOMPARE(report.samples, 20);
        QCOMPARE(countOf(report, "BAD_FIELD_COUNT"), 1);
        QCOMPARE(countOf(report, "BAD_NUMBER"), 1);
        QCOMPARE(countOf(report, "PATH_ESCAPES_ROOT"), 3);
        QCOMPARE(countOf(report, "DUPLICATE_KEY"), 1);
        QCOMPARE(countOf(report, "CASE_FOLDED"), 1);
        QCOMPARE(countOf(report, "NAME_NOT_UTF8"), 1);
        QCOMPARE(labelsBySource(project).at("Image/aligned/aligned/train_\\xE9_aligned.JPG"), "anger ");
    }

    void publishedCountsAreRecognised()
    {
        std::string list;
        int train = 0, test = 0;
        for (const auto &[print, isTrain] : {std::pair("RAF-DB basic train", true), {"RAF-DB basic test", false}})
            for (const Fingerprint &published : fingerprints())
                for (std::size_t code = 0; published.id == print && code < published.counts.size(); ++code)
                    for (std::int64_t i = 0; i < published.counts[code]; ++i) {
                        char name[24];
                        std::snprintf(name, sizeof name, isTrain ? "train_%05d" : "test_%04d",
                                      isTrain ? ++train : ++test);
                        list += std::string(name) + ".jpg " + std::to_string(code + 1) + '\n';
                    }
        list.pop_back();
        writeFile(*m_folder / "raf/EmoLabel/list_patition_label.txt", list);
        std::filesystem::create_directories(*m_folder / "raf/Image/aligned");
        const auto candidates = candidatesFor(must(listingOf(*m_folder / "raf")));
        QCOMPARE(candidates.front().confidence, 98);
        QCOMPARE(candidates.front().evidence.back(), "counts match the published ones");
        QVERIFY(candidates.front().evidence[1].starts_with("15339 rows"));
    }

    void originalsHaveBoxesAndLandmarks()
    {
        writeRafDbBasic(*m_folder / "basic");
        Project project = newProject("p");
        const ImportReport report = imported(
            project, {.path = *m_folder / "basic", .format = "rafdb.basic", .parameters = {{"pictures", "original"}}});
        QCOMPARE(report.variant, "official-original");
        QCOMPARE(report.samples, 19);
        QCOMPARE(countOf(report, "BAD_BOX"), 1);
        QCOMPARE(countOf(report, "BAD_LANDMARKS"), 1);
        const SampleRow face = sampleOf(project, "Image/original/train_00001.jpg");
        QCOMPARE(std::pair(face.widthPx, face.heightPx), std::pair(80, 80));
        QCOMPARE(factsOf(project, face).box->x, 20.0);
        QVERIFY((must(givenLandmarks(project, face.id))->points ==
                 std::vector<double>{30, 40, 60.5, 40, 45, 55, 35, 70, 55, 70}));
        QCOMPARE(must(givenLandmarks(project, sampleOf(project, "Image/original/train_00004.jpg").id))->scheme, "37");
        const SampleRow whole = sampleOf(project, "Image/original/train_00002.jpg");
        QCOMPARE(std::pair(whole.widthPx, whole.heightPx), std::pair(160, 120));
        QVERIFY(!must(givenLandmarks(project, sampleOf(project, "Image/original/train_00006.jpg").id)));
        // Imported again as aligned faces: the same samples, now without what belongs to the originals.
        imported(project, {.path = *m_folder / "basic", .format = "rafdb.basic"});
        QCOMPARE(must(countMatching(project, "")), 19);
        const SampleRow aligned = sampleOf(project, "Image/aligned/aligned/train_00001_aligned.jpg");
        QVERIFY(aligned.id == face.id && !must(givenLandmarks(project, aligned.id)));
        QVERIFY(!factsOf(project, aligned).box);
    }

    /// Goes on with an interrupted import; with another choice it begins anew.
    void anotherChoiceAfterAStop()
    {
        writeRafDbBasic(*m_folder / "basic");
        Project project = newProject("p");
        std::stop_source stop;
        const Job job{stop.get_token(), [&stop](const Progress &) { stop.request_stop(); }};
        ImportRequest request{.path = *m_folder / "basic", .format = "rafdb.basic"};
        QVERIFY(!runImport(project, must(planImport(request)), job));
        request.parameters["pictures"] = "original";
        QCOMPARE(imported(project, request).samples, 19);
        for (const auto &[source, label] : labelsBySource(project))
            QVERIFY2(source.starts_with("Image/original/"), source.c_str());
        QCOMPARE(must(countMatching(project, "")), 19);
    }

    void listsWithNoise()
    {
        writeRafDbBasic(*m_folder / "basic");
        Project project = newProject("p");
        const ImportRequest request{
            .path = *m_folder / "basic", .format = "rafdb.basic", .parameters = {{"labels", "noise01"}}};
        const ImportReport report = imported(project, request);
        QCOMPARE(report.samples, 19);
        const auto labels = labelsBySource(project);
        QCOMPARE(labels.at("Image/aligned/aligned/train_00001_aligned.jpg"), "neutral train");
        QCOMPARE(labels.at("Image/aligned/aligned/test_0006_aligned.jpg"), "anger test");
        ImportRequest missing = request;
        missing.parameters["labels"] = "noise02";
        const auto none = runImport(project, must(planImport(missing)), {});
        QVERIFY(!none && none.error().message.find("noise02.txt") != std::string::npos);
    }

    /// What lists say beside the label, and the errors that a list with noise is known to hold.
    void listsBecomeLayers()
    {
        const auto root = *m_folder / "basic";
        writeRafDbBasic(root);
        Project project = newProject("p");
        ImportRequest request{.path = root, .format = "rafdb.basic", .parameters = {{"layers", "yes"}}};
        imported(project, request);
        const std::string in = "Image/aligned/aligned/";
        const auto fieldsOf = [&](const std::string &source) {
            std::string text;
            for (const GivenField &given : must(givenFieldsOf(project, sampleOf(project, in + source).id)))
                text += given.field + ' ' + given.value + '\n';
            return text;
        };
        QCOMPARE(fieldsOf("train_00001_aligned.jpg"), "layer.noise01 neutral\n");
        QCOMPARE(labelsBySource(project).at(in + "train_00001_aligned.jpg"), "surprise train");
        QCOMPARE(fieldsOf("test_0006_aligned.jpg"), ""); // the lists are of the training part
        QCOMPARE(must(countMatching(project, "layer.noise01:neutral")), 3);
        QCOMPARE(must(countMatching(project, "label!=layer.noise01 layer.noise01!=none")), 1);
        QCOMPARE(must(countMatching(project, "layer.noise01:none")), 7); // 6 of the test part, and the label 0
        // The other way round: noisy labels with the truth beside them.
        request.parameters["labels"] = "noise01";
        imported(project, request);
        QCOMPARE(labelsBySource(project).at(in + "train_00001_aligned.jpg"), "neutral train");
        QCOMPARE(must(countMatching(project, "given!=layer.clean layer.clean!=none")), 1);
        QCOMPARE(must(countMatching(project, "layer.clean:surprise label:neutral")), 1);
        const auto wrong = countMatching(project, "layer.noise04:fear");
        QVERIFY(!wrong && wrong.error().message.find("possible: layer.clean, layer.noise01") != std::string::npos);
        QVERIFY(!countMatching(project, "layer.clean>2"));
        std::vector<std::string> cells;
        const std::vector<std::string> columns = {"layer.clean"};
        must(readSampleTable(project, "source:train_00001_", {}, {}, columns, [&](std::span<const Cell> row) {
            cells.emplace_back(std::get<std::string_view>(row[0]));
            return true;
        }));
        QCOMPARE(cells, std::vector<std::string>{"surprise"});
    }

    /// Only when they are asked for, and as what they are: a judgement.
    void attributesAreJudgements()
    {
        const auto root = *m_folder / "basic";
        writeRafDbBasic(root);
        Project project = newProject("p"), plain = newProject("q");
        imported(plain, {.path = root, .format = "rafdb.basic"});
        QVERIFY(!countMatching(plain, "judged.gender:female")); // nothing of the kind is kept
        const ImportReport report =
            imported(project, {.path = root, .format = "rafdb.basic", .parameters = {{"attributes", "yes"}}});
        QCOMPARE(report.samples, 19);
        QCOMPARE(countOf(report, "BAD_ATTRIBUTES"), 2); // one has no such file, one too few lines
        QCOMPARE(must(countMatching(project, "judged.gender:female judged.race:caucasian judged.age:20-39")), 17);
        QCOMPARE(must(countMatching(project, "judged.age>=2")), 17);
        QCOMPARE(must(countMatching(project, "judged.age:70+")), 0);
        const auto wrong = countMatching(project, "judged.gender:woman");
        QVERIFY2(!wrong && wrong.error().message.find("male, female, unsure") != std::string::npos,
                 wrong ? "" : wrong.error().message.c_str());
        const auto given =
            must(givenFieldsOf(project, sampleOf(project, "Image/aligned/aligned/train_00001_aligned.jpg").id));
        QCOMPARE(given.size(), 3U);
        QCOMPARE(given[0].field + ' ' + given[0].value, "judged.age 20-39");
        std::filesystem::remove_all(root / "annotation");
        const auto none = runImport(
            project, must(planImport({.path = root, .format = "rafdb.basic", .parameters = {{"attributes", "yes"}}})),
            {});
        QVERIFY(!none && none.error().message.find("Annotation/manual") != std::string::npos);
    }

    void compoundClassesArePairs_data()
    {
        QTest::addColumn<QString>("words");
        QTest::addColumn<QString>("label");
        QTest::newRow("pairs") << "pair"
                               << "sadness+fear train";
        QTest::newRow("first word") << "first"
                                    << "sadness train";
        QTest::newRow("second word") << "second"
                                     << "fear train";
    }

    void compoundClassesArePairs()
    {
        QFETCH(QString, words);
        QFETCH(QString, label);
        writeRafDbCompound(*m_folder / "compound");
        Project project = newProject("p");
        const ImportReport report = imported(project, {.path = *m_folder / "compound",
                                                       .format = "rafdb.compound",
                                                       .parameters = {{"words", words.toStdString()}}});
        QCOMPARE(report.samples, 13);
        QCOMPARE(report.labels, 11);
        QCOMPARE(countOf(report, "LABEL_UNMAPPED"), 1);
        QCOMPARE(countOf(report, "LABEL_OUT_OF_RANGE"), 1);
        const auto labels = labelsBySource(project);
        QCOMPARE(labels.at("Image/aligned/train_00003_aligned.jpg"), label.toStdString());
        if (words == "pair")
            QCOMPARE(labels.at("Image/aligned/train_00011_aligned.jpg"), "disgust+surprise train");
        QCOMPARE(labels.at("Image/aligned/test_0012_aligned.jpg"), "unmapped test");
    }

    void bothPartsAreNamed()
    {
        writeRafDbBasic(*m_folder / "raf/basic");
        writeRafDbCompound(*m_folder / "raf/compound");
        for (const auto &[part, code] : {std::pair("basic", "0\n"), {"compound", "13\n"}}) {
            const auto file = *m_folder / "raf" / part / "EmoLabel/list_patition_label.txt";
            std::string list = readFile(file);
            list.replace(list.find(std::string(" ") + code) + 1, std::strlen(code), "5\n");
            writeFile(file, list);
        }
        const auto plan = planImport({.path = *m_folder / "raf"});
        QVERIFY(!plan);
        QVERIFY2(plan.error().message.find("rafdb.basic") != std::string::npos &&
                     plan.error().message.find("rafdb.compound") != std::string::npos,
                 plan.error().message.c_str());
        QCOMPARE(must(planImport({.path = *m_folder / "raf", .format = "rafdb.compound"})).importer, "rafdb.compound");
    }

    void tablesOverClassFolders()
    {
        writeRafDbKaggle(*m_folder / "raf");
        Project project = newProject("p");
        const ImportPlan plan = must(planImport({.path = *m_folder / "raf"}));
        QCOMPARE(plan.importer, "rafdb.kaggle");
        QCOMPARE(plan.variant, "tables");
        const ImportReport dry = must(dryRun(plan, {})), report = must(runImport(project, plan, {}));
        QCOMPARE(report.samples, 14);
        QCOMPARE(report.labels, 12);
        QCOMPARE(countOf(report, "LABEL_FOLDER_MISMATCH"), 1);
        QCOMPARE(countOf(report, "LABEL_OUT_OF_RANGE"), 1);
        QCOMPARE(countOf(report, "MISSING_FILE"), 1);
        QCOMPARE(countOf(report, "DUPLICATE_ROW"), 1);
        QCOMPARE(countOf(report, "PATH_ESCAPES_ROOT"), 1);
        QCOMPARE(countOf(report, "BAD_FIELD_COUNT"), 1);
        QCOMPARE(countOf(report, "ORPHAN_MEDIA"), 1);
        QVERIFY(sameReport(dry, report));
        const auto labels = labelsBySource(project);
        QCOMPARE(labels.at("DATASET/train/4/train_00003_aligned.jpg"), "conflict train");
        QCOMPARE(labels.at("DATASET/test/7/test_0007_aligned.jpg"), "neutral test");
        QCOMPARE(labels.at("DATASET/test/6/test_0006_aligned.jpg"), "unmapped test");
    }

    void tablesWithoutAHeaderOverFoldersFromZero()
    {
        writeRafDbZeroBased(*m_folder / "raf");
        Project project = newProject("p");
        const ImportReport report = imported(project, {.path = *m_folder / "raf"});
        QCOMPARE(report.format, "rafdb.kaggle");
        QCOMPARE(report.samples, 14);
        QCOMPARE(report.labels, 14);
        QCOMPARE(countOf(report, "LABEL_FOLDER_MISMATCH"), 0);
        QCOMPARE(labelsBySource(project).at("train/0/train_00001_aligned.jpg"), "surprise train");
        QCOMPARE(labelsBySource(project).at("test/6/test_0007_aligned.jpg"), "neutral test");
        // Without the tables it is not certain what 0 to 6 stand for.
        std::filesystem::remove(*m_folder / "raf/train_labels.csv");
        std::filesystem::remove(*m_folder / "raf/test_labels.csv");
        const ImportReport unclear = must(dryRun(must(planImport({.path = *m_folder / "raf"})), {}));
        QCOMPARE(countOf(unclear, "LABEL_UNMAPPED"), 14);
        const ImportReport said = must(dryRun(
            must(planImport({.path = *m_folder / "raf", .parameters = {{"numbering", "rafdb.zero_based"}}})), {}));
        QCOMPARE(said.labels, 14);
    }

    void theWholeSetMatchesItsPublishedCounts()
    {
        writeRafDbPublished(*m_folder / "raf");
        const ImportPlan plan = must(planImport({.path = *m_folder / "raf"}));
        QCOMPARE(plan.importer, "rafdb.kaggle");
        QCOMPARE(plan.probe.front().confidence, 98);
        const ImportReport report = must(dryRun(plan, {}));
        QCOMPARE(report.labels, 15'339);
        QCOMPARE(report.comparedWith, "rafdb.kaggle/counts");
        QCOMPARE(countOf(report, "EXPECTED_COUNT_DIFFERS"), 0);
        std::filesystem::remove(*m_folder / "raf/DATASET/test/7/test_3068_aligned.jpg");
        const ImportReport less = must(dryRun(must(planImport({.path = *m_folder / "raf"})), {}));
        QCOMPARE(less.problems.at("EXPECTED_COUNT_DIFFERS").first.front().detail,
                 "RAF-DB basic test: neutral 679 of 680");
    }

    /// As a second download or an archive leaves them: "manual (1)".
    void foldersWithTheNumberOfACopy()
    {
        const auto root = *m_folder / "sets/basic (1)";
        writeRafDbBasic(root);
        for (const auto &[from, to] : {std::pair("annotation/manual", "annotation/manual (1)"),
                                       {"annotation", "annotation (2)"},
                                       {"EmoLabel", "EmoLabel (1)"},
                                       {"Image/original", "Image/original (1)"}})
            std::filesystem::rename(root / from, root / to);
        Project project = newProject("p");
        const ImportReport report = imported(
            project, {.path = *m_folder / "sets", .format = "rafdb.basic", .parameters = {{"pictures", "original"}}});
        QCOMPARE(report.samples, 19);
        QCOMPARE(countOf(report, "BAD_LANDMARKS"), 1);
        const SampleRow face = sampleOf(project, "basic (1)/Image/original (1)/train_00001.jpg");
        QCOMPARE(must(givenLandmarks(project, face.id))->scheme, "5");
        QCOMPARE(withoutCopyNumber("manual"), "manual");
        QCOMPARE(withoutCopyNumber("Fold (2) of (b)"), "Fold (2) of (b)");
        QCOMPARE(withoutCopyNumber(" (1)"), " (1)");
    }

    void thePrefixWinsOverTheFolder()
    {
        writeRafDbFolders(*m_folder / "raf");
        Project project = newProject("p");
        const ImportPlan plan = must(planImport({.path = *m_folder / "raf"}));
        QCOMPARE(plan.importer, "rafdb.kaggle");
        QCOMPARE(plan.variant, "folders");
        const ImportReport report = must(runImport(project, plan, {}));
        QCOMPARE(report.samples, 14);
        QCOMPARE(report.labels, 14);
        QVERIFY(!report.byClassSplit.contains("val"));
        QCOMPARE(labelsBySource(project).at("valid/happy/test_0004_aligned.jpg"), "happiness test");
    }

    void namesOfSplits_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("split");
        QTest::newRow("train") << "train_00001.jpg"
                               << "train";
        QTest::newRow("aligned") << "test_0001_aligned.jpg"
                                 << "test";
        QTest::newRow("upper case") << "Train_1.JPG"
                                    << "train";
        QTest::newRow("no number") << "train_x.jpg"
                                   << "";
        QTest::newRow("no end") << "train_1"
                                << "";
        QTest::newRow("another word") << "training_1.jpg"
                                      << "";
        QTest::newRow("nothing") << ""
                                 << "";
    }

    void namesOfSplits()
    {
        QFETCH(QString, name);
        QTEST(QString::fromStdString(std::string(rafDbSplitOf(name.toStdString()))), "split");
    }

    void numberedCompoundFolders()
    {
        std::vector<std::string> paths;
        for (int code = 1; code <= 12; ++code)
            paths.push_back("train/" + std::to_string(code) + "/a.png");
        QCOMPARE(classLayoutOf(paths).codeTable, "rafdb.compound");
        QCOMPARE(meaningOf("11", "rafdb.compound", {}).className, "disgust+surprise");
        QVERIFY(meaningOf("12", "rafdb.compound", {}).state == LabelState::Unmapped);
    }

private:
    Project newProject(const std::string &name) { return must(Project::create(*m_folder / name, name)); }

    std::unique_ptr<TemporaryFolder> m_folder;
};

QTEST_GUILESS_MAIN(TestImportRafDb)
#include "tst_import_rafdb.moc"
