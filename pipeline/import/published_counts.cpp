#include "pipeline/import/published_counts.h"

#include "pipeline/import/code_tables.h"

#include <algorithm>
#include <map>

namespace mien {

namespace {

using Counts = std::map<std::string, std::int64_t>; // class or state -> items

std::string differencesByClass(const Counts &here, const Fingerprint &print)
{
    std::string differences;
    const CodeTable *const table = codeTableNamed(print.table);
    for (std::size_t i = 0; table && i < print.counts.size(); ++i) {
        const std::string name(table->classes[i]);
        const auto found = here.find(name);
        const std::int64_t count = found == here.end() ? 0 : found->second;
        if (count != print.counts[i])
            differences += (differences.empty() ? "" : ", ") + name + ' ' + std::to_string(count) + " of " +
                           std::to_string(print.counts[i]);
    }
    return differences;
}

std::string differenceOfSum(const Counts &here, std::int64_t published)
{
    std::int64_t sum = 0;
    for (const auto &[name, count] : here)
        sum += labelStateNamed(name) ? 0 : count; // only items with a class
    return sum == published ? std::string() : std::to_string(sum) + " labels of " + std::to_string(published);
}

} // namespace

void compareWithPublished(ItemSink &sink, std::string id, std::span<const PublishedCounts> published,
                          const std::string &file)
{
    sink.comparedWith(std::move(id));
    for (const PublishedCounts &expected : published) {
        const auto here = sink.counts().byClassSplit.find(std::string(expected.split));
        if (here == sink.counts().byClassSplit.end())
            continue;
        std::string differences;
        if (expected.labels > 0)
            differences = differenceOfSum(here->second, expected.labels);
        for (const Fingerprint &print : fingerprints())
            if (print.id == expected.fingerprint)
                differences = differencesByClass(here->second, print);
        if (!differences.empty())
            sink.problem({"EXPECTED_COUNT_DIFFERS", std::string(expected.split), file, 0,
                          std::string(expected.fingerprint) + ": " + differences});
    }
}

} // namespace mien
