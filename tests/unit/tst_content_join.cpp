#include "pipeline/import/content_join.h"
#include "pipeline/import/item_sink.h"
#include "pipeline/import/jpeg_quality.h"
#include "pipeline/import/upscaling.h"
#include "pipeline/pack/sample_pixels.h"
#include "pipeline/store/project.h"
#include "tests/support/cpu_seconds.h"
#include "tests/support/data_files.h"
#include "tests/support/imported_samples.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_data.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <fstream>

using namespace mien;
using namespace mien::test;

namespace {

constexpr int side = ContentJoin::sidePx;

std::string rowOf(int emotion, const Picture &picture, std::string_view usage)
{
    std::string text = std::to_string(emotion) + ',';
    for (std::size_t i = 0; i < picture.pixels.size(); ++i)
        text += (i ? " " : "") + std::to_string(int(picture.pixels[i]));
    return text + ',' + std::string(usage) + '\n';
}

constexpr std::string_view header = "emotion,pixels,Usage\n";

/// By one of Upscaling's kernels.
Picture enlarged(const Picture &picture, int toPx, UpscaleKernel kernel)
{
    const Upscaling upscaling(kernel, side, toPx);
    const std::vector<float> values =
        upscaling.enlarged(std::vector<float>(picture.pixels.begin(), picture.pixels.end()));
    Picture large{toPx, toPx, 1, {}};
    for (const float value : values)
        large.pixels.push_back(std::uint8_t(std::clamp(std::lround(value), 0l, 255l)));
    return large;
}

std::vector<std::uint8_t> bytesOf(const std::string &text)
{
    return {text.begin(), text.end()};
}

/// Whether the join found this row for a source.
bool isFoundAs(const Project &project, const std::string &source, int row)
{
    const std::string number = std::to_string(row);
    const auto ids =
        must(samplesMatching(project, "quality.original_row>=" + number + " quality.original_row<=" + number));
    const SampleId wanted = sampleOf(project, source).id;
    return std::any_of(ids.begin(), ids.end(), [&](SampleId id) { return id.value == wanted.value; });
}

} // namespace

class TestContentJoin : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void enlargingIsUndone_data();
    void enlargingIsUndone();
    void qualityIsReadFromTheFile();
    void copiesOfEveryKindFindTheirRow();
    void labelsThatDifferAreSaid();
    void oneContentOfSeveralRows();
    void nearContentsAreToldApartOrLeft();
    void wrongTablesAreRefused();
    void copiesOfTheRealTable();
};

void TestContentJoin::enlargingIsUndone_data()
{
    QTest::addColumn<int>("kernel");
    QTest::addColumn<int>("toPx");
    for (const UpscaleKernel kernel : upscaleKernels)
        for (const int toPx : {96, 100, 224})
            QTest::addRow("%d to %d", int(kernel), toPx) << int(kernel) << toPx;
}

void TestContentJoin::enlargingIsUndone()
{
    QFETCH(int, kernel);
    QFETCH(int, toPx);
    const Picture original = picture(side, side, 1, 5);
    const std::vector<float> values(original.pixels.begin(), original.pixels.end());
    const Upscaling upscaling(UpscaleKernel(kernel), side, toPx);
    const std::vector<float> large = upscaling.enlarged(values);
    QCOMPARE(int(large.size()), toPx * toPx);
    QVERIFY(upscaling.residual(large, 7) < 0.01);
    const std::vector<float> back = upscaling.reduced(large);
    float worst = 0;
    for (std::size_t i = 0; i < back.size(); ++i)
        worst = std::max(worst, std::abs(back[i] - values[i]));
    QVERIFY2(worst < 0.05f, qPrintable(QString::number(worst)));
    for (const UpscaleKernel other : upscaleKernels)
        if (other != UpscaleKernel(kernel))
            QVERIFY(Upscaling(other, side, toPx).residual(large, 7) > 10 * upscaling.residual(large, 7));
}

void TestContentJoin::qualityIsReadFromTheFile()
{
    const Picture original = picture(side, side, 1, 1);
    for (const int quality : {50, 75, 90, 95})
        QCOMPARE(jpegQualityOf(bytesOf(jpegFile(original, quality))), std::optional(quality));
    QCOMPARE(jpegQualityOf(bytesOf(pngFile(original))), std::optional<int>());
    const std::string jpeg = jpegFile(original, 75);
    for (std::size_t cut = 0; cut < 60; ++cut)
        QCOMPARE(jpegQualityOf(bytesOf(jpeg.substr(0, cut))), std::optional<int>());
}

