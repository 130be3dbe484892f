#include "pipeline/store/duplicates.h"

#include "pipeline/store/sample.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <tuple>
#include <vector>

namespace mien {
namespace {

struct Member
{
    Hash128 hash;
    std::int64_t sample;
    std::int64_t import;
    std::int32_t givenClass; ///< 0: none.
    std::int32_t split;
};

std::vector<Member> hashedSamples(SQLite::Database &database)
{
    std::vector<Member> members;
    SQLite::Statement select(database, "SELECT id, pixel_hash, import_id, coalesce(given_class, 0), given_split"
                                       " FROM samples WHERE pixel_hash IS NOT NULL AND retired = 0 AND import_id NOT IN"
                                       " (SELECT id FROM imports WHERE removed_at_ms IS NOT NULL)");
    while (select.executeStep()) {
        Member member{};
        const auto hash = select.getColumn(1);
        if (hash.getBytes() != static_cast<int>(member.hash.size()))
            continue;
        std::memcpy(member.hash.data(), hash.getBlob(), member.hash.size());
        member.sample = select.getColumn(0).getInt64();
        member.import = select.getColumn(2).getInt64();
        member.givenClass = select.getColumn(3).getInt();
        member.split = select.getColumn(4).getInt();
        members.push_back(member);
    }
    return members;
}

/// More than one value that is not 0.
template <typename Field>
bool disagree(std::span<const Member> group, Field field)
{
    std::int32_t first = 0;
    for (const Member &member : group) {
        if (member.*field == 0)
            continue;
        if (first != 0 && member.*field != first)
            return true;
        first = member.*field;
    }
    return false;
}

} // namespace

DuplicateCounts groupDuplicates(SQLite::Database &database, ImportId import)
{
    std::vector<Member> members = hashedSamples(database);
    std::sort(members.begin(), members.end(),
              [](const Member &a, const Member &b) { return std::tie(a.hash, a.sample) < std::tie(b.hash, b.sample); });

    DuplicateCounts counts;
    database.exec("DELETE FROM duplicates");
    SQLite::Statement insert(database, "INSERT INTO duplicates (sample_id, group_id, group_size) VALUES (?, ?, ?)");
    for (std::size_t begin = 0; begin < members.size();) {
        std::size_t end = begin + 1;
        while (end < members.size() && members[end].hash == members[begin].hash)
            ++end;
        const std::span group(members.data() + begin, end - begin);
        begin = end;
        if (group.size() < 2)
            continue;
        for (const Member &member : group) {
            insert.bind(1, member.sample);
            insert.bind(2, group.front().sample);
            insert.bind(3, static_cast<std::int64_t>(group.size()));
            insert.exec();
            insert.reset();
        }
        if (std::none_of(group.begin(), group.end(), [&](const Member &m) { return m.import == import.value; }))
            continue;
        ++counts.groups;
        counts.images += static_cast<std::int64_t>(group.size());
        counts.conflicts += disagree(group, &Member::givenClass) ? 1 : 0;
        counts.acrossSplits += disagree(group, &Member::split) ? 1 : 0;
    }
    return counts;
}

} // namespace mien
