#include "pipeline/store/sample_table.h"
#include "studio/cli/command_table.h"
#include "studio/cli/sample_lines.h"

#include <memory>

namespace mien {

namespace {

struct Wanted
{
    std::string filter;
    std::string sort = "id";
    std::string fields = "id,source,given,label,state,split,subject,predicted,suspicion,votes,reviewed";
    std::string format = "csv";
    std::optional<std::int64_t> limit;
};

/// `quality.*` stands for all that was measured of it.
std::vector<std::string> expanded(const std::vector<std::string> &fields, const Project &project)
{
    std::vector<std::string> columns;
    for (const std::string &field : fields) {
        if (field != "quality.*" && field != "attention.*" && field != "drowsiness.*" && field != "judged.*" &&
            field != "layer.*") {
            columns.push_back(field);
            continue;
        }
        for (const std::string &name : measuredNames(project))
            if (name.starts_with(field.substr(0, field.size() - 1)))
                columns.push_back(name);
    }
    return columns;
}

int runList(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    SampleLines lines;
    lines.filter = wanted.filter;
    lines.order.descending = wanted.sort.starts_with('-');
    lines.order.key = wanted.sort.substr(lines.order.descending ? 1 : 0);
    lines.limit = wanted.limit;
    lines.columns = expanded(splitAtCommas(wanted.fields), *project);
    if (lines.columns.empty())
        return out.failed(
            {ErrorCode::NotFound, "Nothing of " + wanted.fields + " was measured yet; mien extract measures faces."});
    lines.asJson = out.isJson() || wanted.format == "jsonl";
    return printSamples(session, *project, lines);
}

std::string joined(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

} // namespace

Command listCommand()
{
    return {.name = "list",
            .summary = "Samples as rows",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.text("--filter", "EXPR", wanted->filter, "Only what matches, e.g. 'label:fear suspicion>0.8'");
                options
                    .text("--sort", "KEY", wanted->sort,
                          "Order by a field, of: " + joined(sortKeys()) +
                              " quality.NAME attention.NAME drowsiness.NAME; -KEY: from high to low (id)")
                    .among(sortKeys());
                options
                    .text("--fields", "A,B,C", wanted->fields,
                          "Columns, of: " + joined(sampleColumns()) +
                              " quality.* attention.* drowsiness.* judged.* layer.*")
                    .among(sampleColumns());
                options.choice("--format", wanted->format, {"csv", "jsonl"}, "csv or one JSON object a line");
                options.whole("--limit", "N", wanted->limit, 0, INT64_MAX, "At most this many rows");
                return [wanted](Session &session) { return runList(session, *wanted); };
            }};
}

} // namespace mien
