#include "pipeline/split/splits.h"

#include "models/train/folds.h"
#include "pipeline/pack/fold_groups.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/sources.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

namespace mien {

namespace {

constexpr std::array splitsInOrder{Split::Train, Split::Val, Split::Test};

/// What splitting asks of a sample.
struct Member
{
    SampleId id;
    std::string source, className, subject, sequence;
    std::int64_t dataSet = 0;
    std::int64_t duplicateGroup = 0;
    Split split = Split::None;

    SampleKin kin() const { return {dataSet, subject, sequence, duplicateGroup}; }
};

Result<std::vector<Member>> membersOf(const Project &project, const std::string &filter, const Job &job)
{
    const auto ids = samplesMatching(project, filter);
    if (!ids)
        return fail(ids.error());
    std::vector<SampleId> ordered(*ids);
    std::sort(ordered.begin(), ordered.end());
    std::vector<Member> members;
    members.reserve(ordered.size());
    constexpr std::size_t page = 4096;
    for (std::size_t from = 0; from < ordered.size(); from += page) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Stopped.");
        const std::span part = std::span(ordered).subspan(from, std::min(page, ordered.size() - from));
        const auto rows = sampleRows(project, part);
        const auto facts = sampleFacts(project, part);
        if (!rows || !facts)
            return fail(rows ? facts.error() : rows.error());
        for (std::size_t i = 0; i < rows->size() && i < facts->size(); ++i) {
            const SampleRow &row = (*rows)[i];
            if (row.excluded)
                continue;
            members.push_back({.id = row.id,
                               .source = row.source,
                               .className = row.label ? project.className(*row.label) : "",
                               .subject = row.subject,
                               .sequence = row.sequence,
                               .dataSet = (*facts)[i].source,
                               .duplicateGroup = row.duplicateGroup,
                               .split = row.split});
        }
        job.report({.done = std::int64_t(from + part.size()), .total = std::int64_t(ordered.size()), .step = {}});
    }
    return members;
}

std::vector<std::int64_t> groupsOf(const std::vector<Member> &members, SplitRequest::By by)
{
    FoldGroups groups(members.size());
    if (by == SplitRequest::By::Subject)
        for (std::size_t i = 0; i < members.size(); ++i)
            groups.joinKin(i, members[i].kin());
    return groups.groups();
}

std::string certificateOf(const std::vector<Member> &members, const std::vector<std::int64_t> &groups,
                          const std::vector<Split> &splits)
{
    std::string text;
    for (std::size_t i = 0; i < members.size(); ++i)
        text += std::to_string(members[i].id.value) + ' ' + std::to_string(members[std::size_t(groups[i])].id.value) +
                ' ' + std::string(nameOf(splits[i])) + '\n';
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(text.data(), text.size()));
    Hash128 hash;
    std::copy(std::begin(canonical.digest), std::end(canonical.digest), hash.begin());
    return hexOf(hash);
}

/// What of one kind belongs together, by a key that sorts by name.
using Belongings = std::map<std::pair<std::string, std::int64_t>, std::vector<const Member *>>;

void addLeaks(SplitLeak::Kind kind, const Belongings &belongings, std::vector<SplitLeak> &leaks)
{
    for (const auto &[key, members] : belongings) {
        std::set<Split> splits;
        for (const Member *member : members)
            splits.insert(member->split);
        if (splits.size() < 2)
            continue;
        SplitLeak leak{.kind = kind, .name = key.first, .splits = {splits.begin(), splits.end()}};
        for (const Member *member : members)
            leak.samples.push_back(member->id);
        leaks.push_back(std::move(leak));
    }
}

} // namespace

std::string_view nameOf(SplitLeak::Kind kind)
{
    switch (kind) {
    case SplitLeak::Kind::Subject: return "subject";
    case SplitLeak::Kind::Video: return "video";
    case SplitLeak::Kind::Duplicate: return "duplicate";
    }
    return "";
}

Result<SplitReport> dealSplits(Project &project, const SplitRequest &request, const Job &job)
{
    std::vector<double> shares;
    std::vector<Split> dealt;
    for (std::size_t i = 0; i < request.ratios.size(); ++i) {
        if (!std::isfinite(request.ratios[i]) || request.ratios[i] < 0)
            return fail(ErrorCode::Invalid, "Ratios are numbers of 0 or more.");
        if (request.ratios[i] > 0) {
            shares.push_back(request.ratios[i]);
            dealt.push_back(splitsInOrder[i]);
        }
    }
    if (shares.empty())
        return fail(ErrorCode::Invalid, "At least one ratio must be above 0.");
    const auto members = membersOf(project, request.filter, job);
    if (!members)
        return fail(members.error());
    const std::vector<std::int64_t> groups = groupsOf(*members, request.by);

    std::map<std::string, std::int64_t> classes;
    std::vector<std::int64_t> labels;
    for (const Member &member : *members)
        labels.push_back(classes.emplace(member.className, std::int64_t(classes.size())).first->second);
    const std::size_t distinct = std::set<std::int64_t>(groups.begin(), groups.end()).size();
    const auto bins = dealGroups(labels, groups, shares, request.seed);
    if (!bins)
        return fail(ErrorCode::Invalid, std::to_string(distinct) + (distinct == 1 ? " group of " : " groups of ") +
                                            "samples (subjects, videos, equal pictures) cannot be dealt into " +
                                            std::to_string(shares.size()) + " splits.");

    SplitReport report;
    std::vector<SampleId> ids;
    std::vector<Split> splits;
    for (std::size_t i = 0; i < members->size(); ++i) {
        const Split split = dealt[std::size_t((*bins)[i])];
        ids.push_back((*members)[i].id);
        splits.push_back(split);
        const auto place = std::find(splitsInOrder.begin(), splitsInOrder.end(), split) - splitsInOrder.begin();
        ++report.byClass[std::size_t(place)][(*members)[i].className];
    }
    report.groups = std::int64_t(distinct);
    report.certificate = certificateOf(*members, groups, splits);
    const std::string name = "Split " + std::to_string(ids.size()) + " images " +
                             (request.by == SplitRequest::By::Subject ? "by subject" : "at random");
    if (const auto edit = assignSplits(project, ids, splits, name, request.annotator); !edit)
        return fail(edit.error());
    return report;
}

Result<std::vector<SplitLeak>> splitLeaks(const Project &project, const Job &job)
{
    auto members = membersOf(project, "", job);
    if (!members)
        return fail(members.error());
    std::erase_if(*members, [](const Member &member) { return member.split == Split::None; });
    Belongings subjects, videos, duplicates;
    std::map<std::int64_t, std::string> firstOf; // of a duplicate group: it has no name of its own
    for (const Member &member : *members) {
        if (!member.subject.empty())
            subjects[{member.subject, member.dataSet}].push_back(&member);
        if (!member.sequence.empty())
            videos[{member.sequence, member.dataSet}].push_back(&member);
        if (member.duplicateGroup != 0)
            duplicates[{firstOf.emplace(member.duplicateGroup, member.source).first->second, member.duplicateGroup}]
                .push_back(&member);
    }
    std::vector<SplitLeak> leaks;
    addLeaks(SplitLeak::Kind::Subject, subjects, leaks);
    addLeaks(SplitLeak::Kind::Video, videos, leaks);
    addLeaks(SplitLeak::Kind::Duplicate, duplicates, leaks);
    return leaks;
}

} // namespace mien
