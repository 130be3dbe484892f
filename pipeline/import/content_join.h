#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/import/item_notes.h"
#include "pipeline/import/upscaling.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mien {

struct Item;

/// What became of one picture that was looked for in a table.
enum class ContentMatch {
    None,      ///< No row has such a picture.
    Ambiguous, ///< Several different pictures of the table are as near: nothing is attached.
    Unique,    ///< One picture of the table, of one row or of several.
};

/// The rows of a FER2013 table, held to find out whose copies pictures are, whatever became of their names, order,
/// splits and size ("attach by content"). Thread-safe once read.
///
/// A picture is brought to 48 x 48 grey, an enlarged one by the least-squares inverse of the enlargement that fits it
/// best. Its original is the nearest row in root mean square of the differences, at most 4 grey levels away. Where
/// another content is within twice or three grey levels of that, both are made into copies as this one was (JPEG of
/// the same quality, the same enlargement) and the nearer one wins only if it is plainly nearer.
class ContentJoin
{
public:
    /// Reads all rows, and their FER+ votes where there are any. Fails as an import of the table would.
    static Result<std::unique_ptr<ContentJoin>> read(const std::filesystem::path &csv,
                                                     const std::optional<std::filesystem::path> &votes, const Job &job);

    /// Attaches what the original row says: its official split, its votes, `quality.original_row` and
    /// `quality.original_rmse`, and its label where the picture brings none. A label that the picture brings is kept;
    /// LABEL_DIFFERS says that the table has another.
    /// A content can own several rows: those of the picture's own split and class come first. What they still
    /// disagree about is left as it was and said: LABEL_CONFLICT_IN_DUPLICATES, CONTENT_IN_SPLITS.
    /// @param copy   as decoded
    /// @param bytes  of its file: says how it was encoded
    ContentMatch attach(const Picture &copy, std::span<const std::uint8_t> bytes, const Imaging &codec, Item &item,
                        const ItemProblem &problem) const;

    static constexpr int sidePx = 48, maxCopySidePx = 1024;
    static constexpr double maxRmse = 4; ///< Grey levels.

private:
    static constexpr std::size_t pixelCount = std::size_t(sidePx) * sidePx;
    static constexpr int blocksASide = 6;
    using Blocks = std::array<float, blocksASide * blocksASide>; ///< Mean brightness of each 8 x 8 block.

    struct Row
    {
        std::int64_t number; ///< From 0.
        Split split;
        std::string usage, className, nativeLabel;
        std::map<std::string, int> votes;
    };
    struct Content
    {
        std::array<std::uint8_t, pixelCount> pixels;
        std::vector<Row> rows;
    };
    struct Candidate
    {
        std::size_t content = 0;
        double rmse = 0;
    };
    class Reader;

    void index();
    /// Contents at most `radius` away, nearest first.
    std::vector<Candidate> near(std::span<const float> grey, double radius) const;
    /// The enlargement that made a picture, by what it cannot explain of it.
    const Upscaling &upscalingOf(std::span<const float> large, int toPx) const;
    std::optional<std::size_t> decided(std::span<const Candidate> candidates, const Picture &copy,
                                       std::span<const float> grey, const Upscaling *upscaling,
                                       std::optional<int> quality, const Imaging &codec) const;
    void attachRows(const Content &content, double rmse, Item &item, const ItemProblem &problem) const;

    std::vector<Content> m_contents; ///< By mean brightness.
    std::vector<float> m_means;
    std::vector<Blocks> m_blocks;
    mutable std::mutex m_mutex;
    mutable std::map<int, std::vector<std::unique_ptr<const Upscaling>>> m_upscalings; ///< By side, one a kernel.
};

} // namespace mien
