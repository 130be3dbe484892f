#include "pipeline/import/class_layout.h"
#include "pipeline/import/import.h"
#include "pipeline/import/numbering_guess.h"
#include "pipeline/import/text_form.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/sources.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <array>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

#include <sys/stat.h>

using namespace mien;
using namespace mien::test;

namespace {

/// "key label split" of every sample, sorted by id.
std::vector<std::string> factsIn(const Project &project)
{
    const auto ids = must(samplesMatching(project, ""));
    const auto rows = must(sampleRows(project, ids));
    std::vector<std::string> facts;
    for (const SampleRow &row : rows)
        facts.push_back(row.source + ' ' +
                        (row.given ? project.className(*row.given) : std::string(nameOf(row.givenState))) + ' ' +
                        std::string(nameOf(row.split)));
    return facts;
}

void writePng(const std::filesystem::path &path, unsigned seed, int side = 48)
{
    writeFile(path, pngFile(picture(side, side, 1, seed)));
}

} // namespace

class TestImportPictures : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void classFolders();
    void namesOfStatesAreNoClasses();
    void splitsBelowClasses();
    void foldersOfFer2013A();
    void foldersOfFer2013B();
    void numberedFoldersAreNotGuessed();
    void sharesProposeANumbering_data();
    void sharesProposeANumbering();
    void aProposedNumberingIsNotTaken();
    void photosWithoutLabels();
    void badFilesAreSkippedWithTheirReason();
    void namesOfEveryKind();
    void mixedLevelsAreRefused();
    void manifests();
    void anOpenQuoteInAManifestIsASkip();
    void whatIsNoFileIsNoted();
    void linksOutAreFollowedWhenAskedFor();
    void everyIgnoredFileIsNamed();
    void namesThatOnlyLookAlikeStayApart();
    void manifestsReadOnlyInside_data();
    void manifestsReadOnlyInside();
    void ambiguousFoldersAreNamed();
    void thumbnailsAreMade();
    void killedAnywhereItGoesOn();
    void stoppedItKeepsWhatIsDone();
};

void TestImportPictures::classFolders()
{
    TemporaryFolder folder;
    unsigned seed = 0;
    for (const char *name :
         {"data/train/Happy", "data/train/0_neutral", "data/validation/Happy", "data/test/suprised/deep/er",
          "data/test/smirk", "data/test/_unlabeled", "data/test/_not_a_face"})
        writePng(folder / "set" / name / "a.png", ++seed);
    writeFile(folder / "set/data/train/.DS_Store", "x");
    writeFile(folder / "set/data/train/Happy/Thumbs.db", "x");
    writeFile(folder / "set/data/train/Happy/LICENSE.txt", "");
    writePng(folder / "set/__MACOSX/train/Happy/._a.png", 99);
    std::filesystem::create_directories(folder / "set/data/train/empty");
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "set"});
    QCOMPARE(report.format, "class-folder");
    QCOMPARE(report.variant, "split/class");
    QCOMPARE(report.samples, 7);
    QCOMPARE(report.labels, 5);
    QCOMPARE(report.skipped, 0);
    QCOMPARE(countOf(report, "IGNORED_SYSTEM_FILE"), 4);
    QCOMPARE(countOf(report, "EMPTY_FOLDER"), 1);
    QCOMPARE(factsIn(project),
             (std::vector<std::string>{
                 "data/test/_not_a_face/a.png not_a_face test", "data/test/_unlabeled/a.png unlabeled test",
                 "data/test/smirk/a.png smirk test", "data/test/suprised/deep/er/a.png surprise test",
                 "data/train/0_neutral/a.png neutral train", "data/train/Happy/a.png happiness train",
                 "data/validation/Happy/a.png happiness val"}));
}

