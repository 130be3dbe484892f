#include "models/io/sha256.h"
#include "models/io/training_pack.h"
#include "pipeline/demo/demo.h"
#include "pipeline/export/export.h"
#include "pipeline/export/export_rows.h"
#include "pipeline/face/alignment.h"
#include "pipeline/import/import.h"
#include "pipeline/import/text_form.h"
#include "pipeline/pack/crop_landmarks.h"
#include "pipeline/pack/pack.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/rafdb_trees.h"
#include "tests/support/temporary_folder.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <sstream>

using namespace mien;
using namespace mien::test;

namespace {

Project ferProject(const std::filesystem::path &folder, int rows)
{
    writeFile(folder / "in/fer2013.csv", ferTable(rows));
    Project project = must(Project::create(folder / "p", "p"));
    must(runImport(project, must(planImport({folder / "in/fer2013.csv", "auto", {}})), {}));
    return project;
}

/// "label split" of all samples, in the order of their sources.
std::vector<std::string> labelsIn(const Project &project, bool withSubject)
{
    auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
    std::sort(rows.begin(), rows.end(),
              [](const SampleRow &a, const SampleRow &b) { return naturalOrder(a.source, b.source) < 0; });
    std::vector<std::string> labels;
    for (const SampleRow &row : rows)
        labels.push_back((row.label ? project.className(*row.label) : std::string(nameOf(row.state))) + ' ' +
                         std::string(nameOf(row.split)) + (withSubject ? ' ' + row.subject : ""));
    return labels;
}

QJsonObject indexOf(const PackReport &pack)
{
    return QJsonDocument::fromJson(QByteArray::fromStdString(readFile(pack.folder / "index.json"))).object();
}

} // namespace

class TestPackExport : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void packsHoldThePixels();
    void packsAreNamedByTheirContents();
    void packsCarryLandmarksOfCrops();
    void packsCarryLandmarksOfPictures();
    void landmarksTurnWithTheirPicture();
    void packsCarryVotes();
    void packsKeepPeopleTogether();
    void colourMakesThreeChannels();
    void exportsComeBackEqual_data();
    void exportsComeBackEqual();
    void classesOfAnyNameComeBack();
    void picturesComeWithTheirTerms();
    void filterSeesTheLabelsOfTheSnapshot();
    void fer2013HasItsForm();
    void rafDbHasItsForm();
    void othersGetNamesOfRafDb();
    void placesInUseAreNotTouched();
    void mediaPolicies();
    void manifestHashesThePixels_data();
    void manifestHashesThePixels();
    void sha256IsThatOfOthers();
    void formulasAreInert();
    void keysAreOrderedAsPeopleCount();
};

void TestPackExport::packsHoldThePixels()
{
    TemporaryFolder folder;
    Project project = ferProject(folder.path(), 30);
    const PackReport pack = must(makePack(project, {}, {}));
    QCOMPARE(pack.samples, 30);
    QCOMPARE(pack.channels, 1);
    const std::string images = readFile(pack.folder / "images.u8");
    QCOMPARE(images.size(), std::size_t(30 * 48 * 48));
    const QJsonObject index = indexOf(pack);
    QCOMPARE(index["format"].toString(), "mien-pack/1");
    QCOMPARE(index["count"].toInt(), 30);
    QCOMPARE(index["side"].toInt(), 48);
    QCOMPARE(index["classes"].toArray().size(), 7);
    std::string text;
    for (int i = 0; i < 48 * 48; ++i)
        text += (i ? " " : "") + std::to_string(static_cast<unsigned char>(images[std::size_t(3 * 48 * 48 + i)]));
    QCOMPARE(text, ferPixels(3));
    QCOMPARE(index["classes"].toArray()[index["label"].toArray()[3].toInt()].toString(), "happiness");
    QCOMPARE(index["split"].toArray()[0].toInt(), 1);
    QCOMPARE(index["split"].toArray()[29].toInt(), 3);
    for (const auto &entry : std::filesystem::directory_iterator(folder / "p/packs"))
        QVERIFY(entry.path().filename().string().front() != '.');
}