void TestContentJoin::copiesOfEveryKindFindTheirRow()
{
    const TemporaryFolder folder;
    constexpr int rows = 40;
    std::string table(header);
    const auto usage = [](int row) { return row < 30 ? "Training" : row < 35 ? "PublicTest" : "PrivateTest"; };
    constexpr std::array<std::string_view, 7> folders = {"angry", "disgusted", "fearful", "happy",
                                                         "sad",   "surprised", "neutral"};
    for (int row = 0; row < rows; ++row) {
        const Picture original = waves(side, unsigned(row));
        table += rowOf(row % 7, original, usage(row));
        // Splits merged, names of no meaning, each copy made in another way.
        const auto path = folder.path() / "copy" / folders[std::size_t(row % 7)] / std::to_string(row);
        const UpscaleKernel kernel = upscaleKernels[std::size_t(row) % upscaleKernels.size()];
        switch (row % 4) {
        case 0: writeFile(path.string() + ".png", pngFile(original)); break;
        case 1: writeFile(path.string() + ".jpg", jpegFile(original, 95)); break;
        case 2: writeFile(path.string() + ".png", pngFile(enlarged(original, 96, kernel))); break;
        case 3: writeFile(path.string() + ".jpg", jpegFile(enlarged(original, 224, kernel), 90)); break;
        }
    }
    writeFile(folder.path() / "copy/angry/stranger.png", pngFile(waves(side, 977)));
    writeFile(folder.path() / "copy/angry/flat.png", pngFile(picture(96, 48, 1, 3)));
    writeFile(folder.path() / "fer2013.csv", table);
    std::string votes = ferPlusTable(rows);
    for (std::string::size_type at = 0, row = 0; (at = votes.find('\n', at)) != std::string::npos; ++row) {
        const auto comma = votes.find(',', ++at);
        if (comma != std::string::npos)
            votes.replace(at, comma - at, usage(int(row)));
    }
    writeFile(folder.path() / "fer2013new.csv", votes);

    Project project = must(Project::create(folder.path() / "p", "P"));
    const ImportRequest request{.path = folder.path() / "copy",
                                .format = "class-folder",
                                .votes = folder.path() / "fer2013new.csv",
                                .byContent = folder.path() / "fer2013.csv"};
    const ImportReport dry = must(dryRun(must(planImport(request)), {}));
    const ImportReport report = imported(project, request);
    QVERIFY(sameReport(dry, report));
    QCOMPARE(report.contents->unique, rows);
    QCOMPARE(report.contents->ambiguous, 0);
    QCOMPARE(report.contents->unmatched, 2);
    QCOMPARE(countOf(report, "CONTENT_NOT_FOUND"), 2);
    QCOMPARE(countOf(report, "LABEL_DIFFERS"), 0);
    QCOMPARE(report.votes, rows);
    for (int row = 0; row < rows; ++row) {
        const std::string source = std::string(folders[std::size_t(row % 7)]) + '/' + std::to_string(row) +
                                   (row % 4 == 1 || row % 4 == 3 ? ".jpg" : ".png");
        QVERIFY(isFoundAs(project, source, row));
        const SampleRow sample = sampleOf(project, source);
        QCOMPARE(sample.split, row < 30 ? Split::Train : row < 35 ? Split::Val : Split::Test);
        QCOMPARE(sample.votes.at(project.className(*sample.given)), 8);
    }
    QCOMPARE(sampleOf(project, "angry/stranger.png").split, Split::None);
}

void TestContentJoin::labelsThatDifferAreSaid()
{
    const TemporaryFolder folder;
    writeFile(folder.path() / "fer2013.csv",
              std::string(header) + rowOf(0, waves(side, 1), "Training") + rowOf(4, waves(side, 2), "Training"));
    writeFile(folder.path() / "copy/happy/a.png", pngFile(waves(side, 1)));
    writeFile(folder.path() / "copy/b.png", pngFile(waves(side, 2)));
    Project project = must(Project::create(folder.path() / "p", "P"));
    const ImportReport report = imported(
        project,
        {.path = folder.path() / "copy", .format = "class-folder", .byContent = folder.path() / "fer2013.csv"});
    QCOMPARE(countOf(report, "LABEL_DIFFERS"), 1);
    const SampleRow differing = sampleOf(project, "happy/a.png");
    QCOMPARE(QString::fromStdString(project.className(*differing.given)), QStringLiteral("happiness"));
    QCOMPARE(differing.qualityFlags, std::vector<std::string>{"label_differs"});
    // A picture without a label of its own takes that of its row.
    const SampleRow unlabelled = sampleOf(project, "b.png");
    QCOMPARE(QString::fromStdString(project.className(*unlabelled.given)), QStringLiteral("sadness"));
}

