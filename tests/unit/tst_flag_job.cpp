#include "models/io/npy.h"
#include "models/io/safetensors.h"
#include "pipeline/flag/flag_job.h"
#include "pipeline/flag/nearest_labels.h"
#include "pipeline/flag/rule_table.h"
#include "pipeline/jobs/run_pack.h"
#include "pipeline/jobs/stoppable_compute.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <stop_token>
#include <thread>

using namespace mien;

namespace {

const std::vector<std::string> names = {"happiness", "sadness", "anger", "surprise"};

/// Takes four seconds for everything.
class SlowCompute : public Compute
{
public:
    Result<nlohmann::json> run(std::string_view, const nlohmann::json &, const EventSink &, const Job &) override
    {
        std::this_thread::sleep_for(std::chrono::seconds(4));
        isDone = true;
        return nlohmann::json::object();
    }
    Result<std::unique_ptr<Explainer>> openExplainer(const std::filesystem::path &, std::string_view,
                                                     const std::filesystem::path &) override
    {
        return fail(ErrorCode::Invalid, "not here");
    }
    std::atomic<bool> isDone = false;
};

/// A set with all evidence: probabilities follow the true class, the in-sample ones lean to the label.
FlagInputs syntheticInputs(unsigned seed = 3, std::size_t count = 800, double flips = 0.2)
{
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    const std::size_t columns = names.size();
    FlagInputs in;
    in.name = "scores.safetensors";
    in.classes = names;
    for (std::size_t i = 0; i < count; ++i) {
        const auto truth = static_cast<std::int64_t>(random() % columns);
        const auto label =
            uniform(random) < flips ? static_cast<std::int64_t>((std::size_t(truth) + 1) % columns) : truth;
        in.sample.push_back(static_cast<std::int64_t>(i) + 1);
        in.label.push_back(label);
        in.fold.push_back(static_cast<std::int64_t>(i % 3));
        std::vector<double> p;
        for (std::size_t c = 0; c < columns; ++c)
            p.push_back(std::exp(normal(random) + (std::int64_t(c) == truth ? 3 : 0)));
        p = normalizedRows(std::span<const double>(p), 4);
        in.probabilities.insert(in.probabilities.end(), p.begin(), p.end());
        for (std::size_t c = 0; c < columns; ++c) {
            const auto value = static_cast<float>(p[c]);
            in.inSample.push_back(0.8f * value + (std::int64_t(c) == label ? 0.2f : 0));
            in.neighbours.push_back(std::round(value * 10) / 10);
            in.eacInconsistency.push_back(1.5f - value);
            in.eacSpread.push_back(0.1f);
            in.eacTrust.push_back(0.9f * value);
            in.arbexFinal.push_back(value);
        }
        in.arbexConfidence.push_back(static_cast<float>(*std::max_element(p.begin(), p.end())));
    }
    return in;
}

Result<> writeScores(const FlagInputs &in, const std::filesystem::path &path)
{
    const auto n = static_cast<std::int64_t>(in.label.size());
    const auto l = static_cast<std::int64_t>(in.classes.size());
    const std::vector<float> p(in.probabilities.begin(), in.probabilities.end());
    SafetensorsWriter writer;
    writer.add("sample", {n}, in.sample);
    writer.add("label", {n}, in.label);
    writer.add("fold", {n}, in.fold);
    writer.add("probabilities", {n, l}, p);
    if (!in.inSample.empty())
        writer.add("in_sample", {n, l}, in.inSample);
    if (!in.sawLabel.empty()) {
        std::vector<std::uint8_t> heldOut;
        for (const std::uint8_t saw : in.sawLabel)
            heldOut.push_back(saw == 0);
        writer.add("held_out", {n}, heldOut);
    }
    writer.add("eac_trust", {n, l}, in.eacTrust);
    writer.add("eac_inconsistency", {n, l}, in.eacInconsistency);
    writer.setMetadata("classes", R"(["happiness","sadness","anger","surprise"])");
    writer.setMetadata("run", "r1");
    return writer.write(path);
}

std::filesystem::path inFolder(const QTemporaryDir &folder, const char *name)
{
    return std::filesystem::path(folder.path().toStdString()) / name;
}

void writeText(const std::filesystem::path &path, const QByteArray &text)
{
    QFile file(QString::fromStdString(path.string()));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}

QByteArray readText(const std::filesystem::path &path)
{
    QFile file(QString::fromStdString(path.string()));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

int byName(const std::string &name)
{
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

bool says(const Error &error, const char *part)
{
    return error.message.find(part) != std::string::npos;
}

} // namespace

class TestFlagJob : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void scoresAreTheirFormulas()
    {
        const FlagInputs in = syntheticInputs();
        const auto report = computeFlags(in, {}, {});
        QVERIFY2(report, report ? "" : report.error().message.c_str());
        QCOMPARE(report->rows.size(), in.label.size());
        const auto margin = normalizedMargin(in.probabilities, in.label, 4);
        for (std::size_t i = 0; i < report->rows.size(); i += 37) {
            const FlagRow &row = report->rows[i];
            const auto own = i * 4 + std::size_t(in.label[i]);
            QCOMPARE(row.sample, in.sample[i]);
            QCOMPARE(row.margin, margin[i]);
            QCOMPARE(row.clNoise, 1 - margin[i]);
            QCOMPARE(row.selfConfidence, in.probabilities[own]);
            QCOMPARE(row.eacNoise, 1 - double(in.eacTrust[own]));
            QCOMPARE(row.eacInconsistency, double(in.eacInconsistency[own]));
            QVERIFY(std::abs(row.arbexNoise - (1 - margin[i])) < 1e-6); // the same probabilities here
            QVERIFY(row.suspicion > 0 && row.suspicion < 1);
        }
        QCOMPARE(report->noise.calibratedJoint, estimateLabelNoise(in.probabilities, in.label, 4).calibratedJoint);
    }

    void fusedFlagsAsManyAsExpected()
    {
        const auto report = computeFlags(syntheticInputs(), {}, {});
        QCOMPARE(report->flagged, std::llround(report->expectedNoise * 800));
        double lowest = 1;
        double highestLeft = 0;
        for (const FlagRow &row : report->rows) {
            (row.flagged ? lowest : highestLeft) =
                row.flagged ? std::min(lowest, row.suspicion) : std::max(highestLeft, row.suspicion);
            QVERIFY(!row.flagged || row.suggested != row.label);
        }
        QCOMPARE(report->threshold, lowest);
        QVERIFY(highestLeft <= lowest);
        FlagOptions strict;
        strict.threshold = 0.9;
        const auto fewer = computeFlags(syntheticInputs(), strict, {});
        QCOMPARE(fewer->threshold, 0.9);
        for (const FlagRow &row : fewer->rows)
            QCOMPARE(row.flagged, row.suspicion >= 0.9);
    }

    void everyMethodHasItsRule_data()
    {
        QTest::addColumn<FlagMethod>("method");
        QTest::newRow("eac") << FlagMethod::Eac;
        QTest::newRow("arbex") << FlagMethod::Arbex;
        QTest::newRow("cl") << FlagMethod::ConfidentLearning;
    }

    void everyMethodHasItsRule()
    {
        QFETCH(FlagMethod, method);
        QCOMPARE(flagMethodNamed(QTest::currentDataTag()), std::optional(method));
        const FlagInputs in = syntheticInputs();
        FlagOptions options;
        options.method = method;
        const auto report = computeFlags(in, options, {});
        QVERIFY(report);
        const FlagRule rules[] = {FlagRule::PruneByNoiseRate};
        const auto pruned = flaggedBy(rules, in.probabilities, in.label, report->noise).at(0);
        QVERIFY(report->flagged > 50);
        for (std::size_t i = 0; i < report->rows.size(); ++i) {
            const FlagRow &row = report->rows[i];
            const auto trust = std::span(in.eacTrust).subspan(i * 4, 4);
            if (method == FlagMethod::Eac)
                QCOMPARE(row.flagged,
                         double(*std::max_element(trust.begin(), trust.end())) - trust[std::size_t(row.label)] > 0.1);
            else if (method == FlagMethod::Arbex)
                QCOMPARE(row.flagged, row.arbexLabel != row.label && row.arbexConfidence >= 0.3);
            else
                QCOMPARE(row.flagged, bool(pruned[i]));
        }
        FlagInputs bare = in;
        bare.eacTrust = bare.eacInconsistency = bare.eacSpread = bare.arbexFinal = bare.arbexConfidence = {};
        QCOMPARE(bool(computeFlags(bare, options, {})), method == FlagMethod::ConfidentLearning);
    }

    void unlabelledSamplesAreOnlyPredicted()
    {
        FlagInputs in = syntheticInputs();
        FlagInputs kept = in;
        in.label[5] = -1;
        in.label[700] = -1;
        const auto report = computeFlags(in, {}, {});
        QVERIFY(report);
        QCOMPARE(report->labelled, 798);
        QVERIFY(!report->rows[5].flagged && std::isnan(report->rows[5].suspicion) && report->rows[5].predicted >= 0);
        QVERIFY(!std::isnan(report->rows[6].suspicion) && !std::isnan(report->rows[799].clNoise));
        std::fill(in.label.begin(), in.label.end(), -1);
        QCOMPARE(computeFlags(in, {}, {})->flagged, 0);
    }

    void answersAreFoundBySample()
    {
        const FlagInputs in = syntheticInputs(5, 2000);
        FlagOptions options;
        for (std::int64_t id = 1; id <= 300; ++id)
            options.answers.push_back({id, id % 5 == 0});
        options.answers.push_back({999999, true}); // of a sample that was removed meanwhile
        QCOMPARE(computeFlags(in, options, {})->way, SuspicionWay::WithAnswers);
        options.answers.resize(50);
        QCOMPARE(computeFlags(in, options, {})->way, SuspicionWay::WithoutTruth);
    }

    void reasonsAreTrueAndOrdered()
    {
        const FlagInputs in = syntheticInputs();
        const auto report = computeFlags(in, {}, {});
        int predictions = 0;
        for (std::size_t i = 0; i < report->rows.size(); ++i) {
            const FlagRow &row = report->rows[i];
            QVERIFY(std::is_sorted(row.reasons.begin(), row.reasons.end(),
                                   [](const Reason &a, const Reason &b) { return a.strength > b.strength; }));
            for (const Reason &reason : row.reasons)
                if (reason.kind == ReasonKind::PredictsOther) {
                    ++predictions;
                    QCOMPARE(reason.cls, row.predicted);
                    QVERIFY(row.predicted != row.label);
                    QCOMPARE(reason.value, in.probabilities[i * 4 + std::size_t(row.predicted)]);
                }
        }
        QVERIFY(predictions > 50);
    }

    void reasonsInWords_data()
    {
        QTest::addColumn<Reason>("reason");
        QTest::addColumn<QString>("text");
        QTest::newRow("predicts_other") << Reason{ReasonKind::PredictsOther, 1, 0.912}
                                        << "the model is 91 % sure of sadness";
        QTest::newRow("doubts_given") << Reason{ReasonKind::DoubtsGiven, 0, 0.04}
                                      << "the model gives happiness only 4 %";
        QTest::newRow("neighbours") << Reason{ReasonKind::Neighbours, 1, 0.8f} << "8 of 10 neighbours are sadness";
        QTest::newRow("resists_learning") << Reason{ReasonKind::ResistsLearning, 0, 0.12}
                                          << "even the networks that trained on it resist this label (12 %)";
        QTest::newRow("attention")
            << Reason{ReasonKind::Attention, 0, 0.82, 0.31}
            << "the mirrored face attends elsewhere (inconsistency 0.82, typical for happiness 0.31)";
        QTest::newRow("corrected") << Reason{ReasonKind::Corrected, 1, 0.61}
                                   << "reliability balancing corrects it to sadness (confidence 0.61)";
        QTest::newRow("voters") << Reason{ReasonKind::Voters, 1, 7, 10} << "7 of 10 annotators say sadness";
        QTest::newRow("duplicate") << Reason{ReasonKind::Duplicate, 1, 1}
                                   << "a picture that is nearly the same is labelled sadness";
        QTest::newRow("class_often_wrong")
            << Reason{ReasonKind::ClassOftenWrong, 2, 0.41} << "about 41 % of the labels anger are wrong";
    }

    void reasonsInWords()
    {
        QFETCH(Reason, reason);
        QFETCH(QString, text);
        QCOMPARE(QString::fromStdString(reasonText(reason, names)), text);
        QCOMPARE(std::string(reasonKindName(reason.kind)), std::string(QTest::currentDataTag()));
    }

    void runScoresComeBack()
    {
        QTemporaryDir folder;
        const auto path = inFolder(folder, "scores.safetensors");
        FlagInputs in = syntheticInputs();
        in.fold[7] = -1; // imported after the run
        QVERIFY(writeScores(in, path));
        const auto read = readRunScores(path);
        QVERIFY2(read, read ? "" : read.error().message.c_str());
        QCOMPARE(read->classes, names);
        QCOMPARE(read->run, std::string("r1"));
        QCOMPARE(read->label, in.label);
        QCOMPARE(read->sawLabel, std::vector<std::uint8_t>(in.label.size(), 0));
        QVERIFY(std::abs(read->inSample[29] - float(read->probabilities[29])) < 1e-7f);
        QVERIFY(computeFlags(*read, {}, {}));

        in.fold.assign(in.fold.size(), 0);
        QVERIFY(writeScores(in, path));
        const auto single = readRunScores(path);
        QVERIFY(single->inSample.empty());
        QCOMPARE(single->sawLabel, std::vector<std::uint8_t>(in.label.size(), 1));
        QCOMPARE(computeFlags(*single, {}, {})->sawLabels, std::int64_t(in.label.size()));

        // One fold that held a part out: it is a property of each sample.
        in.sawLabel.assign(in.label.size(), 1);
        for (std::size_t i = 0; i < in.sawLabel.size(); i += 4)
            in.sawLabel[i] = 0;
        in.fold[3] = -1; // imported after the run
        in.sawLabel[3] = 0;
        QVERIFY(writeScores(in, path));
        const auto part = readRunScores(path);
        QVERIFY2(part, part ? "" : part.error().message.c_str());
        QCOMPARE(part->sawLabel, in.sawLabel);
        const auto report = computeFlags(*part, {}, {});
        QVERIFY(report);
        std::int64_t saw = 0;
        for (std::size_t i = 0; i < in.sawLabel.size(); ++i) {
            QCOMPARE(report->rows[i].sawLabel, in.sawLabel[i] != 0);
            saw += in.sawLabel[i];
        }
        QCOMPARE(report->sawLabels, saw);
    }

    void damagedRunScoresAreNamed()
    {
        QTemporaryDir folder;
        const auto path = inFolder(folder, "scores.safetensors");
        FlagInputs in = syntheticInputs();
        in.eacTrust[3] = std::numeric_limits<float>::quiet_NaN();
        QVERIFY(writeScores(in, path));
        const auto read = readRunScores(path);
        QVERIFY(!read && says(read.error(), "eac_trust of row 0") && says(read.error(), "scores.safetensors"));
        in = syntheticInputs();
        in.probabilities[9] = -1;
        QVERIFY(writeScores(in, path));
        QVERIFY(says(readRunScores(path).error(), "row 2"));
        in = syntheticInputs();
        in.label[3] = 4;
        QVERIFY(writeScores(in, path));
        QVERIFY(says(readRunScores(path).error(), "label 4"));
        QVERIFY(!readRunScores(inFolder(folder, "none.safetensors")));
    }

    void ruleTable()
    {
        QTemporaryDir folder;
        const std::vector<float> p = {0.9f, 0.1f, 0.2f, 0.8f, 0.3f, 0.7f, 0.6f, 0.4f};
        const std::vector<std::int64_t> labels = {0, 0, 1, 1};
        const auto pPath = inFolder(folder, "p.npy");
        const auto yPath = inFolder(folder, "y.npy");
        QVERIFY(writeNpy(pPath, std::span<const float>(p), {4, 2}));
        QVERIFY(writeNpy(yPath, std::span<const std::int64_t>(labels)));
        const auto in = readProbabilitiesAndLabels(pPath, yPath);
        QVERIFY2(in, in ? "" : in.error().message.c_str());
        const auto written = writeRuleTable(*in, RowKey::Index, inFolder(folder, "out.csv"), {});
        QVERIFY(written);
        const auto lines = readText(inFolder(folder, "out.csv")).split('\n');
        QCOMPARE(lines.at(0), QByteArray("index,given,suggested,self_confidence,margin,cl_noise,confident_learning,"
                                         "prune_by_class,prune_by_noise_rate,both,predicted_neq_given,"
                                         "low_self_confidence,low_normalized_margin"));
        QCOMPARE(lines.size(), 6); // and the empty rest
        const auto masks =
            flaggedBy(allFlagRules, in->probabilities, in->label, estimateLabelNoise(in->probabilities, in->label, 2));
        const auto margin = normalizedMargin(in->probabilities, in->label, 2);
        for (int i = 0; i < 4; ++i) {
            const auto fields = lines.at(i + 1).split(',');
            QCOMPARE(fields.size(), 13);
            QCOMPARE(fields[0].toInt(), i);
            QCOMPARE(fields[1].toLongLong(), labels[std::size_t(i)]);
            QCOMPARE(fields[4].toDouble(), margin[std::size_t(i)]);
            QCOMPARE(fields[5].toDouble(), 1 - margin[std::size_t(i)]);
            for (int rule = 0; rule < 7; ++rule)
                QCOMPARE(fields[6 + rule].toInt(), int(masks[std::size_t(rule)][std::size_t(i)]));
        }
        QCOMPARE(lines.at(2).split(',')[2], QByteArray("1"));

        // Of a run it is known which samples were learned: one column more, at the end.
        FlagInputs ofRun = *in;
        ofRun.sawLabel = {0, 1, 1, 0};
        QVERIFY(writeRuleTable(ofRun, RowKey::Index, inFolder(folder, "run.csv"), {}));
        const auto marked = readText(inFolder(folder, "run.csv")).split('\n');
        const char *ends[] = {",in_sample", ",0", ",1", ",1", ",0"};
        for (int i = 0; i < 5; ++i)
            QCOMPARE(marked.at(i), lines.at(i) + ends[i]);

        // Of a project, which the inputs may know a part of, the samples are named.
        ofRun.sample = {3, 5, 8, 13};
        QVERIFY(writeRuleTable(ofRun, RowKey::Sample, inFolder(folder, "part.csv"), {}));
        const auto named = readText(inFolder(folder, "part.csv")).split('\n');
        const char *ids[] = {",id", ",3", ",5", ",8", ",13"};
        for (int i = 0; i < 5; ++i)
            QCOMPARE(named.at(i), marked.at(i) + ids[i]);
    }

    void wrongArraysAreNamed_data()
    {
        QTest::addColumn<QList<double>>("p");
        QTest::addColumn<QList<qint64>>("shape");
        QTest::addColumn<QList<double>>("labels");
        QTest::addColumn<QString>("part");
        QTest::newRow("another length") << QList<double>{.5, .5} << QList<qint64>{1, 2} << QList<double>{0, 1}
                                        << "y.npy";
        QTest::newRow("one axis") << QList<double>{.5, .5} << QList<qint64>{2} << QList<double>{0, 1}
                                  << "p.npy: has the shape (2,)";
        QTest::newRow("label outside") << QList<double>{.5, .5} << QList<qint64>{1, 2} << QList<double>{2}
                                       << "y.npy: row 0";
        QTest::newRow("half a label") << QList<double>{.5, .5} << QList<qint64>{1, 2} << QList<double>{.5}
                                      << "y.npy: value 0";
        QTest::newRow("nan") << QList<double>{.5, NAN} << QList<qint64>{1, 2} << QList<double>{0} << "p.npy: row 0";
    }

    void wrongArraysAreNamed()
    {
        QFETCH(QList<double>, p);
        QFETCH(QList<qint64>, shape);
        QFETCH(QList<double>, labels);
        QFETCH(QString, part);
        QTemporaryDir folder;
        QVERIFY(writeNpy(inFolder(folder, "p.npy"), std::span<const double>(p.data(), std::size_t(p.size())),
                         std::vector<std::int64_t>(shape.begin(), shape.end())));
        QVERIFY(
            writeNpy(inFolder(folder, "y.npy"), std::span<const double>(labels.data(), std::size_t(labels.size()))));
        const auto in = readProbabilitiesAndLabels(inFolder(folder, "p.npy"), inFolder(folder, "y.npy"));
        QVERIFY(!in);
        QVERIFY2(QString::fromStdString(in.error().message).contains(part), in.error().message.c_str());
    }

    void tablesNeedAProject()
    {
        QTemporaryDir folder;
        const std::vector<float> p = {0.9f, 0.1f};
        QVERIFY(writeNpy(inFolder(folder, "p.npy"), std::span<const float>(p), {1, 2}));
        for (const char *name : {"p.csv", "y.CSV"})
            writeText(inFolder(folder, name), "id,happiness,sadness\n1,0.9,0.1\n");
        const auto table = readProbabilitiesAndLabels(inFolder(folder, "p.csv"), inFolder(folder, "y.npy"));
        QVERIFY2(!table && says(table.error(), "p.csv: is CSV") && says(table.error(), "needs a project"),
                 table ? "" : table.error().message.c_str());
        const auto labels = readProbabilitiesAndLabels(inFolder(folder, "p.npy"), inFolder(folder, "y.CSV"));
        QVERIFY(!labels && says(labels.error(), "y.CSV: is CSV"));
    }

    void tableKeyedBySource()
    {
        QTemporaryDir folder;
        const auto path = inFolder(folder, "mine.csv");
        const std::vector<SampleKey> samples = {{1, "a.png", 0}, {2, "b, c.png", 1}, {3, "d.png", 2}};
        writeText(path, "\xEF\xBB\xBFsource,votes,surprise,anger,sadness,happiness\r\n"
                        "\"b, c.png\",9,0.125,0.125,0.25,0.5\r\n"
                        "x.png,9,1,0,0,0\r\n"
                        "a.png,9,0,0,0,1\r\n");
        const auto in = readProbabilities(path, samples, names, byName);
        QVERIFY2(in, in ? "" : in.error().message.c_str());
        QCOMPARE(in->sample, (std::vector<std::int64_t>{2, 1}));
        QCOMPARE(in->label, (std::vector<std::int64_t>{1, 0}));
        QCOMPARE(in->probabilities, (std::vector<double>{0.5, 0.25, 0.125, 0.125, 1, 0, 0, 0}));
        QCOMPARE(in->missing, 1);
        QCOMPARE(in->unknown.size(), std::size_t(1));
        QCOMPARE(in->unknown[0].key, "x.png");
        QCOMPARE(in->unknown[0].line, 3);
    }

    void brokenTablesAreNamed_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("part");
        const QByteArray header = "id,happiness,sadness,anger,surprise\n";
        QTest::newRow("empty") << QByteArray() << "empty";
        QTest::newRow("no key") << QByteArray("happiness,sadness,anger,surprise\n") << "\"id\" or \"source\"";
        QTest::newRow("no class") << QByteArray("id,happiness,sadness,anger\n") << "\"surprise\"";
        QTest::newRow("class twice") << QByteArray("id,happiness,happiness,anger,surprise\n") << "same class";
        QTest::newRow("short line") << header + "1,0.5,0.5\n" << "line 2 has 3 fields";
        QTest::newRow("letters") << header + "1,0.5,much,0,0\n" << "line 2 has \"much\" for the class \"sadness\"";
        QTest::newRow("nan") << header + "1,0.5,nan,0,0\n" << "line 2 holds a value that is no finite number";
        QTest::newRow("negative") << header + "\n1,0.5,-1,0,0\n" << "line 3 holds the negative value";
        QTest::newRow("doubled") << header + "1,1,0.5,0.5,0\n" << "line 2 sums to 2, not to 1";
        QTest::newRow("sample twice") << header + "1,1,0,0,0\n1,1,0,0,0\n" << "again, first on line 2";
        QTest::newRow("other samples") << header + "7,1,0,0,0\n" << "no row names a sample";
    }