void TestImportPictures::namesOfStatesAreNoClasses()
{
    TemporaryFolder folder;
    unsigned seed = 0;
    for (const char *name :
         {"happy", "unsure", "not a face", "Uncertain", "excluded", "conflict", "given", "ok", "7_unsure"})
        writePng(folder / "set" / name / "a.png", ++seed);
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report =
        imported(project, {.path = folder / "set", .parameters = {{"class:happy", "not_a_face"}}});
    QCOMPARE(report.samples, 9);
    QCOMPARE(report.labels, 0);
    QCOMPARE(
        factsIn(project),
        (std::vector<std::string>{"7_unsure/a.png uncertain ", "Uncertain/a.png uncertain ", "conflict/a.png conflict ",
                                  "excluded/a.png excluded ", "given/a.png unmapped ", "happy/a.png not_a_face ",
                                  "not a face/a.png not_a_face ", "ok/a.png unmapped ", "unsure/a.png uncertain "}));
}

void TestImportPictures::splitsBelowClasses()
{
    TemporaryFolder folder;
    writePng(folder / "set/angry/train/a.png", 1);
    writePng(folder / "set/angry/test/a.png", 2);
    writePng(folder / "set/sad/train/a.png", 3);
    Project project = must(Project::create(folder / "p", "p"));
    QCOMPARE(imported(project, {.path = folder / "set"}).variant, "class/split");
    QCOMPARE(factsIn(project), (std::vector<std::string>{"angry/test/a.png anger test", "angry/train/a.png anger train",
                                                         "sad/train/a.png sadness train"}));
}

void TestImportPictures::foldersOfFer2013A()
{
    TemporaryFolder folder;
    unsigned seed = 0;
    for (const char *name : {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"}) {
        writeFile(folder / "fer/train" / name / "Training_123.jpg", jpegFile(picture(48, 48, 1, ++seed)));
        writeFile(folder / "fer/test" / name / "PublicTest_77.jpg", jpegFile(rgb(picture(48, 48, 1, ++seed))));
        writeFile(folder / "fer/test" / name / "PrivateTest_78.jpg", jpegFile(picture(48, 48, 1, ++seed)));
    }
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "fer"});
    QCOMPARE(report.format, "fer2013.kaggle-folders-a");
    QCOMPARE(report.samples, 21);
    QCOMPARE(report.byClassSplit.at("train").size(), std::size_t(7));
    QCOMPARE(report.byClassSplit.at("val").at("anger"), 1);
    QCOMPARE(report.byClassSplit.at("test").at("surprise"), 1);
    QCOMPARE(must(countMatching(project, "quality:gray_as_rgb")), 7);
    QCOMPARE(must(countMatching(project, "quality:gray_as_rgb split:val")), 7);
    QCOMPARE(must(countMatching(project, "origin:human native:angry")), 3);

    // A copy that augmentation left, and one of another size.
    writeFile(folder / "fer/train/angry/Training_5.jpg4.jpg", jpegFile(picture(48, 48, 1, ++seed)));
    writeFile(folder / "fer/train/angry/Training_6.jpg", jpegFile(picture(50, 48, 1, ++seed)));
    const ImportReport more = imported(project, {.path = folder / "fer", .format = "fer2013.kaggle-folders-a"});
    QCOMPARE(more.samples, 23);
    QCOMPARE(must(countMatching(project, "quality:augmented_copy_suspect")), 1);
    QCOMPARE(more.problems.at("SIZE_UNEXPECTED").first.front().detail, "50 x 48 instead of 48 x 48 pixels.");

    // The names alone are a claim: pictures of another size make it a plain class folder.
    TemporaryFolder other;
    for (const char *name : {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"})
        writeFile(other / "fer/train" / name / "Training_123.jpg", jpegFile(picture(100, 100, 1, ++seed)));
    const auto candidates = candidatesFor(must(listingOf(other / "fer")));
    QVERIFY(!candidates.empty() && candidates.front().confidence <= 60 && !candidates.front().contradictions.empty());
}

void TestImportPictures::foldersOfFer2013B()
{
    TemporaryFolder folder;
    unsigned seed = 0;
    for (const char *split : {"train", "test"})
        for (const char *name : {"angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised"})
            for (int i = 0; i < 2; ++i)
                writePng(folder / "fer" / split / name / ("im" + std::to_string(i) + ".png"), ++seed);
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "fer"});
    QCOMPARE(report.format, "fer2013.kaggle-folders-b");
    QCOMPARE(report.samples, 28);
    QCOMPARE(report.labels, 28);
    QCOMPARE(report.byClassSplit.at("test").at("disgust"), 2);
}

