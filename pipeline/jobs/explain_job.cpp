#include "pipeline/jobs/explain_job.h"

#include "models/explain/explanation_files.h"
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

/// One of the maps, in cells of its own, or the mean of all.
struct CellMap
{
    int height = 0, width = 0;
    std::vector<float> values;
};
CellMap mapOf(const Explainer::Maps &maps, const std::vector<float> &values, std::optional<int> index)
{
    const auto area = std::size_t(maps.height) * std::size_t(maps.width);
    const auto one = [&](int number) { return std::span(values).subspan(std::size_t(number) * area, area); };
    if (!index) {
        CellMap mean{maps.height, maps.width, std::vector<float>(area, 0.0f)};
        for (int number = 0; number < maps.count; ++number)
            for (std::size_t i = 0; i < area; ++i)
                mean.values[i] += one(number)[i] / float(maps.count);
        return mean;
    }
    const int step = maps.coarseness.empty() ? 1 : maps.coarseness[std::size_t(*index)];
    CellMap map{maps.height / step, maps.width / step, {}};
    for (int y = 0; y < map.height; ++y)
        for (int x = 0; x < map.width; ++x)
            map.values.push_back(one(*index)[std::size_t(y * step * maps.width + x * step)]);
    return map;
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
CellMap shownMap(const Explainer::Maps &maps, bool flip, std::optional<int> index)
{
    CellMap shown = mapOf(maps, maps.view, index);
    if (!flip) {
        for (float &value : shown.values)
            value = std::max(value, 0.0f);
        return shown;
    }
    const CellMap mirrored = mapOf(maps, maps.mirrored, index);
    const auto width = std::size_t(shown.width);
    for (std::size_t i = 0; i < shown.values.size(); ++i)
        shown.values[i] = std::abs(shown.values[i] - mirrored.values[i / width * width + (width - 1 - i % width)]);
    return shown;
}

std::string_view nameOf(RegionsFrom from)
{
    switch (from) {
    case RegionsFrom::Outline: return "68 points";
    case RegionsFrom::Landmarks: return "5 points";
    case RegionsFrom::Template: break;
    }
    return "template";
}

/// The checkpoint of the run of this project that another started from, where it lies now; empty: there is none.
fs::path checkpointOfParent(const Project &project, const RunRow &run)
{
    const json configuration = json::parse(run.configJson, nullptr, false);
    const std::string initial = configuration.is_object() ? configuration.value("initial", "") : "";
    const auto parent = initial.empty() ? std::nullopt : runNamed(project, initial);
    if (!parent)
        return {};
    const fs::path folder = project.folder() / "runs" / parent->id;
    return (parent->folds > 1 ? folder / "fold0" : folder) / "checkpoint.safetensors";
}

/// Pictures of one size in a row.
Picture sideBySide(const std::vector<Picture> &pictures)
{
    constexpr int gapPx = 4;
    const Picture &first = pictures.front();
    Picture row{
        .widthPx = int(pictures.size()) * (first.widthPx + gapPx) - gapPx, .heightPx = first.heightPx, .channels = 3};
    row.pixels.assign(std::size_t(row.widthPx) * std::size_t(row.heightPx) * 3, 255);
    for (std::size_t number = 0; number < pictures.size(); ++number) {
        const Picture &picture = pictures[number];
        for (int y = 0; y < picture.heightPx; ++y)
            for (int x = 0; x < picture.widthPx; ++x)
                for (int channel = 0; channel < 3; ++channel) {
                    const auto from = std::size_t(y) * std::size_t(picture.widthPx) + std::size_t(x);
                    const auto to = std::size_t(y) * std::size_t(row.widthPx) +
                                    number * std::size_t(picture.widthPx + gapPx) + std::size_t(x);
                    row.pixels[to * 3 + std::size_t(channel)] =
                        picture.pixels[picture.channels == 3 ? from * 3 + std::size_t(channel) : from];
                }
    }
    return row;
}

/// Original, masked and drawn face, and the errors of what was hidden over the original.
Picture pictureOf(const Explainer::Drawing &drawing, const Imaging &images, int widthPx, int heightPx)
{
    std::vector<Picture> pictures;
    for (const auto &bytes : {drawing.original, maskedPicture(drawing), drawing.drawn})
        pictures.push_back(images.resized(interleaved(bytes, drawing.side, drawing.channels), widthPx, heightPx));
    const float most = drawing.errors.empty() ? 0 : *std::max_element(drawing.errors.begin(), drawing.errors.end());
    const std::vector<float> errors = errorMap(drawing);
    const auto cellAt = [&](int x, int y) {
        return std::size_t(y * drawing.cells / heightPx) * std::size_t(drawing.cells) +
               std::size_t(x * drawing.cells / widthPx);
    };
    std::vector<float> shades(std::size_t(widthPx) * std::size_t(heightPx));
    for (int y = 0; y < heightPx; ++y)
        for (int x = 0; x < widthPx; ++x)
            shades[std::size_t(y) * std::size_t(widthPx) + std::size_t(x)] = errors[cellAt(x, y)] / (most + 1e-7f);
    const Picture &face = pictures.front();
    std::vector<float> known = shades;
    for (float &shade : known)
        shade = std::isnan(shade) ? 0.f : shade;
    Picture coloured = blendedWithMap(face, known);
    for (std::size_t i = 0; i < shades.size(); ++i)
        for (std::size_t channel = 0; std::isnan(shades[i]) && channel < 3; ++channel)
            coloured.pixels[i * 3 + channel] = face.pixels[face.channels == 3 ? i * 3 + channel : i];
    pictures.push_back(std::move(coloured));
    return sideBySide(pictures);
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
    auto explainer = compute.openExplainer(folder, device, checkpointOfParent(project, *run));
    if (!explainer)
        return fail(explainer.error());
    RunExplainer opened(project, std::move(*crops), std::move(*explainer), folder);
    opened.m_learnedLabels = learnedLabels(*run);
    for (const PredictionRow &row : predictionsOf(project, id))
        opened.m_folds.emplace(row.sample.value, row.fold);
    return opened;
}

Result<RunExplainer::Asked> RunExplainer::asked(SampleId sample) const
{
    auto crop = m_crops.crop(sample);
    if (!crop)
        return fail(crop.error());
    // No network of the run saw a sample outside its folds: the first may speak for all.
    const auto known = m_folds.find(sample.value);
    return Asked{std::move(*crop), known == m_folds.end() ? 0 : std::max(known->second, 0)};
}

Result<RunExplainer::Answer> RunExplainer::explain(SampleId sample, std::string_view kind, int draws, int first,
                                                   bool mirror) const
{
    const auto face = asked(sample);
    if (!face)
        return fail(face.error());
    const PointsInSquare &points = face->crop.points;
    auto maps = m_explainer->explain({sample.value, face->crop.pixels, points.landmarks}, face->fold, draws,
                                     kind == "flip" ? "attention" : kind, first, mirror);
    if (!maps)
        return fail(maps.error());
    const double unit = 1.0 / m_crops.sidePx();
    return Answer{std::move(*maps), {scaled(points.landmarks, unit), scaled(points.outline, unit)}};
}

Result<Explainer::Drawing> RunExplainer::draw(SampleId sample, int mask) const
{
    const auto face = asked(sample);
    if (!face)
        return fail(face.error());
    return m_explainer->draw({sample.value, face->crop.pixels, face->crop.points.landmarks}, face->fold, mask);
}

Result<std::vector<std::string>> RunExplainer::kinds() const
{
    const auto side = std::size_t(m_crops.sidePx());
    return m_explainer->kinds(std::size_t(m_crops.channels()) * side * side);
}

Result<json> RunExplainer::kindsAnswer() const
{
    const auto known = kinds();
    if (!known)
        return fail(known.error());
    json owners = json::object();
    for (const std::string &kind : *known)
        owners[kind] = std::string(ownerOfMaps(kind));
    return json{{"kinds", *known}, {"map_of", std::move(owners)}, {"classes", classes()}};
}

Result<json> RunExplainer::drawingAnswer(const json &request, SampleId sample) const
{
    const int mask = request.value("draw", 0);
    const auto drawing = draw(sample, mask);
    if (!drawing)
        return fail(drawing.error());
    const auto bytes = [&](const std::vector<std::uint8_t> &planar) {
        return base64(interleaved(planar, drawing->side, drawing->channels).pixels);
    };
    double sum = 0;
    for (const float error : drawing->errors)
        sum += double(error);
    return json{{"kind", "reconstruction"},
                {"draw", mask},
                {"side", drawing->side},
                {"channels", drawing->channels},
                {"original_u8", bytes(drawing->original)},
                {"drawn_u8", bytes(drawing->drawn)},
                {"cells", drawing->cells},
                {"hidden", drawing->hidden},
                {"errors", drawing->errors},
                {"error", drawing->errors.empty() ? 0.0 : sum / double(drawing->errors.size())},
                {"normalised", drawing->isNormalised},
                {"run", drawing->run}};
}

Result<> RunExplainer::judges() const
{
    if (m_learnedLabels)
        return {};
    return fail(
        ErrorCode::NotFound,
        "The run was pre-trained without labels: it draws faces, and judges none; choose another run for this.");
}

Result<json> RunExplainer::neighboursAnswer(SampleId sample)
{
    if (const auto able = judges(); !able)
        return fail(able.error());
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
    if (const auto able = judges(); !able)
        return fail(able.error());
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
                           {"similarity", anchor.similarity},
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
    const bool flip = request.value("flip", false) || kind == "flip";
    const bool mirror = flip || request.value("mirror", true);
    const auto explained = explain(row.id, kind, 1, request.value("draw", 0), mirror);
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
    if (!maps.hidden.empty())
        reply["hidden"] = maps.hidden;
    if (!request.contains("classes")) {
        const CellMap map = mapOf(maps, maps.view, shown(*index));
        reply["h"] = map.height;
        reply["w"] = map.width;
        reply["map_f32"] = base64Of(map.values);
        if (flip)
            reply["flip_f32"] = base64Of(mapOf(maps, maps.mirrored, shown(*index)).values);
    } else {
        const FaceRegions regions(explained->points.landmarks, explained->points.outline);
        reply["regions_from"] = std::string(nameOf(regions.from()));
        reply["maps"] = json::array();
        const auto add = [&](const char *owner, const std::string &name, int number) {
            const CellMap map = mapOf(maps, maps.view, number);
            const RegionShares shares = attentionShares(map.values, map.height, map.width, regions);
            json entry = {{owner, name}, {"h", map.height}, {"w", map.width}, {"map_f32", base64Of(map.values)}};
            if (mirror)
                entry["flip_f32"] = base64Of(mapOf(maps, maps.mirrored, number).values);
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
    if (kind == "reliability")
        return reliabilityAnswer(sample);
    if (kind == "reconstruction")
        return drawingAnswer(request, sample);
    if (kind == "attention") { // of a run that only learned to draw, the drawing
        const auto known = kinds();
        if (!known)
            return fail(known.error());
        if (!known->empty() && known->front() == "reconstruction")
            return drawingAnswer(request, sample);
    }
    return mapsAnswer(request, *row, kind);
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

namespace {

/// The files of one sample. @return the parts that the maps belong to; none: they are of classes
Result<std::vector<std::string>> writeMapsOf(const RunExplainer &explainer, const SampleRow &row,
                                             const std::string &kind, int given, const Imaging &images,
                                             const fs::path &out)
{
    const bool flip = kind == "flip";
    const auto explained = explainer.explain(row.id, kind, flip ? drawsOfFlip : 1);
    if (!explained)
        return fail(explained.error());
    const Explainer::Maps &first = explained->draws.front();
    const fs::path base = out / (std::to_string(row.id.value) + "." + (flip ? kind : first.kind));
    if (const auto written = writeMaps(base, explained->draws, flip); !written)
        return fail(written.error());
    const auto crop = explainer.face(row.id);
    if (!crop)
        return fail(crop.error());
    const int width = row.widthPx > 0 ? row.widthPx : crop->widthPx;
    const int height = row.heightPx > 0 ? row.heightPx : crop->heightPx;
    const Picture face = images.resized(*crop, width, height);
    const auto draw = [&](std::optional<int> index, const std::string &name) -> Result<> {
        const CellMap cells = shownMap(first, flip, index);
        const auto map = enlargedMap(normalisedMap(cells.values), cells.width, cells.height, width, height);
        return writeFile(name, images.encodePng(blendedWithMap(face, map)));
    };
    std::optional<int> shown;
    if (first.parts.empty())
        shown = given >= 0 ? given : bestOf(first.probabilities);
    if (const auto written = draw(shown, base.string() + ".png"); !written)
        return fail(written.error());
    for (std::size_t part = 0; part < first.parts.size(); ++part)
        if (const auto written = draw(int(part), base.string() + "." + first.parts[part] + ".png"); !written)
            return fail(written.error());
    return first.parts;
}

Result<> writeDrawingOf(const RunExplainer &explainer, const SampleRow &row, const Imaging &images, const fs::path &out)
{
    const auto drawing = explainer.draw(row.id, 0);
    if (!drawing)
        return fail(drawing.error());
    const fs::path base = out / (std::to_string(row.id.value) + ".reconstruction");
    if (const auto written = writeDrawing(base, *drawing); !written)
        return fail(written.error());
    const int width = row.widthPx > 0 ? row.widthPx : drawing->side;
    const int height = row.heightPx > 0 ? row.heightPx : drawing->side;
    if (const auto written =
            writeFile(base.string() + ".png", images.encodePng(pictureOf(*drawing, images, width, height)));
        !written)
        return fail(written.error());
    return {};
}

} // namespace

Result<json> explainToFiles(const Project &project, const RunExplainer &explainer, std::span<const SampleId> samples,
                            const std::string &kind, const fs::path &out, const Job &job)
{
    const auto images = imaging();
    if (!images)
        return fail(images.error());
    const auto known = explainer.kinds();
    if (!known)
        return fail(known.error());
    const bool isDrawn =
        kind == "reconstruction" || (kind == "attention" && !known->empty() && known->front() == "reconstruction");
    std::vector<SampleRow> rows;
    for (const SampleId sample : samples) {
        const auto row = rowOf(project, sample);
        if (!row)
            return fail(row.error());
        rows.push_back(*row);
    }
    std::error_code error;
    const bool isNew = fs::create_directories(out, error);
    if (error)
        return fail(ErrorCode::Unreadable, "Cannot make the folder " + out.string() + ": " + error.message() + ".");
    const auto refused = [&](const Error &why) {
        std::error_code stays;
        if (isNew)
            fs::remove(out, stays); // only where nothing lies in it
        return fail(why);
    };

    const auto &classes = explainer.classes();
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const SampleRow &row = rows[i];
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Stopped; " + std::to_string(i) + " maps are written.");
        job.report({std::int64_t(i), std::int64_t(rows.size()), row.source});
        const ReadingMark mark(row.source);
        const int given = row.label ? indexOf(classes, project.className(*row.label)) : -1;
        if (isDrawn) {
            if (const auto written = writeDrawingOf(explainer, row, **images, out); !written)
                return refused(written.error());
            continue;
        }
        const auto written = writeMapsOf(explainer, row, kind, given, **images, out);
        if (!written)
            return refused(written.error());
        parts = *written;
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
