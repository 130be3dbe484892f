#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "pipeline/import/inside_path.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

class ItemSink;

/// What lies below a chosen file or folder, as far as a probe looks: at most 20,000 entries, 5 levels, breadth first.
struct Listing
{
    struct Entry
    {
        std::string path; ///< Below the root, '/' between names, raw bytes.
        bool isFolder = false;
    };
    std::filesystem::path root; ///< A file: then `entries` is empty.
    bool isFile = false;
    std::vector<Entry> entries; ///< Sorted within each folder by bytes; system files left out.
    bool isComplete = true;
    LinksOut links = LinksOut::Refused;
    std::vector<LinkOut> linksOut; ///< Links that lead out of the root; among `entries` only where they are followed.
};
Result<Listing> listingOf(const std::filesystem::path &root, LinksOut links = LinksOut::Refused);

/// One answer to "what is this?".
struct Candidate
{
    std::string importer; ///< Id as `mien formats` lists it: "fer2013.csv".
    std::string variant;  ///< "icml", "split/class", …
    /// 95–100 structure and content agree, 80–94 structure only, 50–79 names only, below 50 a generic fallback.
    int confidence = 0;
    std::vector<std::string> evidence, contradictions;
    std::map<std::string, std::string> parameters; ///< Go into the plan.
};

/// A choice that an importer offers: a parameter of the plan, `mien import --set NAME=VALUE`.
struct ImportOption
{
    std::string_view name, help;
    std::vector<std::string_view>
        values; ///< The first is what holds when nothing is said; empty: a number from 0 to 1.
};

/// Everything an import was told: a dialog and a batch run with the same plan do the same thing.
struct ImportPlan
{
    std::string importer, variant;
    std::filesystem::path root;                     ///< What was chosen: a file or a folder.
    std::optional<std::filesystem::path> votes;     ///< A table of FER+ votes that belongs to it, or to `byContent`.
    std::optional<std::filesystem::path> byContent; ///< The FER2013 table that the pictures are copies of.
    /// "table": the file to read below the root; "encoding": of its text, see textEncodings(); "numbering": code table
    /// of numbered labels, see codeTables(); "class:NAME": class that a folder or label NAME stands for, "" = leave it
    /// out of the mapping (unmapped).
    std::map<std::string, std::string> parameters;
    std::set<std::string> leaveOut; ///< Source keys of items that are not to be read: a reader crashed at them before.
    bool acceptsTerms = false;      ///< Whoever asked for the import has read the notice about terms.
    LinksOut links = LinksOut::Refused; ///< Followed: a person agreed to read what lies outside of the root.
    std::vector<LinkOut> linksOut;      ///< Those that the probe saw, followed or not.
    std::vector<Candidate> probe;       ///< What was found, best first.

    std::string toJson() const;
    static Result<ImportPlan> fromJson(std::string_view json);
};

/// Reads one published layout. Pure parsing and enumeration; what becomes of the items is the sink's affair.
class Importer
{
public:
    virtual ~Importer() = default;
    virtual std::string_view id() const = 0;
    virtual std::string_view title() const = 0;   ///< For lists: "FER2013, class folders".
    virtual std::string_view termsId() const = 0; ///< "" when the data has no terms of its own.
    /// What can be chosen besides "numbering", "class:NAME", "encoding" and "table", which importers take where they
    /// make sense.
    virtual std::vector<ImportOption> options() const { return {}; }
    /// What the plan's parameters make of the variant that a probe found.
    virtual std::string variantFor(const ImportPlan &plan) const { return plan.variant; }
    /// Reads at most 64 KiB of at most 50 files (1 MiB of the few label files that are no longer, to count their rows).
    virtual std::vector<Candidate> probe(const Listing &listing) const = 0;
    /// Gives every item and problem to the sink. Fails only with what must stop an import: Cancelled, NoSpace,
    /// Unreadable root, Invalid (votes that do not fit: before the first item).
    virtual Result<> scan(const ImportPlan &plan, ItemSink &sink, const Job &job) const = 0;
};

/// All importers, in the order `mien formats` lists them.
std::span<const Importer *const> importers();
const Importer *importerNamed(std::string_view id);
/// The value of an option in a plan, or what holds when nothing is said.
std::string optionIn(const ImportPlan &plan, std::string_view name);
/// Invalid, naming what is possible, for a parameter that the importer does not have or a value it does not take.
Result<> checkParameter(const Importer &importer, const std::string &name, const std::string &value);

/// Best first; empty when nothing fits.
std::vector<Candidate> candidatesFor(const Listing &listing);

/// The format of a file or folder. Invalid when the best two are within 10 of each other (names both) or nothing fits
/// (says what the file is instead, or that links lead out of the folder); NotFound when the path does not exist.
Result<Candidate> detectFormat(const std::filesystem::path &root, LinksOut links = LinksOut::Refused);

} // namespace mien