void TestImportPictures::numberedFoldersAreNotGuessed()
{
    std::vector<std::string> paths;
    for (int code = 0; code < 7; ++code)
        paths.push_back(std::to_string(code) + "/a.png");
    QCOMPARE(classLayoutOf(paths).codeTable, "");
    QVERIFY(meaningOf("3", "", {}).state == LabelState::Unmapped);
    QCOMPARE(meaningOf("3", "fer2013", {}).className, "happiness");
    QCOMPARE(meaningOf("3", "", {{"class:3", "fear"}}).className, "fear");
    QVERIFY(meaningOf("none", "", {}).state == LabelState::Unmapped);
    QCOMPARE(meaningOf("10", "uta-rldd", {}).className, "drowsy");
    QVERIFY(meaningOf("7", "uta-rldd", {}).state == LabelState::Unmapped);
    // The published counts settle it.
    constexpr int training[7] = {3995, 436, 4097, 7215, 4830, 3171, 4965};
    paths.clear();
    for (int code = 0; code < 7; ++code)
        for (int i = 0; i < training[code]; ++i)
            paths.push_back(std::to_string(code) + '/' + std::to_string(i) + ".png");
    QCOMPARE(classLayoutOf(paths).codeTable, "fer2013");
}

void TestImportPictures::sharesProposeANumbering_data()
{
    QTest::addColumn<QList<int>>("counts");
    QTest::addColumn<QString>("table"); // "": none
    QTest::newRow("a tenth of FER2013") << QList<int>{400, 44, 410, 722, 483, 317, 497} << "fer2013";
    QTest::newRow("the same by the alphabet") << QList<int>{400, 44, 410, 722, 497, 483, 317} << "fer.alphabetical";
    QTest::newRow("a tenth of RAF-DB from zero") << QList<int>{129, 28, 72, 477, 198, 70, 252} << "rafdb.zero_based";
    QTest::newRow("AffectNet without contempt") << QList<int>{748, 1344, 255, 141, 64, 38, 249} << "affectnet";
    QTest::newRow("equal counts") << QList<int>{100, 100, 100, 100, 100, 100, 100} << "";
    QTest::newRow("like none") << QList<int>{10, 900, 5, 10, 5, 10, 60} << "";
    QTest::newRow("six folders") << QList<int>{400, 44, 410, 722, 483, 317} << "";
}

void TestImportPictures::sharesProposeANumbering()
{
    QFETCH(QList<int>, counts);
    std::map<std::string, std::int64_t> byFolder = {{"_unlabeled", 5000}};
    for (int code = 0; code < counts.size(); ++code)
        byFolder[std::to_string(code)] = counts[code];
    const auto guess = numberingLike(byFolder);
    QTEST(guess ? QString::fromUtf8(guess->table.data(), qsizetype(guess->table.size())) : QString(), "table");
}

/// It is a proposal: nothing is read by it before a person says so.
void TestImportPictures::aProposedNumberingIsNotTaken()
{
    TemporaryFolder folder;
    unsigned seed = 0;
    constexpr std::array counts = {40, 4, 41, 72, 48, 32, 50}; // as FER2013's
    for (std::size_t code = 0; code < counts.size(); ++code)
        for (int i = 0; i < counts[code]; ++i)
            writePng(folder / "set" / std::to_string(code) / (std::to_string(i) + ".png"), ++seed, 8);
    const ImportPlan plan = must(planImport({.path = folder / "set"}));
    QVERIFY2(plan.probe.front().evidence.back().find("FER2013 Training numbered as fer2013") != std::string::npos,
             plan.probe.front().evidence.back().c_str());
    const ImportReport report = must(dryRun(plan, {}));
    QCOMPARE(report.labels, 0);
    QVERIFY(report.problems.at("LABEL_UNMAPPED").first.front().detail.find("fer2013") != std::string::npos);
    QCOMPARE(must(dryRun(must(planImport({.path = folder / "set", .parameters = {{"numbering", "fer2013"}}})), {}))
                 .byClassSplit.at("")
                 .at("happiness"),
             72);
}

