#include "pipeline/import/importer.h"

#include "pipeline/imaging/content_kind.h"
#include "pipeline/import/affectnet_csv.h"
#include "pipeline/import/affectnet_kaggle.h"
#include "pipeline/import/affectnet_npy.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/class_folder.h"
#include "pipeline/import/fer2013_csv.h"
#include "pipeline/import/ferplus_folders.h"
#include "pipeline/import/ferplus_votes.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/manifest.h"
#include "pipeline/import/rafdb.h"
#include "pipeline/import/rafdb_kaggle.h"
#include "pipeline/import/text_form.h"
#include "pipeline/import/uta_rldd.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>

namespace mien {

namespace fs = std::filesystem;

Result<Listing> listingOf(const fs::path &root, LinksOut links)
{
    constexpr std::size_t maxEntries = 20'000;
    constexpr int maxDepth = 9; // a published layout, in folders of folders that somebody put around it
    Listing listing;
    listing.root = root;
    listing.links = links;
    const InsideFolder inside(root, links);
    std::error_code error;
    const fs::file_status status = fs::status(root, error);
    if (!fs::exists(status))
        return fail(ErrorCode::NotFound, "There is no file or folder " + shown(root) + ".");
    if (const auto readable = refusePipe(root); !readable)
        return fail(readable.error());
    if (!fs::is_directory(status)) {
        listing.isFile = true;
        return listing;
    }
    std::deque<std::pair<std::string, int>> folders = {{"", 0}};
    while (!folders.empty()) {
        const auto [folder, depth] = folders.front();
        folders.pop_front();
        const std::string inFolder = folder + '/';
        // Whoever agreed to a link agreed to what is behind it.
        const bool isBehindLink = std::any_of(listing.linksOut.begin(), listing.linksOut.end(),
                                              [&](const LinkOut &out) { return inFolder.starts_with(out.path + '/'); });
        std::vector<Listing::Entry> found;
        fs::directory_iterator at(root / folder, fs::directory_options::skip_permission_denied, error);
        if (error && folder.empty())
            return fail(ErrorCode::Unreadable,
                        "The folder " + shown(root) + " cannot be read: " + error.message() + ".");
        for (; !error && at != fs::directory_iterator(); at.increment(error)) {
            const std::string name = at->path().filename().native();
            if (isSystemName(name))
                continue;
            std::error_code ignored;
            if (!isBehindLink && at->is_symlink(ignored))
                if (auto target = inside.targetOutside(at->path())) {
                    listing.linksOut.push_back({folder.empty() ? name : folder + '/' + name, std::move(*target)});
                    if (links == LinksOut::Refused)
                        continue;
                }
            const bool isFolder = at->is_directory(ignored);
            if (!isFolder && at->is_other(ignored))
                continue; // a pipe or a device: no probe may wait for it
            found.push_back({folder.empty() ? name : folder + '/' + name, isFolder});
            if (listing.entries.size() + found.size() >= maxEntries) {
                listing.isComplete = false;
                break;
            }
        }
        std::sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.path < b.path; });
        for (Listing::Entry &entry : found) {
            if (entry.isFolder && depth + 1 < maxDepth)
                folders.emplace_back(entry.path, depth + 1);
            listing.entries.push_back(std::move(entry));
        }
        if (!listing.isComplete)
            break;
    }
    return listing;
}

std::span<const Importer *const> importers()
{
    static const Fer2013Csv fer2013Csv;
    static const FerPlusCsv ferPlusCsv;
    static const FerPlusFolders ferPlusFolders;
    static const ClassFolder foldersA(ClassFolder::Form::Fer2013A), foldersB(ClassFolder::Form::Fer2013B),
        affectNetFolders(ClassFolder::Form::AffectNet), folders(ClassFolder::Form::Generic),
        videoFolders(ClassFolder::Form::Videos);
    static const AffectNetCsv affectNetCsv;
    static const AffectNetNpy affectNetNpy;
    static const AffectNetKaggle affectNetKaggle;
    static const RafDb rafDbBasic(RafDb::Part::Basic), rafDbCompound(RafDb::Part::Compound);
    static const RafDbKaggle rafDbKaggle;
    static const UtaRlddVideos utaRlddVideos;
    static const UtaRlddFrames utaRlddFrames;
    static const ManifestTable manifest;
    static const std::array<const Importer *, 17> all = {
        &utaRlddVideos, &utaRlddFrames, &fer2013Csv,   &foldersA,        &foldersB,         &ferPlusFolders,
        &ferPlusCsv,    &affectNetCsv,  &affectNetNpy, &affectNetKaggle, &affectNetFolders, &rafDbBasic,
        &rafDbCompound, &rafDbKaggle,   &folders,      &videoFolders,    &manifest};
    return all;
}