void TestPackExport::packsAreNamedByTheirContents()
{
    TemporaryFolder folder;
    Project project = ferProject(folder.path(), 20);
    const PackReport first = must(makePack(project, {}, {}));
    QVERIFY(!first.isReused);
    QVERIFY(must(makePack(project, {}, {})).isReused);
    const std::string images = readFile(first.folder / "images.u8");
    std::filesystem::resize_file(first.folder / "images.u8", 100); // damaged: made again
    const PackReport again = must(makePack(project, {}, {}));
    QVERIFY(!again.isReused);
    QVERIFY(readFile(again.folder / "images.u8") == images);
    PackOptions larger;
    larger.sidePx = 64;
    QVERIFY(must(makePack(project, larger, {})).hash != first.hash);
    PackOptions part;
    part.filter = "label:anger";
    QCOMPARE(must(makePack(project, part, {})).samples, 3);
    Verdict verdict;
    verdict.label = project.classNamed("fear");
    const auto ids = must(samplesMatching(project, ""));
    must(annotate(project, ids[0], verdict, "ann"));
    QVERIFY(must(makePack(project, {}, {})).hash != first.hash);
    part.filter = "label:contempt";
    QVERIFY(makePack(project, part, {}).error().code == ErrorCode::Invalid);
}

// Crops as an extraction makes them: points of the frame, a map into the crop, a pack of another size.
void TestPackExport::packsCarryLandmarksOfCrops()
{
    TemporaryFolder folder;
    Project project = must(Project::create(folder / "p", "p"));
    const Similarity map{0.5, 0.125, 1, -2};
    const std::vector<double> five = {4, 6, 10.5, 5, 8, 9, 5, 12, 11, 12};
    std::vector<double> all(2 * 68, 7); // eyes: the middle of six
    for (std::size_t i = 36; i < 48; ++i)
        all[2 * i] = i < 42 ? double(i - 36) : double(2 * i);
    {
        ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", folder / "faces.csv"));
        NewMedia file;
        file.path = folder / "faces.csv";
        file.kind = "table";
        const MediaId media = must(writer.addMedia(file));
        for (int row = 0; row < 5; ++row) {
            NewSample sample = plainSample(writer, media, row);
            sample.votes.clear();
            NewFace face{.detector = "mtcnn", .landmarkScheme = "5", .landmarks = five, .cropFromFrame = map.text()};
            if (row == 1)
                face.landmarkScheme = "68", face.landmarks = all;
            if (row == 2)
                face.landmarkScheme = "", face.landmarks.clear(); // --detector none
            if (row == 3)
                face.landmarks[4] = std::nan("");
            if (row != 4)
                sample.face = face;
            must(writer.addSample(sample));
        }
        must(writer.finish());
    }
    const PackReport report = must(makePack(project, {.sidePx = 16}, {})); // crops have 8
    const TrainingPack pack = must(TrainingPack::open(report.folder));
    QVERIFY(pack.hasLandmarks() && !pack.landmarkHash().empty());
    const auto isAt = [&](std::size_t row, std::size_t point, PointPx inFrame) {
        const PointPx inCrop = map(inFrame);
        const FaceLandmarks points = pack.landmarks(row);
        return std::abs(double(points[2 * point]) - 2 * (inCrop.x + 0.5)) < 1e-5 &&
               std::abs(double(points[2 * point + 1]) - 2 * (inCrop.y + 0.5)) < 1e-5;
    };
    for (std::size_t point = 0; point < 5; ++point)
        QVERIFY(isAt(0, point, {five[2 * point], five[2 * point + 1]}));
    QVERIFY(isAt(1, 0, {2.5, 7}) && isAt(1, 1, {89, 7}) && isAt(1, 2, {7, 7}));
    for (const std::size_t row : {2, 3, 4}) {
        const FaceLandmarks points = pack.landmarks(row);
        QVERIFY(std::all_of(points.begin(), points.end(), [](float value) { return std::isnan(value); }));
    }
    const FaceOutline outline = pack.outline(1);
    QVERIFY(areKnown(outline) && !pack.outlineHash().empty());
    const PointPx corner = map(PointPx{all[90], all[91]}); // the eyes' 46th point
    QVERIFY(std::abs(double(outline[90]) - 2 * (corner.x + 0.5)) < 1e-5 &&
            std::abs(double(outline[91]) - 2 * (corner.y + 0.5)) < 1e-5);
    for (const std::size_t row : {0, 2, 3, 4})
        QVERIFY(!areKnown(pack.outline(row)));
    QVERIFY(must(makePack(project, {.sidePx = 16}, {})).isReused);
    std::filesystem::resize_file(report.folder / "outlines.f32", 12); // damaged: made again
    QVERIFY(!TrainingPack::open(report.folder));
    QVERIFY(!must(makePack(project, {.sidePx = 16}, {})).isReused);
    std::filesystem::resize_file(report.folder / "landmarks.f32", 12);
    QVERIFY(!must(makePack(project, {.sidePx = 16}, {})).isReused);
    QVERIFY(TrainingPack::open(report.folder));

    const auto plain = must(TrainingPack::open(must(makePack(ferProject(folder / "fer", 10), {}, {})).folder));
    QVERIFY(!plain.hasLandmarks() && !areKnown(plain.landmarks(0)));
    QVERIFY(!std::filesystem::exists(plain.folder() / "landmarks.f32"));
    QVERIFY(plain.outlineHash().empty() && !areKnown(plain.outline(0)));
    QVERIFY(!std::filesystem::exists(plain.folder() / "outlines.f32"));
}

