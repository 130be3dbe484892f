#include "pipeline/jobs/explain_job.h"

#include "models/io/npy.h"
#include "models/score/attention_regions.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/jobs/attention_picture.h"
#include "pipeline/jobs/base64.h"
#include "pipeline/jobs/line_request.h"
#include "pipeline/jobs/reading_mark.h"
#include "pipeline/store/samples.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <system_error>
#include <unordered_set>

namespace mien {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int drawsOfFlip = 5; // without erasing, and T = 4 with
constexpr std::size_t facesOfAnchor = 5;

std::string base64Of(std::span<const float> values)
{
    return base64({reinterpret_cast<const std::uint8_t *>(values.data()), values.size_bytes()});
}

Result<SampleRow> rowOf(const Project &project, SampleId sample)
{
    const auto rows = sampleRows(project, std::span(&sample, 1));
    if (!rows)
        return fail(rows.error());
    if (rows->empty())
        return fail(ErrorCode::NotFound,
                    "There is no sample " + std::to_string(sample.value) + " in " + project.folder().string() + ".");
    return rows->front();
}

int indexOf(const std::vector<std::string> &classes, const std::string &name)
{
    const auto found = std::find(classes.begin(), classes.end(), name);
    return found == classes.end() ? -1 : int(found - classes.begin());
}

std::string listed(const std::vector<std::string> &names)
{
    std::string text;
    for (const std::string &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text + ".";
}

int bestOf(const std::vector<float> &probabilities)
{
    return int(std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin());
}

/// One of the maps, or the mean of all.
std::vector<float> mapOf(const Explainer::Maps &maps, const std::vector<float> &values, std::optional<int> index)
{
    const auto area = std::size_t(maps.height) * std::size_t(maps.width);
    const auto one = [&](int number) { return std::span(values).subspan(std::size_t(number) * area, area); };
    if (index)
        return {one(*index).begin(), one(*index).end()};
    std::vector<float> mean(area, 0.0f);
    for (int number = 0; number < maps.count; ++number)
        for (std::size_t i = 0; i < area; ++i)
            mean[i] += one(number)[i] / float(maps.count);
    return mean;
}

Picture interleaved(std::span<const std::uint8_t> planar, int side, int channels)
{
    Picture picture{.widthPx = side, .heightPx = side, .channels = channels};
    const auto area = std::size_t(side) * std::size_t(side);
    picture.pixels.resize(planar.size());
    for (std::size_t i = 0; i < area; ++i)
        for (int channel = 0; channel < channels; ++channel)
            picture.pixels[i * std::size_t(channels) + std::size_t(channel)] = planar[std::size_t(channel) * area + i];
    return picture;
}

Result<> writeFile(const fs::path &path, std::span<const std::uint8_t> bytes)
{
    const fs::path partial = path.string() + ".part";
    std::ofstream file(partial, std::ios::binary);
    file.write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
    file.close();
    std::error_code error;
    if (file)
        fs::rename(partial, path, error);
    if (!file || error)
        return fail(ErrorCode::Unreadable, "Cannot write " + path.string() + "; is the disk full?");
    return {};
}

/// What the picture shows: the map, or for a flip how far it is from its mirror image's, mirrored back.
std::vector<float> shownMap(const Explainer::Maps &maps, bool flip, std::optional<int> index)
{
    const auto view = mapOf(maps, maps.view, index);
    std::vector<float> shown(view);
    if (!flip) {
        for (float &value : shown)
            value = std::max(value, 0.0f);
        return shown;
    }
    const auto mirrored = mapOf(maps, maps.mirrored, index);
    const auto width = std::size_t(maps.width);
    for (std::size_t i = 0; i < shown.size(); ++i)
        shown[i] = std::abs(view[i] - mirrored[i / width * width + (width - 1 - i % width)]);
    return shown;
}

} // namespace

RunExplainer::RunExplainer(const Project &project, RunCrops crops, std::unique_ptr<Explainer> explainer,
                           const fs::path &runFolder)
    : m_project(&project)
    , m_crops(std::move(crops))
    , m_explainer(std::move(explainer))
    , m_neighbours(runFolder)
    , m_reliability(runFolder)
{
}

Result<RunExplainer> RunExplainer::open(const Project &project, Compute &compute, const std::string &id,
                                        const std::string &device, const Job &job)
{
    const auto run = finishedRun(project, id);
    if (!run)
        return fail(run.error());
    auto crops = RunCrops::open(project, *run, job);
    if (!crops)
        return fail(crops.error());
    const fs::path folder = project.folder() / "runs" / id;
    auto explainer = compute.openExplainer(folder, device);
    if (!explainer)
        return fail(explainer.error());
    RunExplainer opened(project, std::move(*crops), std::move(*explainer), folder);
    for (const PredictionRow &row : predictionsOf(project, id))
        opened.m_folds.emplace(row.sample.value, row.fold);
    return opened;
}

Result<RunExplainer::Answer> RunExplainer::explain(SampleId sample, std::string_view kind, int draws, int first) const
{
    const auto crop = m_crops.crop(sample);
    if (!crop)
        return fail(crop.error());
    // No network of the run saw a sample outside its folds: the first may speak for all.
    const auto known = m_folds.find(sample.value);
    const int fold = known == m_folds.end() ? 0 : std::max(known->second, 0);
    auto maps = m_explainer->explain({sample.value, crop->pixels, crop->landmarks}, fold, draws,
                                     kind == "flip" ? "attention" : kind, first);
    if (!maps)
        return fail(maps.error());
    return Answer{std::move(*maps), scaled(crop->landmarks, 1.0 / m_crops.sidePx())};
}

Result<json> RunExplainer::kindsAnswer() const
{
    const auto side = std::size_t(m_crops.sidePx());
    const auto kinds = m_explainer->kinds(std::size_t(m_crops.channels()) * side * side);
    if (!kinds)
        return fail(kinds.error());
    json owners = json::object();
    for (const std::string &kind : *kinds)
        owners[kind] = std::string(ownerOfMaps(kind));
    return json{{"kinds", *kinds}, {"map_of", std::move(owners)}, {"classes", classes()}};
}

Result<json> RunExplainer::neighboursAnswer(SampleId sample)
{
    const auto nearest = m_neighbours.of(sample);
    if (!nearest)
        return fail(nearest.error());
    json ids = json::array();
    for (const SampleId id : *nearest)
        ids.push_back(id.value);
    return json{{"neighbours", std::move(ids)}};
}

Result<json> RunExplainer::reliabilityAnswer(SampleId sample)
{
    const auto known = m_reliability.of(sample, facesOfAnchor);
    if (!known)
        return fail(known.error());
    const auto byClass = [this](const std::vector<float> &values) {
        json shares = json::object();
        for (std::size_t i = 0; i < std::min(values.size(), classes().size()); ++i)
            shares[classes()[i]] = values[i];
        return shares;
    };
    json anchors = json::array();
    for (const Reliability::Anchor &anchor : known->anchors) {
        if (anchor.cls < 0 || std::size_t(anchor.cls) >= classes().size())
            continue;
        json faces = json::array();
        for (const SampleId face : anchor.faces)
            faces.push_back(face.value);
        anchors.push_back({{"class", classes()[std::size_t(anchor.cls)]},
                           {"index", anchor.index},
                           {"distance", anchor.distance},
                           {"faces", std::move(faces)}});
    }
    return json{{"primary", byClass(known->primary)},     {"anchor", byClass(known->anchor)},
                {"attentive", byClass(known->attentive)}, {"balanced", byClass(known->balanced)},
                {"confidence", known->confidence},        {"anchors", std::move(anchors)}};
}

/// A class by its name, or by what it is to the sample; what was never labelled is shown for what the network says.
Result<int> RunExplainer::classIn(const std::string &wanted, const SampleRow &row, int predicted) const
{
    const auto named = [&](const std::optional<ClassId> &id) {
        const int index = id ? indexOf(classes(), m_project->className(*id)) : -1;
        return index < 0 ? predicted : index;
    };
    if (wanted == "given" || wanted == "label")
        return named(wanted == "given" && row.given ? row.given : row.label);
    if (wanted == "suggested")
        return named(row.suggested);
    if (wanted == "predicted")
        return predicted;
    const int index = indexOf(classes(), wanted);
    if (index < 0)
        return fail(ErrorCode::Invalid, "The run does not know the class '" + wanted + "'.");
    return index;
}

Result<json> RunExplainer::mapsAnswer(const json &request, const SampleRow &row, const std::string &kind)
{
    const auto explained = explain(row.id, kind, 1, request.value("draw", 0));
    if (!explained)
        return fail(explained.error());
    const Explainer::Maps &maps = explained->draws.front();
    const int best = bestOf(maps.probabilities);
    const auto index = classIn(request.value("class", "given"), row, best);
    if (!index)
        return fail(index.error());

    std::optional<int> part;
    if (const std::string name = request.value("part", ""); !maps.parts.empty() && !name.empty())
        if (part = indexOf(maps.parts, name); *part < 0)
            return fail(ErrorCode::Invalid, "The network has no part '" + name + "'; its parts: " + listed(maps.parts));
    const auto shown = [&](int classIndex) { return maps.parts.empty() ? std::optional(classIndex) : part; };
    json reply = {
        {"kind", maps.kind},
        {"h", maps.height},
        {"w", maps.width},
        {"class", classes()[std::size_t(*index)]},
        {"predicted", classes()[std::size_t(best)]},
        {"erased", maps.erased},
        {"inconsistency", row.scored && std::isfinite(row.eacInconsistency) ? json(row.eacInconsistency) : json()}};
    if (!request.contains("classes")) {
        reply["map_f32"] = base64Of(mapOf(maps, maps.view, shown(*index)));
        if (request.value("flip", false) || kind == "flip")
            reply["flip_f32"] = base64Of(mapOf(maps, maps.mirrored, shown(*index)));
    } else {
        const FaceRegions regions(explained->landmarks);
        reply["regions_from"] = regions.areOfTemplate() ? "template" : "landmarks";
        reply["maps"] = json::array();
        const auto add = [&](const char *owner, const std::string &name, int number) {
            const auto view = mapOf(maps, maps.view, number);
            const RegionShares shares = attentionShares(view, maps.height, maps.width, regions);
            json entry = {
                {owner, name}, {"map_f32", base64Of(view)}, {"flip_f32", base64Of(mapOf(maps, maps.mirrored, number))}};
            for (std::size_t i = 0; i < shares.size(); ++i)
                entry["regions"][std::string(faceRegionNames[i])] = shares[i];
            reply["maps"].push_back(std::move(entry));
        };
        for (std::size_t i = 0; i < maps.parts.size(); ++i)
            add("part", maps.parts[i], int(i));
        for (const std::string &wanted : request.at("classes").get<std::vector<std::string>>()) {
            const auto one = classIn(wanted, row, best);
            if (!one)
                return fail(one.error());
            if (maps.parts.empty())
                add("class", classes()[std::size_t(*one)], *one);
        }
    }
    if (!maps.parts.empty())
        reply["parts"] = maps.parts;
    for (std::size_t i = 0; i < maps.probabilities.size(); ++i)
        reply["probabilities"][classes()[i]] = maps.probabilities[i];
    return reply;
}

Result<json> RunExplainer::answered(const json &request, SampleId sample)
{
    const std::string kind = request.value("kind", "cam");
    if (!isMapKind(kind) && kind != "neighbours" && kind != "reliability") {
        std::string known;
        for (const std::string_view name : mapKinds)
            known += std::string(name) + ", ";
        return fail(ErrorCode::Invalid,
                    "There is no kind '" + kind + "'; possible: " + known + "neighbours, reliability, kinds.");
    }
    const auto row = rowOf(*m_project, sample);
    if (!row)
        return fail(row.error());
    if (kind == "neighbours")
        return neighboursAnswer(sample);
    return kind == "reliability" ? reliabilityAnswer(sample) : mapsAnswer(request, *row, kind);
}

json RunExplainer::answer(const json &request)
{
    return answerTo(request, [&]() -> Result<json> {
        if (request.value("kind", "") == "kinds")
            return kindsAnswer();
        const auto sample = sampleIn(request);
        return sample ? answered(request, *sample) : fail(sample.error());
    });
}

Result<json> explainToFiles(const Project &project, const RunExplainer &explainer, std::span<const SampleId> samples,
                            const std::string &kind, const fs::path &out, const Job &job)
{
    const auto images = imaging();
    if (!images)
        return fail(images.error());
    std::vector<SampleRow> rows;
    for (const SampleId sample : samples) {
        const auto row = rowOf(project, sample);
        if (!row)
            return fail(row.error());
        rows.push_back(*row);
    }
    std::error_code error;
    fs::create_directories(out, error);
    if (error)
        return fail(ErrorCode::Unreadable, "Cannot make the folder " + out.string() + ": " + error.message() + ".");

    const bool flip = kind == "flip";
    const auto &classes = explainer.classes();
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const SampleRow &row = rows[i];
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Stopped; " + std::to_string(i) + " maps are written.");
        job.report({std::int64_t(i), std::int64_t(rows.size()), row.source});
        const ReadingMark mark(row.source);
        const auto explained = explainer.explain(row.id, kind, flip ? drawsOfFlip : 1);
        if (!explained)
            return fail(explained.error());
        const Explainer::Maps &first = explained->draws.front();

        std::vector<float> values;
        std::vector<std::int64_t> shape = {first.count, first.height, first.width};
        if (flip)
            shape.insert(shape.begin(), {std::int64_t(explained->draws.size()), 2});
        for (const Explainer::Maps &draw : explained->draws) {
            values.insert(values.end(), draw.view.begin(), draw.view.end());
            if (flip)
                values.insert(values.end(), draw.mirrored.begin(), draw.mirrored.end());
        }
        const fs::path base = out / (std::to_string(row.id.value) + "." + (flip ? kind : first.kind));
        if (const auto written = writeNpy(base.string() + ".npy", std::span<const float>(values), shape); !written)
            return fail(written.error());

        const auto crop = explainer.face(row.id);
        if (!crop)
            return fail(crop.error());
        const int width = row.widthPx > 0 ? row.widthPx : crop->widthPx;
        const int height = row.heightPx > 0 ? row.heightPx : crop->heightPx;
        const int given = row.label ? indexOf(classes, project.className(*row.label)) : -1;
        const Picture face = (*images)->resized(*crop, width, height);
        const auto draw = [&](std::optional<int> index, const std::string &name) -> Result<> {
            const auto map =
                enlargedMap(normalisedMap(shownMap(first, flip, index)), first.width, first.height, width, height);
            return writeFile(name, (*images)->encodePng(blendedWithMap(face, map)));
        };
        std::optional<int> shown;
        if (first.parts.empty())
            shown = given >= 0 ? given : bestOf(first.probabilities);
        if (const auto written = draw(shown, base.string() + ".png"); !written)
            return fail(written.error());
        for (std::size_t part = 0; part < first.parts.size(); ++part)
            if (const auto written = draw(int(part), base.string() + "." + first.parts[part] + ".png"); !written)
                return fail(written.error());
        parts = first.parts;
    }
    job.report({std::int64_t(rows.size()), std::int64_t(rows.size()), ""});
    json result = {{"maps", rows.size()}, {"classes", classes}, {"out", out.string()}};
    if (!parts.empty())
        result["parts"] = parts;
    return result;
}

Result<Picture> RunExplainer::face(SampleId sample) const
{
    const auto crop = m_crops.crop(sample);
    if (!crop)
        return fail(crop.error());
    return interleaved(crop->pixels, m_crops.sidePx(), m_crops.channels());
}

} // namespace mien
