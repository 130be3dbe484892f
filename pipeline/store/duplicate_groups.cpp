#include "pipeline/store/duplicate_groups.h"

#include "models/base/disjoint_sets.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

namespace mien {
namespace {

struct Member
{
    SampleId sample;
    std::int64_t pixels = 0, looks = 0; ///< Names of its groups; 0: none.
    std::int64_t label = 0;             ///< 0: none.
    int split = 0;
    bool excluded = false, kept = false, conflict = false;
    std::optional<CropId> crop;
};

Result<std::vector<Member>> membersOf(const Project &project, const Job &job)
{
    SQLite::Statement select(
        project.database(),
        "SELECT u.sample_id, d.group_id, n.group_id,"
        " CASE WHEN c.excluded > 0 THEN c.given_class ELSE c.class_id END, c.split, c.excluded,"
        " EXISTS (SELECT 1 FROM current_tags t JOIN tags g ON g.id = t.tag_id WHERE t.sample_id = u.sample_id"
        "  AND g.name = ?1),"
        " EXISTS (SELECT 1 FROM current_tags t JOIN tags g ON g.id = t.tag_id WHERE t.sample_id = u.sample_id"
        "  AND g.name = ?2),"
        " s.crop_id FROM (SELECT sample_id FROM duplicates UNION SELECT sample_id FROM near_duplicates) u"
        " JOIN current_labels c ON c.sample_id = u.sample_id JOIN samples s ON s.id = u.sample_id"
        " LEFT JOIN duplicates d ON d.sample_id = u.sample_id"
        " LEFT JOIN near_duplicates n ON n.sample_id = u.sample_id ORDER BY u.sample_id");
    select.bind(1, keptDuplicatesTag);
    select.bind(2, duplicateConflictTag);
    std::vector<Member> members;
    while (select.executeStep()) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Reading duplicates was stopped.");
        Member member{.sample = {select.getColumn(0).getInt64()},
                      .pixels = select.getColumn(1).getInt64(), // 0 for NULL
                      .looks = select.getColumn(2).getInt64(),
                      .label = select.getColumn(3).getInt64(),
                      .split = select.getColumn(4).getInt(),
                      .excluded = select.getColumn(5).getInt() != 0,
                      .kept = select.getColumn(6).getInt() != 0,
                      .conflict = select.getColumn(7).getInt() != 0,
                      .crop = {}};
        if (const SQLite::Column crop = select.getColumn(8); !crop.isNull())
            member.crop = CropId{crop.getInt64()};
        members.push_back(member);
    }
    return members;
}

/// Members that share a picture, or nearly so, by the position of the first of them.
std::vector<std::vector<const Member *>> grouped(const std::vector<Member> &members)
{
    DisjointSets sets(members.size());
    std::unordered_map<std::int64_t, std::size_t> firstOfPixels, firstOfLooks;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (members[i].pixels != 0)
            sets.join(firstOfPixels.emplace(members[i].pixels, i).first->second, i);
        if (members[i].looks != 0)
            sets.join(firstOfLooks.emplace(members[i].looks, i).first->second, i);
    }
    std::unordered_map<std::size_t, std::size_t> placeOf;
    std::vector<std::vector<const Member *>> groups;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto [place, isNew] = placeOf.emplace(sets.rootOf(i), groups.size());
        if (isNew)
            groups.emplace_back();
        groups[place->second].push_back(&members[i]);
    }
    std::erase_if(groups, [](const auto &group) { return group.size() < 2; });
    return groups;
}

DuplicateDecision decisionOf(const std::vector<const Member *> &group)
{
    std::size_t counting = 0, kept = 0, conflict = 0;
    for (const Member *member : group) {
        if (member->excluded)
            continue;
        ++counting;
        kept += member->kept ? 1 : 0;
        conflict += member->conflict ? 1 : 0;
    }
    if (counting < 2)
        return DuplicateDecision::KeptOne;
    return kept == counting       ? DuplicateDecision::KeptAll
           : conflict == counting ? DuplicateDecision::Conflict
                                  : DuplicateDecision::None;
}

DuplicateGroup groupOf(const std::vector<const Member *> &members)
{
    DuplicateGroup group;
    std::set<std::int64_t> labels, countingLabels, pixels;
    std::set<int> splits;
    for (const Member *member : members) {
        group.samples.push_back(member->sample);
        // One without a twin has pixels of its own.
        pixels.insert(member->pixels != 0 ? member->pixels : -member->sample.value);
        if (member->label != 0)
            labels.insert(member->label);
        if (member->label != 0 && !member->excluded)
            countingLabels.insert(member->label);
        if (member->split != 0)
            splits.insert(member->split);
    }
    group.crop = members.front()->crop;
    group.isNear = pixels.size() > 1;
    group.labelsDiffer = labels.size() > 1;
    group.isInConflict = countingLabels.size() > 1;
    group.isAcrossSplits = splits.size() > 1;
    group.decision = decisionOf(members);
    return group;
}

std::int64_t tagNamed(SQLite::Database &database, const char *name)
{
    SQLite::Statement insert(database, "INSERT OR IGNORE INTO tags (name) VALUES (?)");
    insert.bind(1, name);
    insert.exec();
    SQLite::Statement select(database, "SELECT id FROM tags WHERE name = ?");
    select.bind(1, name);
    select.executeStep();
    return select.getColumn(0).getInt64();
}

