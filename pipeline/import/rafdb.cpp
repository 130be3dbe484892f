#include "pipeline/import/rafdb.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/inside_path.h"
#include "pipeline/import/known_rows.h"
#include "pipeline/import/media_finder.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/picture_feed.h"
#include "pipeline/import/published_counts.h"
#include "pipeline/import/rafdb_faces.h"
#include "pipeline/import/rafdb_layout.h"
#include "pipeline/import/text_form.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

namespace mien {

namespace {

namespace fs = std::filesystem;

constexpr long long lastBasicCode = 7, lastCompoundCode = 12;
constexpr std::array<std::string_view, 4> lists = {"clean", "noise01", "noise02", "noise03"};

using CodesByName = std::unordered_map<std::string, long long>; ///< Of pictures.

/// What a list of at most 1 MiB says; the published ones have less than a third.
struct ListFacts
{
    std::int64_t rows = 0, odd = 0; ///< Odd: not "train_<n>.jpg <code>".
    long long lowest = 0, highest = 0;
    std::map<std::string, std::map<long long, std::int64_t>> counts; ///< split -> code -> rows

    bool matches(std::string_view split, std::string_view fingerprint) const
    {
        const auto here = counts.find(std::string(split));
        for (const Fingerprint &print : fingerprints()) {
            if (print.id != fingerprint || here == counts.end() || here->second.size() != print.counts.size())
                continue;
            return std::equal(here->second.begin(), here->second.end(), print.counts.begin(),
                              [](const auto &code, std::int64_t count) { return code.second == count; });
        }
        return false;
    }
};

ListFacts factsOf(const fs::path &list)
{
    constexpr std::int64_t mostBytes = 1 << 20;
    ListFacts facts;
    if (fileFacts(list).bytes > mostBytes)
        return facts;
    (void)readRafDbList(list, [&facts](const RafDbRow &row) -> Result<> {
        ++facts.rows;
        const std::string_view split = rafDbSplitOf(row.name);
        if (!row.reason.empty() || split.empty()) {
            ++facts.odd;
            return {};
        }
        const bool isFirst = facts.counts.empty();
        facts.lowest = isFirst ? row.code : std::min(facts.lowest, row.code);
        facts.highest = isFirst ? row.code : std::max(facts.highest, row.code);
        ++facts.counts[std::string(split)][row.code];
        return {};
    });
    return facts;
}

std::string stemOf(std::string_view name)
{
    return std::string(name.substr(0, name.rfind('.')));
}

class Scan
{
public:
    Scan(const ImportPlan &plan, RafDb::Part part, fs::path root, RafDbLayout layout, bool isOriginal, ItemSink &sink,
         const Job &job)
        : m_part(part)
        , m_root(std::move(root))
        , m_layout(std::move(layout))
        , m_isOriginal(isOriginal)
        , m_folder(isOriginal ? m_layout.original : m_layout.aligned)
        , m_words(optionIn(plan, "words"))
        , m_media(m_root / m_folder)
        , m_inside(m_root / m_folder, plan.links)
        , m_sink(sink)
        , m_job(job)
        , m_pictures({}, sink, job)
        , m_hasLayers(optionIn(plan, "layers") == "yes")
        , m_hasAttributes(optionIn(plan, "attributes") == "yes")
    {
    }

    /// Labels of a list with noise, for the pictures of the training part.
    Result<> readNoise(const std::string &name);
    /// The other lists that are there become layers.
    Result<> readLayers();
    Result<> read();

private:
    Result<> row(const RafDbRow &row);
    void takeCode(long long code, Item &item, const ItemProblem &problem) const;
    void takeLayers(const RafDbRow &row, Item &item) const;
    std::string_view classOf(long long code) const;
    Result<> readList(const std::string &name, CodesByName &codes);

