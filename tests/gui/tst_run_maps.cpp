#include "studio/attention/attention_facts.h"
#include "studio/attention/face_maps.h"
#include "studio/attention/map_blocks.h"
#include "studio/attention/run_maps.h"
#include "studio/common/warm_helper.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace mien;

namespace {

// Stands in for `mien explain --serve`. Of sample N the first value of a map is N + draw / 100. Sample 20 gives values
// that are no numbers, 21 a map that is too short, 22 kills the helper each time, 23 kills it once, 24 is refused, 25
// gives mirrored values that are no numbers. With the argument "blind" the network has no attention at all.
const char *const kServer = R"PY(
import base64, json, os, struct, sys
marker, blind = sys.argv[1], "blind" in sys.argv
for line in sys.stdin:
    request = json.loads(line)
    with open(marker + ".log", "a") as log:
        half = "" if request.get("mirror", True) else " view"
        log.write("%s %s %s%s\n" % (request["kind"], request.get("sample"), request.get("draw"), half))
    answer = {"id": request["id"], "ok": True}
    sample = request.get("sample")
    if request["kind"] == "kinds":
        answer["kinds"] = [] if blind else ["cam", "rollout"]
        answer["map_of"] = {} if blind else {"cam": "class", "rollout": "face"}
    elif request["kind"] == "neighbours":
        answer["neighbours"] = [sample + 1]
    elif request["kind"] == "reliability":
        answer.update(primary={"fear": 0.5, "anger": 0.2}, anchor={"fear": 0.1, "anger": 0.7},
                      balanced={"fear": 0.3, "anger": 0.6}, confidence=0.4,
                      anchors=[{"class": "anger", "index": 2, "distance": 1.5, "similarity": 0.75,
                                "faces": [8, 9]}])
    elif sample in (30, 31):
        errors = [0.5, 1.5] if sample == 30 else [0.5]
        picture = base64.b64encode(bytes(range(16))).decode()
        answer.update(kind="reconstruction", side=4, channels=1, original_u8=picture, drawn_u8=picture, cells=2,
                      hidden=[0, 3], errors=errors, error=1.0, normalised=True, run="r1")
    elif blind or sample == 24:
        answer = {"id": request["id"], "ok": False, "message": "network plain has no maps of that kind"}
    elif sample == 22 or (sample == 23 and not os.path.exists(marker)):
        open(marker, "w").close()
        os._exit(9)
    else:
        values = [sample + request["draw"] / 100.0, 1.0, 2.0, -3.0]
        if sample == 20:
            values[2] = float("nan")
        if sample == 21:
            values = values[:3]
        encoded = base64.b64encode(struct.pack("<%df" % len(values), *values)).decode()
        box = [0.1, 0.2, 0.3, 0.4] if request["draw"] else [0, 0, 0, 0]
        names = {"given": "fear", "predicted": "anger"}
        maps = [{"class": names.get(wanted, wanted), "map_f32": encoded, "h": 2, "w": 2,
                 "regions": {"eyes": 0.2, "brows": 0.1, "nose": 0.05, "mouth": 0.5, "outside": 0.15}}
                for wanted in request["classes"]]
        if request["mirror"]:
            if sample == 25:
                encoded = base64.b64encode(struct.pack("<4f", 0, 0, float("nan"), 0)).decode()
            for entry in maps:
                entry["flip_f32"] = encoded
        answer.update(kind="cam", h=2, w=2, maps=maps, erased=box, predicted="anger", regions_from="68 points",
                      probabilities={"fear": 0.25, "anger": 0.75})
    print(json.dumps(answer), flush=True)
)PY";

struct Server
{
    Server()
    {
        QFile file(folder.filePath(QStringLiteral("serve.py")));
        if (file.open(QIODevice::WriteOnly))
            file.write(kServer);
    }
    WarmHelper *helper(const QString &argument = {}) const
    {
        return new WarmHelper(
            QStringLiteral("python3"),
            {folder.filePath(QStringLiteral("serve.py")), folder.filePath(QStringLiteral("state")), argument},
            QStringLiteral("Attention"));
    }
    QStringList asked() const
    {
        QFile file(folder.filePath(QStringLiteral("state.log")));
        return file.open(QIODevice::ReadOnly)
                   ? QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'), Qt::SkipEmptyParts)
                   : QStringList();
    }
    QTemporaryDir folder;
};

const QString kBest = QStringLiteral("attention");

} // namespace

