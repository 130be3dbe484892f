#include "pipeline/jobs/predict_job.h"

#include "models/io/safetensors.h"
#include "pipeline/face/face_finder.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/jobs/reading_mark.h"
#include "pipeline/pack/sample_pixels.h"
#include "pipeline/video/frame_sampler.h"
#include "pipeline/video/media_probe.h"
#include "pipeline/video/video.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <system_error>

namespace mien {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// A folder of our own under the system's place for temporary files, gone at the end.
class ScratchFolder
{
public:
    ScratchFolder()
    {
        std::string name = (fs::temp_directory_path() / "mien-predict-XXXXXX").string();
        if (const char *made = ::mkdtemp(name.data()))
            m_path = made;
    }
    ~ScratchFolder()
    {
        std::error_code error;
        if (!m_path.empty())
            fs::remove_all(m_path, error);
    }
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;
    const fs::path &path() const { return m_path; }

private:
    fs::path m_path;
};

/// What the network takes, as its checkpoint remembers it.
Result<json> networkOf(const PredictRequest &request)
{
    fs::path checkpoint = request.checkpoint;
    if (checkpoint.empty()) {
        std::error_code error;
        checkpoint = request.runFolder / "checkpoint.safetensors";
        if (!fs::exists(checkpoint, error))
            checkpoint = request.runFolder / "fold0" / "checkpoint.safetensors";
    }
    const auto file = SafetensorsFile::open(checkpoint);
    if (!file)
        return fail(file.error());
    const auto text = file->metadata().find("network");
    const json network = text == file->metadata().end() ? json() : json::parse(text->second, nullptr, false);
    if (!network.is_object() || !network.contains("side") || !network["side"].is_number_integer())
        return fail(ErrorCode::Invalid,
                    checkpoint.string() + " is not a checkpoint of Mien: it does not say which network it belongs to.");
    const json options = network.value("options", json::object());
    if (const auto share = options.find("pretrain"); share != options.end() && *share == 1)
        return fail(ErrorCode::Invalid, checkpoint.string() +
                                            " was pre-trained without labels and predicts none; fine-tune from it "
                                            "with mien train --initial.");
    const int side = network["side"].get<int>();
    if (side < 16 || side > 1024)
        return fail(ErrorCode::Invalid,
                    checkpoint.string() + " names an impossible picture size, " + std::to_string(side) + " px.");
    return network;
}

/// Why a file gave no picture, or no more.
struct Unread
{
    std::string code, reason;
};

/// Empty: it is no picture, and may be a video.
tl::expected<std::optional<Picture>, Unread> decoded(const Imaging &images, const fs::path &path)
{
    std::error_code error;
    if (fs::is_directory(path, error))
        return tl::unexpected(Unread{"NOT_AN_IMAGE", path.string() + " is a folder; name the pictures in it."});
    const auto head = headOf(path, 64 * 1024);
    if (!head)
        return tl::unexpected(Unread{reasonOf(head.error()), head.error().message});
    const ContentKind kind = contentKindOf({reinterpret_cast<const std::uint8_t *>(head->data()), head->size()});
    if (!isPicture(kind) && !hasPictureExtension(path.native()))
        return std::optional<Picture>();
    const auto bytes = wholeFile(path);
    if (!bytes)
        return tl::unexpected(Unread{reasonOf(bytes.error()), bytes.error().message});
    auto picture = images.decode(*bytes);
    if (picture)
        return upright(std::move(*picture));
    const auto part = images.decode(*bytes, 0);
    const char *code = part && part->truncated ? "TRUNCATED_IMAGE"
                       : isPicture(kind)       ? "UNREADABLE_FILE"
                                               : pictureProblem(kind);
    return tl::unexpected(Unread{code, path.string() + ": " + picture.error().message});
}

/// A face that is judged.
struct Square
{
    Picture picture;
    json landmarks; ///< As the verb `predict` takes them; null: not known.
};

/// Finds the squares that are judged, and tells `predictions` of each, or why there is none.
class SquareFinder
{
public:
    SquareFinder(const Imaging &images, const FaceFinder *faces, int sidePx, Predictions &predictions)
        : m_images(images)
        , m_faces(faces)
        , m_sidePx(sidePx)
        , m_predictions(predictions)
    {
    }