void TestImportPictures::photosWithoutLabels()
{
    TemporaryFolder folder;
    writeFile(folder / "photos/a.jpg", jpegFile(picture(120, 80, 3, 1)));
    writeFile(folder / "photos/b.PNG", pngFile(picture(120, 80, 3, 2)));
    writeFile(folder / "photos/clip.mp4", "no video");
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "photos"});
    QCOMPARE(report.samples, 2);
    QCOMPARE(report.labels, 0);
    QCOMPARE(report.media, 2);
    QCOMPARE(report.skipped, 1);
    QCOMPARE(report.problems.at("NOT_DATA_TEXT").first.front().key, "clip.mp4");
    Project single = must(Project::create(folder / "q", "q"));
    QCOMPARE(imported(single, {.path = folder / "photos/a.jpg"}).samples, 1);
}

void TestImportPictures::badFilesAreSkippedWithTheirReason()
{
    TemporaryFolder folder;
    const auto in = folder / "set/happy";
    writePng(in / "good.png", 1);
    writeFile(in / "empty.png", "");
    writeFile(in / "lfs.png", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    writeFile(in / "page.jpg", "<!DOCTYPE html><html></html>");
    writeFile(in / "text.jpg", "this is no picture");
    writeFile(in / "jpeg.png", jpegFile(picture(48, 48, 1, 2)));
    const std::string whole = pngFile(picture(200, 200, 1, 3));
    writeFile(in / "half.png", whole.substr(0, whole.size() / 2));
    const std::string photo = jpegFile(picture(400, 400, 3, 3));
    writeFile(in / "nearly.jpg", photo.substr(0, photo.size() * 97 / 100));
    Picture flat = picture(48, 48, 1, 4);
    std::fill(flat.pixels.begin(), flat.pixels.end(), std::uint8_t(9));
    writeFile(in / "flat.png", pngFile(flat));
    std::filesystem::create_symlink(folder / "nowhere", in / "gone.png");
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "set"});
    QCOMPARE(countOf(report, "ZERO_BYTE"), 1);
    QCOMPARE(countOf(report, "LFS_POINTER"), 1);
    QCOMPARE(countOf(report, "NOT_DATA_HTML"), 1);
    QCOMPARE(countOf(report, "NOT_AN_IMAGE"), 1);
    QCOMPARE(countOf(report, "EXT_MISMATCH"), 1);
    QCOMPARE(countOf(report, "TRUNCATED_IMAGE"), 2);
    QCOMPARE(countOf(report, "BLANK_IMAGE"), 1);
    QCOMPARE(countOf(report, "MISSING_FILE"), 1);
    QCOMPARE(report.skipped, 6);
    QCOMPARE(report.samples, 4);
    QVERIFY(report.firstSkipped.has_value());

    // Nothing but bad files: nothing is written, and the message says what they are.
    writeFile(folder / "bad/happy/a.png", "");
    Project other = must(Project::create(folder / "q", "q"));
    const auto nothing = runImport(other, must(planImport({folder / "bad", "auto", {}})), {});
    QVERIFY(!nothing && nothing.error().message.find("ZERO_BYTE") != std::string::npos);
    QVERIFY(!std::filesystem::exists(folder / "q/imports") || std::filesystem::is_empty(folder / "q/imports"));
}

