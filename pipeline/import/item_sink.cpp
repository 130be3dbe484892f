#include "pipeline/import/item_sink.h"

#include "pipeline/store/crop_pack.h"
#include "pipeline/store/given_fields.h"
#include "pipeline/store/imports.h"

#include <algorithm>

namespace mien {

bool ItemSink::isLeftOut(const std::string &sourceKey, const std::string &file)
{
    if (m_leaveOut.empty() || !m_leaveOut.contains(sourceKey))
        return false;
    m_leftOut.insert(sourceKey);
    problem({"LEFT_OUT", sourceKey, file, 0, "Not read, as asked with --leave-out."});
    return true;
}

void ItemSink::endItems()
{
    for (const std::string &key : m_leaveOut)
        if (!m_leftOut.contains(key))
            problem({"UNKNOWN_KEY", key, "", 0, "--leave-out names it, and nothing that was read has this key."});
}

Result<MediaId> ItemSink::media(const NewMedia &media)
{
    ++m_counts.media;
    return keepMedia(media);
}

void ItemSink::count(const Item &item)
{
    const bool isLabelled = item.sample.state == LabelState::Ok;
    ++m_counts.samples;
    m_counts.labels += isLabelled;
    m_counts.votes += !item.sample.votes.empty();
    ++m_counts.byClassSplit[std::string(nameOf(item.sample.split))]
                           [isLabelled ? item.className : std::string(nameOf(item.sample.state))];
}

Result<> ItemSink::item(Item &item)
{
    count(item);
    return keepItem(item);
}

void ItemSink::storedClip(const ClipItem &clip)
{
    const bool isLabelled = clip.clip.state == LabelState::Ok;
    ++m_counts.media;
    ++m_counts.clips;
    m_counts.labels += isLabelled;
    ++m_counts.byClassSplit[std::string(nameOf(clip.clip.split))]
                           [isLabelled ? clip.className : std::string(nameOf(clip.clip.state))];
}

Result<> ItemSink::clip(ClipItem &clip)
{
    storedClip(clip);
    const auto id = keepMedia(clip.media);
    if (!id)
        return fail(id.error());
    clip.clip.media = *id;
    return keepClip(clip.clip, clip.className);
}

Result<> ItemSink::stored(const Item &item)
{
    count(item);
    return item.sample.votes.empty() ? Result<>() : keepVotes(item.sample.sourceKey, item.sample.votes);
}

Result<> ItemSink::attachVotes(const std::string &sourceKey, const std::map<std::string, int> &votes)
{
    const auto kept = keepVotes(sourceKey, votes);
    m_counts.votes += kept.has_value();
    m_counts.samples += kept.has_value();
    return kept;
}

ProjectSink::ProjectSink(ProblemLog &problems, Project &project, std::string importer, std::string variant,
                         std::filesystem::path root, std::function<Result<>(ImportWriter &)> onBegin)
    : ItemSink(problems)
    , m_project(project)
    , m_importer(std::move(importer))
    , m_variant(std::move(variant))
    , m_root(std::move(root))
    , m_onBegin(std::move(onBegin))
{
}

ProjectSink::~ProjectSink() = default;

Result<> ProjectSink::begin()
{
    if (m_writer)
        return {};
    auto writer = ImportWriter::begin(m_project, m_importer, m_variant, m_root);
    if (!writer)
        return fail(writer.error());
    m_writer.emplace(std::move(*writer));
    m_thumbnails = std::make_unique<Thumbnails>(m_project);
    return m_onBegin ? m_onBegin(*m_writer) : Result<>();
}

Result<bool> ProjectSink::wants(const std::string &sourceKey)
{
    // A first import wants everything, and must not begin before there is something to write.
    if (!m_writer && !m_isKnownSource.has_value()) {
        const std::vector<ImportRow> earlier = imports(m_project);
        m_isKnownSource = std::any_of(earlier.begin(), earlier.end(), [this](const ImportRow &row) {
            return row.importer == m_importer && row.root == m_root;
        });
    }
    if (!m_writer && !*m_isKnownSource)
        return true;
    if (const auto begun = begin(); !begun)
        return fail(begun.error());
    return !m_writer->has(sourceKey);
}

Result<MediaId> ProjectSink::keepMedia(const NewMedia &media)
{
    if (const auto begun = begin(); !begun)
        return fail(begun.error());
    return m_writer->addMedia(media);
}

Result<std::optional<ClassId>> ProjectSink::classFor(const std::string &name)
{
    if (name.empty())
        return std::optional<ClassId>();
    if (const auto known = m_classes.find(name); known != m_classes.end())
        return std::optional(known->second);
    std::optional<ClassId> id = m_project.classNamed(name);
    if (!id) {
        const auto added = m_project.addOwnClass(name);
        if (!added)
            return fail(added.error());
        id = *added;
    }
    m_classes.emplace(name, *id);
    return id;
}

Result<> ProjectSink::keepItem(Item &item)
{
    if (const auto begun = begin(); !begun)
        return begun;
    const auto given = classFor(item.className);
    if (!given)
        return fail(given.error());
    item.sample.givenClass = *given;
    for (const auto &[list, className] : item.layers) {
        const auto label = classFor(className);
        if (!label)
            return fail(label.error());
        if (*label)
            item.sample.measures[layerField(list)] = double((*label)->value);
    }
    if (!item.pixels.empty()) {
        const auto crop =
            m_writer->addCrop(item.sample.widthPx, item.sample.heightPx, item.channels, "raw", item.pixels);
        if (!crop)
            return fail(crop.error());
        item.sample.crop = *crop;
    }
    const auto id = m_writer->addSample(item.sample);
    if (!id)
        return fail(id.error());
    return item.thumbnail192.empty() ? Result<>() : m_thumbnails->addBoth(*id, item.thumbnail96, item.thumbnail192);
}

Result<> ProjectSink::keepClip(const NewClip &clip, const std::string &className)
{
    const auto given = classFor(className);
    if (!given)
        return fail(given.error());
    NewClip kept = clip;
    kept.givenClass = *given;
    return m_writer->addClip(kept);
}

Result<> ProjectSink::keepVotes(const std::string &sourceKey, const std::map<std::string, int> &votes)
{
    if (const auto begun = begin(); !begun)
        return begun;
    return m_writer->setVotes(sourceKey, votes);
}

} // namespace mien