// Landmarks that a data set was published with, in the part of the picture that a box shows.
void TestPackExport::packsCarryLandmarksOfPictures()
{
    TemporaryFolder folder;
    writeRafDbBasic(folder / "basic");
    Project project = must(Project::create(folder / "p", "p"));
    ImportRequest request{.path = folder / "basic", .format = "rafdb.basic", .parameters = {{"pictures", "original"}}};
    must(runImport(project, must(planImport(request)), {}));
    const PackReport report = must(makePack(project, {.sidePx = 40}, {}));
    const TrainingPack pack = must(TrainingPack::open(report.folder));
    const auto rowOf = [&](const char *source) {
        const SampleId id = must(samplesMatching(project, source)).front();
        return std::size_t(std::find(pack.samples().begin(), pack.samples().end(), id.value) - pack.samples().begin());
    };
    const std::size_t row = rowOf("Image/original/train_00001.jpg");
    const SampleId id{pack.samples()[row]};
    const auto facts = must(sampleFacts(project, std::span(&id, 1))).front();
    const FaceLandmarks points = pack.landmarks(row);
    QVERIFY(areKnown(points));
    // The box has a side of 80, the pack one of 40.
    QCOMPARE(double(points[0]), (30 + 0.5 - facts.box->x) / 2);
    QCOMPARE(double(points[1]), (40 + 0.5 - facts.box->y) / 2);
    QCOMPARE(double(points[2]), (60.5 + 0.5 - facts.box->x) / 2);
    QVERIFY(!areKnown(pack.landmarks(rowOf("Image/original/train_00004.jpg")))); // 37 by a program: unknown order
    QVERIFY(!areKnown(pack.landmarks(rowOf("Image/original/train_00006.jpg"))));
}

void TestPackExport::landmarksTurnWithTheirPicture()
{
    SampleRow sample;
    sample.widthPx = 60;
    sample.heightPx = 40;
    SampleFacts facts;
    const StoredLandmarks stored{.given = GivenLandmarks{"5", {10, 8, 30, 8, 20, 16, 12, 30, 28, 30}}};
    // Upright, the square in the middle begins at x = 10.
    const FaceLandmarks upright = landmarksInSquare(stored, sample, facts, 40).landmarks;
    QCOMPARE(upright, (FaceLandmarks{0.5f, 8.5f, 20.5f, 8.5f, 10.5f, 16.5f, 2.5f, 30.5f, 18.5f, 30.5f}));
    // EXIF 6: turned clockwise by a quarter, x = height - y, y = x; of 40 x 60 the square begins at y = 10.
    facts.orientation = 6;
    const FaceLandmarks turned = landmarksInSquare(stored, sample, facts, 40).landmarks;
    QCOMPARE(turned, (FaceLandmarks{31.5f, 0.5f, 31.5f, 20.5f, 23.5f, 10.5f, 9.5f, 2.5f, 9.5f, 18.5f}));
    // EXIF 2: mirrored; left is left as seen.
    facts.orientation = 2;
    QCOMPARE(landmarksInSquare(stored, sample, facts, 40).landmarks, mirrored(upright, 40));
    facts.orientation = 1;
    QCOMPARE(landmarksInSquare(stored, sample, facts, 80).landmarks, scaled(upright, 2));
    // 68 points turn likewise, and a mirror exchanges their sides.
    StoredLandmarks all{.given = GivenLandmarks{"68", {}}};
    for (int i = 0; i < 68; ++i)
        all.given->points.insert(all.given->points.end(), {12.0 + i % 30, 3.0 + i / 2});
    facts.orientation = 1;
    const PointsInSquare straight = landmarksInSquare(all, sample, facts, 40);
    QVERIFY(areKnown(straight.outline) && areKnown(straight.landmarks));
    QCOMPARE(straight.outline[0], 2.5f);
    facts.orientation = 2;
    QCOMPARE(landmarksInSquare(all, sample, facts, 40).outline, mirrored(straight.outline, 40));
    facts.orientation = 1;
    all.given->points.pop_back(); // one number short
    QVERIFY(!areKnown(landmarksInSquare(all, sample, facts, 40).landmarks));
    sample.crop = CropId{1}; // the points are those of another picture
    QVERIFY(!areKnown(landmarksInSquare(stored, sample, facts, 40).landmarks));
}