    RafDb::Part m_part;
    fs::path m_root;
    RafDbLayout m_layout;
    bool m_isOriginal;
    std::string m_folder, m_words;
    MediaFinder m_media;
    InsideFolder m_inside;
    ItemSink &m_sink;
    const Job &m_job;
    PictureFeed m_pictures;
    std::string m_noise; ///< "noise01"; empty: the clean labels.
    CodesByName m_noisy;
    std::map<std::string, CodesByName> m_layers; ///< By list.
    bool m_hasLayers = false, m_hasAttributes = false;
    KnownRows m_rows;
};

Result<> Scan::readList(const std::string &name, CodesByName &codes)
{
    return readRafDbList(
        m_root / (folderOf(m_layout.list) + name + ".txt"), [this, &name, &codes](const RafDbRow &row) -> Result<> {
            if (row.reason.empty())
                codes.emplace(row.name, row.code);
            else
                m_sink.problem({row.reason, "line:" + std::to_string(row.line), name + ".txt", row.line, row.detail});
            return {};
        });
}

Result<> Scan::readLayers()
{
    for (const std::string_view list : lists) {
        const std::string name(list);
        if (!m_hasLayers || name == "clean" || name == m_noise ||
            !fileFacts(m_root / (folderOf(m_layout.list) + name + ".txt")).exists)
            continue;
        if (const auto read = readList(name, m_layers[name]); !read)
            return read;
    }
    return {};
}

std::string_view Scan::classOf(long long code) const
{
    return codeTableNamed(m_part == RafDb::Part::Basic ? "rafdb" : "rafdb.compound")->classOf(code);
}

void Scan::takeLayers(const RafDbRow &row, Item &item) const
{
    if (m_hasLayers && !m_noise.empty() && item.sample.split == Split::Train)
        item.layers["clean"] = classOf(row.code);
    for (const auto &[list, codes] : m_layers)
        if (const auto found = codes.find(row.name); found != codes.end())
            item.layers[list] = classOf(found->second);
    std::erase_if(item.layers, [](const auto &layer) { return layer.second.empty(); });
}

Result<> Scan::readNoise(const std::string &name)
{
    const fs::path list = m_root / (folderOf(m_layout.list) + name + ".txt");
    if (!fileFacts(list).exists)
        return fail(ErrorCode::NotFound, "There is no list " + shown(list) + "; choose other labels, or put it there.");
    m_noise = name;
    return readList(name, m_noisy);
}

void Scan::takeCode(long long code, Item &item, const ItemProblem &problem) const
{
    NewSample &sample = item.sample;
    const bool isBasic = m_part == RafDb::Part::Basic;
    sample.nativeLabel = std::to_string(code);
    sample.nativeSpace = isBasic ? "rafdb" : "rafdb.compound";
    const std::string_view name = classOf(code);
    if (name.empty()) {
        sample.state = LabelState::Unmapped;
        if (!isBasic && code == lastCompoundCode)
            problem("LABEL_UNMAPPED", "The lists in use know 11 compound classes; what 12 stands for is not certain.");
        else
            problem("LABEL_OUT_OF_RANGE", sample.nativeLabel + " is no code of RAF-DB, which are 1 to " +
                                              std::to_string(codeTableNamed(sample.nativeSpace)->classes.size()) + '.');
        return;
    }
    sample.state = LabelState::Ok;
    const std::size_t plus = std::min(name.find('+'), name.size());
    item.className = m_words == "first" ? name.substr(0, plus) : m_words == "second" ? name.substr(plus + 1) : name;
}

Result<> Scan::row(const RafDbRow &row)
{
    const std::string file = displayText(m_layout.list);
    PictureEntry entry;
    NewSample &sample = entry.item.sample;
    sample.sourceKey = row.name.empty() ? "line:" + std::to_string(row.line) : displayText(row.name);
    const ItemProblem problem = [&](std::string reason, std::string detail) {
        m_sink.problem({std::move(reason), sample.sourceKey, file, row.line, std::move(detail)});
    };
    const auto skip = [&](std::string reason, std::string detail) -> Result<> {
        problem(std::move(reason), std::move(detail));
        return {};
    };
    if (!row.reason.empty())
        return skip(row.reason, row.detail);
    const auto inside = pathInside(row.name);
    if (!inside)
        return skip("PATH_ESCAPES_ROOT", "The name leads out of the folder of the pictures.");
    if (const std::string again = m_rows.add(sample.sourceKey, std::array{row.name, std::to_string(row.code)});
        !again.empty())
        return skip(again, KnownRows::detailOf(again));
    const std::string stem = stemOf(*inside);
    const auto found = m_media.find(m_isOriginal ? *inside : stem + "_aligned.jpg");
    if (!found)
        return skip("MISSING_FILE", "There is no such picture in " + shown(m_root / m_folder) + '.');
    const std::string onDisk = joinedPath(m_folder, found->path);
    entry.path = m_root / onDisk;
    if (m_inside.isLedOutOf(entry.path)) {
        m_media.forget(found->path);
        return skip("PATH_ESCAPES_ROOT", linkLedOut("of the pictures"));
    }
    sample.displaySource = displayText(onDisk);
    noteName(onDisk, found->reason, sample, problem);

    const std::string_view split = rafDbSplitOf(nameOfPath(row.name));
    sample.nativeSplit = split;
    sample.split = splitMeantBy(split).value_or(Split::None);
    const auto noisy = m_noisy.find(row.name);
    if (m_noise.empty() || sample.split != Split::Train) {
        takeCode(row.code, entry.item, problem);
    } else if (noisy != m_noisy.end()) {
        takeCode(noisy->second, entry.item, problem);
        sample.nativeSpace = "rafdb." + m_noise;
    } else {
        problem("LABEL_UNMAPPED", "The list " + m_noise + " has no row for this picture; it stays unlabelled.");
    }
    takeLayers(row, entry.item);
    if (m_hasAttributes)
        takeRafDbAttributes(m_root, m_layout, stem, sample, problem);
    if (m_isOriginal)
        takeRafDbFace(m_root, m_layout, stem, sample, problem);
    return m_pictures.add(std::move(entry));
}

Result<> Scan::read()
{
    const auto rows = readRafDbList(m_root / m_layout.list, [this](const RafDbRow &each) -> Result<> {
        if (m_job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The import was stopped; what was read so far is kept.");
        return row(each);
    });
    if (!rows)
        return rows;
    for (const std::string &path : m_media.unnamed()) {
        const std::string file = displayText(joinedPath(m_folder, path));
        m_sink.problem({"ORPHAN_MEDIA", file, file, 0, "No row of the list names this picture; it is left out."});
    }
    return m_pictures.finish();
}

} // namespace

std::vector<ImportOption> RafDb::options() const
{
    std::vector<ImportOption> options = {
        {"pictures", "Aligned faces, or the originals with their boxes and landmarks", {"aligned", "original"}}};
    if (m_part == Part::Basic) {
        options.push_back({"labels",
                           "Labels of the training part: the published ones, or a list with known noise beside them",
                           {lists.begin(), lists.end()}});
        options.push_back({"layers",
                           "The other lists beside the labels, as fields layer.clean, layer.noise01, … to compare with",
                           {"no", "yes"}});
    } else
        options.push_back({"words",
                           "Classes are pairs (happiness+surprise), or only the first or second word of each",
                           {"pair", "first", "second"}});
    options.push_back({"attributes",
                       "Gender, race and age, as fields judged.gender, judged.race and judged.age: the annotators' "
                       "judgement, not what the person says",
                       {"no", "yes"}});
    return options;
}

std::vector<Candidate> RafDb::probe(const Listing &listing) const
{
    const bool isBasic = m_part == Part::Basic;
    std::vector<Candidate> candidates;
    for (const RafDbLayout &layout : rafDbLayouts(listing)) {
        const ListFacts facts = factsOf(rafDbRoot(listing) / layout.list);
        if (facts.counts.empty() || (facts.highest <= lastBasicCode) != isBasic)
            continue;
        const bool hasAligned = !layout.aligned.empty(), hasOriginal = !layout.original.empty();
        Candidate candidate{std::string(id()), hasAligned ? "official-aligned" : "official-original", 96, {}, {}, {}};
        candidate.parameters["list"] = layout.list;
        if (!hasAligned && hasOriginal)
            candidate.parameters["pictures"] = "original";
        candidate.evidence = {displayText(layout.list),
                              std::to_string(facts.rows) + " rows, codes up to " + std::to_string(facts.highest)};
        if (isBasic && facts.matches("train", "RAF-DB basic train") && facts.matches("test", "RAF-DB basic test")) {
            candidate.evidence.emplace_back("counts match the published ones");
            candidate.confidence = 98;
        }
        if (!hasAligned && !hasOriginal) {
            candidate.evidence.emplace_back("no folder Image/aligned or Image/original beside it");
            candidate.confidence = 88;
        }
        if (facts.odd > 0)
            candidate.contradictions.push_back(std::to_string(facts.odd) +
                                               " rows are not a name like train_00001.jpg and a code");
        if (facts.lowest < 1 || facts.highest > lastCompoundCode)
            candidate.contradictions.push_back("codes from " + std::to_string(facts.lowest) + " to " +
                                               std::to_string(facts.highest) + " do not fit RAF-DB");
        if (!candidate.contradictions.empty())
            candidate.confidence = std::min(candidate.confidence, 60);
        candidates.push_back(std::move(candidate));
    }
    return candidates;
}

Result<> RafDb::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    const auto listing = listingOf(plan.root, plan.links);
    if (!listing)
        return fail(listing.error());
    std::vector<RafDbLayout> layouts = rafDbLayouts(*listing);
    if (const auto list = plan.parameters.find("list"); list != plan.parameters.end())
        std::erase_if(layouts, [&list](const RafDbLayout &layout) { return layout.list != list->second; });
    if (layouts.empty())
        return fail(ErrorCode::Invalid, "There is no EmoLabel/list_patition_label.txt in " + shown(plan.root) + '.');
    const RafDbLayout &layout = layouts.front();
    const bool isOriginal = optionIn(plan, "pictures") == "original";
    if ((isOriginal ? layout.original : layout.aligned).empty())
        return fail(ErrorCode::NotFound,
                    std::string("There is no folder Image/") + (isOriginal ? "original" : "aligned") + " beside " +
                        displayText(folderOf(layout.list)) + " in " + shown(rafDbRoot(*listing)) + '.');
    if (optionIn(plan, "attributes") == "yes" && layout.manual.empty())
        return fail(ErrorCode::NotFound, "There is no folder Annotation/manual beside " +
                                             displayText(folderOf(layout.list)) + " in " + shown(rafDbRoot(*listing)) +
                                             ", which says gender, race and age; import without them.");
    Scan scan(plan, m_part, rafDbRoot(*listing), layout, isOriginal, sink, job);
    if (const std::string labels = optionIn(plan, "labels"); m_part == Part::Basic && labels != "clean")
        if (const auto noise = scan.readNoise(labels); !noise)
            return noise;
    if (const auto layers = scan.readLayers(); !layers)
        return layers;
    if (const auto read = scan.read(); !read)
        return read;
    static constexpr std::array<PublishedCounts, 2> published = {
        {{"train", "RAF-DB basic train"}, {"test", "RAF-DB basic test"}}};
    if (m_part == Part::Basic && optionIn(plan, "labels") == "clean")
        compareWithPublished(sink, "rafdb.basic/counts", published, displayText(layout.list));
    return {};
}

} // namespace mien