void TestImportPictures::namesOfEveryKind()
{
    TemporaryFolder folder;
    writePng(folder / "set/happy/\xe9t\xe9.png", 1); // Windows-1252
    writePng(folder / "set/happy/\xc3\xa9t\xc3\xa9.png", 2);
    writePng(folder / "set/happy/with space, comma \"quote\".png", 3);
    writePng(folder / "set/happy/=cmd().png", 4);
    writePng(folder / "set/happy/A1.png", 5);
    writePng(folder / "set/happy/a1.png", 6);
    writePng(folder / "set/happy/Training_1.jpg4.jpg", 7);
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "set"});
    QCOMPARE(report.samples, 7);
    QCOMPARE(countOf(report, "NAME_NOT_UTF8"), 1);
    QCOMPARE(countOf(report, "NAME_COLLISION"), 1);
    QVERIFY(factsIn(project).back().starts_with("happy/\\xE9t\\xE9.png") || factsIn(project)[5].starts_with("happy/"));
    QCOMPARE(must(countMatching(project, "\"with space, comma\"")), 1);
    for (const SampleFacts &facts : must(sampleFacts(project, must(samplesMatching(project, "")))))
        QVERIFY(std::filesystem::exists(facts.mediaPath));
}

void TestImportPictures::mixedLevelsAreRefused()
{
    TemporaryFolder folder;
    writePng(folder / "set/train/happy/a.png", 1);
    writePng(folder / "set/extra/happy/a.png", 2);
    Project project = must(Project::create(folder / "p", "p"));
    const auto report = runImport(project, must(planImport({folder / "set", "auto", {}})), {});
    QVERIFY(!report && report.error().message.find("named like splits") != std::string::npos);
}

void TestImportPictures::manifests()
{
    TemporaryFolder folder;
    for (unsigned i = 0; i < 4; ++i)
        writePng(folder / "set/pics" / (std::to_string(i) + ".png"), i);
    writeFile(folder / "set/labels.csv",
              "File;Emotion;Split;Subject;valence;arousal;x;y;w;h;neutral;happiness;sadness;fear\n"
              "pics/0.png;happy;train;ann;0.5;-0.25;1;2;30;40;1;9;0;0\n"
              ".\\pics\\1.png;sad;validation;bob;-2;7;;;;;0;0;8;2\n"
              "pics/2.png;;test;bob;;;1;1;0;5;0;0;0;0\n"
              "pics/2.png;happy;test;bob;;;;;;;0;0;0;0\n"
              "pics/missing.png;happy;test;bob;;;;;;;0;0;0;0\n"
              "pics/3.png;happy\n");
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "set"});
    QCOMPARE(report.format, "manifest");
    QCOMPARE(report.samples, 3);
    QCOMPARE(report.votes, 2);
    QCOMPARE(countOf(report, "DUPLICATE_KEY"), 1);
    QCOMPARE(countOf(report, "MISSING_FILE"), 1);
    QCOMPARE(countOf(report, "BAD_FIELD_COUNT"), 1);
    QCOMPARE(countOf(report, "BAD_BOX"), 1);
    QCOMPARE(countOf(report, "VA_OUT_OF_RANGE"), 1);
    const auto ids = must(samplesMatching(project, ""));
    const auto rows = must(sampleRows(project, ids));
    QCOMPARE(rows[0].subject, "ann");
    QCOMPARE(rows[0].valence.value(), 0.5);
    QVERIFY((rows[0].votes == std::map<std::string, int>{{"happiness", 9}, {"neutral", 1}}));
    QVERIFY(rows[1].split == Split::Val && !rows[1].valence);
    QVERIFY(rows[2].givenState == LabelState::Unlabeled);
    QCOMPARE(must(sampleFacts(project, ids))[0].box->height, 40.0);
}

void TestImportPictures::anOpenQuoteInAManifestIsASkip()
{
    TemporaryFolder folder;
    for (unsigned i = 0; i < 5; ++i)
        writePng(folder / "set" / (std::to_string(i) + ".png"), i);
    writeFile(folder / "set/labels.csv", "path,label\n"
                                         "0.png,\"happy\"\n"
                                         "1.png,\"sad\n"
                                         "2.png,happy\n"
                                         "3.png,happy\n"
                                         "4.png,sad\n");
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "set/labels.csv"});
    QCOMPARE(report.samples, 1);
    QCOMPARE(report.skipped, 1);
    QCOMPARE(countOf(report, "BAD_FIELD_COUNT"), 1);
    QVERIFY(report.firstSkipped && report.firstSkipped->line == 3);
    QVERIFY2(report.firstSkipped->detail.find("never closed") != std::string::npos,
             report.firstSkipped->detail.c_str());
}

