#include "pipeline/import/content_join.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/fer2013_csv.h"
#include "pipeline/import/item_sink.h"
#include "pipeline/import/jpeg_quality.h"
#include "pipeline/import/text_form.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace mien {

namespace {

constexpr int blockPx = 8;

template <typename Values>
double meanOf(const Values &values)
{
    double sum = 0;
    for (const auto value : values)
        sum += value;
    return sum / double(values.size());
}

/// Mean brightness of each block: their differences are at most those of the pixels (root mean square).
template <typename Values>
auto blocksOf(const Values &pixels, int side)
{
    const int across = side / blockPx;
    std::array<float, 36> blocks{};
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x)
            blocks[std::size_t(y / blockPx * across + x / blockPx)] += float(pixels[std::size_t(y * side + x)]);
    for (float &block : blocks)
        block /= blockPx * blockPx;
    return blocks;
}

std::vector<float> floatsOf(const Picture &picture)
{
    return {picture.pixels.begin(), picture.pixels.end()};
}

Picture pictureOf(std::span<const float> values, int side)
{
    Picture picture{side, side, 1, std::vector<std::uint8_t>(values.size())};
    std::transform(values.begin(), values.end(), picture.pixels.begin(),
                   [](float value) { return std::uint8_t(std::clamp(std::lround(value), 0l, 255l)); });
    return picture;
}

/// Infinite where the sizes differ.
double rmseBetween(const Picture &a, const Picture &b)
{
    if (a.pixels.size() != b.pixels.size())
        return std::numeric_limits<double>::infinity();
    double squares = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i)
        squares += double(int(a.pixels[i]) - int(b.pixels[i])) * double(int(a.pixels[i]) - int(b.pixels[i]));
    return std::sqrt(squares / double(a.pixels.size()));
}

/// What is left of a picture after a JPEG of that quality.
Result<Picture> throughJpeg(const Imaging &codec, const Picture &picture, int quality)
{
    const auto decoded = codec.decode(codec.encodeJpeg(picture, quality));
    return decoded ? Result<Picture>(grey(*decoded)) : fail(decoded.error());
}

bool isClaimed(Split claimed, const std::string &nativeSplit, Split split)
{
    if (claimed == split || claimed == Split::None)
        return true;
    // The "test" of copies without a validation split holds both of FER2013's.
    return claimed == Split::Test && split == Split::Val && nativeSplit != "PrivateTest";
}

template <typename Rows, typename Rule>
void narrow(Rows &rows, Rule rule)
{
    Rows fitting;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(fitting), rule);
    if (!fitting.empty())
        rows = std::move(fitting);
}

} // namespace

/// Takes the items of a FER2013 table as an import would, and keeps their pixels.
class ContentJoin::Reader : public ItemSink
{
public:
    Reader(ProblemLog &problems, ContentJoin &join)
        : ItemSink(problems)
        , m_join(join)
    {
    }
    bool isDryRun() const override { return true; }
    Result<bool> wants(const std::string &) override { return true; }

protected:
    Result<MediaId> keepMedia(const NewMedia &) override { return MediaId{1}; }
    Result<> keepItem(Item &item) override
    {
        const NewSample &sample = item.sample;
        const auto [known, isNew] = m_byHash.emplace(*sample.pixelHash, m_join.m_contents.size());
        if (isNew) {
            m_join.m_contents.emplace_back();
            std::copy(item.pixels.begin(), item.pixels.end(), m_join.m_contents.back().pixels.begin());
        }
        const std::int64_t number = std::stoll(sample.sourceKey.substr(sample.sourceKey.find(':') + 1));
        m_join.m_contents[known->second].rows.push_back(
            {number, sample.split, sample.nativeSplit, item.className, sample.nativeLabel, sample.votes});
        return {};
    }
    Result<> keepClip(const NewClip &, const std::string &) override { return {}; }
    Result<> keepVotes(const std::string &, const std::map<std::string, int> &) override { return {}; }

private:
    ContentJoin &m_join;
    std::map<Hash128, std::size_t> m_byHash;
};

Result<std::unique_ptr<ContentJoin>>
ContentJoin::read(const std::filesystem::path &csv, const std::optional<std::filesystem::path> &votes, const Job &job)
{
    auto join = std::make_unique<ContentJoin>();
    ProblemLog problems;
    Reader reader(problems, *join);
    ImportPlan plan;
    plan.importer = Fer2013Csv().id();
    plan.root = csv;
    plan.votes = votes;
    Job quiet;
    quiet.stop = job.stop;
    if (const auto scanned = Fer2013Csv().scan(plan, reader, quiet); !scanned)
        return fail(scanned.error());
    if (join->m_contents.empty())
        return fail(ErrorCode::Invalid, shown(csv) + " holds no row with a picture, so nothing can be found in it.");
    join->index();
    return join;
}

