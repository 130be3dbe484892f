#include "pipeline/import/uta_rldd.h"

#include "pipeline/import/clip_import.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/item_sink.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/import/text_form.h"

#include <algorithm>
#include <map>
#include <set>

namespace mien {

namespace {

constexpr int publishedSubjects = 60, publishedVideos = 180, subjectsInFold = 12;

std::vector<std::string_view> partsOf(std::string_view path)
{
    std::vector<std::string_view> parts;
    for (std::size_t from = 0; from <= path.size();) {
        const std::size_t end = std::min(path.find('/', from), path.size());
        if (end > from)
            parts.push_back(path.substr(from, end - from));
        from = end + 1;
    }
    return parts;
}

/// A whole number of one to `mostDigits` digits.
std::optional<int> digits(std::string_view text, std::size_t mostDigits)
{
    long long value = 0;
    if (text.empty() || text.size() > mostDigits || text.find_first_not_of("0123456789") != std::string_view::npos ||
        !parseInteger(text, value))
        return std::nullopt;
    return int(value);
}

/// "Fold3_part2", "Fold3_part2 (1)"
std::optional<std::pair<int, int>> foldFolder(std::string_view name)
{
    const std::string lower = lowered(withoutCopyNumber(name));
    const std::size_t part = lower.find("_part");
    if (!lower.starts_with("fold") || part == std::string::npos)
        return std::nullopt;
    const auto fold = digits(std::string_view(lower).substr(4, part - 4), 3);
    const auto number = digits(std::string_view(lower).substr(part + 5), 3);
    return fold && number ? std::optional(std::pair(*fold, *number)) : std::nullopt;
}

std::string_view classOf(int label)
{
    return label == 0 ? "alert" : label == 5 ? "low_vigilant" : "drowsy";
}

/// The folder that was chosen may itself be the one of a fold or of a person.
std::string withRootName(const std::filesystem::path &root, std::string_view path)
{
    const std::filesystem::path clean = (root / "").parent_path();
    return clean.parent_path().filename().string() + '/' + clean.filename().string() + '/' + std::string(path);
}

/// "drowsy" or "alert" of a folder of derived frames.
std::string_view frameClassOf(std::string_view folder)
{
    std::string name = lowered(trimmed(folder));
    std::erase_if(name, [](char c) { return c == ' ' || c == '-' || c == '_'; });
    if (name == "drowsy")
        return "drowsy";
    return name == "nondrowsy" || name == "notdrowsy" || name == "awake" || name == "alert" ? "alert" : "";
}

/// Letters that name the recording in "A0010.png"; empty for other names.
std::string recordingIn(std::string_view name)
{
    const std::string_view stem = name.substr(0, name.rfind('.'));
    const std::size_t letters =
        std::size_t(std::find_if_not(stem.begin(), stem.end(),
                                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }) -
                    stem.begin());
    const std::string_view number = stem.substr(letters);
    if (letters < 1 || letters > 3 || number.size() < 3 || number.size() > 5 || !digits(number, 5))
        return "";
    std::string upper(stem.substr(0, letters));
    for (char &c : upper)
        c = c >= 'a' ? char(c - 'a' + 'A') : c;
    return upper;
}

struct DerivedFrame
{
    std::string_view className;
    std::string recording;
};

std::optional<DerivedFrame> derivedFrame(std::string_view path)
{
    const auto parts = partsOf(path);
    if (parts.size() < 2 || !hasPictureExtension(parts.back()))
        return std::nullopt;
    const std::string_view className = frameClassOf(parts[parts.size() - 2]);
    std::string recording = recordingIn(parts.back());
    if (className.empty() || recording.empty())
        return std::nullopt;
    return DerivedFrame{className, std::move(recording)};
}

/// What a tree of videos holds against what was published.
class Census
{
public:
    void add(const UtaRlddPath &video, const std::string &key)
    {
        m_videos[{video.subject, video.label}].push_back(key);
        m_labels[video.subject].insert(video.label);
        if (!video.fold)
            return;
        m_folds[video.subject].insert(*video.fold);
        const auto number = digits(video.subject, 3);
        if (number && *number > 0 && *number <= 5 * subjectsInFold && (*number - 1) / subjectsInFold + 1 != *video.fold)
            m_elsewhere.insert(video.subject);
    }

