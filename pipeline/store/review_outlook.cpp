#include "pipeline/store/review_outlook.h"

#include "pipeline/store/connection.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/snapshots.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <map>
#include <unordered_set>

namespace mien {

namespace {

constexpr double answersOfSuspicion = 2; // more, and a wrong suspicion would hold out against the answers too long
constexpr int leastDrawn = 20;
constexpr std::int64_t mostPoints = 100;

std::size_t tenthOf(double suspicion)
{
    return std::size_t(std::clamp(int(suspicion * 10), 0, 9));
}

/// Share of wrong labels in a tenth: mean and variance of the Beta distribution.
struct Belief
{
    double mean = 0, variance = 0;
};

Belief beliefOf(const ReviewOutlook::Tenth &tenth)
{
    const double wrong = tenth.wrong + answersOfSuspicion * tenth.suspicion;
    const double right = tenth.judged - tenth.wrong + answersOfSuspicion * (1 - tenth.suspicion);
    const double all = wrong + right;
    return {wrong / all, wrong * right / (all * all * (all + 1))};
}

} // namespace

ReviewOutlook::Point ReviewOutlook::at(std::int64_t reviewed) const
{
    const auto after = std::find_if(curve.begin(), curve.end(), [&](const Point &p) { return p.reviewed >= reviewed; });
    if (after == curve.end())
        return curve.back();
    if (after == curve.begin() || after->reviewed == reviewed)
        return *after;
    const Point &before = *(after - 1);
    const double part = double(reviewed - before.reviewed) / double(after->reviewed - before.reviewed);
    const auto between = [&](double a, double b) { return a + part * (b - a); };
    return {reviewed, between(before.found, after->found), between(before.low, after->low),
            between(before.high, after->high)};
}

ReviewOutlook outlookOf(std::span<const JudgedFace> faces)
{
    ReviewOutlook outlook;
    std::array<std::int64_t, 10> all{};
    std::array<int, 10> drawn{}, drawnWrong{};
    std::array<double, 10> drawnSuspicion{};
    std::map<std::int64_t, ReviewOutlook::Rate> ofClasses;
    std::vector<double> open;
    for (const JudgedFace &face : faces) {
        const std::size_t t = tenthOf(face.suspicion);
        ReviewOutlook::Tenth &tenth = outlook.tenths[t];
        ++all[t];
        tenth.suspicion += face.suspicion;
        if (!face.isJudged) {
            ++tenth.faces;
            open.push_back(face.suspicion);
            continue;
        }
        ++tenth.judged;
        tenth.wrong += face.isWrong;
        if (!face.isDrawn)
            continue;
        ++drawn[t];
        drawnWrong[t] += face.isWrong;
        drawnSuspicion[t] += face.suspicion;
        ReviewOutlook::Rate &rate = ofClasses[face.label.value];
        rate.label = face.label;
        for (ReviewOutlook::Rate *counted : {&rate, &outlook.all}) {
            ++counted->judged;
            counted->wrong += face.isWrong;
        }
    }
    std::array<Belief, 10> beliefs;
    double error = 0;
    for (std::size_t t = 0; t < 10; ++t) {
        ReviewOutlook::Tenth &tenth = outlook.tenths[t];
        tenth.suspicion = all[t] > 0 ? tenth.suspicion / double(all[t]) : 0;
        tenth.share = wilsonInterval(tenth.wrong, tenth.judged);
        beliefs[t] = beliefOf(tenth);
        error += std::abs(drawnWrong[t] - drawnSuspicion[t]);
    }
    if (outlook.all.judged >= leastDrawn)
        outlook.calibrationError = error / outlook.all.judged;
    outlook.all.share = wilsonInterval(outlook.all.wrong, outlook.all.judged);
    for (auto &[id, rate] : ofClasses) {
        rate.share = wilsonInterval(rate.wrong, rate.judged);
        outlook.ofClasses.push_back(rate);
    }

    std::sort(open.begin(), open.end(), std::greater<>());
    const auto count = std::int64_t(open.size());
    const std::int64_t step = std::max<std::int64_t>(1, (count + mostPoints - 1) / mostPoints);
    std::array<std::int64_t, 10> taken{};
    for (std::int64_t reviewed = 0;; reviewed = std::min(count, reviewed + step)) {
        for (std::int64_t i = outlook.curve.empty() ? 0 : outlook.curve.back().reviewed; i < reviewed; ++i)
            ++taken[tenthOf(open[std::size_t(i)])];
        ReviewOutlook::Point point{.reviewed = reviewed};
        double variance = 0;
        for (std::size_t t = 0; t < 10; ++t) {
            const double n = double(taken[t]);
            point.found += n * beliefs[t].mean;
            // Of the share itself, and of which faces happen to be wrong.
            variance += n * n * beliefs[t].variance + n * beliefs[t].mean * (1 - beliefs[t].mean);
        }
        const double half = deviationsOf95 * std::sqrt(variance);
        point.low = std::max(0.0, point.found - half);
        point.high = std::min(double(reviewed), point.found + half);
        outlook.curve.push_back(point);
        if (reviewed == count)
            return outlook;
    }
}

Result<ReviewOutlook> reviewOutlook(const Project &project)
{
    const auto flagging = currentFlagging(project);
    if (!flagging)
        return fail(ErrorCode::NotFound, "No sample of " + project.folder().string() +
                                             " has been scored yet; run mien train, then mien flag --run ID.");
    const auto drawn = drawnSamples(project);
    const auto judged = judgedAtMs(project);
    if (!drawn || !judged)
        return fail(drawn ? judged.error() : drawn.error());
    std::unordered_set<std::int64_t> isDrawn;
    for (const DrawnSample &one : *drawn)
        isDrawn.insert(one.sample.value);
    std::int64_t frozenMs = flagging->atMs;
    if (const auto run = runNamed(project, flagging->run); run)
        if (const auto snapshot = snapshotNamed(project, run->snapshot); snapshot)
            frozenMs = snapshot->atMs;

    struct Row
    {
        std::int64_t sample;
        JudgedFace face;
    };
    std::vector<Row> rows;
    bool hasCorrections = false;
    const auto read = guarded(project.folder() / "project.db", "Reading the scores", [&]() -> Result<> {
        SQLite::Statement select(project.database(),
                                 "SELECT s.sample_id, s.suspicion, s.scored_class, c.class_id, c.state, c.reviews,"
                                 " c.given_class FROM scores s JOIN current_labels c ON c.sample_id = s.sample_id"
                                 " WHERE c.excluded = 0 AND s.scored_class IS NOT NULL ORDER BY s.sample_id");
        while (select.executeStep()) {
            Row row{select.getColumn(0).getInt64(), {}};
            JudgedFace &face = row.face;
            face.suspicion = select.getColumn(1).getDouble();
            face.label = ClassId{select.getColumn(2).getInt64()};
            const auto state = LabelState(select.getColumn(4).getInt());
            const bool isReviewed = select.getColumn(5).getInt() > 0;
            face.isJudged = isReviewed && (state == LabelState::Ok || state == LabelState::NotAFace);
            face.isWrong = state == LabelState::NotAFace || select.getColumn(3).getInt64() != face.label.value;
            face.isDrawn = isDrawn.contains(row.sample);
            hasCorrections = hasCorrections || (isReviewed && !select.getColumn(6).isNull() &&
                                                select.getColumn(6).getInt64() != face.label.value);
            rows.push_back(row);
        }
        return {};
    });
    if (!read)
        return fail(read.error());
    std::vector<JudgedFace> faces;
    for (Row &row : rows) {
        const auto at = judged->find(row.sample);
        if (row.face.isJudged && hasCorrections && (at == judged->end() || at->second <= frozenMs))
            continue; // settled before: neither an answer about these labels nor left to review
        faces.push_back(row.face);
    }
    return outlookOf(faces);
}

} // namespace mien