void ContentJoin::index()
{
    std::vector<std::pair<float, std::size_t>> order;
    for (std::size_t i = 0; i < m_contents.size(); ++i)
        order.emplace_back(float(meanOf(m_contents[i].pixels)), i);
    std::sort(order.begin(), order.end());
    std::vector<Content> sorted;
    sorted.reserve(m_contents.size());
    for (const auto &[mean, i] : order) {
        m_means.push_back(mean);
        sorted.push_back(std::move(m_contents[i]));
        m_blocks.push_back(blocksOf(sorted.back().pixels, sidePx));
    }
    m_contents = std::move(sorted);
}

std::vector<ContentJoin::Candidate> ContentJoin::near(std::span<const float> grey, double radius) const
{
    const float mean = float(meanOf(grey)), reach = float(radius);
    const Blocks blocks = blocksOf(grey, sidePx);
    const float mostOfBlocks = reach * reach * float(blocks.size());
    const float mostOfPixels = reach * reach * float(pixelCount);
    const auto first = std::lower_bound(m_means.begin(), m_means.end(), mean - reach) - m_means.begin();
    std::vector<Candidate> found;
    for (std::size_t i = std::size_t(first); i < m_means.size() && m_means[i] <= mean + reach; ++i) {
        float squares = 0;
        for (std::size_t b = 0; b < blocks.size(); ++b)
            squares += (m_blocks[i][b] - blocks[b]) * (m_blocks[i][b] - blocks[b]);
        if (squares > mostOfBlocks)
            continue;
        squares = 0;
        const auto &pixels = m_contents[i].pixels;
        for (std::size_t start = 0; start < pixelCount && squares <= mostOfPixels; start += std::size_t(sidePx))
            for (std::size_t p = start; p < start + std::size_t(sidePx); ++p)
                squares += (float(pixels[p]) - grey[p]) * (float(pixels[p]) - grey[p]);
        if (squares <= mostOfPixels)
            found.push_back({i, std::sqrt(double(squares) / double(pixelCount))});
    }
    std::sort(found.begin(), found.end(), [](const Candidate &a, const Candidate &b) { return a.rmse < b.rmse; });
    return found;
}

const Upscaling &ContentJoin::upscalingOf(std::span<const float> large, int toPx) const
{
    const std::vector<std::unique_ptr<const Upscaling>> *known = nullptr;
    {
        const std::lock_guard lock(m_mutex);
        auto &made = m_upscalings[toPx];
        if (made.empty())
            for (const UpscaleKernel kernel : upscaleKernels)
                made.push_back(std::make_unique<const Upscaling>(kernel, sidePx, toPx));
        known = &made;
    }
    constexpr int rowsLookedAt = 12;
    const auto residual = [&](const auto &upscaling) {
        return upscaling->residual(large, std::max(1, toPx / rowsLookedAt));
    };
    const Upscaling *best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (const auto &upscaling : *known)
        if (const double left = residual(upscaling); left < least) {
            least = left;
            best = upscaling.get();
        }
    return best ? *best : *known->front();
}

std::optional<std::size_t> ContentJoin::decided(std::span<const Candidate> candidates, const Picture &copy,
                                                std::span<const float> grey, const Upscaling *upscaling,
                                                std::optional<int> quality, const Imaging &codec) const
{
    const Candidate &nearest = candidates.front();
    const double doubtful = std::max(2 * nearest.rmse, nearest.rmse + 3);
    const bool isExact = !upscaling && nearest.rmse == 0;
    if (isExact || candidates.size() == 1 || candidates[1].rmse > doubtful)
        return nearest.content;
    // Each is made into a copy in the ways that this one may have been made.
    constexpr std::array<int, 5> earlierQualities = {0, 95, 90, 85, 75}; // 0: not encoded before
    const Picture target = upscaling ? mien::grey(copy) : pictureOf(grey, sidePx);
    constexpr std::size_t most = 16;
    double best = std::numeric_limits<double>::infinity(), second = best;
    std::size_t winner = nearest.content;
    for (const Candidate &candidate : candidates.first(std::min(most, candidates.size()))) {
        if (candidate.rmse > doubtful)
            break;
        const auto &pixels = m_contents[candidate.content].pixels;
        const Picture original{sidePx, sidePx, 1, {pixels.begin(), pixels.end()}};
        double distance = std::numeric_limits<double>::infinity();
        for (const int earlier : earlierQualities) {
            Result<Picture> made = earlier == 0 ? original : throughJpeg(codec, original, earlier);
            if (made && upscaling)
                made = pictureOf(upscaling->enlarged(floatsOf(*made)), upscaling->toPx());
            if (made && quality)
                made = throughJpeg(codec, *made, *quality);
            if (made)
                distance = std::min(distance, rmseBetween(*made, target));
        }
        if (distance < best) {
            second = best;
            best = distance;
            winner = candidate.content;
        } else {
            second = std::min(second, distance);
        }
    }
    constexpr double rounding = 0.3; // between codecs, grey levels
    if (std::isinf(best) || second < 2 * best + rounding)
        return std::nullopt;
    return winner;
}

