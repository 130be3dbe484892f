#include "pipeline/store/labels.h"
#include "pipeline/store/project.h"
#include "pipeline/store/review_outlook.h"
#include "pipeline/store/samples.h"
#include "tests/support/scored_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <random>

using namespace mien;
using namespace mien::test;

namespace {

/// Faces whose labels are wrong with the probability that `truth` makes of their suspicion.
std::vector<JudgedFace> facesOf(int count, double judgedShare, double (*truth)(double), unsigned seed = 1)
{
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform;
    std::vector<JudgedFace> faces;
    for (int i = 0; i < count; ++i) {
        JudgedFace face{.suspicion = uniform(random), .label = ClassId{1 + i % 3}};
        face.isWrong = uniform(random) < truth(face.suspicion);
        face.isJudged = face.isDrawn = uniform(random) < judgedShare;
        faces.push_back(face);
    }
    return faces;
}

double wrongAmong(std::vector<JudgedFace> faces, std::int64_t reviewed)
{
    std::erase_if(faces, [](const JudgedFace &face) { return face.isJudged; });
    std::sort(faces.begin(), faces.end(),
              [](const JudgedFace &a, const JudgedFace &b) { return a.suspicion > b.suspicion; });
    return double(
        std::count_if(faces.begin(), faces.begin() + reviewed, [](const auto &face) { return face.isWrong; }));
}

} // namespace

class TestReviewOutlook : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    /// Where the suspicion is right, and where it is twice too small: then the answers say so.
    void theCurveHoldsWhatIsFound_data()
    {
        QTest::addColumn<bool>("isRight");
        QTest::newRow("right") << true;
        QTest::newRow("too small") << false;
    }
    void theCurveHoldsWhatIsFound()
    {
        QFETCH(bool, isRight);
        int within = 0, looked = 0;
        for (unsigned seed = 1; seed <= 10; ++seed) {
            const auto faces = isRight ? facesOf(
                                             4000, 0.2, [](double s) { return s; }, seed)
                                       : facesOf(4000, 0.2, [](double s) { return std::min(1.0, 2 * s); }, seed);
            const ReviewOutlook outlook = outlookOf(faces);
            QCOMPARE(outlook.curve.front().found, 0.0);
            for (const std::int64_t reviewed : {200, 1000, 2500}) {
                const ReviewOutlook::Point here = outlook.at(reviewed);
                QVERIFY(here.low <= here.found && here.found <= here.high && here.high <= double(reviewed));
                const double found = wrongAmong(faces, reviewed);
                within += found >= here.low && found <= here.high;
                ++looked;
            }
            QCOMPARE(*outlook.calibrationError < 0.06, isRight);
        }
        QVERIFY2(within >= looked * 85 / 100, qPrintable(QString::number(within)));
    }

    void withoutAnswersItIsTheSuspicion()
    {
        const auto faces = facesOf(1000, 0, [](double s) { return s; });
        const ReviewOutlook outlook = outlookOf(faces);
        double sum = 0;
        for (const JudgedFace &face : faces)
            sum += face.suspicion;
        QVERIFY(std::abs(outlook.curve.back().found - sum) < 1);
        QVERIFY(outlook.curve.back().high - outlook.curve.back().low > 200); // nobody has looked yet
        QVERIFY(!outlook.calibrationError);
        QCOMPARE(outlook.all.judged, 0);
        QCOMPARE(outlook.all.share.high, 1.0);
    }

    /// Rates of the whole set come from drawn faces alone: those picked by rank are mostly wrong.
    void ratesComeFromDrawnFaces()
    {
        std::vector<JudgedFace> faces;
        for (int i = 0; i < 300; ++i)
            faces.push_back({.suspicion = i / 300.0, .label = ClassId{1 + i % 2}});
        for (int i = 250; i < 300; ++i)
            faces[std::size_t(i)].isJudged = faces[std::size_t(i)].isWrong = true;
        for (int i = 0; i < 40; ++i) {
            faces[std::size_t(i * 6)].isJudged = faces[std::size_t(i * 6)].isDrawn = true; // of class 1
            faces[std::size_t(i * 6)].isWrong = i % 10 == 0;
        }
        const ReviewOutlook outlook = outlookOf(faces);
        QCOMPARE(outlook.all.judged, 40);
        QCOMPARE(outlook.all.wrong, 4);
        QCOMPARE(outlook.ofClasses.size(), std::size_t(1));
        QCOMPARE(outlook.ofClasses[0].label, ClassId{1});
        QVERIFY(outlook.all.share.low > 0.03 && outlook.all.share.high < 0.24);
        QCOMPARE(outlook.curve.back().reviewed, 210);
    }

    void nothingIsLeft()
    {
        QCOMPARE(outlookOf({}).curve.size(), std::size_t(1));
        auto faces = facesOf(50, 1, [](double s) { return s; });
        const ReviewOutlook outlook = outlookOf(faces);
        QCOMPARE(outlook.curve.back().reviewed, 0);
        QCOMPARE(outlook.at(10).found, 0.0);
    }

    void aProjectTellsItsAnswers()
    {
        const TemporaryFolder folder;
        const auto path = folder / "study.mien";
        scoredProject(path, 100);
        Project project = must(Project::open(path, Project::Access::Write));
        const std::int64_t scored = must(reviewOutlook(project)).curve.back().reviewed;
        QCOMPARE(scored, 95); // every 20th has no label to doubt
        const std::vector<SampleId> ids = must(samplesMatching(project, "scored:yes"));
        const auto rows = must(sampleRows(project, ids));
        for (std::size_t i = 0; i < 30; ++i) {
            Verdict verdict{.label = i % 3 == 0 ? ClassId{rows[i].given->value % 7 + 1} : *rows[i].given};
            if (i % 2 == 0)
                verdict.samplingProbability = 0.25;
            must(annotate(project, ids[i], verdict, "ann"));
        }
        must(annotate(project, ids[40], {.kind = Verdict::Kind::Unsure}, "ann")); // says nothing
        const ReviewOutlook outlook = must(reviewOutlook(project));
        QCOMPARE(outlook.curve.back().reviewed, scored - 30);
        QCOMPARE(outlook.all.judged, 15);
        QCOMPARE(outlook.all.wrong, 5);
        int judged = 0;
        for (const ReviewOutlook::Tenth &tenth : outlook.tenths)
            judged += tenth.judged;
        QCOMPARE(judged, 30);
    }

    void withoutFlagsThereIsNone()
    {
        const TemporaryFolder folder;
        const Project project = filledProject(folder / "study.mien", 10);
        QCOMPARE(reviewOutlook(project).error().code, ErrorCode::NotFound);
    }
};

QTEST_APPLESS_MAIN(TestReviewOutlook)
#include "tst_review_outlook.moc"
