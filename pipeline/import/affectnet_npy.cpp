#include "pipeline/import/affectnet_npy.h"

#include "models/io/npy.h"
#include "pipeline/import/affectnet_facts.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/dan_table.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/inside_path.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/picture_feed.h"
#include "pipeline/import/published_counts.h"
#include "pipeline/import/text_form.h"

#include <algorithm>
#include <array>
#include <span>

namespace mien {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t mostNpyBytes = 1 << 20; // one has about 200
constexpr std::array<std::string_view, 4> kinds = {"exp", "val", "aro", "lnd"};
enum Kind { Expression, Valence, Arousal, Landmarks };

/// Two folders that belong together.
struct Set
{
    std::string images, annotations; ///< Below the root, as on disk.
    std::string nativeSplit;
    Split split = Split::None;
};

/// "train" of "train_set" and "train_set (1)".
std::string_view withoutSet(std::string_view name)
{
    name = withoutCopyNumber(name);
    return name.ends_with("_set") ? name.substr(0, name.size() - 4) : name;
}

bool isFolderNamed(const Listing::Entry &entry, std::string_view name)
{
    return entry.isFolder && lowered(withoutCopyNumber(nameOfPath(entry.path))) == name;
}

std::vector<Set> setsIn(const Listing &listing)
{
    std::vector<Set> sets;
    for (const Listing::Entry &annotations : listing.entries) {
        if (!isFolderNamed(annotations, "annotations"))
            continue;
        const std::string folder = folderOf(annotations.path);
        for (const Listing::Entry &images : listing.entries) {
            if (folderOf(images.path) != folder || !isFolderNamed(images, "images"))
                continue;
            Set set{images.path, annotations.path, {}, Split::None};
            set.nativeSplit = folder.empty() ? "" : nameOfPath(std::string_view(folder).substr(0, folder.size() - 1));
            set.split = splitMeantBy(withoutSet(lowered(set.nativeSplit))).value_or(Split::None);
            if (set.split == Split::None)
                set.nativeSplit.clear();
            sets.push_back(std::move(set));
            break;
        }
    }
    return sets;
}

/// What the name of an annotation says: "17_exp.npy".
struct Annotation
{
    std::string id;
    Kind kind = Expression;
};

std::optional<Annotation> annotationOf(std::string_view name)
{
    const std::size_t underscore = name.find('_');
    if (underscore == std::string_view::npos || underscore == 0)
        return std::nullopt;
    const std::string rest = lowered(name.substr(underscore + 1));
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        if (rest.size() == 7 && rest.starts_with(kinds[kind]) && rest.ends_with(".npy"))
            return Annotation{std::string(name.substr(0, underscore)), Kind(kind)};
    return std::nullopt;
}

/// Names in a folder, without asking for anything else about a million of files.
/// @param most  enough for a look
std::vector<std::string> namesIn(const fs::path &folder, std::size_t most = SIZE_MAX)
{
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(folder, error); !error && at != fs::directory_iterator() && names.size() < most;
         at.increment(error))
        names.push_back(at->path().filename().native());
    return names;
}

