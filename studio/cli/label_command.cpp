#include "pipeline/store/atomic_file.h"
#include "pipeline/store/labels.h"
#include "pipeline/store/samples.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sstream>
#include <unistd.h>
#include <unordered_set>

namespace mien {

namespace {

struct Wanted
{
    std::optional<std::string> filter;
    std::string samplesFile, label, by, note;
};

/// The whole file, or what a pipe gives until its end: waiting for its writer can be stopped.
Result<std::string> textOf(const std::string &file, const std::stop_token &stop)
{
    constexpr int lookEveryMs = 100;
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return fail(systemError(errno, file, "could not be opened"));
    Result<std::string> text = std::string();
    char buffer[65536];
    while (true) {
        pollfd ready{descriptor, POLLIN, 0};
        const int events = ::poll(&ready, 1, lookEveryMs);
        if (stop.stop_requested()) {
            text = fail(ErrorCode::Cancelled, "");
            break;
        }
        if (events <= 0)
            continue;
        const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            text = fail(systemError(errno, file, "could not be read"));
        if (got <= 0)
            break;
        text->append(buffer, static_cast<std::size_t>(got));
    }
    ::close(descriptor);
    return text;
}

/// One id a line, behind a byte-order mark or not; empty lines are passed over. Every id must exist: an edit is whole
/// or not at all.
Result<std::vector<SampleId>> idsIn(std::string text, const Project &project, const std::string &file)
{
    if (text.starts_with("\xEF\xBB\xBF"))
        text.erase(0, 3);
    std::istringstream stream(std::move(text));
    std::vector<SampleId> ids;
    std::vector<int> lines;
    std::unordered_set<std::int64_t> seen;
    std::string line;
    for (int number = 1; std::getline(stream, line); ++number) {
        line.erase(0, line.find_first_not_of(" \t\r"));
        line.erase(line.find_last_not_of(" \t\r") + 1);
        if (line.empty())
            continue;
        std::int64_t id = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), id);
        if (error != std::errc() || end != line.data() + line.size())
            return fail(ErrorCode::Invalid,
                        file + ", line " + std::to_string(number) + ": '" + line + "' is not a sample id.");
        if (!seen.insert(id).second)
            continue;
        ids.push_back(SampleId{id});
        lines.push_back(number);
    }
    constexpr std::size_t batch = 5000;
    for (std::size_t at = 0; at < ids.size(); at += batch) {
        const std::span part(ids.data() + at, std::min(batch, ids.size() - at));
        const auto rows = sampleRows(project, part);
        if (!rows)
            return fail(rows.error());
        if (rows->size() == part.size())
            continue;
        std::unordered_set<std::int64_t> known;
        for (const SampleRow &row : *rows)
            known.insert(row.id.value);
        for (std::size_t i = 0; i < part.size(); ++i)
            if (!known.contains(part[i].value))
                return fail(ErrorCode::NotFound, file + ", line " + std::to_string(lines[at + i]) +
                                                     ": there is no sample " + std::to_string(part[i].value) +
                                                     " in this project.");
    }
    return ids;
}

int runLabel(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    if (wanted.filter.has_value() == !wanted.samplesFile.empty())
        return out.wrongUsage("say which samples: either --filter EXPR or --samples FILE.");
    // First, so that nobody else has to wait for the writer of a pipe.
    const auto listed = wanted.filter ? Result<std::string>() : textOf(wanted.samplesFile, session.job().stop);
    if (!listed)
        return out.failed(listed.error());
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return out.failed(project.error());

    Verdict verdict{.note = wanted.note};
    if (wanted.label == "unsure") {
        verdict.kind = Verdict::Kind::Unsure;
    } else if (wanted.label == "not_a_face") {
        verdict.kind = Verdict::Kind::NotAFace;
    } else if (wanted.label == "unlabeled") {
        verdict.kind = Verdict::Kind::Unlabeled;
    } else if (const auto id = project->classNamed(wanted.label)) {
        verdict.label = *id;
    } else {
        std::string known;
        for (const ExpressionClass &expression : project->classes())
            known += expression.name + ", ";
        return out.wrongUsage("--class: there is no class '" + wanted.label + "'; one of: " + known +
                              "unsure, not_a_face, unlabeled.");
    }

    const auto ids =
        wanted.filter ? samplesMatching(*project, *wanted.filter) : idsIn(*listed, *project, wanted.samplesFile);
    if (!ids)
        return wanted.filter && ids.error().code == ErrorCode::Invalid
                   ? out.wrongUsage("--filter: " + ids.error().message)
                   : out.failed(ids.error());
    const std::string by = wanted.by.empty() ? currentUser() : wanted.by;
    if (!ids->empty())
        if (const auto edit = annotateAll(*project, *ids, verdict, by); !edit)
            return out.failed(edit.error());
    const auto changed = std::int64_t(ids->size());
    out.print("Labelled " + counted(changed, "sample") + " " + wanted.label + ".");
    return out.done({{"changed", changed}});
}

} // namespace

Command labelCommand()
{
    return {
        .name = "label",
        .summary = "Say what samples show",
        .needs = Command::Needs::Project,
        .declare = [](Options &options) -> Action {
            const auto wanted = std::make_shared<Wanted>();
            options.text("--filter", "EXPR", wanted->filter, "The samples that match, e.g. 'label:fear suspicion>0.8'");
            options.file("--samples", "FILE", wanted->samplesFile, "The samples whose ids the file lists, one a line");
            std::vector<std::string> names;
            for (const ExpressionClass &expression : canonicalClasses())
                names.push_back(expression.name);
            names.insert(names.end(), {"unsure", "not_a_face", "unlabeled"});
            options.text("--class", "C", wanted->label, "What they show; also unsure, not_a_face, unlabeled")
                .among(names)
                .required();
            options.text("--by", "ANNOTATOR", wanted->by, "Who says so; default: the user's name");
            options.text("--note", "T", wanted->note, "A note kept with the annotations");
            return [wanted](Session &session) { return runLabel(session, *wanted); };
        }};
}

} // namespace mien