void TestPackExport::packsCarryVotes()
{
    TemporaryFolder folder;
    Project project = must(Project::create(folder / "p", "p"));
    ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", folder / "faces.csv"));
    NewMedia file;
    file.path = folder / "faces.csv";
    file.kind = "table";
    const MediaId media = must(writer.addMedia(file));
    std::vector<SampleId> ids;
    for (int row = 0; row < 4; ++row) {
        NewSample sample = plainSample(writer, media, row);
        sample.votes.clear();
        sample.givenClass = project.classNamed(row % 2 ? "sadness" : "happiness");
        sample.state = LabelState::Ok;
        if (row < 3)
            sample.votes = {{"happy", 6 + row}, {"sadness", 3}, {"unknown", 1}}; // happy: an alias
        must(writer.addSample(sample));
    }
    must(writer.finish());
    ids = must(samplesMatching(project, ""));
    const PackReport report = must(makePack(project, {}, {}));
    const TrainingPack pack = must(TrainingPack::open(report.folder));
    QCOMPARE(pack.voteOptions(), (std::vector<std::string>{"happiness", "sadness", "unknown"}));
    const auto votesOf = [](const TrainingPack &of, std::size_t row) {
        return std::vector<std::int32_t>(of.votes(row).begin(), of.votes(row).end());
    };
    QCOMPARE(votesOf(pack, 1), (std::vector<std::int32_t>{7, 3, 1}));
    QCOMPARE(votesOf(pack, 3), (std::vector<std::int32_t>{0, 0, 0}));
    // What a person says counts more than what the annotators said before.
    Verdict verdict;
    verdict.label = project.classNamed("sadness");
    must(annotate(project, ids[0], verdict, "ann"));
    const PackReport later = must(makePack(project, {}, {}));
    QVERIFY(later.hash != report.hash);
    const TrainingPack corrected = must(TrainingPack::open(later.folder));
    QCOMPARE(votesOf(corrected, 0), (std::vector<std::int32_t>{0, 0, 0}));
    QCOMPARE(votesOf(corrected, 1), (std::vector<std::int32_t>{7, 3, 1}));
    QVERIFY(corrected.voteHash() != pack.voteHash());
}

void TestPackExport::packsKeepPeopleTogether()
{
    TemporaryFolder folder;
    must(makeDemo(folder / "p", {60, 0.1, 1, 48}, {}));
    Project project = must(Project::open(folder / "p", Project::Access::Write));
    const QJsonObject index = indexOf(must(makePack(project, {}, {})));
    QCOMPARE(index["channels"].toInt(), 3);
    const auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
    std::map<std::string, int> groupOf;
    std::set<int> groups;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const int group = index["group"].toArray()[int(i)].toInt();
        QCOMPARE(groupOf.emplace(rows[i].subject, group).first->second, group);
        groups.insert(group);
    }
    QCOMPARE(groups.size(), groupOf.size());
}

void TestPackExport::colourMakesThreeChannels()
{
    TemporaryFolder folder;
    writeFile(folder / "set/happy/a.png", pngFile(picture(40, 40, 1, 1)));
    writeFile(folder / "set/happy/b.png", pngFile(picture(40, 60, 3, 2)));
    writeFile(folder / "set/sad/c.png", pngFile(picture(40, 40, 1, 3)));
    Project project = must(Project::create(folder / "p", "p"));
    must(runImport(project, must(planImport({folder / "set", "auto", {}})), {}));
    PackOptions options;
    options.sidePx = 40;
    const PackReport pack = must(makePack(project, options, {}));
    QCOMPARE(pack.channels, 3);
    const std::string images = readFile(pack.folder / "images.u8");
    const Picture first = picture(40, 40, 1, 1);
    for (std::size_t channel = 0; channel < 3; ++channel)
        QVERIFY(std::equal(first.pixels.begin(), first.pixels.end(), images.begin() + std::ptrdiff_t(channel * 1600),
                           [](std::uint8_t a, char b) { return a == static_cast<unsigned char>(b); }));
    options.channels = 1;
    QCOMPARE(must(makePack(project, options, {})).bytes, 3 * 40 * 40);
}

