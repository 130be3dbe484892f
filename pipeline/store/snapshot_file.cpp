#include "pipeline/store/snapshot_file.h"

#include "pipeline/store/hash.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace mien {
namespace {

/// A string in quotes; bytes that are not UTF-8 are replaced, as JSON cannot carry them.
std::string quoted(const std::string &text)
{
    const bool isPlain =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c != '"' && c != '\\' && c != 127; });
    if (isPlain)
        return '"' + text + '"';
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

std::string snapshotHash(const std::vector<SnapshotSample> &samples)
{
    std::vector<std::string> lines;
    lines.reserve(samples.size());
    for (const SnapshotSample &sample : samples) {
        // Quoted as in the file, so that what cannot be stored there does not enter the hash either.
        lines.push_back(quoted(sample.source) + "," + quoted(sample.key) + "," + quoted(sample.label) + "," +
                        std::string(nameOf(sample.split)) + "," + quoted(sample.subject) + "\n");
    }
    std::sort(lines.begin(), lines.end());
    Hasher hasher;
    for (const std::string &line : lines)
        hasher.add(std::span(reinterpret_cast<const std::uint8_t *>(line.data()), line.size()));
    return hexOf(hasher.result());
}

std::string snapshotJson(const std::string &hash, const std::vector<SnapshotSample> &samples)
{
    std::string text = "{\"format\":\"mien-snapshot/1\",\"hash\":\"" + hash +
                       "\",\"columns\":[\"id\",\"source\",\"key\",\"label\",\"split\",\"subject\",\"group\"],"
                       "\n\"samples\":[\n";
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const SnapshotSample &sample = samples[i];
        text += "[" + std::to_string(sample.id.value) + "," + quoted(sample.source) + "," + quoted(sample.key) + "," +
                quoted(sample.label) + ",\"" + std::string(nameOf(sample.split)) + "\"," + quoted(sample.subject) +
                "," + std::to_string(sample.group) + (i + 1 < samples.size() ? "],\n" : "]\n");
    }
    return text + "]}\n";
}

Result<std::vector<SnapshotSample>> snapshotFromJson(std::string_view text, const std::filesystem::path &file)
{
    const auto wrong = [&](const std::string &what) {
        return fail(ErrorCode::Unreadable, file.string() + " is not a whole snapshot: " + what + ".");
    };
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object() || json.value("format", "") != "mien-snapshot/1" || !json.contains("samples"))
        return wrong("it is no JSON of that kind");
    std::vector<SnapshotSample> samples;
    samples.reserve(json["samples"].size());
    try {
        for (const auto &row : json["samples"]) {
            SnapshotSample sample;
            sample.id = {row.at(0).get<std::int64_t>()};
            row.at(1).get_to(sample.source);
            row.at(2).get_to(sample.key);
            row.at(3).get_to(sample.label);
            const auto split = splitNamed(row.at(4).get<std::string>());
            if (!split)
                return wrong("there is no split " + row.at(4).dump());
            sample.split = *split;
            row.at(5).get_to(sample.subject);
            sample.group = row.at(6).get<std::int64_t>();
            samples.push_back(std::move(sample));
        }
    } catch (const nlohmann::json::exception &exception) {
        return wrong(exception.what());
    }
    return samples;
}

} // namespace mien