void TestImportPictures::whatIsNoFileIsNoted()
{
    TemporaryFolder folder;
    writePng(folder / "set/happy/0.png", 0);
    writePng(folder / "set/sad/1.png", 1);
    QCOMPARE(mkfifo((folder / "set/happy/pipe.png").c_str(), 0600), 0);
    std::filesystem::create_directory_symlink(folder / "set/happy", folder / "set/sad/link");
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "set"});
    QCOMPARE(report.samples, 2);
    QCOMPARE(report.skipped, 0);
    QCOMPARE(countOf(report, "IGNORED_SYSTEM_FILE"), 2);
    std::vector<std::string> noted;
    for (const Problem &problem : report.problems.at("IGNORED_SYSTEM_FILE").first)
        noted.push_back(problem.file);
    QCOMPARE(noted, (std::vector<std::string>{"sad/link", "happy/pipe.png"}));
}

/// What lies outside of the chosen folder was not chosen (reliability.md S4).
void TestImportPictures::linksOutAreFollowedWhenAskedFor()
{
    TemporaryFolder folder;
    writePng(folder / "set/happy/0.png", 0);
    writePng(folder / "set/sad/1.png", 1);
    writePng(folder / "elsewhere/2.png", 2);
    writePng(folder / "elsewhere/more/3.png", 3);
    std::filesystem::create_symlink(folder / "elsewhere/2.png", folder / "set/happy/file.png");
    std::filesystem::create_directory_symlink("../../elsewhere", folder / "set/sad/folder");
    std::filesystem::create_symlink(folder / "set/sad/1.png", folder / "set/happy/inside.png");
    std::filesystem::create_symlink(folder / "nowhere", folder / "set/happy/broken.png");
    std::filesystem::create_directory_symlink(folder / "set", folder / "chosen"); // a link itself may be chosen
    for (const char *root : {"set", "chosen"}) {
        Project project = must(Project::create(folder / (std::string("refused ") + root), "p"));
        const ImportPlan plan = must(planImport({.path = folder / root}));
        const ImportReport report = must(runImport(project, plan, {}));
        QCOMPARE(report.samples, 3);
        QCOMPARE(countOf(report, "PATH_ESCAPES_ROOT"), 2);
        QCOMPARE(countOf(report, "MISSING_FILE"), 1);
        QCOMPARE(report.skipped, 3);
        const std::string detail = report.problems.at("PATH_ESCAPES_ROOT").first.front().detail;
        QVERIFY2(detail.find((folder / "elsewhere").string()) != std::string::npos &&
                     detail.find("--follow-links") != std::string::npos,
                 detail.c_str());
        QCOMPARE(plan.linksOut.size(), std::size_t(2));
        QCOMPARE(plan.linksOut[0].path, std::string("happy/file.png"));
        QCOMPARE(plan.linksOut[1].path, std::string("sad/folder"));
        QCOMPARE(plan.linksOut[1].target, std::filesystem::canonical(folder / "elsewhere"));
    }
    Project project = must(Project::create(folder / "asked", "p"));
    const ImportPlan plan = must(planImport({.path = folder / "set", .links = LinksOut::Followed}));
    QVERIFY(must(ImportPlan::fromJson(plan.toJson())).links == LinksOut::Followed);
    QCOMPARE(plan.linksOut.size(), std::size_t(2));
    const ImportReport report = must(runImport(project, plan, {}));
    QCOMPARE(report.samples, 6);
    QCOMPARE(countOf(report, "PATH_ESCAPES_ROOT"), 0);

    // Tables name pictures behind links too.
    std::filesystem::create_directory_symlink(folder / "elsewhere", folder / "set/link");
    writeFile(folder / "set/labels.csv", "path,label\nhappy/0.png,happy\nlink/2.png,sad\n");
    for (const LinksOut links : {LinksOut::Refused, LinksOut::Followed}) {
        const bool isAsked = links == LinksOut::Followed;
        Project table = must(Project::create(folder / (isAsked ? "table asked" : "table"), "p"));
        const ImportReport read = imported(table, {.path = folder / "set/labels.csv", .links = links});
        QCOMPARE(read.samples, isAsked ? 2 : 1);
        QCOMPARE(countOf(read, "PATH_ESCAPES_ROOT"), isAsked ? 0 : 1);
    }

    // A folder of nothing but links says so.
    std::filesystem::create_directories(folder / "links");
    for (const char *name : {"happy", "sad"})
        std::filesystem::create_directory_symlink(folder / "set" / name, folder / "links" / name);
    const auto nothing = planImport({.path = folder / "links"});
    QVERIFY(!nothing && nothing.error().message.find("--follow-links") != std::string::npos);
    QCOMPARE(must(planImport({.path = folder / "links", .links = LinksOut::Followed})).linksOut.size(), std::size_t(2));
}

