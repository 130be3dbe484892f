#include "pipeline/split/splits.h"

#include "models/train/folds.h"
#include "pipeline/pack/fold_groups.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"
#include "pipeline/store/split_certificates.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <unordered_map>

namespace mien {

namespace {

constexpr std::array splitsInOrder{Split::Train, Split::Val, Split::Test};

/// What splitting asks of a sample.
struct Member
{
    SampleId id;
    std::string source, className;
    SampleKin kin;
    Split split = Split::None;
};

enum class Excluded { LeftOut, Taken };

/// The samples by their ids.
Result<std::vector<Member>> membersAmong(const Project &project, std::vector<SampleId> ids, const Job &job,
                                         Excluded excluded = Excluded::LeftOut)
{
    std::sort(ids.begin(), ids.end());
    std::vector<Member> members;
    members.reserve(ids.size());
    constexpr std::size_t page = 4096;
    for (std::size_t from = 0; from < ids.size(); from += page) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Stopped.");
        const std::span part = std::span(ids).subspan(from, std::min(page, ids.size() - from));
        const auto rows = sampleRows(project, part);
        if (!rows)
            return fail(rows.error());
        for (const SampleRow &row : *rows) {
            if (row.excluded && excluded == Excluded::LeftOut)
                continue;
            members.push_back({.id = row.id,
                               .source = row.source,
                               .className = row.label ? project.className(*row.label) : "",
                               .kin = {.source = row.dataSet,
                                       .subject = row.subject,
                                       .sequence = row.sequence,
                                       .duplicateGroup = row.duplicateGroup,
                                       .nearDuplicateGroup = row.nearDuplicateGroup},
                               .split = row.split});
        }
        job.report({.done = std::int64_t(from + part.size()), .total = std::int64_t(ids.size()), .step = {}});
    }
    return members;
}

Result<std::vector<Member>> membersMatching(const Project &project, const std::string &filter, const Job &job)
{
    auto ids = samplesMatching(project, filter);
    if (!ids)
        return fail(ids.error());
    return membersAmong(project, std::move(*ids), job);
}

std::vector<std::int64_t> groupsOf(const std::vector<Member> &members, SplitRequest::By by)
{
    FoldGroups groups(members.size());
    for (std::size_t i = 0; i < members.size(); ++i)
        by == SplitRequest::By::Subject ? groups.joinKin(i, members[i].kin) : groups.joinLooks(i, members[i].kin);
    return groups.groups();
}

GroupIdentity identityOf(const std::vector<Member> &members, const std::vector<std::int64_t> &groups)
{
    struct Known
    {
        bool declared = false, inferred = false;
    };
    std::unordered_map<std::int64_t, Known> known;
    GroupIdentity identity;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const bool isDeclared = !members[i].kin.subject.empty();
        Known &group = known[groups[i]];
        (isDeclared ? group.declared : group.inferred) = true;
        identity.samplesWithoutSubject += isDeclared ? 0 : 1;
    }
    for (const auto &[group, has] : known)
        ++(has.declared && has.inferred ? identity.mixed : has.declared ? identity.declared : identity.inferred);
    return identity;
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

std::vector<SplitLeak> leaksAmong(std::span<const Member> members)
{
    Belongings subjects, videos, duplicates, nearDuplicates;
    std::map<std::int64_t, std::string> firstOf, firstOfNear;  // groups of duplicates have no name of their own
    std::map<std::int64_t, std::set<std::int64_t>> picturesOf; // in a group of near-duplicates
    for (const Member &member : members) {
        if (member.split == Split::None)
            continue;
        const SampleKin &kin = member.kin;
        if (!kin.subject.empty())
            subjects[{kin.subject, kin.source}].push_back(&member);
        if (!kin.sequence.empty())
            videos[{kin.sequence, kin.source}].push_back(&member);
        if (const std::int64_t group = kin.duplicateGroup; group != 0)
            duplicates[{firstOf.emplace(group, member.source).first->second, group}].push_back(&member);
        if (const std::int64_t group = kin.nearDuplicateGroup; group != 0) {
            nearDuplicates[{firstOfNear.emplace(group, member.source).first->second, group}].push_back(&member);
            picturesOf[group].insert(kin.duplicateGroup != 0 ? kin.duplicateGroup : member.id.value);
        }
    }
    // Copies of one picture are duplicates already.
    std::erase_if(nearDuplicates, [&](const auto &entry) { return picturesOf.at(entry.first.second).size() < 2; });
    std::vector<SplitLeak> leaks;
    addLeaks(SplitLeak::Kind::Subject, subjects, leaks);
    addLeaks(SplitLeak::Kind::Video, videos, leaks);
    addLeaks(SplitLeak::Kind::Duplicate, duplicates, leaks);
    addLeaks(SplitLeak::Kind::NearDuplicate, nearDuplicates, leaks);
    return leaks;
}

std::vector<SplitLeak> outOfTrain(std::vector<SplitLeak> leaks)
{
    std::erase_if(leaks, [](const SplitLeak &leak) {
        return std::find(leak.splits.begin(), leak.splits.end(), Split::Train) == leak.splits.end();
    });
    return leaks;
}

/// @param members  all samples that count
Result<std::optional<CertificateState>> certificateState(const Project &project, const std::vector<Member> &members,
                                                         const Job &job)
{
    const auto dealt = lastDealtSplits(project);
    if (!dealt)
        return std::nullopt;
    std::unordered_map<SampleId, Split> splitOf;
    std::vector<SampleId> ids;
    for (const auto &[id, split] : dealt->samples) {
        splitOf.emplace(id, split);
        ids.push_back(id);
    }
    // Who was excluded since was dealt all the same.
    const auto then = membersAmong(project, std::move(ids), job, Excluded::Taken);
    if (!then)
        return fail(then.error());
    CertificateState state{.certificate = dealt->certificate, .atMs = dealt->atMs};
    std::vector<Split> splits;
    for (const Member &member : *then) {
        splits.push_back(splitOf.at(member.id));
        state.moved += member.split == splits.back() ? 0 : 1;
    }
    for (const Member &member : members)
        state.uncovered += member.split != Split::None && !splitOf.contains(member.id) ? 1 : 0;
    state.removed = std::int64_t(dealt->samples.size() - then->size());
    const auto by = dealt->certificate.way == "subject" ? SplitRequest::By::Subject : SplitRequest::By::Random;
    state.groupsDiffer =
        state.removed == 0 && certificateOf(*then, groupsOf(*then, by), splits) != dealt->certificate.hash;
    return state;
}

} // namespace

