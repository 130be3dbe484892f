#include "pipeline/dedup/perceptual_hash.h"
#include "pipeline/face/alignment.h"
#include "pipeline/jobs/dedup_job.h"
#include "pipeline/split/splits.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"
#include "tests/support/data_files.h"
#include "tests/support/filled_project.h"
#include "tests/support/reliability.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

using namespace mien;
using namespace mien::test;

namespace {

constexpr int subjects = 60, ofEach = 20;
constexpr int videos = 30, frames = 8;
constexpr int copies = 40, looks = 40;
constexpr int photos = 10;

Split third(int number)
{
    return std::array{Split::Train, Split::Val, Split::Test}[std::size_t(number % 3)];
}

/// Splits without a leak: people, videos of unknown people, pictures that are there twice under two names, and pictures
/// that are there a second time a little brighter and noisier. Which look alike is known.
Project cleanProject(const std::filesystem::path &folder)
{
    Project project = must(Project::create(folder, "Splits"));
    ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", folder.parent_path() / "faces.csv"));
    NewMedia file;
    file.path = folder.parent_path() / "faces.csv";
    file.kind = "table";
    const MediaId media = must(writer.addMedia(file));
    int row = 0;
    const auto add = [&](const std::string &subject, const std::string &sequence, Split split, const Picture &picture) {
        NewSample sample;
        sample.sourceKey = "row:" + std::to_string(row);
        sample.displaySource = "faces.csv#row:" + std::to_string(row);
        sample.media = media;
        sample.crop = must(writer.addCrop(picture.widthPx, picture.heightPx, 1, "raw", picture.pixels));
        sample.widthPx = picture.widthPx;
        sample.heightPx = picture.heightPx;
        sample.pixelHash = pixelHashOf(picture.widthPx, picture.heightPx, 1, picture.pixels);
        if (row % 20 != 19) {
            sample.givenClass = ClassId{1 + row % 7};
            sample.state = LabelState::Ok;
        }
        sample.subject = subject;
        sample.sequence = sequence;
        sample.split = split;
        must(writer.addSample(sample));
        ++row;
    };
    unsigned picture = 0;
    for (int person = 0; person < subjects; ++person)
        for (int i = 0; i < ofEach; ++i)
            add("P" + std::to_string(person), "P" + std::to_string(person) + "/" + std::to_string(i / 10),
                third(person), waves(24, ++picture));
    for (int video = 0; video < videos; ++video)
        for (int i = 0; i < frames; ++i)
            add("", "V" + std::to_string(video), third(video), waves(24, ++picture));
    for (int copy = 0; copy < copies; ++copy) {
        const Picture same = waves(24, ++picture);
        add("", "", third(copy), same);
        add("", "", third(copy), same);
    }
    for (int look = 0; look < looks; ++look) {
        add("", "", third(look), waves(24, ++picture));
        add("", "", third(look), waves(24, picture, 8, 6));
    }
    must(writer.finish());
    must(findNearDuplicates(project, {}, {}));
    return project;
}

/// Photos of two people each, and a smaller copy of every photo under another name. A detector puts its box elsewhere
/// in the copy by a few pixels.
/// @param keepsPictures  what the faces were cut out of is known, as since schema 4
void addPhotos(Project &project, bool keepsPictures)
{
    constexpr int sidePx = 240, cropSidePx = 48;
    const auto folder = project.folder().parent_path();
    const Imaging &codec = *must(imaging());
    ImportWriter writer = must(ImportWriter::begin(project, "test.photos", "plain", folder / "photos"));
    int photo = 0;
    const auto add = [&](const std::string &name, const Picture &picture, Split split, double jitter) {
        NewMedia file;
        file.path = folder / "photos" / name;
        file.kind = "image";
        file.widthPx = picture.widthPx;
        file.heightPx = picture.heightPx;
        const MediaId media = must(writer.addMedia(file));
        const double scale = double(picture.widthPx) / sidePx;
        int number = 0;
        for (const PointPx corner : {PointPx{30, 70}, PointPx{140, 90}}) {
            ++number;
            const double faceSidePx = 70 * scale * (1 + jitter);
            const BoxPx box{(corner.x + 70 * jitter) * scale, (corner.y - 60 * jitter) * scale, faceSidePx, faceSidePx};
            const double cropScale = cropSidePx / faceSidePx;
            const Similarity map{cropScale, 0, -cropScale * box.x, -cropScale * box.y};
            const Picture crop = must(cropOf(codec, picture, map, cropSidePx, cropSidePx));
            NewSample sample;
            sample.sourceKey = sample.displaySource = name + (number > 1 ? "#2" : "");
            sample.media = media;
            sample.crop = must(writer.addCrop(cropSidePx, cropSidePx, 1, "raw", crop.pixels));
            sample.widthPx = sample.heightPx = cropSidePx;
            sample.pixelHash = pixelHashOf(cropSidePx, cropSidePx, 1, crop.pixels);
            sample.split = split;
            sample.face = NewFace{.detector = "mtcnn", .box = box, .cropFromFrame = map.text()};
            if (keepsPictures)
                sample.face->picture = FacePicture{picture.widthPx, picture.heightPx, perceptualHash(picture)};
            must(writer.addSample(sample));
        }
    };
    for (; photo < photos; ++photo) {
        const Picture picture = waves(sidePx, 10'000 + unsigned(photo));
        add("photo" + std::to_string(photo) + ".png", picture, third(photo), 0);
        add("renamed" + std::to_string(photo) + ".png", codec.resized(picture, 180, 180), third(photo), 0.07);
    }
    must(writer.finish());
    must(findNearDuplicates(project, {}, {}));
}

std::vector<SampleRow> rowsOf(const Project &project)
{
    return must(sampleRows(project, must(samplesMatching(project, ""))));
}

std::vector<std::string> namesOf(const std::vector<SplitLeak> &leaks)
{
    std::vector<std::string> names;
    for (const SplitLeak &leak : leaks)
        names.push_back(std::string(nameOf(leak.kind)) + " " + leak.name);
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

class TestSplits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// reliability.md T4.
    void plantedLeaksAreCaughtAndNoOthers()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        addPhotos(project, true);
        QVERIFY(must(splitLeaks(project, {})).empty());
        const auto rows = rowsOf(project);
        std::vector<std::string> planted;
        std::vector<SampleId> moved;
        std::vector<Split> to;
        const auto plant = [&](const std::string &name, std::size_t row) {
            planted.push_back(name);
            moved.push_back(rows[row].id);
            to.push_back(rows[row].split == Split::Train ? Split::Test : Split::Train);
        };
        // One whole video of a person goes over, so that the person is what leaks.
        for (int person = 0; person < 20; ++person) {
            const std::size_t first = std::size_t(person) * ofEach;
            plant("subject P" + std::to_string(person), first);
            for (std::size_t i = 1; i < 10; ++i) {
                moved.push_back(rows[first + i].id);
                to.push_back(to.back());
            }
        }
        for (int video = 0; video < 12; ++video)
            plant("video V" + std::to_string(video), std::size_t(subjects * ofEach + video * frames + video % frames));
        constexpr std::size_t firstCopy = subjects * ofEach + videos * frames, firstLook = firstCopy + 2 * copies;
        for (std::size_t copy = 0; copy < 9; ++copy)
            plant("duplicate " + rows[firstCopy + 2 * copy].source, firstCopy + 2 * copy + copy % 2);
        for (std::size_t look = 0; look < 9; ++look)
            plant("near_duplicate " + rows[firstLook + 2 * look].source, firstLook + 2 * look + look % 2);
        constexpr std::size_t firstPhoto = firstLook + 2 * looks;
        for (std::size_t photo = 0; photo < photos; ++photo) // one face of two: the other one does not leak
            plant("near_duplicate " + rows[firstPhoto + 4 * photo + photo % 2].source,
                  firstPhoto + 4 * photo + 2 + photo % 2);
        must(assignSplits(project, moved, to, "Plant leaks", "ann"));
        const auto leaks = must(splitLeaks(project, {}));
        std::sort(planted.begin(), planted.end());
        QCOMPARE(planted.size(), std::size_t(60));
        QCOMPARE(namesOf(leaks), planted);
        for (const SplitLeak &leak : leaks) {
            QCOMPARE(leak.splits.size(), std::size_t(2));
            QCOMPARE(leak.samples.size(), std::size_t(leak.kind == SplitLeak::Kind::Subject ? ofEach
                                                      : leak.kind == SplitLeak::Kind::Video ? frames
                                                                                            : 2));
        }
        reportReliability(
            "T4", "leaks of subjects, videos, renamed copies, near-duplicates and faces of copied photos planted:",
            std::int64_t(planted.size()), 0);

        // What a person excluded trains nothing, and what is in no split neither.
        must(setExcluded(project, moved, true, "ann"));
        QVERIFY(must(splitLeaks(project, {})).empty());
        must(setExcluded(project, moved, false, "ann"));
        must(assignSplit(project, moved, Split::None, "ann"));
        QVERIFY(must(splitLeaks(project, {})).empty());
    }

    /// The crops alone do not tell: a detector that begins a few pixels further cuts out something else.
    void facesOfCopiesAreKnownByTheirPictures()
    {
        for (const bool keepsPictures : {false, true}) {
            const TemporaryFolder folder;
            Project project = must(Project::create(folder / "a.mien", "Photos"));
            addPhotos(project, keepsPictures);
            const auto groups = must(nearDuplicateGroups(project));
            QCOMPARE(groups.size(), std::size_t(keepsPictures ? 2 * photos : 0));
            for (const NearDuplicateGroup &group : groups) {
                QCOMPARE(group.size(), std::size_t(2));
                QVERIFY(group[0].source.starts_with("photo") && group[1].source.starts_with("renamed"));
                QCOMPARE(group[0].source.ends_with("#2"), group[1].source.ends_with("#2"));
            }
        }
    }

    void splittingBySubjectLeaksNothing_data()
    {
        QTest::addColumn<double>("train");
        QTest::addColumn<double>("val");
        QTest::addColumn<double>("test");
        QTest::newRow("70, 15, 15") << 70. << 15. << 15.;
        QTest::newRow("equal") << 1. << 1. << 1.;
        QTest::newRow("no validation") << 0.8 << 0. << 0.2;
        QTest::newRow("all in one") << 0. << 0. << 5.;
    }

    void splittingBySubjectLeaksNothing()
    {
        QFETCH(double, train);
        QFETCH(double, val);
        QFETCH(double, test);
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        const std::string before = contentOf(project);
        const SplitRequest request{.ratios = {train, val, test}, .annotator = "ann"};
        const SplitReport report = must(dealSplits(project, request, {}));
        QCOMPARE(report.groups, subjects + videos + copies + looks);
        QVERIFY(must(splitLeaks(project, {})).empty());
        const double all = subjects * ofEach + videos * frames + 2 * (copies + looks), sum = train + val + test;
        const std::array shares{train / sum, val / sum, test / sum};
        for (std::size_t i = 0; i < shares.size(); ++i) {
            double samples = 0;
            for (const auto &[name, count] : report.byClass[i]) {
                samples += double(count);
                std::int64_t ofClass = 0;
                for (const auto &split : report.byClass)
                    ofClass += split.contains(name) ? split.at(name) : 0;
                QVERIFY2(std::abs(double(count) - shares[i] * double(ofClass)) <= 0.05 * double(ofClass) + 3,
                         name.c_str());
            }
            QVERIFY(std::abs(samples / all - shares[i]) < 0.02);
        }
        const std::string after = contentOf(project);
        QCOMPARE(must(dealSplits(project, request, {})).certificate, report.certificate);
        QCOMPARE(contentOf(project), after);
        SplitRequest another = request;
        another.seed = 5;
        const bool isOneSplit = shares[2] == 1;
        QCOMPARE(must(dealSplits(project, another, {})).certificate == report.certificate, isOneSplit);
        for (int edit = 0; edit < 3; ++edit) // one step each
            must(project.undo());
        QCOMPARE(contentOf(project), before);
    }

    /// People and videos come to several sides, pictures do not.
    void splittingAtRandomLeaksPeople()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        const SplitReport report = must(dealSplits(project, {.by = SplitRequest::By::Random, .annotator = "ann"}, {}));
        QCOMPARE(report.groups, subjects * ofEach + videos * frames + copies + looks);
        const auto leaks = must(splitLeaks(project, {}));
        QVERIFY(leaks.size() > std::size_t(subjects));
        for (const SplitLeak &leak : leaks)
            QVERIFY(leak.kind == SplitLeak::Kind::Subject || leak.kind == SplitLeak::Kind::Video);
    }