class tst_run_maps : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qRegisterMetaType<NearestSamples>();
        qRegisterMetaType<ReliabilityFacts>();
    }

    void theShownFaceComesFirst()
    {
        Server server;
        RunMaps maps(server.helper());
        maps.show(SampleId{7}, kBest, true, {SampleId{8}, SampleId{6}});
        const auto isWhole = [&](int sample) {
            const FaceMaps *known = maps.maps(SampleId{sample}, kBest);
            return known && known->isWhole();
        };
        QTRY_VERIFY_WITH_TIMEOUT(isWhole(6), 10'000);
        const QStringList asked = server.asked();
        QCOMPARE(asked.mid(0, 5), QStringList({"kinds None None", "attention 7 0 view", "attention 8 0 view",
                                               "attention 7 0", "attention 7 1"}));
        QCOMPARE(asked.mid(asked.size() - 3), QStringList({"attention 6 0 view", "attention 8 0", "attention 6 0"}));
        const FaceMaps *face = maps.maps(SampleId{7}, kBest);
        QCOMPARE(int(face->draws.size()), 1 + RunMaps::kErasedDraws);
        QCOMPARE(face->kind, QStringLiteral("cam"));
        QCOMPARE(face->predicted, QStringLiteral("anger"));
        QCOMPARE(face->probabilities.front().first, QStringLiteral("anger"));
        QCOMPARE(face->regionPoints, 68);
        QVERIFY(face->draws[0].erased.isEmpty());
        QCOMPARE(face->draws[3].erased, QRectF(0.1, 0.2, 0.3, 0.4));
        QCOMPARE(int(face->draws[0].maps.size()), 2);
        QCOMPARE(face->draws[0].maps[0].name, QStringLiteral("fear"));
        QCOMPARE(face->draws[0].maps[0].view.at(0, 0), 7.f);
        QCOMPARE(face->draws[5].maps[1].view.at(0, 0), 7.05f);
        QTRY_VERIFY(!maps.isBusy());

        // Stepping to a face that was computed beforehand asks nothing about it.
        const qsizetype before = server.asked().size();
        maps.show(SampleId{8}, kBest, false, {SampleId{7}});
        QVERIFY(maps.maps(SampleId{8}, kBest));
        QVERIFY(!maps.isBusy());
        QCOMPARE(server.asked().size(), before);
    }

    void steppingOnSkipsWhatIsLeftBehind()
    {
        Server server;
        RunMaps maps(server.helper());
        for (int sample = 1; sample <= 12; ++sample)
            maps.show(SampleId{sample}, kBest, true, {SampleId{sample + 1}});
        QTRY_VERIFY_WITH_TIMEOUT(maps.maps(SampleId{12}, kBest) && !maps.isBusy(), 10'000);
        const QStringList asked = server.asked();
        QVERIFY2(!asked.contains(QStringLiteral("attention 6 0 view")), qPrintable(asked.join(QLatin1Char(','))));
    }

    /// The map of a face is shown while its mirrored one is on its way.
    void theMirroredMapMayComeLater()
    {
        Server server;
        RunMaps maps(server.helper());
        QList<bool> whole;
        connect(&maps, &RunMaps::changed, this, [&] {
            if (const FaceMaps *face = maps.maps(SampleId{7}, kBest))
                whole << face->isWhole();
        });
        maps.show(SampleId{7}, kBest, false, {});
        QTRY_COMPARE_WITH_TIMEOUT(whole, QList<bool>({false, true}), 10'000);
        QVERIFY(!maps.isBusy());
    }

    void whatCannotBeShownIsSaid_data()
    {
        QTest::addColumn<int>("sample");
        QTest::addColumn<QString>("words");
        QTest::newRow("no numbers") << 20 << QStringLiteral("no numbers");
        QTest::newRow("too short") << 21 << QStringLiteral("not whole");
        QTest::newRow("half a drawing") << 31 << QStringLiteral("not whole");
        QTest::newRow("refused") << 24 << QStringLiteral("has no maps");
        QTest::newRow("no numbers in the mirrored map") << 25 << QStringLiteral("no numbers");
    }

    void whatCannotBeShownIsSaid()
    {
        QFETCH(int, sample);
        QFETCH(QString, words);
        Server server;
        RunMaps maps(server.helper());
        maps.show(SampleId{sample}, kBest, true, {});
        QTRY_VERIFY_WITH_TIMEOUT(!maps.refusal(SampleId{sample}, kBest).isEmpty(), 10'000);
        QVERIFY2(maps.refusal(SampleId{sample}, kBest).contains(words), qPrintable(maps.refusal({sample}, kBest)));
        QVERIFY(!maps.maps(SampleId{sample}, kBest));
        QTRY_VERIFY(!maps.isBusy());
        maps.show(SampleId{2}, kBest, false, {}); // the next face is none the worse
        QTRY_VERIFY(maps.maps(SampleId{2}, kBest));
    }

    void facesAreDrawn()
    {
        Server server;
        RunMaps maps(server.helper());
        maps.show(SampleId{30}, kBest, true, {});
        QTRY_VERIFY_WITH_TIMEOUT(maps.maps(SampleId{30}, kBest) && !maps.isBusy(), 10'000);
        const FaceMaps *face = maps.maps(SampleId{30}, kBest);
        QCOMPARE(int(face->draws.size()), RunMaps::kMasks); // other patches hidden, in place of parts erased
        const FaceDrawing &drawing = face->draws[0].drawing.value();
        QCOMPARE(drawing.original.size(), QSize(4, 4));
        QCOMPARE(qRed(drawing.original.pixel(1, 2)), 9);
        QCOMPARE(qRed(drawing.masked.pixel(1, 1)), 128);
        QCOMPARE(qRed(drawing.masked.pixel(2, 1)), 6);
        QCOMPARE(drawing.errors.values, (std::vector<float>{0.5f, 0, 0, 1.5f}));
        QVERIFY(face->draws[0].maps.empty());
        QCOMPARE(drawing.run, QStringLiteral("r1"));
        maps.show(SampleId{30}, kBest, false, {});
        QVERIFY(!maps.isBusy());
    }

    void aKilledHelperIsStartedAgain()
    {
        Server server;
        RunMaps maps(server.helper());
        maps.show(SampleId{23}, kBest, false, {});
        QTRY_VERIFY_WITH_TIMEOUT(maps.maps(SampleId{23}, kBest), 10'000);
        QVERIFY(maps.problem().isEmpty());
    }

    void oneThatKeepsDyingIsSaidAndTriedAgain()
    {
        Server server;
        RunMaps maps(server.helper());
        maps.show(SampleId{22}, kBest, false, {SampleId{3}});
        QTRY_VERIFY_WITH_TIMEOUT(!maps.problem().isEmpty(), 10'000);
        QVERIFY(!maps.isBusy());
        maps.show(SampleId{3}, kBest, false, {});
        QVERIFY(maps.problem().isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(maps.maps(SampleId{3}, kBest), 10'000);
    }

    void aNetworkWithoutAttentionStillHasNeighbours()
    {
        Server server;
        RunMaps maps(server.helper(QStringLiteral("blind")));
        QSignalSpy near(&maps, &RunMaps::neighboursArrived), balanced(&maps, &RunMaps::reliabilityArrived);
        maps.show(SampleId{5}, kBest, true, {});
        maps.askNeighbours(SampleId{5});
        maps.askReliability(SampleId{5});
        QTRY_VERIFY_WITH_TIMEOUT(maps.kinds() && near.count() == 1 && balanced.count() == 1, 10'000);
        QVERIFY(maps.kinds()->kinds.isEmpty());
        const auto facts = balanced[0][0].value<ReliabilityFacts>();
        QCOMPARE(facts.rows.front().className, QStringLiteral("anger")); // by the balanced share
        QCOMPARE(facts.rows.front().raw, 0.2);
        QCOMPARE(facts.anchors.front().similarity, 0.75);
        QCOMPARE(facts.anchors.front().faces, (std::vector<SampleId>{SampleId{8}, SampleId{9}}));
    }

    void similarFacesAttendToTheSamePart_data()
    {
        QTest::addColumn<double>("eyes");
        QTest::addColumn<double>("mouth");
        QTest::addColumn<double>("nose");
        QTest::addColumn<QString>("filter");
        QTest::newRow("mouth") << 0.2 << 0.4 << 0.05
                               << "attention.mouth>=0.3 attention.eyes<0.3 attention.nose<0.3 attention.outside>=0.2"
                                  " attention.outside<=0.5";
        QTest::newRow("mostly elsewhere") << 0.06 << 0.02 << 0.01
                                          << "attention.eyes>=0.04 attention.mouth<0.04 attention.nose<0.04"
                                             " attention.outside>=0.76 attention.outside<=1";
        QTest::newRow("nearly alike") << 0.35 << 0.3505 << 0.2
                                      << "attention.mouth>=0.35 attention.eyes<0.35 attention.nose<0.35"
                                         " attention.outside>=0 attention.outside<=0.25";
    }

    void similarFacesAttendToTheSamePart()
    {
        QFETCH(double, eyes);
        QFETCH(double, mouth);
        QFETCH(double, nose);
        QFETCH(QString, filter);
        QCOMPARE(AttentionFacts::filterLike({{QStringLiteral("eyes"), eyes},
                                             {QStringLiteral("mouth"), mouth},
                                             {QStringLiteral("nose"), nose},
                                             {QStringLiteral("outside"), 1 - eyes - mouth - nose}}),
                 filter);
        QVERIFY(AttentionFacts::filterLike({}).isEmpty());
    }
};

QTEST_GUILESS_MAIN(tst_run_maps)
#include "tst_run_maps.moc"