void TestPackExport::classesOfAnyNameComeBack()
{
    TemporaryFolder folder;
    const std::vector<std::string> names{"怒り",
                                         "喜び",
                                         "Wütend",
                                         "very happy",
                                         "very_happy",
                                         "a/b",
                                         "a,b",
                                         "a:b",
                                         "a\\b",
                                         "a\"b",
                                         "..",
                                         "-dash",
                                         "%41",
                                         "train",
                                         "3",
                                         "1_x",
                                         "happiness+surprise"};
    std::string table = "filepath,label\n";
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string file = std::to_string(i) + ".png";
        writeFile(folder / "set" / file, pngFile(picture(40, 40, 1, unsigned(i))));
        std::string quoted = names[i];
        for (std::size_t at = 0; (at = quoted.find('"', at)) != std::string::npos; at += 2)
            quoted.insert(at, 1, '"');
        table += file + ",\"" + quoted + "\"\n";
    }
    writeFile(folder / "set/labels.csv", table);
    Project project = must(Project::create(folder / "p", "p"));
    ImportRequest request{.path = folder / "set/labels.csv"};
    for (const char *name : {"3", "1_x", "train"}) // as names, not as numbers
        request.parameters["class:" + std::string(name)] = name;
    QCOMPARE(must(runImport(project, must(planImport(request)), {})).labels, std::int64_t(names.size()));
    const auto classesIn = [](const Project &of) {
        std::vector<std::string> classes;
        for (const SampleRow &row : must(sampleRows(of, must(samplesMatching(of, "")))))
            classes.push_back(row.label ? of.className(*row.label) : "-");
        std::sort(classes.begin(), classes.end());
        return classes;
    };
    ExportRequest exported;
    exported.format = "class-folder";
    exported.out = folder / "out";
    must(exportDataset(project, exported, {}));
    Project again = must(Project::create(folder / "again", "again"));
    must(runImport(again, must(planImport({.path = folder / "out"})), {}));
    auto expected = names;
    std::sort(expected.begin(), expected.end());
    QCOMPARE(classesIn(project), expected);
    QCOMPARE(classesIn(again), expected);
}

void TestPackExport::picturesComeWithTheirTerms()
{
    TemporaryFolder folder;
    Project project = ferProject(folder.path(), 10);
    const auto termsOf = [&](const char *format, MediaPolicy media) {
        ExportRequest request;
        request.format = format;
        request.out = folder / (std::string(format) + std::string(nameOf(media)));
        request.media = media;
        const ExportReport report = must(exportDataset(project, request, {}));
        const bool isNoted =
            readFile(request.out / "export-report.json").find("do not publish individual faces") != std::string::npos;
        if (isNoted == report.terms.empty())
            throw std::runtime_error("the note in the export does not fit to the report");
        return report.terms;
    };
    const std::vector<std::string> fer2013 = {"fer2013"}, none;
    QCOMPARE(termsOf("class-folder", MediaPolicy::Copy), fer2013);
    QCOMPARE(termsOf("fer2013", MediaPolicy::Copy), fer2013);
    QCOMPARE(termsOf("csv", MediaPolicy::Copy), fer2013);
    QCOMPARE(termsOf("csv", MediaPolicy::None), none);
}

void TestPackExport::filterSeesTheLabelsOfTheSnapshot()
{
    TemporaryFolder folder;
    Project project = ferProject(folder.path(), 20);
    const auto ids = must(samplesMatching(project, ""));
    Verdict verdict;
    verdict.label = project.classNamed("contempt");
    must(annotateAll(project, std::span(ids).first(3), verdict, "ann"));
    const SnapshotRow snapshot = must(createSnapshot(project, "", "with contempt"));
    must(project.undo());
    verdict.label = project.classNamed("other");
    must(annotateAll(project, std::span(ids).last(5), verdict, "ann"));

    QCOMPARE(must(snapshotSamples(project, snapshot.hash, "label:contempt")).size(), 3U);
    QVERIFY(must(snapshotSamples(project, snapshot.hash, "label:other")).empty());
    QCOMPARE(must(samplesMatching(project, "label:other")).size(), 5U); // the table of now is there again
    ExportRequest request;
    request.format = "csv";
    request.out = folder / "out";
    request.snapshot = snapshot.hash;
    request.filter = "label:contempt";
    QCOMPARE(must(exportDataset(project, request, {})).samples, 3);
    PackOptions options;
    options.snapshot = snapshot.hash;
    options.filter = "label:contempt";
    QCOMPARE(must(makePack(project, options, {})).samples, 3);
}