void TestImportPictures::everyIgnoredFileIsNamed()
{
    TemporaryFolder folder;
    writePng(folder / "set/happy/0.png", 0);
    writePng(folder / "set/sad/1.png", 1);
    writeFile(folder / "set/.DS_Store", "x");
    for (int i = 0; i < 250; ++i)
        writeFile(folder / "set/happy" / ("._" + std::to_string(i) + ".png"), "x");
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "set"});
    QCOMPARE(report.skipped, 0);
    QCOMPARE(countOf(report, "IGNORED_SYSTEM_FILE"), 251);
    const auto &first = report.problems.at("IGNORED_SYSTEM_FILE").first;
    QCOMPARE(first.at(0).file, ".DS_Store");
    QCOMPARE(first.at(1).file, "happy/._0.png");
}

void TestImportPictures::namesThatOnlyLookAlikeStayApart()
{
    QCOMPARE(displayText("a\xff.png"), "a\\xFF.png");
    QCOMPARE(displayText("a\\xFF.png"), "a\\x5CxFF.png");
    QCOMPARE(displayText("a\\x5CxFF.png"), "a\\x5Cx5CxFF.png");
    QCOMPARE(displayText("\\\\xFF"), "\\\\x5CxFF");
    for (const char *same : {"a\\b.png", "\\xFG", "\\x1", "\\", "C:\\xmas\\a.png", "gr\xC3\xBC\xC3\x9F"})
        QCOMPARE(displayText(same), same);

    TemporaryFolder folder;
    writePng(folder / "set/happy/\xff.png", 0);
    writePng(folder / "set/happy/\\xFF.png", 1);
    writePng(folder / "set/sad/1.png", 2);
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "set"});
    QCOMPARE(report.samples, 3);
    QCOMPARE(must(samplesMatching(project, "")).size(), std::size_t(3));
}

void TestImportPictures::manifestsReadOnlyInside_data()
{
    QTest::addColumn<QString>("path");
    for (const char *path : {"../outside.png", "pics/../../outside.png", "/etc/hostname", "C:\\outside.png",
                             "..\\outside.png", "link/outside.png", "pics/..//../outside.png"})
        QTest::newRow(path) << path;
}

void TestImportPictures::manifestsReadOnlyInside()
{
    QFETCH(QString, path);
    TemporaryFolder folder;
    writePng(folder / "outside.png", 1);
    writePng(folder / "set/pics/in.png", 2);
    std::filesystem::create_directory_symlink(folder.path(), folder / "set/link");
    writeFile(folder / "set/labels.csv", "path,label\npics/in.png,happy\n" + path.toStdString() + ",sad\n");
    Project project = must(Project::create(folder / "p", "p"));
    const ImportReport report = imported(project, {.path = folder / "set/labels.csv"});
    QCOMPARE(report.samples, 1);
    QCOMPARE(countOf(report, "PATH_ESCAPES_ROOT"), 1);
}

void TestImportPictures::ambiguousFoldersAreNamed()
{
    TemporaryFolder folder;
    writePng(folder / "set/happy/a.png", 1);
    writeFile(folder / "set/one.csv", "path,label\nhappy/a.png,happy\n");
    writeFile(folder / "set/two.csv", "path,label\nhappy/a.png,sad\n");
    const auto plan = planImport({folder / "set", "auto", {}});
    QVERIFY(!plan);
    QVERIFY(plan.error().message.find("one.csv") != std::string::npos &&
            plan.error().message.find("two.csv") != std::string::npos);
}