const Importer *importerNamed(std::string_view id)
{
    for (const Importer *importer : importers())
        if (importer->id() == id)
            return importer;
    return nullptr;
}

std::string optionIn(const ImportPlan &plan, std::string_view name)
{
    if (const auto chosen = plan.parameters.find(std::string(name)); chosen != plan.parameters.end())
        return chosen->second;
    if (const Importer *const importer = importerNamed(plan.importer))
        for (const ImportOption &option : importer->options())
            if (option.name == name && !option.values.empty())
                return std::string(option.values.front());
    return {};
}

Result<> checkParameter(const Importer &importer, const std::string &name, const std::string &value)
{
    if (name == "numbering" || name == "encoding" || name == "table" || name.starts_with("class:"))
        return {};
    std::string known;
    for (const ImportOption &option : importer.options()) {
        known += (known.empty() ? "" : ", ") + std::string(option.name);
        if (option.name != name)
            continue;
        double number = 0;
        if (option.values.empty() && parseNumber(value, number) && number >= 0 && number <= 1)
            return {};
        std::string values = option.values.empty() ? "a number from 0 to 1" : "";
        for (std::string_view possible : option.values) {
            if (possible == value)
                return {};
            values += (values.empty() ? "" : ", ") + std::string(possible);
        }
        return fail(ErrorCode::Invalid, "--set " + name + '=' + displayText(value) + " is not possible; " + name +
                                            " takes " + values + ".");
    }
    return fail(ErrorCode::Invalid, std::string(importer.id()) + " has no option \"" + displayText(name) + "\"" +
                                        (known.empty() ? "." : "; possible: " + known + "."));
}

std::vector<Candidate> candidatesFor(const Listing &listing)
{
    std::vector<Candidate> candidates;
    for (const Importer *importer : importers())
        for (Candidate &candidate : importer->probe(listing))
            candidates.push_back(std::move(candidate));
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate &a, const Candidate &b) { return a.confidence > b.confidence; });
    return candidates;
}

namespace {

/// Why nothing fits, in words that help.
Error nothingFits(const Listing &listing)
{
    if (listing.isFile) {
        const auto head = headOf(listing.root, 4096);
        if (!head)
            return head.error();
        const ContentKind kind = contentKindOf({reinterpret_cast<const std::uint8_t *>(head->data()), head->size()});
        const std::string advice =
            kind == ContentKind::Text
                ? "a text whose first line is not that of a known table (fer2013.csv: emotion,pixels,Usage)"
                : describe(kind);
        return {ErrorCode::Invalid, "Nothing to import in " + shown(listing.root) + ": it is " + advice + "."};
    }
    if (!listing.linksOut.empty() && listing.links == LinksOut::Refused)
        return {ErrorCode::Invalid, "Nothing to import in " + shown(listing.root) +
                                        " but what links lead to outside of it, first " +
                                        displayText(listing.linksOut.front().path) + " to " +
                                        shown(listing.linksOut.front().target) + "; --follow-links reads that."};
    if (listing.entries.empty())
        return {ErrorCode::Invalid, "Nothing to import in " + shown(listing.root) + ": the folder is empty."};
    for (const Listing::Entry &entry : listing.entries) {
        if (entry.isFolder || extensionOf(entry.path) != "csv")
            continue;
        const auto head = headOf(listing.root / entry.path, 4096);
        if (!head)
            return head.error();
        const ContentKind kind = contentKindOf({reinterpret_cast<const std::uint8_t *>(head->data()), head->size()});
        return {ErrorCode::Invalid,
                "Nothing to import in " + shown(listing.root) + ": " + displayText(entry.path) + " is " +
                    (kind == ContentKind::Text ? "a table with unknown columns" : describe(kind)) + "."};
    }
    return {ErrorCode::Invalid,
            "Nothing to import in " + shown(listing.root) + ": it holds no pictures, no videos and no known table."};
}

} // namespace