void TestPackExport::exportsComeBackEqual_data()
{
    QTest::addColumn<QString>("format");
    QTest::addColumn<bool>("isDemo");
    QTest::addColumn<QString>("importer");
    QTest::newRow("class folders, pictures") << "class-folder" << true << "class-folder";
    QTest::newRow("class folders, kept pixels") << "class-folder" << false << "class-folder";
    QTest::newRow("CSV, pictures") << "csv" << true << "manifest";
    QTest::newRow("CSV, kept pixels") << "csv" << false << "manifest";
    QTest::newRow("FER2013") << "fer2013" << false << "fer2013.csv";
}

void TestPackExport::exportsComeBackEqual()
{
    QFETCH(QString, format);
    QFETCH(bool, isDemo);
    QFETCH(QString, importer);
    TemporaryFolder folder;
    if (isDemo)
        must(makeDemo(folder / "p", {60, 0.1, 1, 48}, {}));
    Project project =
        isDemo ? must(Project::open(folder / "p", Project::Access::Write)) : ferProject(folder.path(), 40);
    Verdict verdict; // current labels go out, not the given ones
    verdict.label = project.classNamed("fear");
    const auto ids = must(samplesMatching(project, ""));
    must(annotateAll(project, std::span(ids).first(5), verdict, "ann"));
    ExportRequest request;
    request.format = format.toStdString();
    request.out = folder / "out";
    const ExportReport report = must(exportDataset(project, request, {}));
    QCOMPARE(report.samples, std::int64_t(ids.size()));
    QVERIFY(std::filesystem::exists(folder / "out/checksums.csv"));
    QVERIFY(std::filesystem::exists(folder / "out/classes.json"));
    QVERIFY(std::filesystem::exists(folder / "out/LICENSES.txt"));

    const ImportPlan plan = must(planImport({folder / "out", "auto", {}}));
    QCOMPARE(plan.importer, importer.toStdString());
    Project again = must(Project::create(folder / "again", "again"));
    must(runImport(again, plan, {}));
    auto before = labelsIn(project, format == "csv"), after = labelsIn(again, format == "csv");
    if (format == "class-folder") { // folders sort by class, not by key
        std::sort(before.begin(), before.end());
        std::sort(after.begin(), after.end());
    }
    QCOMPARE(after, before);
    if (format == "csv" && isDemo)
        QCOMPARE(must(sampleRows(again, must(samplesMatching(again, "")))).front().votes,
                 must(sampleRows(project, must(samplesMatching(project, "")))).front().votes);

    // The same project gives the same bytes.
    request.out = folder / "out2";
    must(exportDataset(project, request, {}));
    QCOMPARE(readFile(folder / "out2/checksums.csv"), readFile(folder / "out/checksums.csv"));
}

void TestPackExport::fer2013HasItsForm()
{
    TemporaryFolder folder;
    Project project = ferProject(folder.path(), 20);
    Verdict verdict;
    verdict.label = project.classNamed("contempt");
    must(annotate(project, must(samplesMatching(project, ""))[0], verdict, "ann"));
    const ExportReport report =
        must(exportDataset(project, {"fer2013", folder / "out", "", {}, MediaPolicy::Copy}, {}));
    QCOMPARE(report.samples, 19);
    QCOMPARE(report.leftOut.at("FER2013 has no class contempt"), 1);
    std::string table = ferTable(20);
    table.erase(table.find('\n') + 1, table.find('\n', table.find('\n') + 1) - table.find('\n')); // row 0
    QVERIFY(readFile(folder / "out/fer2013.csv") == table);
}

