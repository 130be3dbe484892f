#include "pipeline/import/class_folder.h"

#include "pipeline/imaging/picture_header.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/class_layout.h"
#include "pipeline/import/clip_import.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/item_sink.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/numbering_guess.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/import/published_counts.h"
#include "pipeline/import/text_form.h"

#include <algorithm>
#include <array>
#include <set>

namespace mien {

namespace {

constexpr int fer2013SidePx = 48;

bool isDigits(std::string_view text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "Training" of "Training_123.jpg"; empty for other names.
std::string_view usageInName(std::string_view name)
{
    for (std::string_view usage : {"Training", "PublicTest", "PrivateTest"})
        if (name.starts_with(usage) && name.size() > usage.size() + 1 && name[usage.size()] == '_' &&
            isDigits(name.substr(usage.size() + 1, name.find('.') - usage.size() - 1)))
            return usage;
    return {};
}

/// "im12.png"
bool isNumberedIm(std::string_view name)
{
    return name.starts_with("im") && isDigits(name.substr(2, name.find('.') - 2));
}

/// A copy that augmentation left beside its original: "Training_1.jpg4.jpg".
bool looksAugmented(std::string_view name)
{
    const std::string lower = lowered(name);
    const std::size_t first = lower.find(".jp");
    return first != std::string::npos && lower.find(".jp", first + 1) != std::string::npos;
}

template <typename Rule>
double shareOf(const std::vector<std::string> &pictures, Rule rule)
{
    if (pictures.empty())
        return 0;
    return double(std::count_if(pictures.begin(), pictures.end(),
                                [&](const std::string &path) { return rule(nameOfPath(path)); })) /
           double(pictures.size());
}

/// How many of a few pictures, spread over the folder, are pictures of FER2013's size.
std::pair<int, int> fer2013Sized(const Listing &listing, const std::vector<std::string> &pictures)
{
    int looked = 0, fitting = 0;
    const std::size_t step = std::max<std::size_t>(1, pictures.size() / 8);
    for (std::size_t i = 0; i < pictures.size() && looked < 8; i += step, ++looked) {
        const auto head = headOf(listing.root / pictures[i], 4096);
        if (!head)
            continue;
        const auto header = pictureHeader({reinterpret_cast<const std::uint8_t *>(head->data()), head->size()});
        fitting += header && header->widthPx == fer2013SidePx && header->heightPx == fer2013SidePx;
    }
    return {looked, fitting};
}

bool hasNames(const ClassLayout &layout, std::initializer_list<std::string_view> wanted)
{
    std::set<std::string> lower;
    for (const std::string &name : layout.classNames)
        lower.insert(lowered(name));
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](std::string_view name) { return lower.contains(std::string(name)); });
}

std::vector<std::string> filesIn(const Listing &listing, bool (*isWanted)(std::string_view name))
{
    std::vector<std::string> files;
    for (const Listing::Entry &entry : listing.entries)
        if (!entry.isFolder && isWanted(entry.path))
            files.push_back(entry.path);
    return files;
}

} // namespace

std::string_view ClassFolder::id() const
{
    switch (m_form) {
    case Form::Fer2013A: return "fer2013.kaggle-folders-a";
    case Form::Fer2013B: return "fer2013.kaggle-folders-b";
    case Form::Videos: return "video-folder";
    case Form::AffectNet: return "affectnet.converted";
    case Form::Generic: break;
    }
    return "class-folder";
}

std::string_view ClassFolder::title() const
{
    switch (m_form) {
    case Form::Fer2013A: return "FER2013, class folders with the split in the file names";
    case Form::Fer2013B: return "FER2013, class folders with numbered files";
    case Form::Videos: return "Videos in class folders, or without labels";
    case Form::AffectNet: return "AffectNet, class folders 0 to 7";
    case Form::Generic: break;
    }
    return "Class folders, or pictures without labels";
}

std::string_view ClassFolder::termsId() const
{
    return isFer2013() ? "fer2013" : m_form == Form::AffectNet ? "affectnet" : "";
}