Result<Candidate> detectFormat(const fs::path &root, LinksOut links)
{
    const auto listing = listingOf(root, links);
    if (!listing)
        return fail(listing.error());
    std::vector<Candidate> candidates = candidatesFor(*listing);
    if (candidates.empty())
        return fail(nothingFits(*listing));
    if (candidates.size() > 1 && candidates[0].confidence - candidates[1].confidence < 10)
        return fail(ErrorCode::Invalid, shown(root) + " could be " + candidates[0].importer + " (" +
                                            candidates[0].evidence.front() + ") or " + candidates[1].importer + " (" +
                                            candidates[1].evidence.front() + "); say which with --format.");
    return candidates.front();
}

namespace {

nlohmann::json jsonOf(const Candidate &candidate)
{
    return {{"importer", candidate.importer},
            {"variant", candidate.variant},
            {"confidence", candidate.confidence},
            {"evidence", candidate.evidence},
            {"contradictions", candidate.contradictions}};
}

} // namespace

std::string ImportPlan::toJson() const
{
    nlohmann::ordered_json json;
    json["format"] = "mien-import-plan/1";
    json["importer"] = importer;
    json["variant"] = variant;
    json["root"] = shown(root);
    json["votes"] = votes ? nlohmann::ordered_json(shown(*votes)) : nlohmann::ordered_json();
    if (byContent)
        json["by_content"] = shown(*byContent);
    json["parameters"] = nlohmann::json(parameters);
    if (!leaveOut.empty())
        json["leave_out"] = leaveOut;
    if (acceptsTerms)
        json["accepts_terms"] = true;
    if (links == LinksOut::Followed)
        json["follow_links"] = true;
    for (const LinkOut &link : linksOut)
        json["links_out"].push_back({{"link", displayText(link.path)}, {"target", shown(link.target)}});
    json["probe"] = nlohmann::ordered_json::array();
    for (const Candidate &candidate : probe)
        json["probe"].push_back(nlohmann::ordered_json(jsonOf(candidate)));
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<ImportPlan> ImportPlan::fromJson(std::string_view text)
{
    try {
        const auto json = nlohmann::json::parse(text);
        if (json.at("format") != "mien-import-plan/1")
            return fail(ErrorCode::Invalid, "The import plan was made by another version of Mien.");
        ImportPlan plan;
        plan.importer = json.at("importer");
        plan.variant = json.at("variant");
        plan.root = json.at("root").get<std::string>();
        if (json.at("votes").is_string())
            plan.votes = json.at("votes").get<std::string>();
        if (json.contains("by_content"))
            plan.byContent = json.at("by_content").get<std::string>();
        plan.parameters = json.at("parameters").get<std::map<std::string, std::string>>();
        plan.leaveOut = json.value("leave_out", std::set<std::string>());
        plan.acceptsTerms = json.value("accepts_terms", false);
        plan.links = json.value("follow_links", false) ? LinksOut::Followed : LinksOut::Refused;
        for (const auto &found : json.at("probe"))
            plan.probe.push_back({found.at("importer"),
                                  found.at("variant"),
                                  found.at("confidence"),
                                  found.at("evidence"),
                                  found.at("contradictions"),
                                  {}});
        if (!importerNamed(plan.importer))
            return fail(ErrorCode::Invalid,
                        "The import plan names the format \"" + plan.importer + "\", which this Mien does not have.");
        return plan;
    } catch (const nlohmann::json::exception &error) {
        return fail(ErrorCode::Invalid, std::string("The import plan cannot be read: ") + error.what() + ".");
    }
}

} // namespace mien