void TestPackExport::rafDbHasItsForm()
{
    TemporaryFolder folder;
    writeRafDbBasic(folder / "raf");
    Project project = must(Project::create(folder / "p", "p"));
    imported(project, {.path = folder / "raf", .format = "rafdb.basic"});
    const ExportReport report = must(exportDataset(project, {"rafdb", folder / "out", "", {}, MediaPolicy::Copy}, {}));
    QCOMPARE(report.samples, 18);
    QCOMPARE(report.leftOut.at("no class of RAF-DB's seven"), 1); // the label 0
    QCOMPARE(report.terms, std::vector<std::string>{"rafdb"});
    const std::string list = readFile(folder / "out/EmoLabel/list_patition_label.txt");
    QVERIFY2(list.starts_with("train_00001.jpg 1\ntrain_00002.jpg 2\n"), list.c_str());
    QVERIFY2(list.ends_with("\ntest_0006.jpg 6"), list.c_str()); // no line end, as published
    QCOMPARE(readFile(folder / "out/Image/aligned/train_00001_aligned.jpg"),
             readFile(folder / "raf/Image/aligned/aligned/train_00001_aligned.jpg"));
    Project again = must(Project::create(folder / "q", "q"));
    const ImportReport read = imported(again, {.path = folder / "out"});
    QCOMPARE(read.format, "rafdb.basic");
    QCOMPARE(read.skipped, 0);
    auto before = labelsIn(project, false);
    std::erase(before, "unmapped train");
    QCOMPARE(labelsIn(again, false), before);
    QVERIFY(!exportDataset(project, {"rafdb", folder / "none", "", {}, MediaPolicy::None}, {}));
}

void TestPackExport::othersGetNamesOfRafDb()
{
    TemporaryFolder folder;
    Project project = ferProject(folder.path(), 30);
    const std::int64_t validation = must(countMatching(project, "split:val"));
    const ExportReport report = must(exportDataset(project, {"rafdb", folder / "out", "", {}, MediaPolicy::Copy}, {}));
    QCOMPARE(report.samples, 30 - validation);
    QCOMPARE(report.leftOut.begin()->second, validation);
    Project again = must(Project::create(folder / "q", "q"));
    const ImportReport read = imported(again, {.path = folder / "out"});
    QCOMPARE(read.format, "rafdb.basic");
    QCOMPARE(read.samples, 30 - validation);
    QCOMPARE(read.skipped, 0);
    QCOMPARE(must(countMatching(again, "label:happiness")), must(countMatching(project, "label:happiness split!=val")));
}

void TestPackExport::placesInUseAreNotTouched()
{
    TemporaryFolder folder;
    Project project = ferProject(folder.path(), 10);
    writeFile(folder / "out/mine.txt", "mine");
    const auto report = exportDataset(project, {"csv", folder / "out", "", {}, MediaPolicy::Copy}, {});
    QVERIFY(report.error().code == ErrorCode::Conflict);
    QCOMPARE(readFile(folder / "out/mine.txt"), "mine");
    QVERIFY(exportDataset(project, {"nonsense", folder / "new", "", {}, MediaPolicy::Copy}, {})
                .error()
                .message.find("class-folder") != std::string::npos);
    std::stop_source stop;
    stop.request_stop();
    QVERIFY(exportDataset(project, {"csv", folder / "new", "", {}, MediaPolicy::Copy}, {stop.get_token(), {}})
                .error()
                .code == ErrorCode::Cancelled);
    QVERIFY(!std::filesystem::exists(folder / "new"));
    for (const auto &entry : std::filesystem::directory_iterator(folder.path()))
        QVERIFY(entry.path().filename().string().find(".tmp") == std::string::npos);
}

void TestPackExport::mediaPolicies()
{
    TemporaryFolder folder;
    writeFile(folder / "set/happy/a.png", pngFile(picture(40, 40, 1, 1)));
    Project project = must(Project::create(folder / "p", "p"));
    must(runImport(project, must(planImport({folder / "set", "auto", {}})), {}));
    const auto file = std::filesystem::path("happiness") / "class-folder__happy_a.png";
    must(exportDataset(project, {"class-folder", folder / "hard", "", {}, MediaPolicy::HardLink}, {}));
    QVERIFY(std::filesystem::equivalent(folder / "hard" / file, folder / "set/happy/a.png"));
    must(exportDataset(project, {"class-folder", folder / "soft", "", {}, MediaPolicy::SymLink}, {}));
    QVERIFY(std::filesystem::is_symlink(folder / "soft" / file));
    must(exportDataset(project, {"csv", folder / "none", "", {}, MediaPolicy::None}, {}));
    QVERIFY(!std::filesystem::exists(folder / "none/images"));
    QVERIFY(exportDataset(project, {"class-folder", folder / "x", "", {}, MediaPolicy::None}, {}).error().code ==
            ErrorCode::Invalid);
}

void TestPackExport::manifestHashesThePixels_data()
{
    QTest::addColumn<QString>("media");
    for (const MediaPolicy policy : mien::mediaPolicies)
        QTest::newRow(std::string(nameOf(policy)).c_str()) << QString::fromStdString(std::string(nameOf(policy)));
}

