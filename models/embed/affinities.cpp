#include "models/embed/affinities.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace mien {

namespace {

constexpr double kTolerance = 1e-5; // of the entropy
constexpr int kMostRounds = 100;

/// Finds the precision beta at which exp(-beta d) has the entropy `target`: Newton's steps on ln beta, halved intervals
/// where they leave what is known. `shares` gets the probabilities.
void calibrate(const float *squaredDistances, double target, std::vector<double> &shares)
{
    const std::size_t width = shares.size();
    const double nearest = double(squaredDistances[0]);
    double mean = 0;
    for (std::size_t j = 0; j < width; ++j)
        mean += double(squaredDistances[j]) - nearest;
    mean /= double(width);
    double logBeta = mean > 0 ? -std::log(mean) : 0;
    double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
    double sum = 0;
    for (int round = 0; round < kMostRounds; ++round) {
        const double beta = std::exp(logBeta);
        double first = 0, second = 0;
        sum = 0;
        for (std::size_t j = 0; j < width; ++j) {
            const double distance = double(squaredDistances[j]) - nearest;
            const double weight = std::exp(-beta * distance);
            shares[j] = weight;
            sum += weight;
            first += weight * distance;
            second += weight * distance * distance;
        }
        first /= sum;
        second /= sum;
        const double excess = std::log(sum) + beta * first - target;
        if (std::abs(excess) < kTolerance || mean <= 0)
            break;
        (excess > 0 ? low : high) = logBeta;
        const double slope = -beta * beta * (second - first * first); // of the entropy by ln beta
        double next = slope < 0 ? logBeta - excess / slope : logBeta;
        if (!(next > low && next < high && std::abs(next - logBeta) < 2)) {
            if (excess > 0)
                next = std::isinf(high) ? logBeta + 1 : (low + high) / 2;
            else
                next = std::isinf(low) ? logBeta - 1 : (low + high) / 2;
        }
        logBeta = next;
    }
    for (double &share : shares)
        share /= sum;
}

} // namespace

Result<Affinities> affinitiesOf(const Neighbours &neighbours, double perplexity, const Job &job)
{
    const std::int64_t count = neighbours.count();
    const std::int64_t width = neighbours.width;
    std::vector<float> conditionals(neighbours.rows.size());
    torch::parallel_for(0, count, 256, [&](std::int64_t begin, std::int64_t end) {
        std::vector<double> shares(static_cast<std::size_t>(width));
        for (std::int64_t i = begin; i < end && !job.stop.stop_requested(); ++i) {
            calibrate(neighbours.squaredDistances.data() + i * width, std::log(perplexity), shares);
            std::copy(shares.begin(), shares.end(), conditionals.begin() + i * width);
        }
    });
    if (job.stop.stop_requested())
        return fail(ErrorCode::Cancelled, "The map was stopped.");

    // Who has a row among its neighbours: a counting sort leaves them ascending.
    std::vector<std::int64_t> places(std::size_t(count) + 1, 0);
    for (const std::int32_t row : neighbours.rows)
        ++places[std::size_t(row) + 1];
    for (std::size_t i = 1; i < places.size(); ++i)
        places[i] += places[i - 1];
    std::vector<std::int64_t> next(places.begin(), places.end() - 1);
    std::vector<std::int32_t> admirers(neighbours.rows.size());
    std::vector<float> admiration(neighbours.rows.size());
    for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t j = i * width; j < (i + 1) * width; ++j) {
            const auto place = std::size_t(next[std::size_t(neighbours.rows[std::size_t(j)])]++);
            admirers[place] = std::int32_t(i);
            admiration[place] = conditionals[std::size_t(j)];
        }

    std::vector<std::pair<std::int32_t, float>> own(static_cast<std::size_t>(width));
    /// Calls entry(column, sum of both conditionals) in ascending order of the columns.
    const auto merged = [&](std::int64_t row, const auto &entry) {
        for (std::int64_t j = 0; j < width; ++j)
            own[std::size_t(j)] = {neighbours.rows[std::size_t(row * width + j)],
                                   conditionals[std::size_t(row * width + j)]};
        std::sort(own.begin(), own.end());
        auto mine = own.begin();
        auto theirs = std::size_t(places[std::size_t(row)]);
        const auto end = std::size_t(places[std::size_t(row) + 1]);
        constexpr std::int32_t none = std::numeric_limits<std::int32_t>::max();
        while (mine != own.end() || theirs < end) {
            const std::int32_t a = mine != own.end() ? mine->first : none;
            const std::int32_t b = theirs < end ? admirers[theirs] : none;
            float sum = 0;
            if (a <= b)
                sum += (mine++)->second;
            if (b <= a)
                sum += admiration[theirs++];
            entry(std::min(a, b), sum);
        }
    };
    // Twice, so that nothing grows while it is filled: the entries are the largest part of a map's memory.
    Affinities result;
    result.begins.assign(std::size_t(count) + 1, 0);
    for (std::int64_t i = 0; i < count; ++i) {
        std::int64_t entries = 0;
        merged(i, [&](std::int32_t, float) { ++entries; });
        constexpr std::int64_t padding = Affinities::padding;
        result.begins[std::size_t(i) + 1] = result.begins[std::size_t(i)] + (entries + padding - 1) / padding * padding;
    }
    result.columns.resize(std::size_t(result.begins.back()));
    result.weights.resize(result.columns.size(), 0.0f);
    const float scale = 0.5f / float(count);
    for (std::int64_t i = 0; i < count; ++i) {
        auto place = std::size_t(result.begins[std::size_t(i)]);
        merged(i, [&](std::int32_t column, float sum) {
            result.columns[place] = column;
            result.weights[place++] = sum * scale;
        });
        std::fill(result.columns.begin() + std::ptrdiff_t(place),
                  result.columns.begin() + std::ptrdiff_t(result.begins[std::size_t(i) + 1]), std::int32_t(i));
    }
    return result;
}

} // namespace mien