    /// @param source  how the picture is called from here on
    std::vector<Square> in(const Picture &picture, const fs::path &source)
    {
        const auto expect = [&](int number, double x, double y, double width, double height) {
            m_predictions.faces.push_back({.source = source, .face = number, .box = {x, y, width, height}});
        };
        if (!m_faces) {
            const double edge = std::min(picture.widthPx, picture.heightPx);
            expect(0, (picture.widthPx - edge) / 2, (picture.heightPx - edge) / 2, edge, edge);
            return std::vector<Square>{{squareOf(m_images, picture, m_sidePx), {}}};
        }
        const auto faces = m_faces->find(picture);
        if (!faces) {
            m_predictions.skipped.push_back({source, "UNREADABLE_FILE", faces.error().message});
            return {};
        }
        std::vector<Square> squares;
        for (const FoundFace &face : *faces) {
            const Similarity map = levelSquare(face, m_sidePx);
            auto square = cropOf(m_images, picture, map, m_sidePx, m_sidePx);
            if (!square)
                continue; // a box without an extent shows no face
            expect(int(squares.size()), face.box.x, face.box.y, face.box.width, face.box.height);
            auto landmarks = json::array();
            for (const PointPx &point : face.points) { // from centres of pixels to their corners
                landmarks.push_back(map(point).x + 0.5);
                landmarks.push_back(map(point).y + 0.5);
            }
            squares.push_back({std::move(*square), std::move(landmarks)});
        }
        if (squares.empty())
            m_predictions.skipped.push_back({source, "NO_FACE", "no face was found in it"});
        return squares;
    }

private:
    const Imaging &m_images;
    const FaceFinder *m_faces;
    int m_sidePx;
    Predictions &m_predictions;
};

/// Gives every picture of a file to `use`, with its name: the picture, or frames of the video, FILE@SECONDS.
/// @return why nothing, or nothing more, could be read
tl::expected<void, Unread> forEachPicture(const Imaging &images, const fs::path &file, int framesPerVideo,
                                          const std::function<void(const Picture &, const fs::path &)> &use,
                                          const std::stop_token &stop)
{
    const ReadingMark mark(file.native());
    const auto picture = decoded(images, file);
    if (!picture)
        return tl::unexpected(picture.error());
    if (*picture) {
        use(**picture, file);
        return {};
    }
    const auto videos = video();
    auto reader = videos ? (*videos)->open(file) : Result<std::unique_ptr<VideoReader>>(fail(videos.error()));
    if (!reader)
        return tl::unexpected(Unread{videoProblem(file, reader.error()), reader.error().message});
    bool hasFrame = false;
    FrameSampler sampler(**reader, {.way = FrameSampling::Way::PerVideo, .count = framesPerVideo, .marginS = 0});
    while (!stop.stop_requested()) {
        const auto frame = sampler.next();
        if (!frame)
            return tl::unexpected(Unread{"DAMAGED_VIDEO", frame.error().message});
        if (!*frame)
            break;
        auto shown = (*reader)->picture();
        if (!shown)
            return tl::unexpected(Unread{"DAMAGED_VIDEO", shown.error().message});
        shown->orientation = (*reader)->facts().orientation;
        char time[32];
        std::snprintf(time, sizeof time, "@%.6f", (*frame)->timeS);
        use(upright(std::move(*shown)), file.string() + time);
        hasFrame = true;
    }
    if (!hasFrame && !stop.stop_requested())
        return tl::unexpected(Unread{"NO_FRAMES", file.string() + " holds no frame that could be decoded; copy it "
                                                                  "again from where it came from."});
    return {};
}

/// Channel after channel, as the worker reads pictures.
void planarOf(const Picture &square, int channels, std::vector<char> &planar)
{
    const Picture form = channels == 1 ? grey(square) : rgb(square);
    const auto area = std::size_t(form.widthPx) * std::size_t(form.heightPx);
    for (std::size_t pixel = 0; pixel < area; ++pixel)
        for (std::size_t channel = 0; channel < std::size_t(channels); ++channel)
            planar[channel * area + pixel] = char(form.pixels[pixel * std::size_t(channels) + channel]);
}

} // namespace