ContentMatch ContentJoin::attach(const Picture &copy, std::span<const std::uint8_t> bytes, const Imaging &codec,
                                 Item &item, const ItemProblem &problem) const
{
    const int side = copy.widthPx;
    const auto nothing = [&](const std::string &why) {
        problem("CONTENT_NOT_FOUND", why);
        return ContentMatch::None;
    };
    if (side != copy.heightPx || side < sidePx || side > maxCopySidePx)
        return nothing("It has " + std::to_string(copy.widthPx) + " x " + std::to_string(copy.heightPx) +
                       " pixels; copies of FER2013 are squares of 48 to " + std::to_string(maxCopySidePx) + ".");
    std::vector<float> small = floatsOf(grey(copy));
    const Upscaling *const upscaling = side > sidePx ? &upscalingOf(small, side) : nullptr;
    if (upscaling)
        small = upscaling->reduced(small);
    std::vector<Candidate> candidates = near(small, std::max(2 * maxRmse, maxRmse + 3));
    if (candidates.empty() || candidates.front().rmse > maxRmse)
        return nothing("No row of the table has a picture like it.");
    const auto content = decided(candidates, copy, small, upscaling, jpegQualityOf(bytes), codec);
    if (!content) {
        std::string rows;
        for (const Candidate &candidate : candidates) {
            if (candidate.rmse > std::max(2 * candidates.front().rmse, candidates.front().rmse + 3))
                break;
            for (const Row &row : m_contents[candidate.content].rows)
                rows += (rows.empty() ? "" : ", ") + std::to_string(row.number) + " (" +
                        (row.className.empty() ? "no label" : row.className) + ")";
        }
        problem("CONTENT_AMBIGUOUS", "Rows with different pictures are as near: " + rows + ".");
        if (item.sample.state != LabelState::Ok)
            item.sample.state = LabelState::Conflict;
        return ContentMatch::Ambiguous;
    }
    const auto chosen = std::find_if(candidates.begin(), candidates.end(),
                                     [&](const Candidate &candidate) { return candidate.content == *content; });
    attachRows(m_contents[*content], chosen->rmse, item, problem);
    return ContentMatch::Unique;
}

void ContentJoin::attachRows(const Content &content, double rmse, Item &item, const ItemProblem &problem) const
{
    NewSample &sample = item.sample;
    std::vector<const Row *> rows;
    for (const Row &row : content.rows)
        rows.push_back(&row);
    narrow(rows, [&](const Row *row) { return isClaimed(sample.split, sample.nativeSplit, row->split); });
    std::set<std::string> labels;
    std::string listed;
    for (const Row *row : rows) {
        labels.insert(row->className);
        listed += (listed.empty() ? "" : ", ") + std::to_string(row->number) + " (" +
                  (row->className.empty() ? "no label" : row->className) + ", " +
                  (row->usage.empty() ? "no Usage" : row->usage) + ")";
    }
    if (labels.size() > 1)
        problem("LABEL_CONFLICT_IN_DUPLICATES",
                "The same picture has several labels in the table: rows " + listed + ".");
    const bool isLabelled = sample.state == LabelState::Ok;
    if (isLabelled) {
        narrow(rows, [&](const Row *row) { return row->className == item.className; });
        if (!labels.contains(item.className) && labels != std::set<std::string>{std::string()}) {
            sample.flags.emplace_back("label_differs");
            problem("LABEL_DIFFERS", "It is labelled " + item.className + "; in the table: row " + listed + ".");
        }
    } else if (labels.size() > 1) {
        sample.state = LabelState::Conflict;
    } else if (!rows.front()->className.empty()) {
        sample.state = LabelState::Ok;
        item.className = rows.front()->className;
        sample.nativeLabel = rows.front()->nativeLabel;
        sample.nativeSpace = "fer2013";
    }
    const Row &first = *rows.front();
    const bool isOneSplit =
        std::all_of(rows.begin(), rows.end(), [&](const Row *row) { return row->split == first.split; });
    if (isOneSplit && first.split != Split::None) {
        sample.split = first.split;
        sample.nativeSplit = first.usage;
    } else if (!isOneSplit) {
        const bool isAmong =
            std::any_of(rows.begin(), rows.end(), [&](const Row *row) { return row->split == sample.split; });
        if (!isAmong)
            sample.split = Split::None;
        problem("CONTENT_IN_SPLITS", "The same picture lies in several official splits: rows " + listed + ".");
    }
    if (sample.votes.empty())
        sample.votes = first.votes;
    sample.measures["quality.original_row"] = double(first.number);
    sample.measures["quality.original_rmse"] = rmse;
}

} // namespace mien
