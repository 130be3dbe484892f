#pragma once

#include "models/base/result.h"
#include "pipeline/import/content_join.h"
#include "pipeline/import/problem_log.h"
#include "pipeline/store/import_writer.h"
#include "pipeline/store/project.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// One item on its way from an importer into the project.
struct Item
{
    NewSample sample;      ///< givenClass is filled in by the sink from `className`.
    std::string className; ///< Canonical id or a name of the data set's own; empty unless state is Ok.
    std::map<std::string, std::string> layers; ///< Labels of further lists: name of the list -> class.
    std::span<const std::uint8_t> pixels;      ///< Pixels the project has to keep: planar, raw. Else empty.
    int channels = 1;
    std::vector<std::uint8_t> thumbnail96, thumbnail192; ///< JPEG; empty for kept pixels.
};

/// A video on its way from an importer into the project.
struct ClipItem
{
    NewMedia media;
    NewClip clip;          ///< media and givenClass are filled in by the sink.
    std::string className; ///< Canonical id or a name of the data set's own; empty unless state is Ok.
};

/// Where importers put what they find. Counts everything; what happens to the items is up to the kind of sink, so a dry
/// run and an import see the same data by the same code.
class ItemSink
{
public:
    explicit ItemSink(ProblemLog &problems)
        : m_problems(problems)
    {
    }
    virtual ~ItemSink() = default;
    ItemSink(const ItemSink &) = delete;
    ItemSink &operator=(const ItemSink &) = delete;

    /// A dry run looks at label files and whether media exist, and decodes nothing.
    virtual bool isDryRun() const = 0;
    /// False when the item is in the project already, so that it need not be decoded again.
    virtual Result<bool> wants(const std::string &sourceKey) = 0;

    /// Items that are not to be read; whoever reads asks first, and isLeftOut() lists it as a problem.
    void leaveOut(std::set<std::string> sourceKeys) { m_leaveOut = std::move(sourceKeys); }
    void endItems(); ///< All were given: names that leaveOut() was asked for and that nothing had are problems.
    bool isLeftOut(const std::string &sourceKey, const std::string &file);

    /// Pictures are looked for in this table; null: in none. It must live as long as the sink is used.
    void joinBy(const ContentJoin *join) { m_join = join; }
    const ContentJoin *contentJoin() const { return m_join; }
    void joined(ContentMatch match) { ++m_counts.contents[match]; }

    Result<MediaId> media(const NewMedia &media);
    Result<> item(Item &item);
    Result<> clip(ClipItem &clip);
    /// An item that wants() refused: it is counted, and votes it brings are kept.
    Result<> stored(const Item &item);
    /// A clip that wants() refused: it is counted.
    void storedClip(const ClipItem &clip);
    /// Votes for an item that an earlier import stored; NotFound when there is none.
    Result<> attachVotes(const std::string &sourceKey, const std::map<std::string, int> &votes);
    void problem(Problem problem) { m_problems.add(std::move(problem)); }

    struct Counts
    {
        std::int64_t media = 0, samples = 0, clips = 0, labels = 0, votes = 0;
        std::map<std::string, std::map<std::string, std::int64_t>>
            byClassSplit;                              ///< split ("" = none) -> class or state
        std::map<ContentMatch, std::int64_t> contents; ///< Of pictures that were looked for in a table.
    };
    const Counts &counts() const { return m_counts; }
    /// Counts were held against published ones: see published_counts.h. "" = they were not.
    void comparedWith(std::string id) { m_comparedWith = std::move(id); }
    const std::string &comparedWith() const { return m_comparedWith; }
    /// Counts an item without giving it away (votes attached later).
    void count(const Item &item);

protected:
    virtual Result<MediaId> keepMedia(const NewMedia &media) = 0;
    virtual Result<> keepItem(Item &item) = 0;
    virtual Result<> keepClip(const NewClip &clip, const std::string &className) = 0;
    virtual Result<> keepVotes(const std::string &sourceKey, const std::map<std::string, int> &votes) = 0;

    ProblemLog &m_problems;
    Counts m_counts;
    std::set<std::string> m_leaveOut, m_leftOut;
    const ContentJoin *m_join = nullptr;
    std::string m_comparedWith;
};

/// Counts only.
class DryRunSink : public ItemSink
{
public:
    using ItemSink::ItemSink;
    bool isDryRun() const override { return true; }
    Result<bool> wants(const std::string &) override { return true; }

protected:
    Result<MediaId> keepMedia(const NewMedia &) override { return MediaId{1}; }
    Result<> keepItem(Item &) override { return {}; }
    Result<> keepClip(const NewClip &, const std::string &) override { return {}; }
    Result<> keepVotes(const std::string &, const std::map<std::string, int> &) override { return {}; }
};

/// Writes into a project. Nothing is written before the first item arrives.
class ProjectSink : public ItemSink
{
public:
    /// @param onBegin  called once the import has begun in the project, with its writer
    ProjectSink(ProblemLog &problems, Project &project, std::string importer, std::string variant,
                std::filesystem::path root, std::function<Result<>(ImportWriter &)> onBegin);
    ~ProjectSink() override;

    bool isDryRun() const override { return false; }
    Result<bool> wants(const std::string &sourceKey) override;
    /// Null before the first item.
    ImportWriter *writer() { return m_writer ? &*m_writer : nullptr; }

protected:
    Result<MediaId> keepMedia(const NewMedia &media) override;
    Result<> keepItem(Item &item) override;
    Result<> keepClip(const NewClip &clip, const std::string &className) override;
    Result<> keepVotes(const std::string &sourceKey, const std::map<std::string, int> &votes) override;

private:
    Result<> begin();
    Result<std::optional<ClassId>> classFor(const std::string &name);

    Project &m_project;
    std::string m_importer, m_variant;
    std::filesystem::path m_root;
    std::function<Result<>(ImportWriter &)> m_onBegin;
    std::optional<ImportWriter> m_writer;
    std::optional<bool> m_isKnownSource; ///< Imported before, perhaps only in part.
    std::unique_ptr<class Thumbnails> m_thumbnails;
    std::map<std::string, ClassId> m_classes;
};

} // namespace mien
