#include "pipeline/store/strips.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/connection.h"
#include "pipeline/store/hash.h"
#include "pipeline/store/project.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace mien {

namespace {

using nlohmann::json;

constexpr std::string_view format = "mien-strip/1";

/// Rounded: more digits are noise, and the file is read whenever its video is shown.
json rounded(const std::vector<double> &values, double steps)
{
    json list = json::array();
    for (const double value : values)
        list.push_back(std::isfinite(value) ? json(std::round(value * steps) / steps) : json());
    return list;
}

std::vector<double> numbersIn(const json &list)
{
    std::vector<double> values;
    for (const json &value : list)
        values.push_back(value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN());
    return values;
}

std::string videoName(const MediaRow &media)
{
    const std::string facts = media.path.native() + '\n' + std::to_string(media.bytes) + '\n' +
                              std::to_string(media.modifiedMs) +
                              (media.turnDeg ? '\n' + std::to_string(*media.turnDeg) : std::string());
    return hexOf(hashOf(std::string_view(facts)));
}

std::string measureIs(const char *name, const char *compare, double value)
{
    return "EXISTS (SELECT 1 FROM measures m JOIN measure_names q ON q.id = m.name_id WHERE q.name = 'drowsiness." +
           std::string(name) + "' AND m.sample_id = c.sample_id AND m.value " + compare + " " + std::to_string(value) +
           ")";
}

std::string labelIs(const char *name)
{
    return "c.class_id = (SELECT id FROM classes WHERE name = '" + std::string(name) + "')";
}

} // namespace

std::string DrowsinessStrip::toJson() const
{
    json spans = json::array(), each = json::array();
    for (const Span &span : closures)
        spans.push_back({std::round(span.startS * 1e3) / 1e3, std::round(span.endS * 1e3) / 1e3});
    for (const Minute &minute : minutes)
        each.push_back({{"perclos", minute.perclos}, {"blinks", minute.blinks}});
    return json{{"format", format},
                {"measured_by", measuredBy},
                {"time_s", rounded(timeS, 1e6)},
                {"eye_opening", rounded(eyeOpening, 1e3)},
                {"mouth_opening", rounded(mouthOpening, 1e3)},
                {"yaw_deg", rounded(yawDeg, 10)},
                {"pitch_deg", rounded(pitchDeg, 10)},
                {"roll_deg", rounded(rollDeg, 10)},
                {"closures_s", spans},
                {"minutes", each},
                {"perclos", perclos},
                {"blinks_per_minute", blinksPerMinute},
                {"blinks", blinks}}
        .dump();
}

Result<DrowsinessStrip> DrowsinessStrip::fromJson(std::string_view text)
{
    const json file = json::parse(text, nullptr, false);
    const auto wrong = [] { return fail(ErrorCode::Invalid, "This is no strip of a video; measure it again."); };
    if (!file.is_object() || file.value("format", json()) != json(format))
        return wrong();
    DrowsinessStrip strip;
    for (const auto &[name, values] :
         {std::pair("time_s", &strip.timeS), std::pair("eye_opening", &strip.eyeOpening),
          std::pair("mouth_opening", &strip.mouthOpening), std::pair("yaw_deg", &strip.yawDeg),
          std::pair("pitch_deg", &strip.pitchDeg), std::pair("roll_deg", &strip.rollDeg)}) {
        if (!file.contains(name) || !file[name].is_array())
            return wrong();
        *values = numbersIn(file[name]);
        if (values->size() != strip.timeS.size())
            return wrong();
    }
    const auto number = [&](const char *name) {
        return file.contains(name) && file[name].is_number() ? file[name].get<double>() : 0;
    };
    strip.measuredBy = file.contains("measured_by") && file["measured_by"].is_string() ? file["measured_by"] : json("");
    strip.perclos = number("perclos");
    strip.blinksPerMinute = number("blinks_per_minute");
    strip.blinks = std::int64_t(number("blinks"));
    for (const json &span : file.value("closures_s", json::array()))
        if (span.is_array() && span.size() == 2 && span[0].is_number() && span[1].is_number())
            strip.closures.push_back({span[0], span[1]});
    for (const json &minute : file.value("minutes", json::array()))
        if (minute.is_object())
            strip.minutes.push_back({minute.value("perclos", 0.0), minute.value("blinks", 0.0)});
    return strip;
}

std::filesystem::path stripFile(const Project &project, const MediaRow &media, std::string_view settingsHash)
{
    return project.folder() / "strips" / (videoName(media) + '-' + std::string(settingsHash) + ".json");
}

