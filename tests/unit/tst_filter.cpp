#include "pipeline/store/filter.h"

#include "pipeline/store/labels.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/vote_counts.h"
#include "tests/support/filled_project.h"
#include "tests/support/temporary_folder.h"

#include <QTest>

#include <functional>
#include <random>

using namespace mien;
using namespace mien::test;

namespace {

/// A filter as text, and what it means row by row.
struct Expression
{
    std::string text;
    std::function<bool(const SampleRow &)> matches;
};

class Generator
{
public:
    explicit Generator(unsigned seed)
        : m_random(seed)
    {
    }

    Expression expression(int depth)
    {
        const int kind = depth == 0 ? 9 : below(10);
        if (kind <= 2) {
            const Expression a = part(depth), b = part(depth);
            return {a.text + (below(2) ? " " : " AND ") + b.text,
                    [a, b](const SampleRow &row) { return a.matches(row) && b.matches(row); }};
        }
        if (kind <= 4) {
            const Expression a = part(depth), b = part(depth);
            return {a.text + " OR " + b.text,
                    [a, b](const SampleRow &row) { return a.matches(row) || b.matches(row); }};
        }
        if (kind <= 6) {
            const Expression a = part(depth);
            return {(below(2) ? "NOT " : "-") + a.text, [a](const SampleRow &row) { return !a.matches(row); }};
        }
        return atom();
    }

    /// `a b OR c` without parentheses: AND binds tighter.
    Expression unbracketed()
    {
        const Expression a = atom(), b = atom(), c = atom();
        return {a.text + " NOT " + b.text + " OR " + c.text,
                [a, b, c](const SampleRow &row) { return (a.matches(row) && !b.matches(row)) || c.matches(row); }};
    }

private:
    int below(int end) { return std::uniform_int_distribution(0, end - 1)(m_random); }

    Expression part(int depth)
    {
        const Expression inner = expression(depth - 1);
        return {"(" + inner.text + ")", inner.matches};
    }

    Expression negatable(const std::string &field, const std::string &value, std::function<bool(const SampleRow &)> is)
    {
        if (below(3) == 0)
            return {field + "!=" + value, [is](const SampleRow &row) { return !is(row); }};
        return {field + (below(2) ? ":" : "=") + value, is};
    }

    Expression number(const std::string &field, double value,
                      std::function<std::optional<double>(const SampleRow &)> of)
    {
        const std::string text = QString::number(value).toStdString();
        const auto with = [&](const char *op, auto compare) -> Expression {
            return {field + op + text, [of, compare, value](const SampleRow &row) {
                        const auto own = of(row);
                        return own && compare(*own, value);
                    }};
        };
        switch (below(5)) {
        case 0: return with("<", std::less<double>());
        case 1: return with("<=", std::less_equal<double>());
        case 2: return with(">", std::greater<double>());
        case 3: return with(">=", std::greater_equal<double>());
        default: return with(":", std::equal_to<double>());
        }
    }