std::string_view nameOf(SplitLeak::Kind kind)
{
    switch (kind) {
    case SplitLeak::Kind::Subject: return "subject";
    case SplitLeak::Kind::Video: return "video";
    case SplitLeak::Kind::Duplicate: return "duplicate";
    case SplitLeak::Kind::NearDuplicate: return "near_duplicate";
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
    const auto members = membersMatching(project, request.filter, job);
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
                                            std::to_string(shares.size()) +
                                            " splits. --ratios with a 0 makes fewer splits (80,20,0); --by random "
                                            "keeps only equal pictures together.");

    SplitReport report;
    std::vector<SampleId> ids;
    std::vector<Split> splits;
    std::array<std::set<std::pair<std::int64_t, std::string>>, 3> subjects;
    for (std::size_t i = 0; i < members->size(); ++i) {
        const Split split = dealt[std::size_t((*bins)[i])];
        ids.push_back((*members)[i].id);
        splits.push_back(split);
        const auto place = std::find(splitsInOrder.begin(), splitsInOrder.end(), split) - splitsInOrder.begin();
        ++report.byClass[std::size_t(place)][(*members)[i].className];
        if (const SampleKin &kin = (*members)[i].kin; !kin.subject.empty())
            subjects[std::size_t(place)].emplace(kin.source, kin.subject);
    }
    for (std::size_t i = 0; i < subjects.size(); ++i)
        report.subjects[i] = std::int64_t(subjects[i].size());
    report.groups = std::int64_t(distinct);
    report.certificate = certificateOf(*members, groups, splits);
    if (request.by == SplitRequest::By::Subject)
        report.identity = identityOf(*members, groups);
    if (request.isDryRun)
        return report;
    const std::string name = "Split " + std::to_string(ids.size()) + " images " +
                             (request.by == SplitRequest::By::Subject ? "by subject" : "at random");
    const SplitCertificate certificate{.way = request.by == SplitRequest::By::Subject ? "subject" : "random",
                                       .hash = report.certificate,
                                       .groups = report.groups,
                                       .ratios = request.ratios,
                                       .seed = request.seed,
                                       .identity = report.identity};
    if (const auto edit = assignSplits(project, ids, splits, name, request.annotator, certificate); !edit)
        return fail(edit.error());
    return report;
}

Result<std::vector<SplitLeak>> splitLeaks(const Project &project, const Job &job)
{
    const auto members = membersMatching(project, "", job);
    if (!members)
        return fail(members.error());
    return leaksAmong(*members);
}

Result<SplitState> splitState(const Project &project, const Job &job)
{
    const auto members = membersMatching(project, "", job);
    if (!members)
        return fail(members.error());
    SplitState state;
    std::array<std::set<std::pair<std::int64_t, std::string>>, 4> subjects;
    for (const Member &member : *members) {
        const auto split = std::size_t(member.split);
        ++state.byClass[split][member.className];
        if (member.kin.subject.empty())
            ++state.samplesWithoutSubject[split];
        else
            subjects[split].emplace(member.kin.source, member.kin.subject);
    }
    for (std::size_t split = 0; split < subjects.size(); ++split)
        state.subjects[split] = std::int64_t(subjects[split].size());
    state.identity = identityOf(*members, groupsOf(*members, SplitRequest::By::Subject));
    state.leaks = leaksAmong(*members);
    std::vector<Member> labelled;
    std::copy_if(members->begin(), members->end(), std::back_inserter(labelled),
                 [](const Member &member) { return !member.className.empty(); });
    state.trainingLeaks = std::int64_t(outOfTrain(leaksAmong(labelled)).size());
    auto certificate = certificateState(project, *members, job);
    if (!certificate)
        return fail(certificate.error());
    state.certificate = std::move(*certificate);
    return state;
}

Result<std::vector<SplitLeak>> trainingLeaks(const Project &project, std::string_view snapshot, const Job &job)
{
    const auto samples = snapshotSamples(project, snapshot);
    if (!samples)
        return fail(samples.error());
    std::unordered_map<SampleId, Split> splits;
    std::vector<SampleId> ids;
    for (const SnapshotSample &sample : *samples) {
        const bool isLabelled = !labelStateNamed(sample.label);
        if (!isLabelled || sample.split == Split::None)
            continue;
        splits.emplace(sample.id, sample.split);
        ids.push_back(sample.id);
    }
    auto members = membersAmong(project, std::move(ids), job);
    if (!members)
        return fail(members.error());
    for (Member &member : *members)
        member.split = splits.at(member.id);
    return outOfTrain(leaksAmong(*members));
}

} // namespace mien