void TestContentJoin::oneContentOfSeveralRows()
{
    const TemporaryFolder folder;
    const Picture twice = waves(side, 1), everywhere = waves(side, 2), evaluated = waves(side, 3);
    writeFile(folder.path() / "fer2013.csv",
              std::string(header) + rowOf(0, twice, "Training") + rowOf(2, twice, "Training") +
                  rowOf(3, everywhere, "Training") + rowOf(3, everywhere, "PublicTest") +
                  rowOf(3, evaluated, "PublicTest") + rowOf(3, evaluated, "PrivateTest"));
    writeFile(folder.path() / "copy/train/fear/twice.png", pngFile(twice));
    writeFile(folder.path() / "copy/train/happy/everywhere.png", pngFile(everywhere));
    writeFile(folder.path() / "copy/test/happy/everywhere.png", pngFile(everywhere));
    writeFile(folder.path() / "copy/test/happy/evaluated.png", pngFile(evaluated));
    writeFile(folder.path() / "loose/twice.png", pngFile(twice));
    writeFile(folder.path() / "loose/everywhere.png", pngFile(everywhere));
    Project project = must(Project::create(folder.path() / "p", "P"));
    const ImportReport report = imported(
        project,
        {.path = folder.path() / "copy", .format = "class-folder", .byContent = folder.path() / "fer2013.csv"});
    QCOMPARE(report.contents->unique, 4);
    QCOMPARE(countOf(report, "LABEL_CONFLICT_IN_DUPLICATES"), 1);
    QVERIFY(isFoundAs(project, "train/fear/twice.png", 1));
    QCOMPARE(sampleOf(project, "train/happy/everywhere.png").split, Split::Train);
    QCOMPARE(sampleOf(project, "test/happy/everywhere.png").split, Split::Val);
    QCOMPARE(countOf(report, "CONTENT_IN_SPLITS"), 1);
    QCOMPARE(sampleOf(project, "test/happy/evaluated.png").split, Split::Test);

    const ImportReport loose = imported(
        project,
        {.path = folder.path() / "loose", .format = "class-folder", .byContent = folder.path() / "fer2013.csv"});
    QCOMPARE(countOf(loose, "LABEL_CONFLICT_IN_DUPLICATES"), 1);
    QCOMPARE(sampleOf(project, "twice.png").givenState, LabelState::Conflict);
    QCOMPARE(sampleOf(project, "everywhere.png").split, Split::None);
    QCOMPARE(countOf(loose, "CONTENT_IN_SPLITS"), 1);
}

void TestContentJoin::nearContentsAreToldApartOrLeft()
{
    const TemporaryFolder folder;
    const Picture one = waves(side, 1);
    Picture other = one; // 200 of 2304 pixels 6 grey levels brighter: RMSE 1.8, less than a JPEG's own error
    for (std::size_t i = 0; i < 200; ++i)
        other.pixels[i * 11] = std::uint8_t(std::min(255, other.pixels[i * 11] + 6));
    writeFile(folder.path() / "fer2013.csv",
              std::string(header) + rowOf(0, one, "Training") + rowOf(1, other, "PrivateTest"));
    writeFile(folder.path() / "copy/one.png", pngFile(one));
    writeFile(folder.path() / "copy/other.png", pngFile(other));
    writeFile(folder.path() / "copy/one95.jpg", jpegFile(one, 95));
    writeFile(folder.path() / "copy/other95.jpg", jpegFile(other, 95));
    writeFile(folder.path() / "copy/one224.jpg", jpegFile(enlarged(one, 224, UpscaleKernel::Lanczos), 75));
    writeFile(folder.path() / "copy/other224.jpg", jpegFile(enlarged(other, 224, UpscaleKernel::Lanczos), 75));
    Picture between = one; // as far from both
    for (std::size_t i = 0; i < 200; ++i)
        between.pixels[i * 11] = std::uint8_t((int(one.pixels[i * 11]) + int(other.pixels[i * 11])) / 2);
    writeFile(folder.path() / "copy/between.png", pngFile(between));
    Project project = must(Project::create(folder.path() / "p", "P"));
    const ImportReport report = imported(
        project,
        {.path = folder.path() / "copy", .format = "class-folder", .byContent = folder.path() / "fer2013.csv"});
    for (const char *name : {"one.png", "one95.jpg", "one224.jpg"})
        QVERIFY(isFoundAs(project, name, 0));
    for (const char *name : {"other.png", "other95.jpg", "other224.jpg"})
        QVERIFY(isFoundAs(project, name, 1));
    QVERIFY(!isFoundAs(project, "between.png", 0) && !isFoundAs(project, "between.png", 1));
    QCOMPARE(sampleOf(project, "between.png").givenState, LabelState::Conflict);
    QCOMPARE(report.contents->ambiguous, 1);
    QCOMPARE(countOf(report, "CONTENT_AMBIGUOUS"), 1);
}