    void certificatesGoWithTheirEdit()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        QVERIFY(!currentSplitCertificate(project));
        const SplitReport first = must(dealSplits(project, {.annotator = "ann"}, {}));
        const auto stored = currentSplitCertificate(project);
        QVERIFY(stored);
        QCOMPARE(stored->hash, first.certificate);
        QCOMPARE(stored->way, std::string("subject"));
        QCOMPARE(stored->groups, first.groups);
        const SplitReport second = must(dealSplits(project, {.by = SplitRequest::By::Random, .annotator = "ann"}, {}));
        QCOMPARE(currentSplitCertificate(project)->hash, second.certificate);
        must(project.undo());
        QCOMPARE(currentSplitCertificate(project)->hash, first.certificate);
        must(addTag(project, std::array{SampleId{1}}, "glasses", "ann")); // no matter of splits
        QCOMPARE(currentSplitCertificate(project)->hash, first.certificate);
        must(assignSplit(project, std::array{SampleId{1}}, Split::Test, "ann"));
        QVERIFY(!currentSplitCertificate(project)); // they are not as they were dealt
        must(project.undo());
        must(project.undo());
        must(project.undo());
        QVERIFY(!currentSplitCertificate(project));
    }

    /// Declared ids come first; what has none belongs together by its video and its picture, and the report says so.
    void identityIsDeclaredOrInferred()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        const SplitReport report = must(dealSplits(project, {.annotator = "ann"}, {}));
        constexpr GroupIdentity expected{.declared = subjects,
                                         .inferred = videos + copies + looks,
                                         .mixed = 0,
                                         .samplesWithoutSubject = videos * frames + 2 * (copies + looks)};
        QVERIFY(report.identity == std::optional(expected));
        QVERIFY(must(splitState(project, {})).identity == expected);
        QVERIFY(currentSplitCertificate(project)->identity == std::optional(expected));
        QVERIFY(!must(dealSplits(project, {.by = SplitRequest::By::Random, .annotator = "ann"}, {})).identity);
    }

    /// A person whose picture is also there without a name, and a recording of two people with a frame of nobody's.
    void samplesWithoutAnIdFollowTheirVideoAndPicture()
    {
        const TemporaryFolder folder;
        Project project = must(Project::create(folder / "a.mien", "Splits"));
        ImportWriter writer = must(ImportWriter::begin(project, "test.csv", "plain", folder / "faces.csv"));
        NewMedia file;
        file.path = folder / "faces.csv";
        file.kind = "table";
        const MediaId media = must(writer.addMedia(file));
        unsigned picture = 0;
        const auto add = [&](const char *name, const char *subject, const char *sequence, const Picture &pixels) {
            NewSample sample;
            sample.sourceKey = sample.displaySource = name;
            sample.media = media;
            sample.crop = must(writer.addCrop(pixels.widthPx, pixels.heightPx, 1, "raw", pixels.pixels));
            sample.widthPx = pixels.widthPx;
            sample.heightPx = pixels.heightPx;
            sample.pixelHash = pixelHashOf(pixels.widthPx, pixels.heightPx, 1, pixels.pixels);
            sample.subject = subject;
            sample.sequence = sequence;
            must(writer.addSample(sample));
        };
        const Picture shared = waves(24, ++picture);
        add("ann-1", "ann", "", shared);
        add("ann-2", "ann", "", waves(24, ++picture));
        add("copy of ann-1", "", "", shared);
        add("talk-1", "bea", "talk", waves(24, ++picture));
        add("talk-2", "cem", "talk", waves(24, ++picture));
        add("talk-3", "", "talk", waves(24, ++picture));
        add("cem-2", "cem", "", waves(24, ++picture));
        add("dee-1", "dee", "", waves(24, ++picture));
        add("walk-1", "", "walk", waves(24, ++picture));
        add("walk-2", "", "walk", waves(24, ++picture));
        for (int i = 0; i < 5; ++i)
            add(qPrintable(QStringLiteral("alone-%1").arg(i)), "", "", waves(24, ++picture));
        must(writer.finish());
        const SplitReport report = must(dealSplits(project, {.ratios = {1, 1, 1}, .annotator = "ann"}, {}));
        QCOMPARE(report.groups, std::int64_t(2 + 1 + 1 + 5));
        QVERIFY(report.identity ==
                std::optional(GroupIdentity{.declared = 1, .inferred = 1 + 5, .mixed = 2, .samplesWithoutSubject = 9}));
        std::map<std::string, Split> splits;
        for (const SampleRow &row : rowsOf(project))
            splits[row.source] = row.split;
        QCOMPARE(splits["copy of ann-1"], splits["ann-2"]);
        QCOMPARE(splits["talk-3"], splits["talk-1"]);
        QCOMPARE(splits["cem-2"], splits["talk-1"]);
        QCOMPARE(splits["walk-1"], splits["walk-2"]);
        QVERIFY(must(splitLeaks(project, {})).empty());
    }

    void aDryRunDealsNothing()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        const std::string before = contentOf(project);
        SplitRequest request{.ratios = {6, 2, 2}, .seed = 3, .annotator = "ann", .isDryRun = true};
        const SplitReport dry = must(dealSplits(project, request, {}));
        QCOMPARE(contentOf(project), before);
        QVERIFY(!project.nextUndo());
        request.isDryRun = false;
        const SplitReport report = must(dealSplits(project, request, {}));
        QCOMPARE(report.certificate, dry.certificate);
        QVERIFY(report.byClass == dry.byClass);
        QCOMPARE(report.subjects[0] + report.subjects[1] + report.subjects[2], std::int64_t(subjects));
    }

    /// What is said about the newest deal: it holds, or what became of it.
    void certificatesSayWhetherTheyHold()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        QVERIFY(!must(splitState(project, {})).certificate);
        must(dealSplits(project, {.ratios = {.5, 0, .5}, .seed = 7, .annotator = "ann"}, {}));
        const auto now = [&] { return must(splitState(project, {})).certificate.value(); };
        QVERIFY(now().holds());
        QCOMPARE(now().certificate.seed, std::uint64_t(7));
        QCOMPARE(now().certificate.ratios, (std::array{.5, 0., .5}));
        QVERIFY(now().atMs > 0);

        const auto rows = rowsOf(project);
        must(setExcluded(project, std::array{rows[0].id}, true, "ann")); // the others are as apart as before
        QVERIFY(now().holds());
        must(assignSplit(project, std::array{rows[1].id, rows[2].id}, Split::Val, "ann"));
        QCOMPARE(now().moved, 2);
        QVERIFY(!now().holds());
        must(project.undo());
        QVERIFY(now().holds());

        must(storeNearDuplicates(project, {}, 7, {})); // as if nobody had looked
        QVERIFY(now().groupsDiffer && !now().holds());
        must(findNearDuplicates(project, {}, {}));
        QVERIFY(now().holds());

        must(dealSplits(project, {.filter = "subject:P1 OR subject:P2 OR subject:P3", .annotator = "ann"}, {}));
        QVERIFY(now().uncovered > 0 && !now().holds() && now().moved == 0);
        must(project.undo());
        must(project.undo());
        QVERIFY(!must(project.undo()).name.empty());
        QVERIFY(!must(splitState(project, {})).certificate);
    }

    void countsOfSplitsAreThoseOfTheSamples()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        const SplitState state = must(splitState(project, {}));
        QCOMPARE(state.subjects, (std::array<std::int64_t, 4>{0, 20, 20, 20}));
        QCOMPARE(state.samplesWithoutSubject[1], std::int64_t(10 * frames + 2 * (14 + 14)));
        std::int64_t all = 0;
        for (const auto &split : state.byClass)
            for (const auto &[name, count] : split)
                all += count;
        QCOMPARE(all, std::int64_t(rowsOf(project).size()));
        QVERIFY(state.byClass[0].empty());
    }

    /// A training is measured by what the snapshot has outside of `train`.
    void leaksOfATrainingTouchTrainAndLabels()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        const auto leaksNow = [&] {
            const auto snapshot = must(createSnapshot(project, "", ""));
            return namesOf(must(trainingLeaks(project, snapshot.hash, {})));
        };
        QVERIFY(leaksNow().empty());
        const std::string before = must(createSnapshot(project, "", "")).hash;
        const auto rows = rowsOf(project);
        // P0 is in train, P1 in val, P2 in test: only the first move brings train and another one together.
        must(assignSplit(project, std::array{rows[ofEach].id}, Split::Test, "ann"));
        QCOMPARE(must(splitLeaks(project, {})).size(), std::size_t(2)); // the person and her video
        QVERIFY(leaksNow().empty());
        must(assignSplit(project, std::array{rows[0].id}, Split::Test, "ann"));
        QCOMPARE(leaksNow(), (std::vector<std::string>{"subject P0", "video P0/0"}));
        QCOMPARE(must(splitState(project, {})).trainingLeaks, std::int64_t(2));
        QCOMPARE(must(splitState(project, {})).leaks.size(), std::size_t(4)); // P1 as well
        QVERIFY(must(trainingLeaks(project, before, {})).empty());            // as it was
        must(annotate(project, rows[0].id, {.kind = Verdict::Kind::Unsure}, "ann"));
        QVERIFY(leaksNow().empty()); // nothing is measured by a face without label
    }

    void wrongRequestsAreRefused()
    {
        const TemporaryFolder folder;
        Project project = cleanProject(folder / "a.mien");
        const std::string before = contentOf(project);
        for (const SplitRequest &request : {SplitRequest{.ratios = {0, 0, 0}, .annotator = "ann"},
                                            SplitRequest{.ratios = {1, -1, 1}, .annotator = "ann"},
                                            SplitRequest{.ratios = {1, 1, NAN}, .annotator = "ann"},
                                            SplitRequest{.filter = "subject:P1", .annotator = "ann"},
                                            SplitRequest{.filter = "nonsense:1", .annotator = "ann"}})
            QCOMPARE(dealSplits(project, request, {}).error().code, ErrorCode::Invalid);
        QCOMPARE(contentOf(project), before);
    }
};

QTEST_APPLESS_MAIN(TestSplits)
#include "tst_splits.moc"