/// One edit: who of the group is excluded, and which of the two tags the others have. Facts are written only where
/// something changes.
/// @param kept  empty: all
/// @param tag   null: none of the two
Result<EditId> decide(Project &project, std::span<const SampleId> group, std::optional<SampleId> kept, const char *tag,
                      const std::string &name, const std::string &by)
{
    if (group.empty() || (kept && std::find(group.begin(), group.end(), *kept) == group.end()))
        return fail(ErrorCode::Invalid, "The face to keep is not one of the group.");
    return project.edit(name, by, [&](SQLite::Database &database, EditId edit) -> Result<std::vector<SampleId>> {
        SQLite::Statement known(database, "SELECT excluded FROM current_labels WHERE sample_id = ?");
        SQLite::Statement exclude(database,
                                  "INSERT INTO exclusion_facts (edit_id, sample_id, excluded) VALUES (?, ?, ?)");
        SQLite::Statement has(database, "SELECT count(*) FROM current_tags WHERE tag_id = ? AND sample_id = ?");
        SQLite::Statement mark(database,
                               "INSERT INTO tag_facts (edit_id, sample_id, tag_id, present) VALUES (?, ?, ?, ?)");
        for (const SampleId sample : group) {
            known.bind(1, sample.value);
            if (!known.executeStep())
                return fail(ErrorCode::NotFound,
                            "There is no sample " + std::to_string(sample.value) + " in this project.");
            const bool isExcluded = known.getColumn(0).getInt() != 0;
            known.reset();
            const bool excluded = kept && sample != *kept;
            if (excluded != isExcluded) {
                exclude.bind(1, edit.value);
                exclude.bind(2, sample.value);
                exclude.bind(3, excluded ? 1 : 0);
                exclude.exec();
                exclude.reset();
            }
            for (const char *one : {keptDuplicatesTag, duplicateConflictTag}) {
                const std::int64_t id = tagNamed(database, one);
                has.bind(1, id);
                has.bind(2, sample.value);
                has.executeStep();
                const bool isMarked = has.getColumn(0).getInt() != 0;
                has.reset();
                if (isMarked == (one == tag))
                    continue;
                mark.bind(1, edit.value);
                mark.bind(2, sample.value);
                mark.bind(3, id);
                mark.bind(4, one == tag ? 1 : 0);
                mark.exec();
                mark.reset();
            }
        }
        return std::vector(group.begin(), group.end());
    });
}

} // namespace

Result<std::vector<DuplicateGroup>> duplicateGroups(const Project &project, const Job &job)
{
    return guarded(project.folder() / "project.db", "Reading duplicates", [&]() -> Result<std::vector<DuplicateGroup>> {
        const auto members = membersOf(project, job);
        if (!members)
            return fail(members.error());
        std::vector<DuplicateGroup> groups;
        for (const std::vector<const Member *> &group : grouped(*members))
            groups.push_back(groupOf(group));
        std::stable_sort(groups.begin(), groups.end(), [](const auto &a, const auto &b) {
            return std::tuple(!a.labelsDiffer, !a.isAcrossSplits, b.samples.size()) <
                   std::tuple(!b.labelsDiffer, !b.isAcrossSplits, a.samples.size());
        });
        return groups;
    });
}

Result<std::vector<DuplicateMember>> duplicateMembers(const Project &project, std::span<const SampleId> samples)
{
    const auto rows = sampleRows(project, samples);
    if (!rows)
        return fail(rows.error());
    return guarded(project.folder() / "project.db", "Reading duplicates",
                   [&]() -> Result<std::vector<DuplicateMember>> {
                       SQLite::Statement blur(project.database(),
                                              "SELECT m.value FROM measures m JOIN measure_names q ON q.id = m.name_id"
                                              " WHERE q.name = 'quality.blur' AND m.sample_id = ?");
                       std::vector<DuplicateMember> members;
                       for (const SampleRow &row : *rows) {
                           DuplicateMember member{row, {}};
                           blur.bind(1, row.id.value);
                           if (blur.executeStep())
                               member.blur = blur.getColumn(0).getDouble();
                           blur.reset();
                           members.push_back(std::move(member));
                       }
                       return members;
                   });
}

std::size_t bestOf(std::span<const DuplicateMember> members)
{
    const auto area = [](const DuplicateMember &member) {
        return double(member.row.widthPx) * double(member.row.heightPx);
    };
    double largest = 0;
    for (const DuplicateMember &member : members)
        largest = std::max(largest, area(member));
    const auto worth = [&](const DuplicateMember &member) {
        return std::tuple(area(member) >= 0.9 * largest, member.blur.value_or(-1), member.row.reviews);
    };
    std::size_t best = 0;
    for (std::size_t i = 1; i < members.size(); ++i)
        if (worth(members[i]) > worth(members[best]))
            best = i;
    return best;
}

Result<EditId> keepOneDuplicate(Project &project, std::span<const SampleId> group, SampleId kept, const std::string &by)
{
    return decide(project, group, kept, nullptr, "Keep one of " + std::to_string(group.size()) + " duplicates", by);
}

Result<EditId> keepAllDuplicates(Project &project, std::span<const SampleId> group, const std::string &by)
{
    return decide(project, group, {}, keptDuplicatesTag, "Keep all " + std::to_string(group.size()) + " duplicates",
                  by);
}

Result<EditId> markDuplicateConflict(Project &project, std::span<const SampleId> group, const std::string &by)
{
    return decide(project, group, {}, duplicateConflictTag,
                  "Mark conflict of " + std::to_string(group.size()) + " duplicates", by);
}

} // namespace mien