void TestContentJoin::wrongTablesAreRefused()
{
    const TemporaryFolder folder;
    writeFile(folder.path() / "fer2013.csv", ferTable(10));
    writeFile(folder.path() / "votes.csv", ferPlusTable(9));
    writeFile(folder.path() / "copy/happy/a.png", pngFile(waves(side, 1)));
    Project project = must(Project::create(folder.path() / "p", "P"));
    const auto errorOf = [&](ImportRequest request) {
        const auto plan = planImport(request);
        const auto report = plan ? runImport(project, *plan, {}) : Result<ImportReport>(fail(plan.error()));
        return report ? QString() : QString::fromStdString(report.error().message);
    };
    const auto copy = folder.path() / "copy";
    QVERIFY(errorOf({.path = copy, .format = "class-folder", .byContent = folder.path() / "none.csv"})
                .contains(QStringLiteral("none.csv")));
    QVERIFY(errorOf({.path = copy, .format = "class-folder", .byContent = folder.path() / "votes.csv"})
                .contains(QStringLiteral("votes.csv is not a FER2013 table")));
    QVERIFY(errorOf({.path = copy,
                     .format = "class-folder",
                     .votes = folder.path() / "votes.csv",
                     .byContent = folder.path() / "fer2013.csv"})
                .contains(QStringLiteral("do not belong to")));
    QVERIFY(errorOf({.path = folder.path() / "fer2013.csv", .byContent = folder.path() / "fer2013.csv"})
                .contains(QStringLiteral("by content")));
    QVERIFY(must(samplesMatching(project, "")).empty());
}

/// Copies of every 40th row of the real table, as those in use are made: what they find has the very pixels of the row.
void TestContentJoin::copiesOfTheRealTable()
{
    MIEN_NEED_TEST_DATA(csv, "fer2013/fer2013.csv.xz");
    const TemporaryFolder folder;
    Project project = must(Project::create(folder.path() / "p", "P"));
    imported(project, {.path = csv});
    const std::vector<SampleId> ids = must(samplesMatching(project, ""));
    QVERIFY(ids.size() > 30000);
    const std::vector<SampleRow> rows = must(sampleRows(project, ids));
    const std::vector<SampleFacts> facts = must(sampleFacts(project, ids));
    std::map<int, Hash128> hashOfRow;
    for (const SampleFacts &each : facts)
        hashOfRow.emplace(std::stoi(each.sourceKey.substr(4)), *each.pixelHash);

    const auto join = must(ContentJoin::read(csv, std::nullopt, {}));
    const SamplePixels pixels = must(SamplePixels::open(project));
    const Imaging &codec = pixels.codec();
    struct Outcome
    {
        int right = 0, wrong = 0, left = 0;
    };
    std::map<std::string, Outcome> outcomes;
    const double before = cpuSeconds();
    int copies = 0;
    for (std::size_t i = 0; i < ids.size(); i += 40) {
        const Picture original = must(pixels.read(rows[i].crop, facts[i]));
        const Picture early = must(codec.decode(bytesOf(jpegFile(original, 95))));
        const std::map<std::string, std::string> files = {
            {"PNG", pngFile(original)},
            {"JPEG 95", jpegFile(original, 95)},
            {"JPEG 95, Lanczos 224, JPEG 75", jpegFile(enlarged(early, 224, UpscaleKernel::Lanczos), 75)}};
        for (const auto &[way, file] : files) {
            const std::vector<std::uint8_t> bytes = bytesOf(file);
            Item item;
            const ContentMatch match =
                join->attach(must(codec.decode(bytes)), bytes, codec, item, [](std::string, std::string) {});
            Outcome &outcome = outcomes[way];
            ++copies;
            if (match != ContentMatch::Unique)
                ++outcome.left;
            else if (hashOfRow.at(int(item.sample.measures.at("quality.original_row"))) == *facts[i].pixelHash)
                ++outcome.right;
            else
                ++outcome.wrong;
        }
    }
    qInfo("%.2f ms of CPU a copy", (cpuSeconds() - before) * 1000 / copies);
    for (const auto &[way, outcome] : outcomes) {
        qInfo("%s: %d right, %d wrong, %d left", way.c_str(), outcome.right, outcome.wrong, outcome.left);
        QCOMPARE(outcome.wrong, 0);
        const int all = outcome.right + outcome.left;
        QVERIFY2(outcome.left * 100 <= all, way.c_str());
        QVERIFY(way != "PNG" || outcome.left == 0);
    }
}

QTEST_GUILESS_MAIN(TestContentJoin)
#include "tst_content_join.moc"