    void report(ItemSink &sink) const
    {
        for (const auto &[subject, folds] : m_folds)
            if (folds.size() > 1)
                sink.problem({"SUBJECT_IN_TWO_FOLDS", subject, "", 0,
                              "This person lies in the folds " + listOf(folds) + ": they are not disjoint."});
        for (const std::string &subject : m_elsewhere)
            sink.problem({"EXPECTED_COUNT_DIFFERS", subject, "", 0,
                          "This person is published in fold " +
                              std::to_string((*digits(subject, 3) - 1) / subjectsInFold + 1) +
                              "; the fold of the folder is used."});
        for (const auto &[subject, labels] : m_labels)
            if (labels.size() < 3)
                sink.problem({"EXPECTED_COUNT_DIFFERS", subject, "", 0,
                              "Only the recordings " + listOf(labels) + " of 0, 5 and 10 are there."});
        if (int(m_labels.size()) != publishedSubjects || int(m_videos.size()) != publishedVideos)
            sink.problem({"EXPECTED_COUNT_DIFFERS", "", "", 0,
                          std::to_string(m_videos.size()) + " recordings of " + std::to_string(m_labels.size()) +
                              " people; " + std::to_string(publishedVideos) + " of " +
                              std::to_string(publishedSubjects) + " were published."});
    }

private:
    static std::string listOf(const std::set<int> &numbers)
    {
        std::string text;
        for (const int number : numbers)
            text += (text.empty() ? "" : ", ") + std::to_string(number);
        return text;
    }

    std::map<std::pair<std::string, int>, std::vector<std::string>> m_videos;
    std::map<std::string, std::set<int>> m_labels, m_folds;
    std::set<std::string> m_elsewhere;
};

void noteTree(const FileTree &tree, ItemSink &sink)
{
    for (Problem &note : tree.passedOver())
        sink.problem(std::move(note));
    for (const std::string &folder : tree.unreadable)
        sink.problem({"UNREADABLE_FILE", displayText(folder), displayText(folder), 0, "This folder cannot be opened."});
}

} // namespace

std::optional<UtaRlddPath> utaRlddPath(std::string_view path)
{
    const auto parts = partsOf(path);
    if (parts.size() < 2 || !hasVideoExtension(parts.back()))
        return std::nullopt;
    UtaRlddPath found;
    std::string_view stem = parts.back().substr(0, parts.back().rfind('.'));
    if (const std::size_t underscore = stem.find('_'); underscore != std::string_view::npos) {
        found.cut = digits(stem.substr(underscore + 1), 3);
        if (!found.cut)
            return std::nullopt;
        stem = stem.substr(0, underscore);
    }
    if (stem != "0" && stem != "5" && stem != "10")
        return std::nullopt;
    found.label = *digits(stem, 2);
    found.subject = parts[parts.size() - 2];
    if (!digits(found.subject, 3))
        return std::nullopt;
    if (parts.size() > 2)
        if (const auto fold = foldFolder(parts[parts.size() - 3])) {
            found.fold = fold->first;
            found.part = fold->second;
        }
    return found;
}

std::vector<Candidate> UtaRlddVideos::probe(const Listing &listing) const
{
    if (listing.isFile)
        return {};
    int videos = 0, inFolds = 0, flat = 0;
    std::map<std::string, std::set<int>> labels;
    for (const Listing::Entry &entry : listing.entries) {
        if (entry.isFolder || !hasVideoExtension(entry.path))
            continue;
        ++videos;
        const auto found = utaRlddPath(withRootName(listing.root, entry.path));
        if (!found)
            continue;
        ++(found->fold ? inFolds : flat);
        labels[found->subject].insert(found->label);
    }
    if (inFolds + flat == 0)
        return {};
    const auto whole =
        std::count_if(labels.begin(), labels.end(), [](const auto &of) { return of.second.size() == 3; });
    Candidate candidate{std::string(id()), inFolds > 0 ? "folds" : "flat", 0, {}, {}, {}};
    candidate.evidence.push_back(std::to_string(inFolds + flat) + " of " + std::to_string(videos) +
                                 " videos named 0, 5 or 10 in folders of " + std::to_string(labels.size()) + " people" +
                                 (inFolds > 0 ? ", below Fold<n>_part<n>" : ""));
    candidate.evidence.push_back(std::to_string(whole) + " of them with all three");
    candidate.confidence = inFolds > 0 ? (whole * 2 >= std::ptrdiff_t(labels.size()) ? 96 : 85) : whole > 0 ? 80 : 55;
    return {candidate};
}