std::optional<DrowsinessStrip> stripOf(const Project &project, MediaId media)
{
    const auto row = mediaOf(project, media);
    if (!row)
        return std::nullopt;
    const std::string begin = videoName(*row) + '-';
    std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> files;
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator(project.folder() / "strips", error)) {
        std::error_code gone; // in between: another one is looked at
        const auto time = entry.last_write_time(gone);
        if (gone || !entry.path().filename().native().starts_with(begin) || entry.path().extension() != ".json")
            continue;
        files.emplace_back(time, entry.path());
    }
    std::sort(files.begin(), files.end(), std::greater<>()); // the newest first
    for (const auto &[time, file] : files) {
        const auto text = readFile(file);
        if (auto strip = text ? DrowsinessStrip::fromJson(*text) : fail(text.error()))
            return std::move(*strip);
        // a damaged one is as good as none: it is measured again
    }
    return std::nullopt;
}

Result<> storeMeasures(Project &project, std::span<const SampleMeasures> measures, std::string_view settingsHash)
{
    return project.change("Storing what was measured", [&](SQLite::Database &database) -> Result<> {
        SQLite::Statement add(database, "INSERT INTO measure_names (name) VALUES (?)"
                                        " ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id");
        SQLite::Statement insert(database, "INSERT OR REPLACE INTO measures (name_id, sample_id, value,"
                                           " parameters_hash) VALUES (?, ?, ?, ?)");
        SQLite::Statement remove(database, "DELETE FROM measures WHERE sample_id = ? AND name_id IN"
                                           " (SELECT id FROM measure_names WHERE name LIKE 'drowsiness.%')");
        std::map<std::string, std::int64_t> names;
        for (const SampleMeasures &one : measures) {
            remove.bind(1, one.sample.value); // what is not seen any more counts no more
            remove.exec();
            remove.reset();
            for (const auto &[name, value] : one.values) {
                auto known = names.find(name);
                if (known == names.end()) {
                    add.bind(1, name);
                    add.executeStep();
                    known = names.emplace(name, add.getColumn(0).getInt64()).first;
                    add.reset();
                }
                insert.bind(1, known->second);
                insert.bind(2, one.sample.value);
                insert.bind(3, value);
                insert.bind(4, std::string(settingsHash));
                insert.exec();
                insert.reset();
            }
        }
        return {};
    });
}

std::vector<TimedSample> samplesOfVideo(const Project &project, MediaId media)
{
    return plain(project, [&]() -> std::vector<TimedSample> {
        std::vector<TimedSample> samples;
        SQLite::Statement select(project.database(), "SELECT id, time_us FROM samples WHERE media_id = ? AND time_us"
                                                     " IS NOT NULL ORDER BY time_us, id");
        select.bind(1, media.value);
        while (select.executeStep())
            samples.push_back({{select.getColumn(0).getInt64()}, double(select.getColumn(1).getInt64()) / 1e6});
        return samples;
    });
}

std::int64_t doubtfulSamples(const Project &project, std::span<const MediaId> media)
{
    return plain(project, [&]() -> std::int64_t {
        std::int64_t count = 0;
        SQLite::Statement select(project.database(), "SELECT count(*) FROM current_labels c WHERE c.sample_id IN"
                                                     " (SELECT id FROM samples WHERE media_id = ?) AND " +
                                                         drowsinessCondition("doubt"));
        for (const MediaId id : media) {
            select.bind(1, id.value);
            select.executeStep();
            count += select.getColumn(0).getInt64();
            select.reset();
        }
        return count;
    });
}

EyesAgainstLabel eyesAgainstLabel(const Project &project, SampleId sample)
{
    return plain(project, [&]() -> EyesAgainstLabel {
        for (const auto &[name, verdict] : {std::pair("eyes_open", EyesAgainstLabel::PlainlyOpen),
                                            std::pair("eyes_closed", EyesAgainstLabel::ClosedLong)}) {
            SQLite::Statement select(project.database(), "SELECT 1 FROM current_labels c WHERE c.sample_id = ? AND " +
                                                             drowsinessCondition(name));
            select.bind(1, sample.value);
            if (select.executeStep())
                return verdict;
        }
        return EyesAgainstLabel::Agree;
    });
}

std::string drowsinessCondition(std::string_view name)
{
    const std::string open = "(" + labelIs("drowsy") + " AND " +
                             measureIs("eye_opening", ">=", DrowsinessDoubt::plainlyOpen) + " AND " +
                             measureIs("median_opening", ">=", DrowsinessDoubt::plainlyOpen) + " AND " +
                             measureIs("mouth_opening", "<", DrowsinessDoubt::yawn) + ")";
    const std::string closed =
        "(" + labelIs("alert") + " AND " + measureIs("closed_s", ">=", DrowsinessDoubt::closedS) + ")";
    if (name == "eyes_open")
        return open;
    if (name == "eyes_closed")
        return closed;
    return name == "doubt" ? "(" + open + " OR " + closed + ")" : std::string();
}

} // namespace mien