/// As numbers where they are: 9 before 10.
bool isBefore(std::string_view a, std::string_view b)
{
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

struct NamedPicture
{
    std::string stem, name;
};

std::string nameOf(const std::string &id, Kind kind)
{
    return id + '_' + std::string(kinds[kind]) + ".npy";
}

/// The values of one file. The message says what is wrong with it.
Result<std::vector<double>> valuesIn(const fs::path &file)
{
    const auto bytes = wholeFile(file, mostNpyBytes);
    if (!bytes)
        return fail(bytes.error());
    const auto array = NpyArray::parse(std::as_bytes(std::span(*bytes)), shown(file.filename()));
    if (!array)
        return fail(array.error());
    return array->doubles();
}

Result<long long> codeIn(const fs::path &file)
{
    const auto values = valuesIn(file);
    if (!values)
        return fail(values.error());
    if (values->size() != 1)
        return fail(ErrorCode::Invalid, shown(file.filename()) + " holds " + std::to_string(values->size()) +
                                            " values instead of one label.");
    const double value = values->front();
    if (!(value >= -1e9 && value <= 1e9) || value != double(static_cast<long long>(value)))
        return fail(ErrorCode::Invalid, shown(file.filename()) + " holds no whole number.");
    return static_cast<long long>(value);
}

class Scan
{
public:
    Scan(fs::path root, LinksOut links, ItemSink &sink, const Job &job)
        : m_root(std::move(root))
        , m_inside(m_root, links)
        , m_sink(sink)
        , m_job(job)
    {
    }

    Result<> read(const Set &set);

private:
    void listAnnotations(const Set &set);
    void listPictures(const Set &set);
    /// Empty, having said why: there is no picture, or it is not clear which.
    std::string pictureOf(const Set &set, const std::string &id, const std::string &key);
    Result<> item(const Set &set, const std::string &id, unsigned has, PictureFeed &pictures);

    struct Annotated
    {
        std::string id;
        unsigned has = 0; ///< Bits of Kind.
    };

    fs::path m_root;
    InsideFolder m_inside;
    ItemSink &m_sink;
    const Job &m_job;
    std::vector<Annotated> m_annotated;   ///< Of the set, by id.
    std::vector<NamedPicture> m_pictures; ///< Of the set, by stem.
    std::vector<bool> m_isUsed;           ///< By picture.
};

void Scan::listAnnotations(const Set &set)
{
    m_annotated.clear();
    for (const std::string &name : namesIn(m_root / set.annotations))
        if (auto annotation = annotationOf(name))
            m_annotated.push_back({std::move(annotation->id), 1u << annotation->kind});
    std::sort(m_annotated.begin(), m_annotated.end(),
              [](const Annotated &a, const Annotated &b) { return isBefore(a.id, b.id); });
    std::size_t last = 0;
    for (std::size_t i = 1; i < m_annotated.size(); ++i) {
        if (m_annotated[i].id == m_annotated[last].id)
            m_annotated[last].has |= m_annotated[i].has;
        else
            m_annotated[++last] = std::move(m_annotated[i]);
    }
    if (!m_annotated.empty())
        m_annotated.resize(last + 1);
}

void Scan::listPictures(const Set &set)
{
    m_pictures.clear();
    for (std::string &name : namesIn(m_root / set.images))
        if (!isSystemName(name) && hasPictureExtension(name))
            m_pictures.push_back({name.substr(0, name.rfind('.')), name});
    std::sort(m_pictures.begin(), m_pictures.end(), [](const NamedPicture &a, const NamedPicture &b) {
        return a.stem != b.stem ? isBefore(a.stem, b.stem) : a.name < b.name;
    });
    m_isUsed.assign(m_pictures.size(), false);
}

std::string Scan::pictureOf(const Set &set, const std::string &id, const std::string &key)
{
    auto first = std::lower_bound(
        m_pictures.begin(), m_pictures.end(), id,
        [](const NamedPicture &picture, const std::string &stem) { return isBefore(picture.stem, stem); });
    std::string jpeg, any, all;
    int count = 0;
    for (; first != m_pictures.end() && first->stem == id; ++first, ++count) {
        m_isUsed[std::size_t(first - m_pictures.begin())] = true;
        any = first->name;
        all += (all.empty() ? "" : ", ") + displayText(first->name);
        if (extensionOf(first->name) == "jpg")
            jpeg = first->name;
    }
    const std::string chosen = !jpeg.empty() ? jpeg : count == 1 ? any : std::string();
    if (chosen.empty())
        m_sink.problem({"MISSING_FILE", key, key, 0,
                        count == 0
                            ? "There is no picture " + displayText(id) + ".jpg in " + displayText(set.images) + '.'
                            : "Several pictures could be meant: " + all + '.'});
    return chosen;
}

Result<> Scan::item(const Set &set, const std::string &id, unsigned has, PictureFeed &pictures)
{
    const fs::path annotations = m_root / set.annotations;
    const std::string key = displayText(joinedPath(set.annotations, nameOf(id, Expression)));
    const std::string name = pictureOf(set, id, key);
    if (name.empty())
        return {};
    PictureEntry entry;
    NewSample &sample = entry.item.sample;
    const std::string path = joinedPath(set.images, name);
    entry.path = m_root / path;
    sample.sourceKey = sample.displaySource = displayText(path);
    const auto about = [&](Kind kind) -> ItemProblem {
        return [this, &sample, file = displayText(joinedPath(set.annotations, nameOf(id, kind)))](std::string reason,
                                                                                                  std::string detail) {
            m_sink.problem({std::move(reason), sample.sourceKey, file, 0, std::move(detail)});
        };
    };
    if (m_inside.isLedOutOf(entry.path)) {
        about(Expression)("PATH_ESCAPES_ROOT", linkLedOut("that was chosen"));
        return {};
    }
    const auto code = codeIn(annotations / nameOf(id, Expression));
    if (!code) {
        about(Expression)("BAD_NPY", code.error().message);
        return {};
    }
    takeAffectNetCode(*code, entry.item, about(Expression));
    noteName(path, "", sample, about(Expression));
    for (const auto &[kind, word, target] :
         {std::tuple(Valence, "valence", &sample.valence), {Arousal, "arousal", &sample.arousal}}) {
        if (!(has & 1u << kind))
            continue;
        const auto values = valuesIn(annotations / nameOf(id, kind));
        if (values && values->size() == 1)
            takeAffect(values->front(), word, *target, about(kind));
        else
            about(kind)("VA_OUT_OF_RANGE", values ? "It holds " + std::to_string(values->size()) +
                                                        " values instead of one; it is left out."
                                                  : values.error().message + " It is left out.");
    }
    if (has & 1u << Landmarks) {
        auto values = valuesIn(annotations / nameOf(id, Landmarks));
        if (values)
            takeAffectNetLandmarks(std::move(*values), sample, about(Landmarks));
        else
            about(Landmarks)("BAD_LANDMARKS", values.error().message + " They are left out.");
    }
    sample.nativeSplit = displayText(set.nativeSplit);
    sample.split = set.split;
    return pictures.add(std::move(entry));
}

Result<> Scan::read(const Set &set)
{
    listAnnotations(set);
    listPictures(set);
    PictureFeed pictures({}, m_sink, m_job, std::int64_t(m_pictures.size()));
    for (const Annotated &annotated : m_annotated) {
        if (m_job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The import was stopped; what was read so far is kept.");
        if (!(annotated.has & 1u << Expression))
            continue;
        if (const auto read = item(set, annotated.id, annotated.has, pictures); !read)
            return read;
    }
    for (std::size_t i = 0; i < m_pictures.size(); ++i) {
        if (m_isUsed[i])
            continue;
        const std::string file = displayText(joinedPath(set.images, m_pictures[i].name));
        m_sink.problem({"ORPHAN_MEDIA", file, file, 0,
                        "There is no " + displayText(nameOf(m_pictures[i].stem, Expression)) +
                            " for this picture; it is left out."});
    }
    return pictures.finish();
}

} // namespace

std::vector<Candidate> AffectNetNpy::probe(const Listing &listing) const
{
    Candidate candidate{std::string(id()), "", 0, {}, {}, {}};
    for (const Set &set : setsIn(listing)) {
        constexpr std::size_t namesLookedAt = 400;
        unsigned has = 0;
        std::string first;
        for (const std::string &name : namesIn(listing.root / set.annotations, namesLookedAt)) {
            const auto annotation = annotationOf(name);
            if (!annotation)
                continue;
            has |= 1u << annotation->kind;
            if (annotation->kind == Expression && (first.empty() || name < first))
                first = name;
        }
        if (first.empty())
            continue;
        const bool isFull = has == 0b1111;
        candidate.confidence = std::max(candidate.confidence, isFull ? 97 : 90);
        candidate.variant = set.split == Split::None ? "one-set" : "split-sets";
        candidate.evidence.push_back(displayText(set.annotations) + " has <id>_exp.npy" +
                                     (isFull ? ", _val, _aro and _lnd" : "") + " beside " + displayText(set.images));
        const auto code = codeIn(listing.root / set.annotations / first);
        if (!code)
            candidate.contradictions.push_back(code.error().message);
        else if (*code < 0 || *code > 10)
            candidate.contradictions.push_back(displayText(first) + " holds " + std::to_string(*code) +
                                               ", which is no code of AffectNet");
        else
            candidate.evidence.push_back(displayText(first) + " holds the code " + std::to_string(*code));
    }
    if (candidate.evidence.empty()) {
        if (auto table = danTableIn(listing, id()))
            return {std::move(*table)};
        return {};
    }
    if (!candidate.contradictions.empty())
        candidate.confidence = std::min(candidate.confidence, 60);
    return {candidate};
}

Result<> AffectNetNpy::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    if (const auto table = plan.parameters.find("table"); table != plan.parameters.end())
        return scanDanTable(table->second.empty() ? plan.root : plan.root / table->second, plan.links, sink, job);
    const auto listing = listingOf(plan.root, plan.links);
    if (!listing)
        return fail(listing.error());
    const std::vector<Set> sets = setsIn(*listing);
    if (sets.empty())
        return fail(ErrorCode::Invalid,
                    "There is no folder annotations beside a folder images in " + shown(plan.root) + '.');
    Scan scan(plan.root, plan.links, sink, job);
    for (const Set &set : sets)
        if (const auto read = scan.read(set); !read)
            return read;
    static constexpr std::array<PublishedCounts, 2> published = {
        {{"train", "AffectNet train"}, {"val", "AffectNet validation of the later release", 3999}}};
    compareWithPublished(sink, "affectnet.npy/counts", published, shown(plan.root.filename()));
    return {};
}

} // namespace mien