Result<> UtaRlddVideos::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    const auto tree = filesBelow(plan.root, plan.links);
    if (!tree)
        return fail(tree.error());
    noteTree(*tree, sink);
    Census census;
    std::vector<ClipEntry> entries;
    for (const TreeFile &file : tree->files) {
        const std::string key = displayText(file.path);
        const auto found = utaRlddPath(withRootName(plan.root, file.path));
        if (!found) {
            if (hasVideoExtension(file.path))
                sink.problem({"ORPHAN_MEDIA", key, key, 0,
                              "It is not named 0, 5 or 10 in the folder of a person, so it is no recording."});
            continue;
        }
        census.add(*found, key);
        ClipEntry entry{plan.root / file.path, {}, std::string(classOf(found->label))};
        NewClip &clip = entry.clip;
        clip.sourceKey = clip.displaySource = key;
        clip.nativeLabel = std::to_string(found->label);
        clip.nativeSpace = "uta-rldd";
        clip.state = LabelState::Ok;
        clip.fold = found->fold;
        clip.cut = found->cut;
        clip.subject = found->subject;
        clip.sequence = found->subject + '/' + clip.nativeLabel;
        clip.flags = {"weak_label"};
        entries.push_back(std::move(entry));
    }
    census.report(sink);
    return importClips(std::move(entries), sink, job);
}

std::vector<Candidate> UtaRlddFrames::probe(const Listing &listing) const
{
    if (listing.isFile)
        return {};
    int pictures = 0, fitting = 0;
    std::set<std::string_view> classes;
    std::set<std::string> recordings;
    for (const Listing::Entry &entry : listing.entries) {
        if (entry.isFolder || !hasPictureExtension(entry.path))
            continue;
        ++pictures;
        if (auto frame = derivedFrame(entry.path)) {
            ++fitting;
            classes.insert(frame->className);
            recordings.insert(std::move(frame->recording));
        }
    }
    if (classes.size() < 2 || fitting * 10 < pictures * 8)
        return {};
    return {{std::string(id()),
             "two-folders",
             88,
             {std::to_string(fitting) + " of " + std::to_string(pictures) +
                  " pictures named by letters and a number in folders Drowsy and Non Drowsy",
              std::to_string(recordings.size()) + " different letters"},
             {},
             {}}};
}

Result<> UtaRlddFrames::scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const
{
    const auto tree = filesBelow(plan.root, plan.links);
    if (!tree)
        return fail(tree.error());
    noteTree(*tree, sink);
    std::vector<PictureEntry> entries;
    std::set<std::string> lowerKeys;
    for (const TreeFile &file : tree->files) {
        if (!hasPictureExtension(file.path))
            continue;
        PictureEntry entry{plan.root / file.path, {}};
        NewSample &sample = entry.item.sample;
        sample.sourceKey = sample.displaySource = displayText(file.path);
        sample.nativeSpace = "uta-rldd.derived-frames";
        sample.origin = "derived";
        sample.flags = {"weak_label"};
        const auto parts = partsOf(file.path);
        if (parts.size() > 1)
            sample.nativeLabel = displayText(parts[parts.size() - 2]);
        if (const auto frame = derivedFrame(file.path)) {
            sample.state = LabelState::Ok;
            entry.item.className = frame->className;
            sample.subject = frame->recording;
        } else {
            sample.state = LabelState::Unmapped;
            sink.problem({"LABEL_UNMAPPED", sample.sourceKey, sample.displaySource, 0,
                          "It lies neither in Drowsy nor in Non Drowsy, or its name does not begin with the letters of "
                          "a recording."});
        }
        if (!lowerKeys.insert(lowered(parts.back())).second)
            sink.problem({"NAME_COLLISION", sample.sourceKey, sample.displaySource, 0,
                          "Another file has the same name in other case: keep the folders apart."});
        entries.push_back(std::move(entry));
    }
    return importPictures(std::move(entries), {}, sink, job);
}

} // namespace mien