std::vector<Candidate> ClassFolder::probe(const Listing &listing) const
{
    if (listing.isFile) {
        const auto head = m_form == Form::Generic ? headOf(listing.root, 4096) : Result<std::string>(std::string());
        if (head && isPicture(contentKindOf({reinterpret_cast<const std::uint8_t *>(head->data()), head->size()})))
            return {{std::string(id()), "photos", 45, {shown(listing.root.filename()) + " is a picture"}, {}, {}}};
        return {};
    }
    const std::vector<std::string> pictures = filesIn(listing, hasPictureExtension);
    const std::vector<std::string> videos = filesIn(listing, hasVideoExtension);
    const bool isVideos = m_form == Form::Videos;
    if (pictures.empty() != isVideos || (isVideos && videos.empty()))
        return {};
    const std::vector<std::string> &files = isVideos ? videos : pictures;
    const ClassLayout layout = classLayoutOf(files);
    Candidate candidate{std::string(id()), layout.variant(), 0, {}, {}, {}};
    candidate.parameters = exportedClasses(listing.root / layout.prefix / "classes.json");
    if (m_form == Form::Generic || isVideos) {
        std::size_t known = 0;
        for (const std::string &name : layout.classNames)
            known += canonicalClassNamed(name).has_value();
        candidate.confidence = layout.classNames.empty() ? 30 : known * 2 >= layout.classNames.size() ? 48 : 44;
        candidate.evidence.push_back(layout.classNames.empty()
                                         ? std::to_string(files.size()) + (isVideos ? " videos" : " pictures") +
                                               " without class folders"
                                         : std::to_string(layout.classNames.size()) + " class folders, " +
                                               std::to_string(known) + " with known names");
        if (const auto guess = layout.codeTable.empty() ? numberingLike(layout.counts) : std::nullopt)
            candidate.evidence.push_back("their numbers are not certain; " + guess->text());
        if (!layout.codeTable.empty())
            candidate.evidence.push_back("numbered folders read as " + layout.codeTable);
        if (layout.isMixed)
            candidate.contradictions.push_back(
                "some folders of the first level are named like splits and some are not");
        return {candidate};
    }
    if (m_form == Form::AffectNet) {
        const bool isNumbered =
            layout.codeTable == "affectnet" && layout.splitLevel == 0 &&
            shareOf(pictures, [](std::string_view name) { return isDigits(name.substr(0, name.find('.'))); }) >= 0.8;
        if (!isNumbered)
            return {};
        candidate.confidence = 85;
        candidate.evidence.push_back("class folders 0 to 7 below splits, with numbered pictures");
        return {candidate};
    }
    const bool isA = m_form == Form::Fer2013A;
    const bool names =
        isA ? hasNames(layout, {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"})
            : hasNames(layout, {"angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised"});
    const double fitting = shareOf(
        pictures, [isA](std::string_view name) { return isA ? !usageInName(name).empty() : isNumberedIm(name); });
    // A copy cut down to a few classes is still told by its file names together with its splits.
    if (fitting < 0.8 || layout.splitLevel != 0 || (!names && (layout.classNames.size() < 2 || !isA)))
        return {};
    candidate.confidence = names ? 90 : 70;
    candidate.evidence.push_back(isA ? "files named after FER2013's Usage" : "seven class folders with files im<N>");
    const auto [looked, sized] = fer2013Sized(listing, pictures);
    if (sized == looked && looked > 0) {
        candidate.confidence += names ? 6 : 10;
        candidate.evidence.push_back("48 x 48 pixels");
    } else {
        candidate.confidence = std::min(candidate.confidence, 60);
        candidate.contradictions.push_back(std::to_string(looked - sized) + " of " + std::to_string(looked) +
                                           " pictures looked at are not 48 x 48 pixels");
    }
    return {candidate};
}

Result<> ClassFolder::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    std::filesystem::path root = plan.root;
    FileTree tree;
    if (std::filesystem::is_regular_file(root)) {
        tree.files.push_back({root.filename().native()});
        root = root.parent_path();
    } else {
        auto found = filesBelow(root, plan.links);
        if (!found)
            return fail(found.error());
        tree = std::move(*found);
    }
    std::vector<std::string> pictures, videos;
    for (const TreeFile &file : tree.files) {
        if (hasPictureExtension(file.path))
            pictures.push_back(file.path);
        else if (hasVideoExtension(file.path))
            videos.push_back(file.path);
    }
    std::vector<std::string> files = pictures;
    files.insert(files.end(), videos.begin(), videos.end());
    const ClassLayout layout = classLayoutOf(files);
    if (layout.isMixed)
        return fail(ErrorCode::Invalid,
                    "Some folders in " + shown(root) +
                        " are named like splits (train, test) and some are not, so it is not clear which are classes; "
                        "import them one by one or rename them.");
    const auto numbering = plan.parameters.find("numbering");
    const std::string table = numbering == plan.parameters.end() ? layout.codeTable : numbering->second;

    const auto guess = table.empty() ? numberingLike(layout.counts) : std::nullopt;
    const std::string proposal = guess ? " The counts are " + guess->text() + '.' : std::string();

    for (Problem &note : tree.passedOver())
        sink.problem(std::move(note));
    for (const std::string &folder : tree.emptyFolders)
        sink.problem(
            {"EMPTY_FOLDER", displayText(folder), displayText(folder), 0, "It holds nothing that can be imported."});
    for (const std::string &folder : tree.unreadable)
        sink.problem({"UNREADABLE_FILE", displayText(folder), displayText(folder), 0, "This folder cannot be opened."});

    std::set<std::string> lowerKeys;
    std::vector<PictureEntry> entries;
    entries.reserve(pictures.size());
    for (const std::string &path : pictures) {
        const FolderFacts facts = factsOf(layout, path);
        const LabelMeaning meaning = meaningOf(facts.className, table, plan.parameters);
        PictureEntry entry;
        entry.path = root / path;
        NewSample &sample = entry.item.sample;
        sample.sourceKey = sample.displaySource = displayText(path);
        sample.nativeLabel = displayText(facts.className);
        sample.nativeSpace = isFer2013() ? "fer2013.names" : m_form == Form::AffectNet ? "affectnet" : "folder";
        sample.state = meaning.state;
        entry.item.className = meaning.className;
        sample.nativeSplit = displayText(facts.nativeSplit);
        sample.split = facts.split;
        const std::string_view name = nameOfPath(path);
        if (const std::string_view usage = m_form == Form::Fer2013A ? usageInName(name) : std::string_view();
            !usage.empty()) {
            sample.nativeSplit = usage;
            sample.split = splitMeantBy(usage).value_or(sample.split);
        }
        if (!isUtf8(path)) {
            sample.flags.emplace_back("name_not_utf8");
            sink.problem({"NAME_NOT_UTF8", sample.sourceKey, sample.displaySource, 0,
                          "Its name is not UTF-8; bytes that are none are shown as \\xNN."});
        }
        if (looksAugmented(name))
            sample.flags.emplace_back("augmented_copy_suspect");
        if (meaning.state == LabelState::Unmapped)
            sink.problem({"LABEL_UNMAPPED", sample.sourceKey, sample.displaySource, 0,
                          "It is not certain which class the folder \"" + sample.nativeLabel +
                              "\" stands for; the name is kept." + proposal});
        if (!lowerKeys.insert(lowered(path)).second)
            sink.problem({"NAME_COLLISION", sample.sourceKey, sample.displaySource, 0,
                          "Another file has the same name in other case."});
        entries.push_back(std::move(entry));
    }
    std::vector<ClipEntry> clips;
    for (const std::string &path : videos) {
        const FolderFacts facts = factsOf(layout, path);
        const LabelMeaning meaning = meaningOf(facts.className, table, plan.parameters);
        ClipEntry entry{root / path, {}, meaning.className};
        NewClip &clip = entry.clip;
        clip.sourceKey = clip.displaySource = displayText(path);
        clip.nativeLabel = displayText(facts.className);
        clip.nativeSpace = "folder";
        clip.state = meaning.state;
        clip.nativeSplit = displayText(facts.nativeSplit);
        clip.split = facts.split;
        clip.sequence = clip.sourceKey;
        if (meaning.state == LabelState::Ok)
            clip.flags = {"weak_label"};
        if (meaning.state == LabelState::Unmapped)
            sink.problem({"LABEL_UNMAPPED", clip.sourceKey, clip.displaySource, 0,
                          "It is not certain which class the folder \"" + clip.nativeLabel +
                              "\" stands for; the name is kept."});
        clips.push_back(std::move(entry));
    }
    if (const auto imported = importClips(std::move(clips), sink, job); !imported)
        return imported;
    const auto read = importPictures(std::move(entries), {isFer2013() ? fer2013SidePx : 0}, sink, job);
    static constexpr std::array<PublishedCounts, 2> published = {
        {{"train", "AffectNet train"}, {"val", "AffectNet validation of the later release", 3999}}};
    if (read && m_form == Form::AffectNet)
        compareWithPublished(sink, "affectnet.converted/counts", published, shown(plan.root.filename()));
    return read;
}

} // namespace mien