    Expression atom()
    {
        static const char *const names[] = {"neutral", "happy", "sadness", "Surprised", "fear", "disgust", "angry"};
        const int pick = below(7);
        const ClassId id{1 + pick};
        const auto yesNo = [&](const char *field, std::function<bool(const SampleRow &)> is) -> Expression {
            if (below(2))
                return {std::string(field) + ":yes", is};
            return {std::string(field) + ":no", [is](const SampleRow &row) { return !is(row); }};
        };
        switch (below(18)) {
        case 0: return negatable("label", names[pick], [id](const SampleRow &row) { return row.label == id; });
        case 1: return negatable("given", names[pick], [id](const SampleRow &row) { return row.given == id; });
        case 2: return negatable("predicted", names[pick], [id](const SampleRow &row) { return row.predicted == id; });
        case 3: return negatable("label", "given", [](const SampleRow &row) { return row.label == row.given; });
        case 4: {
            const auto split = static_cast<Split>(below(4));
            return negatable("split", split == Split::None ? "none" : std::string(nameOf(split)),
                             [split](const SampleRow &row) { return row.split == split; });
        }
        case 5: {
            const std::string subject = "S" + std::to_string(below(15));
            return negatable("subject", subject, [subject](const SampleRow &row) { return row.subject == subject; });
        }
        case 6: {
            const std::string tag = below(2) ? "\"two words\"" : "a";
            const std::string bare = tag == "a" ? "a" : "two words";
            return negatable("tag", tag, [bare](const SampleRow &row) {
                return std::find(row.tags.begin(), row.tags.end(), bare) != row.tags.end();
            });
        }
        case 7: {
            const auto flag = static_cast<FlagState>(1 + below(3));
            return negatable("flag", std::string(nameOf(flag)),
                             [flag](const SampleRow &row) { return row.flag == flag; });
        }
        case 8: {
            const auto state = static_cast<LabelState>(below(8));
            return negatable("state", std::string(nameOf(state)),
                             [state](const SampleRow &row) { return row.state == state; });
        }
        case 9: return yesNo("reviewed", [](const SampleRow &row) { return row.reviews > 0; });
        case 10: return yesNo("excluded", [](const SampleRow &row) { return row.excluded; });
        case 11: return yesNo("duplicate", [](const SampleRow &row) { return row.duplicateGroup != 0; });
        case 12: return yesNo("stale", [](const SampleRow &row) { return row.stale; });
        case 13:
            return number("suspicion", below(100) / 100.0, [](const SampleRow &row) {
                return row.scored ? std::optional(row.suspicion) : std::nullopt;
            });
        case 14:
            return number("margin", below(100) / 100.0,
                          [](const SampleRow &row) { return row.scored ? std::optional(row.margin) : std::nullopt; });
        case 15:
            return number("id", below(200), [](const SampleRow &row) { return std::optional<double>(row.id.value); });
        case 16:
            return number("votes.anger", below(11), [](const SampleRow &row) {
                return row.votes.empty() ? std::nullopt : std::optional<double>(row.votes.at("anger"));
            });
        default: {
            const std::string word = "row:" + std::to_string(below(20));
            return {"\"" + word + "\"",
                    [word](const SampleRow &row) { return row.source.find(word) != std::string::npos; }};
        }
        }
    }

    std::mt19937 m_random;
};

Project mixedProject(const std::filesystem::path &folder)
{
    Project project = filledProject(folder, 200);
    std::mt19937 random(3);
    std::vector<ScoreRow> scores;
    for (int i = 1; i <= 150; ++i) {
        ScoreRow score;
        score.sample = {i};
        score.scoredLabel = {1 + (i - 1) % 7};
        score.suspicion = static_cast<double>(random() % 100) / 100;
        score.margin = static_cast<double>(random() % 100) / 100;
        score.predicted = {1 + static_cast<int>(random() % 7)};
        score.flagged = score.suspicion > 0.5;
        scores.push_back(score);
    }
    must(storeFlagging(project, {}, scores));
    for (int i = 0; i < 60; ++i) {
        const SampleId sample{1 + static_cast<int>(random() % 200)};
        Verdict verdict;
        verdict.kind = static_cast<Verdict::Kind>(random() % 4);
        if (verdict.kind == Verdict::Kind::Label)
            verdict.label = ClassId{1 + static_cast<int>(random() % 7)};
        must(annotate(project, sample, verdict, i % 2 ? "ann" : "bob"));
        if (i % 3 == 0)
            must(addTag(project, std::span(&sample, 1), i % 2 ? "a" : "two words", "ann"));
        if (i % 5 == 0)
            must(setExcluded(project, std::span(&sample, 1), true, "ann"));
        if (i % 7 == 0)
            must(assignSplit(project, std::span(&sample, 1), Split::None, "ann"));
        if (i % 11 == 0)
            must(project.undo());
    }
    return project;
}

} // namespace

