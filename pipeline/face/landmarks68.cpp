#include "pipeline/face/landmarks68.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace mien {

namespace {

namespace fs = std::filesystem;

constexpr const char *modelFile = "shape_predictor_68_face_landmarks.dat";

std::vector<fs::path> modelFolders()
{
    std::error_code error;
    const fs::path share = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path() / "share";
    std::vector<fs::path> folders{share / "mien", share / "dlib", "/usr/share/dlib"};
    if (const char *named = std::getenv("MIEN_DATA_DIR"); named && *named)
        folders.insert(folders.begin(), named);
    return folders;
}

} // namespace

Result<std::unique_ptr<const LandmarkModel>> landmarkModel68From(const std::vector<fs::path> &folders)
{
    const auto module = dlibFaces();
    if (!module)
        return fail(module.error());
    std::error_code error;
    for (const fs::path &folder : folders)
        if (fs::exists(folder / modelFile, error))
            return (*module)->landmarkModel(folder / modelFile);
    return fail(ErrorCode::NotFound,
                std::string("The model of 68 landmarks (") + modelFile +
                    ") is not installed: install the package libdlib-data, or set MIEN_DATA_DIR to its folder. It "
                    "does not come with Mien, as the data it was trained on exclude commercial use.");
}

Result<const LandmarkModel *> landmarkModel68()
{
    static const auto model = landmarkModel68From(modelFolders());
    return model ? Result<const LandmarkModel *>(model->get()) : fail(model.error());
}

Result<Landmarks68> landmarks68(const Picture &grey, const BoxPx &box)
{
    const auto model = landmarkModel68();
    if (!model)
        return fail(model.error());
    if (grey.channels != 1 || !(box.width >= 2) || !(box.height >= 2) || !std::isfinite(box.x + box.y))
        return fail(ErrorCode::Invalid, "Landmarks are placed in a grey picture, within a box of some pixels.");
    return (*model)->at(grey, box);
}

BoxPx squareOfPoints(const FacePoints5 &points)
{
    // Upright box around the template's middle of a face, measured on what dlib finds beside MTCNN's points.
    constexpr double sideInTemplate = 88, middleX = 56, middleY = 70;
    const auto map = Similarity::fitted(alignedPoints(112), points);
    if (!map)
        return {};
    const PointPx middle = (*map)({middleX, middleY});
    const double side = sideInTemplate * map->scale();
    return {middle.x - side / 2, middle.y - side / 2, side, side};
}

} // namespace mien