void TestImportPictures::thumbnailsAreMade()
{
    TemporaryFolder folder;
    writeFile(folder / "set/happy/a.jpg", jpegFile(picture(400, 300, 3, 1)));
    Project project = must(Project::create(folder / "p", "p"));
    imported(project, {.path = folder / "set"});
    const Thumbnails thumbnails(project);
    const auto ids = must(samplesMatching(project, ""));
    for (const int side : {96, 192}) {
        const Picture small = must((*must(imaging())).decode(thumbnails.jpeg(ids[0], side)));
        QCOMPARE(small.widthPx, side);
        QCOMPARE(small.heightPx, side * 3 / 4);
    }
}

void TestImportPictures::killedAnywhereItGoesOn()
{
    TemporaryFolder folder;
    constexpr int pictures = 150;
    for (unsigned i = 0; i < pictures; ++i)
        writePng(folder / "set" / (i % 2 ? "happy" : "sad") /
                     (std::to_string(i / 3) + "_" + std::to_string(i) + ".png"),
                 i / 3);
    writeFile(folder / "fer2013.csv", ferTable(300));
    Project expected = must(Project::create(folder / "expected", "p"));
    imported(expected, {.path = folder / "set"});
    imported(expected, {.path = folder / "fer2013.csv"});
    const std::vector<std::string> facts = factsIn(expected);
    const std::int64_t groups = must(countMatching(expected, "duplicate:yes"));

    std::mt19937 random(7);
    const int points = pointsOf(10, 100);
    int killed = 0;
    for (int point = 0; point < points; ++point) {
        const auto place = folder / ("p" + std::to_string(point));
        must(Project::create(place, "p"));
        const int delayUs = int(random() % 60'000);
        const pid_t child = fork();
        if (child == 0) {
            auto project = Project::open(place, Project::Access::Write);
            if (project) {
                (void)runImport(*project, *planImport({folder / "set", "auto", {}}), {});
                (void)runImport(*project, *planImport({folder / "fer2013.csv", "auto", {}}), {});
            }
            _exit(0);
        }
        usleep(useconds_t(delayUs));
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        killed += WIFSIGNALED(status);

        {
            Project project = must(Project::open(place, Project::Access::Write));
            imported(project, {.path = folder / "set"});
            imported(project, {.path = folder / "fer2013.csv"});
            QCOMPARE(factsIn(project), facts);
            QCOMPARE(must(countMatching(project, "duplicate:yes")), groups);
        }
        std::filesystem::remove_all(place);
    }
    qInfo("killed %d of %d in the middle: no duplicate, no gap", killed, points);
}

void TestImportPictures::stoppedItKeepsWhatIsDone()
{
    const int pictures = 4000; // progress is told 20 times a second: enough that the import is still at work then
    TemporaryFolder folder;
    for (unsigned i = 0; i < unsigned(pictures); ++i)
        writePng(folder / "set/happy" / (std::to_string(i) + ".png"), i);
    Project project = must(Project::create(folder / "p", "p"));
    std::stop_source stop;
    const Job job{stop.get_token(), [&](const Progress &progress) {
                      if (progress.done > 20)
                          stop.request_stop();
                  }};
    const ImportPlan plan = must(planImport({folder / "set", "auto", {}}));
    const auto stopped = runImport(project, plan, job);
    QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
    const std::int64_t kept = must(countMatching(project, ""));
    QVERIFY(kept >= 20 && kept < pictures);
    int reports = 0;
    for (const auto &entry : std::filesystem::directory_iterator(folder / "p/imports"))
        reports += std::filesystem::exists(entry.path() / "report.json");
    QCOMPARE(reports, 1);
    QCOMPARE(must(runImport(project, plan, {})).samples, pictures);
    QCOMPARE(must(countMatching(project, "")), pictures);
}

QTEST_GUILESS_MAIN(TestImportPictures)
#include "tst_import_pictures.moc"