/// Of files that are copied, of pixels the project keeps, and of what is only named.
void TestPackExport::manifestHashesThePixels()
{
    QFETCH(QString, media);
    TemporaryFolder folder;
    Project project = ferProject(folder.path(), 70); // more than are hashed at once
    writeFile(folder / "set/happy/grey.png", pngFile(picture(40, 30, 1, 1)));
    writeFile(folder / "set/happy/colour.png", pngFile(picture(50, 40, 3, 2)));
    writeFile(folder / "set/sad/lossy.jpg", jpegFile(picture(60, 40, 3, 3)));
    must(runImport(project, must(planImport({folder / "set", "auto", {}})), {}));
    ExportRequest request{"csv", folder / "out", "", {}, *mediaPolicyNamed(media.toStdString())};
    must(exportDataset(project, request, {}));

    const Imaging &codec = *must(imaging());
    std::istringstream lines(readFile(folder / "out/manifest.csv"));
    std::string line;
    std::getline(lines, line);
    const std::vector<std::string> names = splitRecord(line, ',');
    const auto column = [&](const std::string &name) {
        return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    };
    std::set<std::string> hashes;
    int rows = 0;
    for (; std::getline(lines, line); ++rows) {
        const std::vector<std::string> cells = splitRecord(line, ',');
        const std::string hash = cells.at(column("pixel_sha256")), path = cells.at(column("path"));
        hashes.insert(hash);
        QCOMPARE(hash.size(), std::size_t(64));
        if (path.empty())
            continue; // kept pixels and no pictures: there is nothing beside the table
        const auto file = path.starts_with('/') ? std::filesystem::path(path) : folder / "out" / path;
        const std::string bytes = readFile(file);
        const Picture exported =
            must(codec.decode(std::span(reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size())));
        const QByteArray pixels(reinterpret_cast<const char *>(exported.pixels.data()),
                                qsizetype(exported.pixels.size()));
        QCOMPARE(QByteArray::fromStdString(hash), QCryptographicHash::hash(pixels, QCryptographicHash::Sha256).toHex());
    }
    QCOMPARE(rows, 73);
    QCOMPARE(hashes.size(), std::size_t(73));

    if (media == "none") { // the drive is not connected: the table is written all the same
        std::filesystem::rename(folder / "set", folder / "gone");
        request.out = folder / "out2";
        QCOMPARE(must(exportDataset(project, request, {})).samples, 73);
    }
}

void TestPackExport::sha256IsThatOfOthers()
{
    for (const int size : {0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 2304, 100'000}) { // where the last block is full
        QByteArray bytes(size, '\0');
        for (int i = 0; i < size; ++i)
            bytes[i] = static_cast<char>(i * 31 + i / 256);
        QCOMPARE(QByteArray::fromStdString(
                     sha256Hex(std::span(reinterpret_cast<const std::uint8_t *>(bytes.data()), std::size_t(size)))),
                 QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex());
    }
}

void TestPackExport::formulasAreInert()
{
    for (const char *text : {"=1+1",
                             "+1+1",
                             "-1+1",
                             "@SUM(A1)",
                             "=cmd|' /C calc'!A0",
                             "\t=1",
                             "\r=1",
                             "=HYPERLINK(\"x\")",
                             "-2+3+cmd|x",
                             "+A1",
                             "@x",
                             "=",
                             "=\"a\"",
                             "-x",
                             "+x",
                             "=a,b",
                             "=a\nb",
                             "-=1",
                             "+=1",
                             "@@"}) {
        const std::string cell = csvCell(text);
        const std::string inner = splitRecord(cell, ',').front();
        QVERIFY2(inner.starts_with('\''), text);
        QCOMPARE(fromCsvCell(inner), text);
    }
    QCOMPARE(csvCell("-0.5"), "-0.5");
    QCOMPARE(csvCell("a,b"), "\"a,b\"");
}

void TestPackExport::keysAreOrderedAsPeopleCount()
{
    QVERIFY(naturalOrder("row:2", "row:10") < 0);
    QVERIFY(naturalOrder("a/10.png", "a/9.png") > 0);
    QVERIFY(naturalOrder("a", "a") == 0);
    QVERIFY(naturalOrder("a01", "a1") != 0);
    QVERIFY(naturalOrder("a", "ab") < 0);
}

QTEST_GUILESS_MAIN(TestPackExport)
#include "tst_pack_export.moc"