    void brokenTablesAreNamed()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, part);
        QTemporaryDir folder;
        const auto path = inFolder(folder, "mine.csv");
        writeText(path, text);
        const std::vector<SampleKey> samples = {{1, "a.png", 0}};
        const auto in = readProbabilities(path, samples, names, byName);
        QVERIFY(!in);
        const QString message = QString::fromStdString(in.error().message);
        QVERIFY2(message.contains("mine.csv") && message.contains(part), qPrintable(message));
    }

    void otherColumnsDoNotMatter()
    {
        QTemporaryDir folder;
        const std::vector<SampleKey> samples = {{1, "a.png", 0}, {2, "b.png", 1}};
        writeText(inFolder(folder, "plain.csv"),
                  "id,happiness,sadness,anger,surprise\n1,0.7,0.1,0.1,0.1\n2,0.6,0.2,0.1,0.1\n");
        writeText(inFolder(folder, "votes.csv"),
                  "id,votes,happiness,sadness,anger,surprise\n1,3,0.7,0.1,0.1,0.1\n2,5,0.6,0.2,0.1,0.1\n");
        const auto plain = readProbabilities(inFolder(folder, "plain.csv"), samples, names, byName);
        const auto votes = readProbabilities(inFolder(folder, "votes.csv"), samples, names, byName);
        QCOMPARE(plain->probabilities, votes->probabilities);
        QVERIFY(writeRuleTable(*plain, RowKey::Index, inFolder(folder, "1.csv"), {}) &&
                writeRuleTable(*votes, RowKey::Index, inFolder(folder, "2.csv"), {}));
        QCOMPARE(readText(inFolder(folder, "1.csv")), readText(inFolder(folder, "2.csv")));
    }

    void neighboursOfFeatures()
    {
        // Two far clusters; sample 0 lies in the one of label 1.
        std::vector<float> features;
        std::vector<std::int64_t> labels;
        for (int i = 0; i < 40; ++i) {
            const bool second = i >= 20 || i == 0;
            features.push_back(second ? 100.0f + float(i) : float(i));
            features.push_back(0);
            labels.push_back(i == 0 ? 0 : second);
        }
        labels[1] = -1;
        const auto shares = nearestLabels(features, 2, labels, 2, {});
        QVERIFY(shares);
        QCOMPARE(shares->at(1), 1.0f);
        QCOMPARE(shares->at(2), 1.0f);
        QVERIFY(nearestLabels(features, 2, std::vector<std::int64_t>(40, -1), 2, {})->at(0) == 0);
    }

    /// What comes before a training, too: a network that takes its time to be described is not waited for.
    void aStopDoesNotWaitForTheDescriptionOfANetwork()
    {
        static SlowCompute compute;
        std::stop_source source;
        const std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            source.request_stop();
        });
        const auto start = std::chrono::steady_clock::now();
        const auto input = inputOf(compute, "eac-compact", nlohmann::json::object(), {source.get_token(), {}});
        QVERIFY(!input);
        QCOMPARE(input.error().code, ErrorCode::Cancelled);
        QVERIFY(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
        QVERIFY(isComputeAbandoned());
        QTRY_VERIFY_WITH_TIMEOUT(compute.isDone, 20'000);
    }
};

QTEST_APPLESS_MAIN(TestFlagJob)
#include "tst_flag_job.moc"