class TestFilter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void randomExpressionsMatchTheirMeaning()
    {
        const TemporaryFolder folder;
        const Project project = mixedProject(folder / "a.mien");
        const auto rows = must(sampleRows(project, must(samplesMatching(project, ""))));
        Generator generator(11);
        for (int i = 0; i < pointsOf(1500, 50'000); ++i) {
            const Expression expression = i % 4 == 0 ? generator.unbracketed() : generator.expression(3);
            std::vector<SampleId> expected;
            for (const SampleRow &row : rows) {
                if (expression.matches(row))
                    expected.push_back(row.id);
            }
            const auto found = samplesMatching(project, expression.text);
            QVERIFY2(found.has_value(), qPrintable(QString::fromStdString(expression.text)));
            QVERIFY2(*found == expected, qPrintable(QString::fromStdString(expression.text)));
            QCOMPARE(must(countMatching(project, expression.text)), std::int64_t(expected.size()));
        }
    }

    void wrongFiltersSayWhereAndWhatWasPossible_data()
    {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<QString>("start");
        QTest::addColumn<QString>("possible");
        QTest::newRow("field") << "labl:fear"
                               << "position 1: there is no field 'labl'"
                               << "label";
        QTest::newRow("later field") << "label:fear foo>3"
                                     << "position 12: there is no field 'foo'"
                                     << "suspicion";
        QTest::newRow("class") << "label:fearr"
                               << "position 7: there is no class 'fearr'"
                               << "happiness";
        QTest::newRow("state") << "state:bad"
                               << "position 7: there is no state 'bad'"
                               << "unlabeled";
        QTest::newRow("split") << "split:training"
                               << "position 7: there is no split 'training'"
                               << "train, val, test";
        QTest::newRow("flag") << "flag:closed"
                              << "position 6: there is no flag state 'closed'"
                              << "accepted";
        QTest::newRow("number") << "suspicion>high"
                                << "position 11: 'high' is not a number"
                                << "suspicion>0.5";
        QTest::newRow("not a number field") << "label>fear"
                                            << "position 1: 'label' is not a number"
                                            << "label:";
        QTest::newRow("run") << "run:r9"
                             << "position 5: there is no run 'r9'"
                             << "none yet";
        QTest::newRow("has") << "has:wings"
                             << "position 5: there is no property 'wings'"
                             << "votes";
        QTest::newRow("yes or no") << "reviewed:maybe"
                                   << "position 10: there is no answer 'maybe'"
                                   << "yes, no";
        QTest::newRow("vote") << "votes.boredom>1"
                              << "position 1: there is no field 'votes.boredom'"
                              << "votes.anger";
        QTest::newRow("open parenthesis") << "(label:fear"
                                          << "position 1: this '(' is never closed"
                                          << "";
        QTest::newRow("close parenthesis") << "label:fear)"
                                           << "position 11: this ')' closes nothing"
                                           << "";
        QTest::newRow("quote") << "tag:\"x"
                               << "position 5: this quote is never closed"
                               << "";
        QTest::newRow("value") << "label: fear"
                               << "position 7: a value is missing after 'label'"
                               << "";
        QTest::newRow("blanks around the operator") << "label = fear"
                                                    << "position 7: '=' has no field right before it"
                                                    << "write label=fear without blanks";
        QTest::newRow("blanks around a long operator") << "reviewed:no suspicion >= 0.5"
                                                       << "position 23: '>=' has no field right before it"
                                                       << "write suspicion>=0.5 without blanks";
        QTest::newRow("blank before the operator") << "label !=fear"
                                                   << "position 7: '!=' has no field"
                                                   << "write label!=fear without blanks";
        QTest::newRow("operator alone") << ":"
                                        << "position 1: ':' has no field"
                                        << "write FIELD:VALUE";
        QTest::newRow("no such quality") << "quality.bogus<1"
                                         << "position 1: nothing is measured as 'quality.bogus'"
                                         << "quality.blur";
        QTest::newRow("no such attention") << "NOT attention.bogus<1"
                                           << "position 5: nothing is measured as 'attention.bogus'"
                                           << "attention.eyes";
        QTest::newRow("operand") << "label:fear OR"
                                 << "position 14: something to look for is missing"
                                 << "";
        QTest::newRow("operand before") << "OR label:fear"
                                        << "position 1: something to look for is missing"
                                        << "";
        QTest::newRow("empty group") << "()"
                                     << "position 2: something to look for is missing"
                                     << "";
        QTest::newRow("characters, not bytes") << QString::fromUtf8("\xc3\xa4\xc3\xb6 labl:x") << "position 4:"
                                               << "label";
        QTest::newRow("deep") << QString("(").repeated(5000) << "position 101: too many parentheses"
                              << "";
        QTest::newRow("long") << QString("a ").repeated(5000) << "position 801: the filter has more than"
                              << "";
    }

    void wrongFiltersSayWhereAndWhatWasPossible()
    {
        QFETCH(QString, filter);
        QFETCH(QString, start);
        QFETCH(QString, possible);
        const TemporaryFolder folder;
        const Project project = filledProject(folder / "a.mien", 5);
        const auto found = compileFilter(filter.toStdString(), project);
        QVERIFY(!found);
        QCOMPARE(found.error().code, ErrorCode::Invalid);
        const QString message = QString::fromStdString(found.error().message);
        QVERIFY2(message.startsWith(start), qPrintable(message));
        QVERIFY2(message.contains(possible), qPrintable(message));
    }

    void particularFilters_data()
    {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<int>("count"); // of 200 rows, see mixedProject() and filledProject()
        QTest::newRow("empty") << "  " << 200;
        QTest::newRow("literal percent") << "%" << 0;
        QTest::newRow("literal underscore") << "_" << 0;
        QTest::newRow("literal operator") << "\"=\"" << 0;
        QTest::newRow("injection") << "\"' OR 1=1 --\"" << 0;
        QTest::newRow("injection in tag") << "tag:\"x'); DROP TABLE samples;--\"" << 0;
        QTest::newRow("dataset") << "dataset:test" << 200;
        QTest::newRow("importer") << "dataset:test.csv" << 200;
        QTest::newRow("duplicates") << "duplicate:yes" << 40;
        QTest::newRow("has votes") << "has:votes" << 100;
        QTest::newRow("minus word") << "-\"row:1\"" << 89;
        QTest::newRow("double negation") << "NOT -id<=10" << 10;
        QTest::newRow("exponent") << "id<1e1" << 9;
        QTest::newRow("negative number") << "id>-1" << 200;
        QTest::newRow("unmeasured quality") << "quality.blur<20" << 0;
        QTest::newRow("unmeasured attention") << "attention.eyes<0.05" << 0;
        QTest::newRow("entropy") << "votes.entropy>0" << 66;
        QTest::newRow("lower-case operators are words") << "row and" << 0;
    }

    void particularFilters()
    {
        QFETCH(QString, filter);
        QFETCH(int, count);
        const TemporaryFolder folder;
        const Project project = filledProject(folder / "a.mien", 200);
        QCOMPARE(must(countMatching(project, filter.toStdString())), std::int64_t(count));
    }

    void withdrawnAnnotationsDoNotCount()
    {
        const TemporaryFolder folder;
        Project project = filledProject(folder / "a.mien", 5);
        Verdict verdict;
        verdict.label = ClassId{2};
        verdict.note = "glasses hide the eyes";
        must(annotate(project, SampleId{1}, verdict, "ann"));
        QCOMPARE(must(countMatching(project, "annotator:ann")), 1);
        QCOMPARE(must(countMatching(project, "note:hide has:note")), 1);
        must(project.undo());
        QCOMPARE(must(countMatching(project, "annotator:ann")), 0);
        QCOMPARE(must(countMatching(project, "has:note")), 0);
        QCOMPARE(must(countMatching(project, "annotator:nobody")), 0);
    }

    void entropyIsInBits()
    {
        QCOMPARE(voteEntropyBits({{"a", 5}, {"b", 5}}), 1.0);
        QCOMPARE(voteEntropyBits({{"a", 9}}), 0.0);
        QCOMPARE(voteEntropyBits({}), 0.0);
        QVERIFY(std::abs(voteEntropyBits({{"sad", 1}, {"neutral", 3}, {"fear", 1}}) - 1.370950594) < 1e-9);
    }
};

QTEST_APPLESS_MAIN(TestFilter)
#include "tst_filter.moc"