Result<Predictions> predictFaces(Compute &compute, const PredictRequest &request, const EventSink &events,
                                 const Job &job)
{
    const auto network = networkOf(request);
    if (!network)
        return fail(network.error());
    const int side = (*network)["side"].get<int>();
    const int channels = network->value("channels", 3) == 1 ? 1 : 3;
    const auto images = imaging();
    if (!images)
        return fail(images.error());
    std::optional<FaceFinder> finder;
    if (request.detector != PredictRequest::Detector::None) {
        auto loaded =
            request.detector == PredictRequest::Detector::DlibHog ? FaceFinder::dlibHog() : FaceFinder::mtcnn();
        if (!loaded)
            return fail(loaded.error().code, loaded.error().message + " Pictures that are faces already need none: "
                                                                      "--detector none.");
        finder.emplace(std::move(*loaded));
    }

    const ScratchFolder scratch;
    const fs::path pixelFile = scratch.path() / "pixels.u8";
    std::ofstream pixels(pixelFile, std::ios::binary);
    if (scratch.path().empty() || !pixels)
        return fail(ErrorCode::Unreadable,
                    "No temporary file can be made in " + fs::temp_directory_path().string() + ".");
    Predictions predictions;
    json landmarks = json::array();
    std::vector<char> planar(std::size_t(side) * std::size_t(side) * std::size_t(channels));
    SquareFinder squares(**images, finder ? &*finder : nullptr, side, predictions);
    for (std::size_t i = 0; i < request.pictures.size(); ++i) {
        const fs::path &path = request.pictures[i];
        job.report({std::int64_t(i), std::int64_t(request.pictures.size()), path.string()});
        const auto read = forEachPicture(
            **images, path, request.framesPerVideo,
            [&](const Picture &picture, const fs::path &source) {
                for (Square &square : squares.in(picture, source)) {
                    planarOf(square.picture, channels, planar);
                    landmarks.push_back(std::move(square.landmarks));
                    pixels.write(planar.data(), std::streamsize(planar.size()));
                }
            },
            job.stop);
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Stopped.");
        if (!read)
            predictions.skipped.push_back({path, read.error().code, read.error().reason});
    }
    pixels.close();
    if (!pixels)
        return fail(ErrorCode::NoSpace, "Cannot write " + pixelFile.string() + "; is the disk full?");
    if (predictions.faces.empty())
        return predictions;

    json config = {{"pixels", pixelFile.string()},      {"channels", channels},   {"side", side},
                   {"landmarks", std::move(landmarks)}, {"batch", request.batch}, {"device", request.device}};
    if (request.checkpoint.empty())
        config["run_folder"] = request.runFolder.string();
    else
        config["checkpoint"] = request.checkpoint.string();
    const auto result = compute.run("predict", config, events, job);
    if (!result)
        return fail(result.error());
    predictions.classes = result->at("classes").get<std::vector<std::string>>();
    const json &rows = result->at("rows");
    if (rows.size() != predictions.faces.size())
        return fail(ErrorCode::Internal, "The network answered for another number of faces.");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        FacePrediction &face = predictions.faces[i];
        face.probabilities = rows[i].at("probabilities").get<std::vector<float>>();
        face.logits = rows[i].at("logits").get<std::vector<float>>();
        if (face.probabilities.size() != predictions.classes.size() || face.logits.size() != face.probabilities.size())
            return fail(ErrorCode::Internal, "The network answered for another number of classes.");
        face.label =
            int(std::max_element(face.probabilities.begin(), face.probabilities.end()) - face.probabilities.begin());
    }
    return predictions;
}

} // namespace mien
